"""Painted lines as geometry: which of their characters are strokes, and which are words.

For exports that draw: no font then decides whether the lines of a picture meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from svcmap.picture.drawing.glyphs import ARROW, DASHES, DOWN, LEFT, LINES, RIGHT, UP
from svcmap.picture.drawing.painter import Run
from svcmap.picture.drawing.styles import colour_of

MASKS = {glyph: (mask, False) for mask, glyph in LINES.items()} | {g: (mask, True) for mask, g in DASHES.items()}
CORNERS = {"╭": (1, 1), "╮": (-1, 1), "╰": (1, -1), "╯": (-1, -1)}
"""Which way a rounded corner opens: right or left, down or up."""
BARS = {"█": 1.0, "░": 0.25}
"""Filled cells, with how much of the colour they show."""
DRAWN = frozenset({*MASKS, *CORNERS, *BARS, ARROW})
Sheet = Sequence[Sequence[Run]]


class Stroke(NamedTuple):
    """A straight line: in row (or column) `across`, from one half cell to another along it."""

    colour: str
    is_dashed: bool
    is_horizontal: bool
    across: int
    start: int
    end: int


class Shape(NamedTuple):
    """A cell that is drawn and is no straight line: a corner, an arrow head, a filled cell."""

    glyph: str
    colour: str
    x: int
    y: int


class Words(NamedTuple):
    """Text that stands together, and where it begins."""

    text: str
    colour: str
    is_bold: bool
    x: int
    y: int


def strokes(sheet: Sheet) -> Iterator[Stroke]:
    """The lines of some painted rows; those that touch and look alike are one."""
    return _joined(sorted(_halves(sheet)))


def shapes(sheet: Sheet) -> Iterator[Shape]:
    return (cell for cell in _cells(sheet) if cell.glyph in CORNERS or cell.glyph in BARS or cell.glyph == ARROW)


def words(sheet: Sheet) -> Iterator[Words]:
    """What is text, in parts that gaps of two blanks or drawn cells come between."""
    for y, line in enumerate(sheet):
        x = 0
        for text, key in line:
            colour, bold = colour_of(key)
            for start, part in _parts(text):
                yield Words(part, colour, bold, x + start, y)
            x += len(text)


def _halves(sheet: Sheet) -> Iterator[Stroke]:
    """From the middle of each cell to the sides that its character reaches."""
    for glyph, colour, x, y in _cells(sheet):
        if glyph in CORNERS or glyph not in MASKS:
            continue
        mask, dashed = MASKS[glyph]
        for direction, horizontal, offset in ((LEFT, True, 0), (RIGHT, True, 1), (UP, False, 0), (DOWN, False, 1)):
            if mask >> direction & 3:
                across, along = (y, 2 * x) if horizontal else (x, 2 * y)
                yield Stroke(colour, dashed, horizontal, across, along + offset, along + offset + 1)


def _joined(ordered: Iterable[Stroke]) -> Iterator[Stroke]:
    before: Stroke | None = None
    for item in ordered:
        if before is not None and before[:4] == item[:4] and before.end == item.start:
            before = before._replace(end=item.end)
            continue
        if before is not None:
            yield before
        before = item
    if before is not None:
        yield before


def _parts(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for part in "".join(" " if char in DRAWN else char for char in text).split("  "):
        if found := part.strip():
            yield start + len(part) - len(part.lstrip()), found
        start += len(part) + 2


def _cells(sheet: Sheet) -> Iterator[Shape]:
    """Every cell that is not blank."""
    for y, line in enumerate(sheet):
        x = 0
        for text, key in line:
            colour, _ = colour_of(key)
            yield from (Shape(char, colour, x + index, y) for index, char in enumerate(text) if char != " ")
            x += len(text)
