"""The rows of the list of entries: every way in from outside, with its verdict and the Service it ends at."""

from __future__ import annotations

import msgspec

from svcmap.model.addresses import before_port
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.entries import TracedEntry, traced_entries
from svcmap.paths.outcome import Trace
from svcmap.paths.views.lanes import lanes
from svcmap.picture.drawing.glyphs import SYMBOLS
from svcmap.picture.drawing.texts import cells
from svcmap.picture.lanes import STATUS_OF_VERDICT
from svcmap.tui.widgets.table_rows import Cell, Column, Row

COLUMNS = (
    Column("", width=1),
    Column("ENTRY", flex=2, most=60, apart=True),
    Column("SERVICE", flex=1, most=24, apart=True, drop=40),
    Column("VIA", most=16, drop=60),
    Column("VERDICT", flex=1, most=40, drop=80),
)


class EntryRow(msgspec.Struct, frozen=True, gc=False):
    """A way in: the Service it leads to, its lane in the picture, its row, and what the filter finds it by."""

    service: Name
    way: str
    row: Row
    shown: str
    text: str
    status: str

    @property
    def namespace(self) -> str:
        """That of its Service."""
        return self.service.namespace


def entry_rows(state: ClusterState, name: Name) -> tuple[EntryRow, ...]:
    """The ways in to a Service that somebody outside the cluster may ask for, a row each."""
    return tuple(
        _row(name, item, key, found)
        for item in lanes(traced_entries(state, name))
        if item.entry.kind != "cluster-ip"
        for key, found in item.traces
    )


def _row(name: Name, item: TracedEntry, key: str, found: Trace) -> EntryRow:
    entry, status = item.entry, STATUS_OF_VERDICT[found.verdict]
    shown = cells(_shown(item, found))
    reason = found.reason or found.verdict
    row = Row(
        f"{name}|{entry.id}|{key}",
        (
            Cell(SYMBOLS[status], status),
            Cell(shown),
            Cell(cells(str(name)), "muted"),
            Cell(entry.title, "muted"),
            Cell(reason, status if status != "ok" else "muted"),
        ),
        entry.title,
    )
    text = f"{shown} {name} {entry.title} {reason} {entry.object or ''}".lower()
    return EntryRow(name, entry.id, row, shown, text, status)


def _shown(item: TracedEntry, found: Trace) -> str:
    """`www.example.com/cart`, an address with its port, `:30080`."""
    entry, port = item.entry, found.service_port
    if entry.is_route:
        return entry.rule + (f" +{item.more}" if item.more else "")
    if entry.kind == "node-port":
        return f":{port.node_port if port and port.node_port else 'assigned'}"
    address = before_port(entry.address) or "<pending>"
    return f"{address}:{found.request.port}" + ("" if found.request.protocol == "TCP" else f"/{found.request.protocol}")
