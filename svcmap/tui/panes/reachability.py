"""The ways in to the open Service, and how each ends."""

from __future__ import annotations

from svcmap.picture.drawing.glyphs import SYMBOLS
from svcmap.picture.drawing.plan import Lit
from svcmap.picture.drawing.texts import cells
from svcmap.picture.lanes import ALL_PORTS
from svcmap.picture.selection import Selection, spot_of_way
from svcmap.picture.spots import Spot
from svcmap.tui.panes.pane import Pane, Shown
from svcmap.tui.widgets.table_rows import Cell, Column, Row

COLUMNS = (
    Column("", width=1),
    Column("FROM", most=10),
    Column("VIA", most=16),
    Column("ADDRESS", most=34, flex=1, middle=True, wrap=True),
    Column("PORTS", most=14, drop=84),
    Column("VERDICT", flex=3, most=90, wrap=True),
)


def rows(shown: Shown) -> list[Row]:
    """One row per way in: the lanes of the picture, one to one."""
    view, made = shown.view, []
    for way in view.ways:
        numbers = " ".join(key.partition("/")[0] for key, _ in way.traces if key != ALL_PORTS) or "-"
        address = way.address or (view.service.spec.cluster_ip or "assigned")
        if address == "None":
            address = "pod addresses"
        made.append(
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
    return made


def spot_of(shown: Shown, key: str) -> Spot | None:
    way = shown.view.way(key)
    return spot_of_way(way) if way else None


def linked(shown: Shown, selection: Selection, lit: Lit | None) -> frozenset[str]:
    del shown, selection
    return frozenset(lit.ways) if lit else frozenset()


def tally(shown: Shown) -> str:
    ways = shown.view.ways
    counts = ((SYMBOLS[status], sum(way.verdict == status for way in ways)) for status in ("bad", "warn", "unk"))
    return " ".join([str(len(ways)), *(f"{symbol}{count}" for symbol, count in counts if count)])


PANE = Pane("reach", "Reachability", "Reach", COLUMNS, "nothing can reach this Service", rows, spot_of, linked, tally)
