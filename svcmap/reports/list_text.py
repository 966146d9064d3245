"""`svcmap list` as a table: short enough for a terminal, or (wide) with everything in full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from svcmap.checks.standing import MARKS, Standing, standing
from svcmap.console import one_line
from svcmap.model.core import Service, ServicePort
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.entries import entries
from svcmap.paths.known.look_ups import endpoints_of, find_service
from svcmap.picture.drawing import glyphs
from svcmap.picture.drawing.texts import end, middle
from svcmap.reports.text import line, ready_count, widths_of
from svcmap.semantics.service import shown_as

HEADER = ("", "NAMESPACE", "NAME", "TYPE", "CLUSTER-IP", "PORTS", "READY", "WAYS IN", "PROBLEM")
NAME, ADDRESS, PORTS, WAYS, PROBLEM = 2, 4, 5, 7, 8
LEAST = {WAYS: 8, PORTS: 10, ADDRESS: 12, NAME: 18, PROBLEM: 12}
"""Columns that give up cells in a narrow terminal, those that can spare them best first, and what each keeps."""
SHORT_WAYS = {
    "load balancer": "lb",
    "external IP": "external",
    "node port": "node",
    "in-cluster": "cluster",
}
LONGEST_ADDRESS = 24
ORDERS = ("name", "type", "ready", "problem")
Row = tuple[str, ...]


def service_table(
    state: ClusterState, names: Iterable[Name], *, wide: bool = False, header: bool = True, width: int = 0
) -> str:
    """One row per Service, no wider than `width` (0: as wide as it gets); empty without Services."""
    rows = [service_row(state, name, wide=wide) for name in names]
    if not rows:
        return ""
    rows = [HEADER, *rows] if header else rows
    widths = fitted(widths_of(rows), 0 if wide else width)
    return "".join(f"{line(cut(row, widths), widths)}\n" for row in rows)


def service_row(state: ClusterState, name: Name, *, wide: bool = False) -> Row:
    """The cells of one Service below HEADER."""
    service = find_service(state, name)
    if service is None:
        raise KeyError(str(name))
    found = standing(state, name)
    ways = dict.fromkeys(entry.title for entry in entries(state, service))
    address = ",".join(service.spec.cluster_ips) or service.alias or "-"
    cells = (
        "" if found.mark == "ok" else glyphs.MARKS[found.mark],
        name.namespace,
        name.name,
        shown_as(service),
        address if wide else middle(address, LONGEST_ADDRESS),
        ",".join(_port(port) for port in service.spec.ports) or "-",
        ready_count(service, endpoints_of(state, name)),
        ", ".join(ways) if wide else ",".join(SHORT_WAYS.get(way, way) for way in ways),
        _problem(found, wide=wide),
    )
    return tuple(one_line(cell) for cell in cells)


def _problem(found: Standing, *, wide: bool) -> str:
    """The sentence of the mark; short, the id of what was found."""
    if found.mark == "ok":
        return ""
    if wide:
        return found.says
    return found.worst.id if found.worst and found.mark != "unknown" else "not known"


def _port(port: ServicePort) -> str:
    node = f":{port.node_port}" if port.node_port else ""
    return f"{port.port}{node}/{port.protocol}"


def fitted(widths: Sequence[int], room: int) -> list[int]:
    """Widths of columns that together take no more than `room` (0: any), as far as that goes."""
    found = list(widths)
    for column, least in LEAST.items() if room else ():
        over = sum(found) + 2 * (len(found) - 1) - room
        found[column] -= max(0, min(over, found[column] - least))
    return found


def cut(row: Row, widths: Sequence[int]) -> Row:
    """The cells of a row, none wider than its column: names lose their middle, lists their end."""
    how = {NAME: middle, ADDRESS: middle}
    return tuple(how.get(i, end)(cell, width) for i, (cell, width) in enumerate(zip(row, widths, strict=True)))


def ordered(state: ClusterState, names: Iterable[Name], order: str) -> list[Name]:
    """Services in the order of a column: `name`, `type`, `ready` (the least first) or `problem` (the worst first)."""
    return sorted(names, key=lambda name: (_place(state, name, order), name))


def _place(state: ClusterState, name: Name, order: str) -> tuple[float, str]:
    service = find_service(state, name)
    if service is None or order == "name":
        return 0, ""
    if order == "type":
        return 0, shown_as(service)
    if order == "problem":
        return MARKS.index(standing(state, name).mark), ""
    return _readiness(state, service), ""


def _readiness(state: ClusterState, service: Service) -> float:
    found = endpoints_of(state, service.name)
    if service.spec.type == "ExternalName" or found.basis == "unknown":
        return 2.0  # nothing to be ready, or not known: behind what is
    return len(found.usable) / len(found.endpoints) if found.endpoints else 0.0
