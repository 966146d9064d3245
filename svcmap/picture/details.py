"""One hop in full: its untruncated name, its address, a plain sentence, and the API fields behind it."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from svcmap.checks.finding import Finding
from svcmap.model.addresses import before_port
from svcmap.model.facts import Endpoint
from svcmap.model.labels import format_labels
from svcmap.paths.asking.entry import Facts
from svcmap.paths.outcome import Hop
from svcmap.picture.groups import Group, GroupBy, state_of
from svcmap.picture.lanes import ALL_PORTS, PathView, PortRow
from svcmap.picture.selection import Selection
from svcmap.picture.spots import CellSpot, EndpointSpot, GroupSpot, PortSpot, Spot

COMMANDS = ("kubectl ", "svcmap ", "nc ", "curl ", "nslookup ")
"""How a next step begins that can be typed."""
WORST_GROUP = {"bad": 0, "warn": 1}


class Description(NamedTuple):
    """What the detail lines say. `address` is what `c` copies, `more` what stands behind it; `next` is the next step,
    where there is one.
    """

    title: str
    address: str
    status: str
    says: str
    facts: Facts = ()
    next: str = ""
    more: str = ""


def describe(view: PathView, by: GroupBy, spot: Spot, selection: Selection) -> Description | None:
    """The description of a spot; None if the picture has no such spot."""
    match spot:
        case CellSpot():
            return _cell(view, spot, selection)
        case PortSpot(key=key):
            port = view.port(key)
            return _port(view, port, selection) if port else _alias(view)
        case GroupSpot(id=id_):
            group = next((group for group in view.groups[by] if group.id == id_), None)
            return _group(group, selection, view) if group else None
        case EndpointSpot(id=id_):
            endpoint = next((e for group in view.groups[by] for e in group.members if e.id == id_), None)
            return _endpoint(endpoint) if endpoint else None
    return None


def hop_said(view: PathView, selection: Selection, port: str | None, kind: str) -> Hop | None:
    """The hop of a kind that traces tell of: along the selected way where it has one, and of one port, if one is meant.

    One that stops traffic says more than one that is passed.
    """
    chosen = [view.way(selection.way)] if selection.way else []
    for ways in (chosen, view.ways[::-1]):
        traces = [found for way in ways if way for key, found in way.traces if port in (None, key)]
        hops = [hop for found in traces for hop in found.hops if hop.kind == kind]
        if hops:
            return next((hop for hop in hops if hop.verdict != "ok"), hops[0])
    return None


def _cell(view: PathView, spot: CellSpot, selection: Selection) -> Description | None:
    way = view.way(spot.way)
    if way is None or spot.index >= len(way.cells):
        return None
    cell = way.cells[spot.index]
    tokens = dict(cell.ports)
    token = tokens.get(selection.port or "") or " ".join(tokens.values())
    space = "" if token.startswith(":") and " " not in token else " "
    address = f"{before_port(cell.text) if token and not space else cell.text}{space}{token}".strip()
    if cell.column == "from":
        address = ""
    return Description(cell.kind, address, cell.status, cell.says, cell.facts, cell.next)


def _port(view: PathView, port: PortRow, selection: Selection) -> Description:
    spec = view.service.spec
    ip = spec.cluster_ip if spec.cluster_ip not in ("", "None") else ""
    said = hop_said(view, selection, port.key, "service")
    says = said.says if said else port.note[:1].upper() + port.note[1:]
    facts: Facts = (
        ("spec.clusterIP", spec.cluster_ip or "assigned at creation"),
        ("port → targetPort", f"{port.number}/{port.protocol} → {port.target}"),
        ("selector", format_labels(spec.selector) or "none (endpoints are managed elsewhere)"),
        ("sessionAffinity", spec.session_affinity),
        ("internalTrafficPolicy", spec.internal_traffic_policy),
    )
    title = f"Service port {port.name}" if port.name else "Service port"
    address = f"{before_port(ip)}:{port.number}" if ip else f":{port.number}"
    return Description(title, address, port.status, says, tuple(fact for fact in facts if fact[1]))


def _alias(view: PathView) -> Description:
    spec = view.service.spec
    if view.shown_as == "ExternalName":
        return Description(
            "Service (DNS alias)",
            spec.external_name,
            "ok",
            "DNS answers with a CNAME; Kubernetes forwards nothing and knows no ports.",
            (("spec.externalName", spec.external_name),),
        )
    if view.title:
        return Description(f"Service {view.name}", "", "bad", f"There is no Service {view.name}.")
    return Description("Service without ports", spec.cluster_ip, "ok", "The pods are reachable on any port, directly.")


def _group(group: Group, selection: Selection, view: PathView) -> Description:
    if not group.members:
        said = hop_said(view, selection, selection.port, "endpoint")
        says = said.says if said else "; ".join(group.lines)
        return Description(group.title, "", group.status, says, next=said.next if said else "")
    first = group.members[0]
    port = view.port(selection.port or "")
    number = port.reaches if port else str(first.ports[0].port) if first.ports else ""
    more = f"  +{len(group.members) - 1} more" if len(group.members) > 1 else ""
    address = f"{before_port(first.address)}:{number}" if first.address and number else first.address
    says = "; ".join(f"{count} {reason or state}" for state, reason, count in group.exceptions)
    if not says:
        said = hop_said(view, selection, port.key if port else None, "endpoint")
        says = said.says if said else ""
    if group.is_external:
        says = f"{says} Not managed by Kubernetes: nobody checks that it answers.".strip()
    total = "?" if group.total is None else str(group.total)
    facts: Facts = (
        ("expected" if group.is_expected else "ready", f"{group.working} of {total}"),
        ("nodes", ", ".join(sorted({e.node for e in group.members if e.node})[:5]) or "-"),
        ("zones", ", ".join(sorted({e.zone for e in group.members if e.zone})) or "-"),
    )
    return Description(group.title, address, group.status, says, facts, more=more)


def _endpoint(endpoint: Endpoint) -> Description:
    state = state_of(endpoint)
    status = {"ready": "ok", "external": "ok", "expected": "unk", "notready": "bad"}.get(state, "warn")
    ports = " ".join(str(port.port) for port in endpoint.ports)
    address = (
        f"{before_port(endpoint.address)}:{endpoint.ports[0].port}"
        if endpoint.ports and endpoint.address
        else endpoint.address
    )
    where = f" on {endpoint.node}" if endpoint.node else ""
    zone = f" ({endpoint.zone})" if endpoint.zone else ""
    says = endpoint.reason or f"{state}{where}{zone}"
    title = f"Pod {endpoint.pod.name}" if endpoint.pod else f"Endpoint {endpoint.id}"
    facts: Facts = (
        ("node", endpoint.node or "-"),
        ("zone", endpoint.zone or "-"),
        ("owner", endpoint.owner),
        ("ports", ports or "-"),
        ("known from", endpoint.basis),
    )
    return Description(title, address, status, says, facts)


def pasteable(view: PathView, by: GroupBy, spot: Spot, selection: Selection) -> str:
    """What a person would paste of a hop: its address, the request that comes this way, or a command about it."""
    found = describe(view, by, spot, selection)
    way = view.way(spot.way) if isinstance(spot, CellSpot) else None
    asked = way.traces[0][1].request.to if way and way.traces else ""
    if isinstance(spot, CellSpot) and way:
        cell = way.cells[spot.index]
        token = dict(cell.ports).get(selection.port or "") or next((token for _, token in cell.ports), "")
        if cell.column == "edge" and token.startswith(":"):
            return f"{before_port(cell.text)}{token}"
    name, selector = view.name, format_labels(view.service.spec.selector)
    pods = f"kubectl get pods -n {name.namespace}" + (f" -l {shlex.quote(selector)}" if selector else "")
    texts = (found.address if found else "", asked, pods if isinstance(spot, GroupSpot) else "")
    shown = f"kubectl get service -n {name.namespace} {name.name}"
    return next((text for text in texts if text and "<" not in text and "not known" not in text), shown)


def command_of(text: str) -> str:
    """The command at the beginning of a next step, without what is said behind it; else the whole step."""
    return text.partition("; ")[0].strip() if text.startswith(COMMANDS) else text


def spot_of_finding(view: PathView, by: GroupBy, finding: Finding) -> Spot:
    """The spot of the picture a finding is about."""
    match finding.spot.kind:
        case "port":
            return PortSpot(finding.spot.key)
        case "endpoints":
            return GroupSpot(min(view.groups[by], key=lambda group: WORST_GROUP.get(group.status, 2)).id)
        case "entry":
            way = view.way(finding.spot.key)
            if way is not None:
                index = way.broken_at if way.broken_at is not None else len(way.cells) - 1
                return CellSpot(way.id, min(index, len(way.cells) - 1))
    return PortSpot(view.ports[0].key if view.ports else ALL_PORTS)
