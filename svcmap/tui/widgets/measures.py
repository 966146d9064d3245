"""How wide the columns of a table get, and which rows go on in a second line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from svcmap.picture.drawing.texts import end
from svcmap.tui.widgets.table_rows import Column, Row

MEASURED_ROWS = 300
LEAST = 6
"""Cells that a column keeps, however narrow the table is."""
ENOUGH = 24
"""Cells in which prose can be read, line by line: down to that it makes room for names and addresses."""
BETWEEN = 2
PARTS = re.compile(r"[^ ./:-]*[ ./:-]?")


def column_widths(columns: Sequence[Column], rows: Sequence[Row], width: int) -> list[int]:
    """The width of each column, 0 for one that is dropped: what its texts need where all have room."""
    needed = [_needed(index, column, rows, width) for index, column in enumerate(columns)]
    shown = [index for index, need in enumerate(needed) if need]
    room = width - 1 - BETWEEN * max(0, len(shown) - 1)
    if sum(needed) <= room:
        return needed
    widths = [min(need, column.most) for need, column in zip(needed, columns, strict=True)]
    prose = [index for index in shown if columns[index].wrap and not columns[index].middle]
    _give_up(widths, prose, room, ENOUGH)
    _give_up(widths, [index for index in shown if columns[index].flex], room, LEAST)
    while sum(widths) < room:
        cut = max(shown, key=lambda index: (needed[index] - widths[index]) * (1 + columns[index].flex))
        widths[cut] += 1
    return widths


def _give_up(widths: list[int], which: Sequence[int], room: int, least: int) -> None:
    """Narrow some columns, the widest first, until all fit or none is wider than `least`."""
    while sum(widths) > room and (widest := max(which, key=widths.__getitem__, default=None)) is not None:
        if widths[widest] <= least:
            return
        widths[widest] -= 1


def _needed(index: int, column: Column, rows: Sequence[Row], width: int) -> int:
    if column.drop and width < column.drop:
        return 0
    if column.width is not None:
        return column.width
    return max(len(column.label), *(len(row.cells[index].text) for row in rows[:MEASURED_ROWS]), 0)


def wrapped(text: str, width: int, lines: int) -> list[str]:
    """A text in as many lines as it needs, at most `lines`; what does not fit is cut at the end."""
    if len(text) <= width or lines <= 1 or width < LEAST:
        return [text]
    parts = _lines(text, width)
    return parts if len(parts) <= lines else [*parts[: lines - 1], end(" ".join(parts[lines - 1 :]), width)]


def _lines(text: str, width: int) -> list[str]:
    """A text broken at blanks; a name or address that is too long alone behind a dot, dash, slash or colon."""
    lines = [""]
    for word in text.split(" "):
        pieces = [word] if len(word) <= width else [part for part in PARTS.findall(word) if part]
        for number, piece in enumerate(pieces):
            gap = " " if lines[-1] and not number else ""
            if len(lines[-1]) + len(gap) + len(piece) <= width:
                lines[-1] += gap + piece
            else:
                lines += [piece[at : at + width] for at in range(0, len(piece), width)]
    return [line for line in lines if line]


def heights(columns: Sequence[Column], rows: Sequence[Row], widths: Sequence[int], room: int) -> list[int]:
    """The lines of each row, where `room` lines are there for all of them: the first rows get theirs first."""
    spare = room - len(rows)
    found = [1] * len(rows)
    for number, row in enumerate(rows if spare > 0 else ()):
        needs = [
            len(_lines(cell.text, width))
            for column, cell, width in zip(columns, row.cells, widths, strict=False)
            if column.wrap and width >= LEAST and len(cell.text) > width
        ]
        more = min(max(needs, default=1) - 1, spare)
        found[number] += more
        spare -= more
        if not spare:
            break
    return found
