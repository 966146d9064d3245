"""The rows of the service list, and the filter over them."""

from __future__ import annotations

import msgspec

from svcmap.checks.standing import standing
from svcmap.model.core import Service
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import endpoints_of, find_service
from svcmap.paths.missing import MISSING, askers
from svcmap.picture.drawing.glyphs import MARK_STATUS, SYMBOLS
from svcmap.picture.drawing.texts import cells
from svcmap.picture.groups import tally
from svcmap.semantics.service import shown_as
from svcmap.tui.panes.entry_rows import EntryRow, entry_rows
from svcmap.tui.widgets.table_rows import Cell, Column, Row

COLUMNS = (
    Column("", width=1),
    Column("SERVICE", flex=2, most=60, apart=True),
    Column("TYPE", width=4, drop=34),
    Column("READY", most=6),
    Column("CLUSTER IP", most=16, drop=60),
    Column("PROBLEM", flex=1, most=30, drop=70),
)
SHORT = {
    "LoadBalancer": "LB",
    "ClusterIP": "CIP",
    "NodePort": "NP",
    "Headless": "HL",
    "ExternalName": "EXT",
    "ExternalIP": "XIP",
    "None-Selector": "NSEL",
}
BREAK = "\n"
"""Between the terms that a filter looks through: no word of it has one."""
WAITING = "waiting"


class ServiceRow(msgspec.Struct, frozen=True, gc=False):
    """A row of the list, the text that the filter looks through, its mark (WAITING: not known yet), and the ways in."""

    name: Name
    row: Row
    text: str
    mark: str
    entries: tuple[EntryRow, ...] = ()

    @property
    def terms(self) -> list[str]:
        """What a word of the filter may mean, a piece each."""
        return self.text.split(BREAK)


def service_row(state: ClusterState, name: Name) -> ServiceRow:
    """The row of a Service that is there or asked for, with its mark and what it stands for."""
    found = standing(state, name)
    says = "" if found.mark == "ok" else cells(found.says)
    entries = entry_rows(state, name)
    if name not in state.services:
        return _missing_row(state, name, found.mark, entries)
    service = _service(state, name)
    return _row(service, _ready(state, service), found.mark, says, entries)


def waiting_row(state: ClusterState, name: Name) -> ServiceRow:
    """The row of a Service whose verdict is not worked out yet."""
    if name not in state.services:
        return _missing_row(state, name, WAITING, ())
    return _row(_service(state, name), ("…", "muted"), WAITING, "", ())


def _missing_row(state: ClusterState, name: Name, mark: str, entries: tuple[EntryRow, ...]) -> ServiceRow:
    """`✗ checkout  does not exist  ← Ingress shop`."""
    status = MARK_STATUS.get(mark, "muted")
    asking = f"{MISSING} ← {', '.join(askers(state, name))}"
    found = (
        Cell(" " if mark == WAITING else SYMBOLS[status], status),
        Cell(cells(name.name), status),
        Cell("-", "muted"),
        Cell("none", status),
        Cell("-", "muted"),
        Cell(cells(asking), status),
    )
    return ServiceRow(name, Row(str(name), found, name.namespace), _joined([str(name), asking]), mark, entries)


def _service(state: ClusterState, name: Name) -> Service:
    service = find_service(state, name)
    if service is None:
        raise KeyError(str(name))
    return service


def _row(
    service: Service, counted: tuple[str, str], mark: str, problem: str, entries: tuple[EntryRow, ...]
) -> ServiceRow:
    name, kind, ip = service.name, shown_as(service), service.spec.cluster_ip or "-"
    ready, ready_style = counted
    status = MARK_STATUS.get(mark, "muted")
    found = (
        Cell(" " if mark in ("ok", WAITING) else SYMBOLS[status], status),
        Cell(cells(name.name)),
        Cell(SHORT.get(kind, kind[:4]), "muted"),
        Cell(ready, ready_style),
        Cell(ip, "muted"),
        Cell(problem, status),
    )
    return ServiceRow(name, Row(str(name), found, name.namespace), _terms(service, kind, entries), mark, entries)


def _terms(service: Service, kind: str, entries: tuple[EntryRow, ...]) -> str:
    """Everything that a word of the filter may mean: name, type, addresses, ports, labels, selector, hosts, paths."""
    spec, ports = service.spec, service.spec.ports
    found = [str(service.name), kind, spec.type, SHORT.get(kind, ""), *spec.cluster_ips, *spec.external_ips]
    found += [spec.external_name, *(f":{p.port}" for p in ports), *(f":{p.node_port}" for p in ports if p.node_port)]
    found += [f"{key}={value}" for key, value in (*spec.selector.items(), *service.metadata.labels.items())]
    return _joined([*found, *(entry.shown for entry in entries)])


def _joined(terms: list[str]) -> str:
    """Terms as one text in which a whole one can be found, too: with a break in front and behind."""
    shown = dict.fromkeys(text.lower() for text in terms if text and text != "None")
    return f"{BREAK}{BREAK.join(shown)}{BREAK}"


def _ready(state: ClusterState, service: Service) -> tuple[str, str]:
    found = endpoints_of(state, service.name)
    text = tally(service, found)
    if text == "dns":
        return text, "muted"
    if text.startswith(("?", "◇")):
        return text, "bad" if text == "◇0" else "unk"
    ready, total = len(found.usable), len(found.endpoints)
    style = "muted" if ready == total and total else "warn" if ready else "bad"
    return (text if total < 100 else f"{100 * ready // total}%"), style
