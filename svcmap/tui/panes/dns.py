"""The DNS names of the open Service, and what each answers."""

from __future__ import annotations

from svcmap.picture.drawing.plan import Lit
from svcmap.picture.drawing.texts import cells
from svcmap.picture.selection import Selection, name_key, spot_of_name
from svcmap.picture.spots import Spot
from svcmap.tui.panes.pane import Pane, Shown
from svcmap.tui.widgets.table_rows import Cell, Column, Row

COLUMNS = (
    Column("NAME", flex=3, most=70, wrap=True),
    Column("TYPE", width=6),
    Column("ANSWER", flex=3, most=60, middle=True, wrap=True),
    Column("WORKS FROM", most=12, drop=60),
)


def rows(shown: Shown) -> list[Row]:
    """One row per name; what has no answer says why."""
    made = []
    for name in shown.names:
        prefix = "= " if name.type == "search" else ""
        answer = prefix + " ".join(name.data) if name.data else name.note
        style = "muted" if not name.data else "dns" if name.type == "CNAME" else "text"
        kind = "short" if name.type == "search" else name.type
        made.append(
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
    return made


def spot_of(shown: Shown, key: str) -> Spot | None:
    return next((spot_of_name(row) for row in shown.names if name_key(row) == key), None)


def linked(shown: Shown, selection: Selection, lit: Lit | None) -> frozenset[str]:
    """The names of the way, the port and the endpoint that are selected."""
    return frozenset(
        name_key(row)
        for row in (shown.names if lit else ())
        if (selection.way and row.way == selection.way)
        or (selection.port and row.port == selection.port)
        or (selection.endpoint and row.endpoint == selection.endpoint)
    )


def tally(shown: Shown) -> str:
    return str(len(shown.names))


PANE = Pane("dns", "DNS", "DNS", COLUMNS, "no DNS name", rows, spot_of, linked, tally)
