"""The rows of the service list, and the filter over them."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from svcmap.checks.standing import standing
from svcmap.model.core import Service
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import endpoints_of, find_service
from svcmap.paths.views.whereabouts import is_term
from svcmap.picture.drawing.glyphs import MARK_STATUS, SYMBOLS
from svcmap.picture.drawing.texts import cells
from svcmap.picture.groups import tally
from svcmap.semantics.service import shown_as
from svcmap.tui.widgets.table_rows import Cell, Column, Row

COLUMNS = (
    Column("", width=1),
    Column("SERVICE", flex=2, most=60, middle=True),
    Column("TYPE", width=4, drop=34),
    Column("READY", most=6),
    Column("CLUSTER IP", most=16, drop=60),
    Column("PROBLEM", flex=3, most=90, drop=70),
)
SHORT = {
    "LoadBalancer": "LB",
    "ClusterIP": "CIP",
    "NodePort": "NP",
    "Headless": "HL",
    "ExternalName": "EXT",
    "ExternalIP": "XIP",
    "None-Selector": "CIP",
}
FAULTS = ("error", "warning")
WAITING = "waiting"


class ServiceRow(msgspec.Struct, frozen=True, gc=False):
    """A row of the list, its text in lower case for the filter, and its mark (WAITING: not known yet)."""

    name: Name
    row: Row
    text: str
    mark: str


def service_row(state: ClusterState, name: Name) -> ServiceRow:
    """The row of a Service that is there, with its mark and what it stands for."""
    service, found = _service(state, name), standing(state, name)
    says = "" if found.mark == "ok" else cells(found.says)
    return _row(service, _ready(state, service), found.mark, says)


def waiting_row(state: ClusterState, name: Name) -> ServiceRow:
    """The row of a Service whose verdict is not worked out yet."""
    return _row(_service(state, name), ("…", "muted"), WAITING, "")


def _service(state: ClusterState, name: Name) -> Service:
    service = find_service(state, name)
    if service is None:
        raise KeyError(str(name))
    return service


def _row(service: Service, counted: tuple[str, str], mark: str, problem: str) -> ServiceRow:
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
    text = f"{name} {kind} {service.spec.type} {ip} {' '.join(service.spec.external_ips)} {service.spec.external_name}"
    return ServiceRow(name, Row(str(name), found, name.namespace), text.lower(), mark)


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


Lookup = Callable[[str], frozenset[Name]]
"""The Services that an address, `:nodePort`, host name or pod leads to."""


def nowhere(_term: str) -> frozenset[Name]:
    """A look-up without a state."""
    return frozenset()


def matching(
    rows: list[ServiceRow], query: str, *, faults_only: bool = False, lookup: Lookup = nowhere
) -> list[ServiceRow]:
    """Rows that contain every word of the query, and none of its `!words`; with `faults_only` those with problems.

    A word that is or begins an address, `:nodePort`, host or pod also finds the Services it leads to.
    """
    words = query.lower().split()
    for word in words:
        if word.startswith("!"):
            if len(word) > 1:
                rows = [row for row in rows if word[1:] not in row.text]
        else:
            behind = lookup(word) if is_term(word) else frozenset()
            rows = [row for row in rows if word in row.text or row.name in behind]
    return [row for row in rows if row.mark in FAULTS] if faults_only else rows
