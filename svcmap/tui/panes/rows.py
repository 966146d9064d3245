"""What the five panes list, as rows of a table: one function per pane, no widgets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from svcmap.checks.finding import Finding
from svcmap.model.addresses import before_port
from svcmap.model.facts import Endpoint
from svcmap.paths.views.names import NameRow
from svcmap.picture.details import spot_of_finding
from svcmap.picture.drawing.glyphs import STATE_STATUS, STATE_SYMBOLS, SYMBOLS
from svcmap.picture.drawing.texts import cells
from svcmap.picture.groups import NO_GROUP, WORKING, GroupBy, state_of, tally
from svcmap.picture.lanes import ALL_PORTS, PathView, PortRow
from svcmap.picture.selection import name_key
from svcmap.picture.spots import CellSpot, GroupSpot, PortSpot, Spot
from svcmap.tui.widgets.table_rows import Cell, Column, Row

SEVERITY_STATUS = {"error": "bad", "warning": "warn", "info": "unk"}

STATE_WORDS = {
    "external": "not checked by Kubernetes",
    "expected": "expected, none seen",
    "dns-only": "DNS only, kube-proxy leaves it out",
}
DNS_COLUMNS = (
    Column("NAME", flex=3, most=70),
    Column("TYPE", width=6),
    Column("ANSWER", flex=3, most=60, middle=True),
    Column("WORKS FROM", most=12, drop=60),
)
PORT_COLUMNS = (
    Column("PORT", most=9),
    Column("NAME", most=16, flex=1),
    Column("", width=1),
    Column("POD PORT", most=14),
    Column("NODE PORT", most=9),
    Column("REACHED BY", flex=2, most=48),
    Column("READY", width=7),
)
ENDPOINT_COLUMNS = (
    Column("", width=1),
    Column("POD", flex=2, most=48, middle=True),
    Column("ADDRESS", most=45),
    Column("NODE", most=20, middle=True, drop=66),
    Column("ZONE", most=16, drop=96),
    Column("STATE", flex=3, most=44),
)
REACH_COLUMNS = (
    Column("", width=1),
    Column("FROM", most=10),
    Column("VIA", most=16),
    Column("ADDRESS", most=34, flex=1, middle=True),
    Column("PORTS", most=14, drop=84),
    Column("VERDICT", flex=3, most=90),
)
PROBLEM_COLUMNS = (
    Column("", width=1),
    Column("WHERE", most=22, middle=True),
    Column("PROBLEM", flex=3, most=120),
    Column("NEXT STEP", flex=2, most=80, drop=90),
)


def dns_rows(names: Iterable[NameRow]) -> list[Row]:
    """One row per name; what has no answer says why."""
    rows = []
    for name in names:
        prefix = "= " if name.type == "search" else ""
        answer = prefix + " ".join(name.data) if name.data else name.note
        style = "muted" if not name.data else "dns" if name.type == "CNAME" else "text"
        kind = "short" if name.type == "search" else name.type
        rows.append(
            Row(
                name_key(name),
                (
                    Cell(cells(name.name)),
                    Cell(kind, "muted"),
                    Cell(cells(answer), style),
                    Cell(name.works_from, "muted"),
                ),
            )
        )
    return rows


def port_rows(view: PathView) -> list[Row]:
    """One row per Service port: what it leads to, and by which ways it is reached."""
    return [_port_row(view, port) for port in view.ports]


def _port_row(view: PathView, port: PortRow) -> Row:
    ways = ", ".join(dict.fromkeys(way.title for way in view.ways if port.key in way.ports))
    ready, style = _ready(view, port)
    return Row(
        port.key,
        (
            Cell(port.key),
            Cell(cells(port.name)),
            Cell("=" if view.is_dns_only else "→", "muted"),
            Cell(cells(port.target), port.status if port.status != "ok" else "text"),
            Cell(port.node_port or "-", "text" if port.node_port else "muted"),
            Cell(cells(port.note or ways), port.status if port.note else "muted"),
            Cell(ready, style),
        ),
    )


def _ready(view: PathView, port: PortRow) -> tuple[str, str]:
    found = view.found
    if found.basis == "unknown":
        return "?", "unk"
    if tally(view.service, found).startswith("?/"):
        return tally(view.service, found), "unk"
    count = sum(1 for e in found.usable if e.port_for(port.name, port.protocol))
    total = len(found.endpoints)
    if found.basis == "predicted":
        return f"◇{'?' if found.total is None else found.total if count else 0}", "unk" if count else "bad"
    return f"{count}/{total}", "bad" if not count else "warn" if count < total else "ok"


def endpoint_rows(view: PathView, by: GroupBy) -> list[Row]:
    """One row per endpoint, what does not work first within its group."""
    groups = [group for group in view.groups[by] if group.members and view.shown_as != "ExternalName"]
    titled = len(groups) > 1 and by != "pod"
    return [
        Row(endpoint.id, _endpoint_cells(endpoint), cells(group.title) if titled else "")
        for group in groups
        for endpoint in sorted(group.members, key=lambda e: state_of(e) in WORKING)
    ]


def _endpoint_cells(endpoint: Endpoint) -> tuple[Cell, ...]:
    state = state_of(endpoint)
    status = STATE_STATUS[state]
    port = f":{endpoint.ports[0].port}" if endpoint.ports else ""
    address = f"{before_port(endpoint.address)}{port}" if port else endpoint.address
    says = endpoint.reason or STATE_WORDS.get(state, state)
    name = endpoint.pod.name if endpoint.pod else endpoint.id
    return (
        Cell(STATE_SYMBOLS[state], status),
        Cell(cells(name)),
        Cell(address if endpoint.address else "not known yet"),
        Cell(cells(endpoint.node) or "-", "muted"),
        Cell(cells(endpoint.zone) or "-", "muted"),
        Cell(cells(says), "muted" if state in WORKING else status),
    )


def reach_rows(view: PathView) -> list[Row]:
    """One row per way in: the lanes of the picture, one to one."""
    rows = []
    for way in view.ways:
        numbers = " ".join(key.partition("/")[0] for key, _ in way.traces if key != ALL_PORTS) or "-"
        address = way.address or (view.service.spec.cluster_ip or "assigned")
        if address == "None":
            address = "pod addresses"
        rows.append(
            Row(
                way.id,
                (
                    Cell(SYMBOLS[way.verdict], way.verdict),
                    Cell(way.cells[0].text),
                    Cell(way.title),
                    Cell(cells(address)),
                    Cell(numbers, "muted"),
                    Cell(cells(way.why), way.verdict if way.verdict != "ok" else "muted"),
                ),
            )
        )
    return rows


def problem_rows(view: PathView, by: GroupBy, findings: Sequence[Finding]) -> list[Row]:
    """One row per finding, by its number."""
    return [_problem_row(view, by, number, finding) for number, finding in enumerate(findings)]


def _problem_row(view: PathView, by: GroupBy, number: int, finding: Finding) -> Row:
    spot = spot_of_finding(view, by, finding)
    status = SEVERITY_STATUS[finding.severity]
    return Row(
        str(number),
        (
            Cell(SYMBOLS[status], status),
            Cell(cells(_where(view, spot, finding))),
            Cell(cells(finding.message), status),
            Cell(cells(finding.next), "muted"),
        ),
    )


def _where(view: PathView, spot: Spot, finding: Finding) -> str:
    """The part of the picture a problem is at, in a word or two."""
    if finding.spot.kind == "service":
        return f"{finding.object.kind} {finding.object.name}"
    match spot:
        case CellSpot(way=id_, index=index):
            way = view.way(id_)
            return way.cells[index].kind if way else id_
        case PortSpot(key=key):
            return f"port {key}"
        case GroupSpot(id=id_):
            return "selector" if id_ == NO_GROUP else id_.rpartition(" ")[2]
    return ""
