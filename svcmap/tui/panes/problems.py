"""What is wrong with the open Service, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

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
    """One row per finding; its key stays the same while the same thing is wrong."""
    pairs = zip(keys(shown.findings), shown.findings, strict=True)
    return [_row(shown.view, shown.by, key, finding) for key, finding in pairs]


def keys(findings: Sequence[Finding]) -> list[str]:
    """The keys of the rows of findings: their fingerprints, those that are alike counted."""
    seen: Counter[str] = Counter()
    found = []
    for finding in findings:
        seen[finding.fingerprint] += 1
        found.append(f"{finding.fingerprint}.{seen[finding.fingerprint]}")
    return found


def finding_at(findings: Sequence[Finding], key: str | None) -> Finding | None:
    """The finding of a row; None for a row that is gone."""
    return dict(zip(keys(findings), findings, strict=True)).get(key or "")


def _row(view: PathView, by: GroupBy, key: str, finding: Finding) -> Row:
    spot = spot_of_finding(view, by, finding)
    status = MARK_STATUS[finding.severity]
    return Row(
        key,
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
    finding = finding_at(shown.findings, key)
    return spot_of_finding(shown.view, shown.by, finding) if finding else None


def linked(shown: Shown, selection: Selection, lit: Lit | None) -> frozenset[str]:
    """Those at the hop under the cursor."""
    del lit
    return frozenset(key for key in keys(shown.findings) if spot_of(shown, key) == selection.cursor)


def tally(shown: Shown) -> str:
    severities = [finding.severity for finding in shown.findings]
    counts = ((SYMBOLS[MARK_STATUS[severity]], severities.count(severity)) for severity in SEVERITIES)
    return " ".join(f"{symbol}{count}" for symbol, count in counts if count) or "0"


def nothing(shown: Shown) -> str:
    """What stands there without a finding: the mark, which may be that nobody can tell."""
    standing = shown.standing
    return f"{SYMBOLS[MARK_STATUS[standing.mark]]} {standing.says}"


PANE = Pane("problems", "Problems", "Probs", COLUMNS, nothing, rows, spot_of, linked, tally)
