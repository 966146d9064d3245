"""What is wrong with the open Service, the worst first."""

from __future__ import annotations

from svcmap.checks.finding import SEVERITIES, Finding
from svcmap.picture.details import spot_of_finding
from svcmap.picture.drawing.glyphs import MARK_STATUS, SYMBOLS
from svcmap.picture.drawing.plan import Lit
from svcmap.picture.drawing.texts import cells
from svcmap.picture.groups import NO_GROUP, GroupBy
from svcmap.picture.lanes import PathView
from svcmap.picture.selection import Selection
from svcmap.picture.spots import CellSpot, GroupSpot, PortSpot, Spot
from svcmap.tui.panes.pane import Pane, Shown
from svcmap.tui.widgets.table_rows import Cell, Column, Row

COLUMNS = (
    Column("", width=1),
    Column("WHERE", most=22, middle=True, wrap=True),
    Column("PROBLEM", flex=3, most=120, wrap=True),
    Column("NEXT STEP", flex=2, most=80, drop=90),
)


def rows(shown: Shown) -> list[Row]:
    """One row per finding, by its number."""
    return [_row(shown.view, shown.by, number, finding) for number, finding in enumerate(shown.findings)]


def _row(view: PathView, by: GroupBy, number: int, finding: Finding) -> Row:
    spot = spot_of_finding(view, by, finding)
    status = MARK_STATUS[finding.severity]
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


def spot_of(shown: Shown, key: str) -> Spot | None:
    number = int(key)
    known = number < len(shown.findings)
    return spot_of_finding(shown.view, shown.by, shown.findings[number]) if known else None


def linked(shown: Shown, selection: Selection, lit: Lit | None) -> frozenset[str]:
    """Those at the hop under the cursor."""
    del lit
    numbers = map(str, range(len(shown.findings)))
    return frozenset(key for key in numbers if spot_of(shown, key) == selection.cursor)


def tally(shown: Shown) -> str:
    severities = [finding.severity for finding in shown.findings]
    counts = ((SYMBOLS[MARK_STATUS[severity]], severities.count(severity)) for severity in SEVERITIES)
    return " ".join(f"{symbol}{count}" for symbol, count in counts if count) or "0"


def nothing(shown: Shown) -> str:
    """What stands there without a finding: the mark, which may be that nobody can tell."""
    standing = shown.standing
    return f"{SYMBOLS[MARK_STATUS[standing.mark]]} {standing.says}"


PANE = Pane("problems", "Problems", "Probs", COLUMNS, nothing, rows, spot_of, linked, tally)
