"""What the path pane draws: the traces of a Service's ways in, arranged in lanes over fixed columns.

Every way in is one lane of cells; the lanes join one bus left of the Service, whose port rows leave on one bus to the
groups of endpoints. Whether a cell is broken is read off the traces, never worked out here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec.structs import replace

from svcmap.model.assumptions import Assumptions
from svcmap.model.base import Part
from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import EndpointSet
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Entry, port_key
from svcmap.paths.entries import CUT, TracedEntry, traced_entries
from svcmap.paths.known.assumptions import settled
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.missing import MISSING, is_expected_elsewhere, service_or_missing
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.routes.kinds import ROUTE_WORDS
from svcmap.paths.views.lanes import lanes
from svcmap.picture.cells import Cell, cells_of, rule_text
from svcmap.picture.groups import NO_GROUP, Group, GroupBy, Status, group_endpoints
from svcmap.semantics import load_balancer
from svcmap.semantics import service as service_rules

Join = Literal["ok", "skip", "dns", "bad"]
ALL_PORTS = "*"
STATUS_OF_VERDICT: dict[str, Status] = {
    "reachable": "ok",
    "redirect": "ok",
    "via-load-balancer": "ok",
    "partial": "warn",
    "unreachable": "bad",
    "unknown": "unk",
}
NEVER_JOINS = (*ROUTE_WORDS, "dns", "external-name", "network-policy")
"""Hops whose stop ends a lane before it joins the Service; whom a policy lets in is a property of the lane."""
IN_FRONT = ("load-balancer",)
"""Where a request of a route stops that does not get to the proxy."""
EARLY = ("load-balancer", "node-port", *NEVER_JOINS)


class PortRow(Part, frozen=True):
    """A port row of the Service box. `target` is what it leads to (`8080`, `http=8080`, `web ?`), `reaches` the numbers
    in that where they are known.
    """

    key: str
    number: int
    name: str
    protocol: str
    target: str
    reaches: str
    node_port: str
    status: Status = "ok"
    note: str = ""
    index: int = 0


class Way(Part, frozen=True):
    """One lane, and one row of Reachability. `join` says how it meets the Service: through the cluster IP, skipping
    it, as a DNS answer, or (bad) never; `stop` then says why. `why` is the sentence of its verdict.
    """

    id: str
    kind: str
    title: str
    cells: tuple[Cell, ...]
    ports: tuple[str, ...]
    join: Join
    verdict: Status
    why: str
    stop: str = ""
    address: str = ""
    rule: str = ""
    field: tuple[str | int, ...] = ()
    hosts: tuple[str, ...] = ()
    object: ObjectRef | None = None
    traces: tuple[tuple[str, Trace], ...] = ()

    @property
    def broken_at(self) -> int | None:
        """Index of the cell where traffic stops; len(cells) if it stops at the join; None if it gets to the Service."""
        for index, cell in enumerate(self.cells):
            if cell.status == "bad":
                return index
        return len(self.cells) if self.join == "bad" else None

    def carries(self, port: str) -> bool:
        """Whether it is a lane of the port with this key."""
        return any(key == port for key, _ in self.traces)


class PathView(Part, frozen=True):
    """The picture of one Service, before any layout."""

    service: Service
    shown_as: str
    ports: tuple[PortRow, ...]
    ways: tuple[Way, ...]
    found: EndpointSet
    groups: dict[str, tuple[Group, ...]]
    title: str = ""

    @property
    def name(self) -> Name:
        return self.service.name

    @property
    def is_dns_only(self) -> bool:
        """Nothing is forwarded: DNS answers with the endpoints themselves, or with another name."""
        return self.shown_as in ("Headless", "ExternalName")

    @property
    def box_title(self) -> str:
        """The title of the Service box: its cluster IP, or why it has none; a `title` of its own stands for it."""
        if self.title:
            return self.title
        if self.shown_as == "Headless":
            return "no VIP (headless)"
        if self.shown_as == "ExternalName":
            return "no VIP (DNS alias)"
        return self.service.spec.cluster_ip or "cluster IP: assigned"

    def way(self, id_: str) -> Way | None:
        return next((way for way in self.ways if way.id == id_), None)

    def parts(self, way: Way) -> list[Way]:
        """The lanes that one way in is drawn as: itself, or two where a policy cuts some of its ports."""
        return [part for part in self.ways if part.id.removesuffix(CUT) == way.id.removesuffix(CUT)]

    def port(self, key: str) -> PortRow | None:
        return next((port for port in self.ports if port.key == key), None)


def path_view(
    state: ClusterState, name: Name, by: GroupBy = "workload", assumptions: Assumptions | None = None
) -> PathView | None:
    """The picture of a Service with its endpoints grouped, also of one that is only asked for; None for others."""
    service = service_or_missing(state, name)
    if service is None:
        return None
    rests_on = assumptions or settled(state)
    return state.remember("path_view", (name, by, rests_on), lambda: _view(state, service, by, rests_on))


def _view(state: ClusterState, service: Service, by: GroupBy, assumptions: Assumptions) -> PathView:
    found = endpoints_of(state, service.name)
    traced = lanes(traced_entries(state, service.name, assumptions))
    ways = tuple(way_of_entry(state, service, item) for item in traced)
    stopping = {key: trace.reason for way in ways for key, trace in way.traces if _stops_at_port(trace)}
    is_there = service.name in state.services
    return PathView(
        service=service,
        shown_as=service_rules.shown_as(service) if is_there else MISSING,
        ports=tuple(_port_row(service, port, found, index, stopping) for index, port in enumerate(service.spec.ports)),
        ways=ways,
        found=found,
        groups={by: group_endpoints(state, service, found, by) if is_there else (_nothing(state, service.name),)},
        title="" if is_there else MISSING,
    )


def _nothing(state: ClusterState, name: Name) -> Group:
    """What stands in the place of the endpoints of a Service that does not exist."""
    status: Status = "unk" if is_expected_elsewhere(state, name) else "bad"
    return Group(id=NO_GROUP, title=MISSING, status=status, lines=(f"no Service {name}",))


def _port_row(
    service: Service, port: ServicePort, found: EndpointSet, index: int, stopping: Mapping[str, str | None]
) -> PortRow:
    numbers = sorted({b.port for e in found.endpoints if (b := e.port_for(port.name, port.protocol))})
    target = reaches = str(port.target_port)
    listed = "/".join(map(str, numbers[:3]))
    status: Status = "ok"
    note = ""
    if found.endpoints and not numbers and service.spec.ports:
        # Without a cluster IP it is only the SRV record that is missing: clients choose the port themselves.
        by_name = isinstance(port.target_port, str)
        status = "warn" if service.spec.cluster_ip == "None" else "bad"
        note = f"no container port is named {port.target_port}" if by_name else "no endpoint has this port"
        reaches = target = f"{target}: {'no such port name' if by_name else 'no endpoint has it'}"
    elif port_key(port) in stopping:
        refused = stopping[port_key(port)] == "object-refused"
        status, note = "bad", "the API server refuses it" if refused else "no such port"
    elif isinstance(port.target_port, str) and numbers:
        target, reaches = f"{target}={listed}", listed
    elif found.basis == "observed" and numbers and found.source != "pods":
        target = reaches = listed
    node_port = str(port.node_port) if port.node_port else ""
    if not node_port and service.spec.type in ("NodePort", "LoadBalancer"):
        node_port = "assigned" if service.spec.allocate_load_balancer_node_ports is not False else ""
    return PortRow(
        key=port_key(port),
        number=port.port,
        name=port.name,
        protocol=port.protocol,
        target=target,
        reaches=reaches,
        node_port=node_port,
        status=status,
        note=note,
        index=index,
    )


def way_of_entry(state: ClusterState, service: Service, traced: TracedEntry) -> Way:
    entry, traces = traced.entry, traced.traces
    stops = [trace.stop for _, trace in traces]
    early = next((hop for hop in stops if hop and hop.kind in EARLY and hop.verdict == "stop"), None)
    cells = cells_of(state, service, traced)
    never = (*NEVER_JOINS, *IN_FRONT) if entry.is_route else NEVER_JOINS
    join, stop = _join(service, traces, early if early and early.kind in never else None, cells)
    if stop and early is not None and early.kind != "network-policy" and not cells[-1].note:
        cells = (*cells[:-1], replace(cells[-1], note=stop))
    verdict, why = _verdict(traces, entry)
    keys = tuple(key for key, _ in traces if key) if join != "bad" else ()
    return Way(
        id=entry.id,
        kind=entry.kind,
        title=entry.title,
        cells=cells,
        ports=keys,
        join=join,
        verdict=verdict,
        why=why,
        stop=stop,
        address=rule_text(traced) or entry.address or _shown_address(cells),
        rule=entry.rule,
        field=entry.field,
        object=entry.object,
        hosts=(entry.host,) if entry.host else (),
        traces=traces,
    )


def _shown_address(cells: tuple[Cell, ...]) -> str:
    return cells[-1].text if len(cells) > 1 else ""


def _join(
    service: Service, traces: tuple[tuple[str, Trace], ...], early: Hop | None, cells: tuple[Cell, ...]
) -> tuple[Join, str]:
    if early and all(_stops_early(trace, early) for _, trace in traces):
        return "bad", short_reason(next(t for _, t in traces if t.stop is early))
    if service.spec.type == "ExternalName" or service.spec.cluster_ip == "None":
        skips = any(cell.column in ("edge", "proxy") for cell in cells)
        return ("skip" if skips else "dns"), ""
    return ("skip" if any(trace.place.skips_cluster_ip for _, trace in traces) else "ok"), ""


def _stops_at_port(trace: Trace) -> bool:
    return trace.verdict == "unreachable" and trace.stop is not None and trace.stop.kind == "service"


def _stops_early(trace: Trace, early: Hop) -> bool:
    kinds = (*NEVER_JOINS, early.kind)
    return trace.verdict == "unreachable" and trace.stop is not None and trace.stop.kind in kinds


def _verdict(traces: tuple[tuple[str, Trace], ...], entry: Entry) -> tuple[Status, str]:
    """The verdict of a lane over its ports: one failing port of several is a warning, all of them an error."""
    found = [STATUS_OF_VERDICT[trace.verdict] for _, trace in traces]
    worst = next(
        (
            trace
            for status in ("bad", "warn", "unk")
            for (_, trace), s in zip(traces, found, strict=True)
            if s == status
        ),
        None,
    )
    if worst is None:
        return "ok", _good_news(traces, entry)
    status = STATUS_OF_VERDICT[worst.verdict]
    if status == "bad" and any(s == "ok" for s in found):
        status = "warn"
    says = worst.stop.says.rstrip(".") if worst.stop else ""
    return status, says


def _good_news(traces: tuple[tuple[str, Trace], ...], entry: Entry) -> str:
    """What a lane that works leads to, in a few words."""
    trace = traces[0][1]
    if trace.verdict == "redirect":
        return "answers with a redirect"
    if trace.external_name:
        return (
            "DNS alias only: the target is not checked"
            if entry.kind == "cluster-ip"
            else "the controller resolves the alias"
        )
    ready, left = {e.id for e in trace.endpoints}, {e.id for e, _ in trace.excluded}
    count, total = len(ready), len(ready | left)
    if trace.hops[-1].basis == "predicted":
        pods = f"{count} pod{'' if count == 1 else 's'} expected"
    else:
        pods = f"{count} of {total} {'pods' if trace.endpoints and trace.endpoints[0].pod else 'addresses'} ready"
    scope = load_balancer.scope_of(trace.request.host) if entry.kind == "load-balancer" else ""
    lead = {
        "load-balancer": {"internet": "public address; ", "internal": "private address; "}.get(scope, ""),
        "node-port": "any node address; ",
        "external-ip": "where the network brings it to a node; ",
    }.get(entry.kind, f"{entry.found}; " if entry.found else "")
    return lead + pods


def short_reason(trace: Trace) -> str:
    """Why a lane ends, short enough to stand on its line."""
    stop = trace.stop
    port = trace.hops[-1].address
    match trace.reason:
        case "service-port-not-found" | "backend-port-not-found":
            return f"no port {stop.wanted if stop else '?'}"
        case "ingress-class-not-found":
            return "no such IngressClass"
        case "name-not-found":
            waits = stop is not None and stop.rule in ("D6", "D7", "D8")
            return "DNS: no such name while no pod is ready" if waits else "DNS: no such name"
        case "name-no-data":
            return "DNS: the name has no address"
        case "dns-failure":
            return "DNS fails"
        case "no-matching-rule":
            return "another rule takes it" if stop is not None and stop.wanted else "no rule matches"
        case "ref-not-permitted":
            return "no ReferenceGrant"
        case "no-listener":
            return "no listener takes it"
        case "network-policy":
            return f"{stop.policy} {stop.address}" if stop else "NetworkPolicy"
    return (trace.reason or port).replace("-", " ")
