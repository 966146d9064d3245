"""A trace told on a picture: which lane it is, where each of its hops stands, and the step it ends at.

Hop ids are those of `selection`: `h:<way>:<index>`, `p:<port>`, `g:<group>`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from svcmap.paths.asking.entry import port_key
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.routes.kinds import ROUTE_WORDS
from svcmap.picture.cells import Column
from svcmap.picture.groups import GroupBy, Status
from svcmap.picture.lanes import ALL_PORTS, PathView, Way
from svcmap.picture.selection import Selection
from svcmap.picture.spots import CellSpot, GroupSpot, PortSpot, Spot

COLUMN_OF: dict[str, tuple[Column, ...]] = {
    "load-balancer": ("edge",),
    **dict.fromkeys(ROUTE_WORDS, ("proxy", "edge")),
    "node-port": ("node",),
}


class Step(NamedTuple):
    """One step of a walk: the spot it stands on, and the engine's hops told there (more than one share a box)."""

    spot: Spot
    hops: tuple[Hop, ...]

    @property
    def deciding(self) -> Hop:
        """The hop that says most: one that stops traffic, else the last."""
        return next((hop for hop in self.hops if hop.verdict != "ok"), self.hops[-1])

    @property
    def says(self) -> str:
        told = [hop for hop in self.hops if hop.kind != "client"] or list(self.hops)
        return " ".join(hop.says for hop in told)


class Verdict(NamedTuple):
    """The one line over the picture: symbol and word, the hop in words, and the reason."""

    status: Status
    word: str
    where: str
    why: str


def way_of(view: PathView, trace: Trace) -> Way | None:
    """The lane a trace runs along; None if the picture has no such lane."""
    if (own := _own_lane(view, trace)) is not None:
        return own
    way, port = _lane(view, trace), trace.service_port
    if way is None or port is None:
        return way
    # A lane of which a policy cuts some ports is drawn in two.
    return next((part for part in view.parts(way) if part.carries(port_key(port))), way)


def _own_lane(view: PathView, trace: Trace) -> Way | None:
    """The lane that holds this very trace, or one of the same client with the same request."""
    asked = trace.request.host, trace.request.port, trace.request.path, trace.request.vantage
    for way in view.ways:
        for _, other in way.traces:
            request = other.request
            if other is trace or (request.host, request.port, request.path, request.vantage) == asked:
                return way
    return None


def _lane(view: PathView, trace: Trace) -> Way | None:
    for hop in trace.hops:
        if hop.kind in ROUTE_WORDS:
            same = [way for way in view.ways if way.object is not None and way.object == hop.object]
            named = [way for way in same if way.rule and hop.address.startswith(way.rule)]
            if same:
                return max(named, key=lambda way: len(way.rule), default=same[0])
    kinds = {hop.kind for hop in trace.hops}
    asked = trace.request.host
    outer = next(
        (way for way in view.ways if way.kind in ("load-balancer", "external-ip") and way.address == asked), None
    )
    if outer is not None:
        return outer
    if "load-balancer" in kinds or "node-port" in kinds:
        kind = "load-balancer" if "load-balancer" in kinds else "node-port"
        return next((way for way in view.ways if way.kind == kind), None)
    lanes = [way for way in view.ways if way.kind == "cluster-ip"]
    own = view.name.namespace == _namespace(trace)
    return next((way for way in lanes if way.id.startswith("in.other") != own), lanes[0] if lanes else None)


def _namespace(trace: Trace) -> str:
    value = trace.request.vantage.value
    return value.split("/")[0] if trace.request.vantage.kind in ("pod", "workload", "namespace") else ""


def steps_of(view: PathView, by: GroupBy, trace: Trace, way: Way) -> tuple[Step, ...]:
    """The steps of a trace along a lane, the last one where it ends; hops that share a box are one step."""
    steps: list[Step] = []
    hops = list(trace.hops)
    policy = next((hop for hop in hops if hop.kind == "network-policy" and hop.verdict == "stop"), None)
    if policy is not None and way.join == "bad":
        # The picture ends the lane at its start: whom a policy lets in is a property of the client.
        hops = [hop for hop in hops if hop.kind in ("client", "dns")] + [policy]
    for hop in hops:
        spot = spot_of(view, by, trace, way, hop)
        if steps and steps[-1].spot == spot and hop.kind != "network-policy":
            steps[-1] = Step(spot, (*steps[-1].hops, hop))
        else:
            steps.append(Step(spot, (hop,)))
        if hop.verdict != "ok" and trace.verdict != "partial":
            break
    return tuple(steps)


