"""The ports of the open Service, what they lead to, and by which ways they are reached."""

from __future__ import annotations

from svcmap.picture.drawing.plan import Lit
from svcmap.picture.drawing.texts import cells
from svcmap.picture.groups import tally as tally_endpoints
from svcmap.picture.lanes import PathView, PortRow
from svcmap.picture.selection import Selection
from svcmap.picture.spots import PortSpot, Spot
from svcmap.tui.panes.pane import Pane, Shown
from svcmap.tui.widgets.table_rows import Cell, Column, Row

COLUMNS = (
    Column("PORT", most=9),
    Column("NAME", most=16, flex=1),
    Column("", width=1),
    Column("POD PORT", most=14),
    Column("NODE PORT", most=9, drop=58),
    Column("REACHED BY", flex=2, most=48, wrap=True),
    Column("READY", width=7),
)


def rows(shown: Shown) -> list[Row]:
    return [_row(shown.view, port) for port in shown.view.ports]


def _row(view: PathView, port: PortRow) -> Row:
    ways = ", ".join(dict.fromkeys(way.title for way in view.ways if port.key in way.ports))
    ready, style = _ready(view, port)
    return Row(
        port.key,
        (
            Cell(port.key),
            Cell(cells(port.name)),
            Cell("=" if view.is_dns_only else "→", "muted"),
            Cell(cells(_target(port)), port.status if port.status != "ok" else "text"),
            Cell(port.node_port or "-", "text" if port.node_port else "muted"),
            Cell(cells(port.note or ways), port.status if port.note else "muted"),
            Cell(ready, style),
        ),
    )


def _target(port: PortRow) -> str:
    """What it leads to, without why it does not: that has a column of its own."""
    return port.target.partition(": ")[0] if port.note else port.target


def _ready(view: PathView, port: PortRow) -> tuple[str, str]:
    found = view.found
    if found.basis == "unknown":
        return "?", "unk"
    if tally_endpoints(view.service, found).startswith("?/"):
        return tally_endpoints(view.service, found), "unk"
    count = sum(1 for e in found.usable if e.port_for(port.name, port.protocol))
    total = len(found.endpoints)
    if found.basis == "predicted":
        return f"◇{'?' if found.total is None else found.total if count else 0}", "unk" if count else "bad"
    return f"{count}/{total}", "bad" if not count else "warn" if count < total else "ok"


def spot_of(shown: Shown, key: str) -> Spot | None:
    del shown
    return PortSpot(key)


def linked(shown: Shown, selection: Selection, lit: Lit | None) -> frozenset[str]:
    del shown, selection
    return frozenset(lit.ports) if lit else frozenset()


def tally(shown: Shown) -> str:
    return str(len(shown.view.ports))


PANE = Pane("ports", "Ports", "Ports", COLUMNS, "this Service has no ports", rows, spot_of, linked, tally)
