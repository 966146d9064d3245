"""What became of the rows of a table: new, changed and gone ones, and where to draw those that are gone."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.tui.widgets.table_rows import Row

NEW, CHANGED, GONE = "+", "*", "−"


def marks_of(before: Sequence[Row], after: Sequence[Row]) -> dict[str, str]:
    """Row key → NEW, CHANGED or GONE."""
    known = {row.key: row for row in before}
    marks = {row.key: CHANGED if row.key in known else NEW for row in after if known.get(row.key) != row}
    remaining = {row.key for row in after}
    return marks | {row.key: GONE for row in before if row.key not in remaining}


def with_ghosts(before: Sequence[Row], after: Sequence[Row]) -> list[Row]:
    """The rows of now, and each that is gone behind the row it stood behind."""
    remaining = {row.key for row in after}
    behind: dict[str | None, list[Row]] = {}
    last: str | None = None
    for row in before:
        if row.key in remaining:
            last = row.key
        else:
            behind.setdefault(last, []).append(row)
    made = list(behind.get(None, ()))
    for row in after:
        made += [row, *behind.get(row.key, ())]
    return made