def spot_of(view: PathView, by: GroupBy, trace: Trace, way: Way, hop: Hop) -> Spot:
    """The spot of the box a hop is told at."""
    if hop.kind in ("service", "external-name"):
        return _port_spot(view, trace, way)
    if hop.kind in ("endpoint", "pod"):
        return _group_spot(view, by, trace) or _port_spot(view, trace, way)
    for column in COLUMN_OF.get(hop.kind, ()):
        for index, cell in enumerate(way.cells):
            if cell.column == column:
                return CellSpot(way.id, index)
    return CellSpot(way.id, 0 if hop.kind in ("client", "dns", "network-policy") else len(way.cells) - 1)


def _port_spot(view: PathView, trace: Trace, way: Way) -> Spot:
    if trace.service_port is not None and view.port(port_key(trace.service_port)):
        return PortSpot(port_key(trace.service_port))
    if not view.ports:
        return PortSpot(ALL_PORTS)
    if trace.reason == "port-not-in-service":
        return CellSpot(way.id, min(1, len(way.cells) - 1))  # the entry that was asked for a port it has not
    return CellSpot(way.id, len(way.cells) - 1)


def _group_spot(view: PathView, by: GroupBy, trace: Trace) -> Spot | None:
    groups = view.groups[by]
    wanted = {endpoint.id for endpoint in trace.endpoints}
    for group in groups:
        if any(endpoint.id in wanted for endpoint in group.members):
            return GroupSpot(group.id)
    worst = next((group for group in groups if group.status == "bad"), groups[0] if groups else None)
    return GroupSpot(worst.id) if worst else None


def selection_of(view: PathView, by: GroupBy, trace: Trace, way: Way) -> Selection:
    """What a trace lights: its way, port and endpoints, up to the hop that decides; the cursor stands there."""
    steps = steps_of(view, by, trace, way)
    stopped = next((step for step in steps if step.deciding.verdict != "ok"), None)
    last = stopped or steps[-1]
    port = port_key(trace.service_port) if trace.service_port else None
    port = port if port and view.port(port) else None
    group = last.spot.id if isinstance(last.spot, GroupSpot) else None
    until = last.spot if stopped is not None and trace.verdict != "partial" else None
    return Selection(way=way.id, port=port, group=group, cursor=last.spot, until=until)


def verdict_of(trace: Trace) -> Verdict:
    """The verdict in one line, with the number of the hop that decides (the client is hop 1)."""
    hop, number = trace.stop, 0
    if hop is not None:
        number = trace.hops.index(hop) + 1
    match trace.verdict:
        case "reachable" | "partial":
            status: Status = "ok" if trace.verdict == "reachable" else "warn"
            return Verdict(status, "REACHES", "", "; ".join(_reached(trace)))
        case "redirect":
            to = trace.answer.location or trace.answer.location_path or "where it says"
            return Verdict("ok", "REDIRECTS", "", f"{trace.answer.status} to {to}")
        case "via-load-balancer":
            return Verdict("ok", "LEAVES", "", "for the real load balancer, and comes back from there")
        case "unknown":
            return Verdict("unk", "UNKNOWN", f"at hop {number}", hop.says if hop else "")
    is_lost = trace.service is None and len(trace.hops) == 2
    if is_lost and hop is not None and hop.kind not in ("dns", "network-policy"):
        return Verdict("bad", "no route", "", hop.says)
    where = "at name lookup" if hop is not None and hop.kind == "dns" else f"at hop {number}"
    return Verdict("bad", "FAILS", where, hop.says if hop else "")


def _reached(trace: Trace) -> Iterator[str]:
    hops = f"over {len(trace.hops)} hops"
    if trace.external_name and not trace.endpoints:
        yield f"{trace.external_name}, outside the cluster: not checked, {hops}"
        return
    count, left = len(trace.endpoints), len(trace.excluded)
    if trace.endpoints and not trace.endpoints[0].address:
        yield f"{count} expected pods {hops}"
    else:
        what = "pods" if trace.endpoints and trace.endpoints[0].pod else "addresses"
        yield f"{count} of {count + left} {what} {hops}"
    if left:
        yield f"{left} left out"
    if trace.verdict == "partial" and trace.stop is not None:
        yield trace.stop.says
