"""What a table shows: columns, and rows of cells."""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class Column(NamedTuple):
    """`width` None sizes to the content; where not all have room, up to `most`, and `flex` columns give up cells first
    and get what is left. `drop` hides it below that width of the table. What is cut loses its end, with `middle` its
    middle, with `apart` whatever its neighbours have too; `wrap` goes on in the next line where there are rows for it.
    """

    label: str
    width: int | None = None
    flex: int = 0
    most: int = 40
    middle: bool = False
    drop: int = 0
    wrap: bool = False
    apart: bool = False


class Cell(msgspec.Struct, frozen=True, gc=False):
    text: str
    style: str = "text"


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row. Texts must be clean (`texts.cells`); a `group` is printed as a line before its first row."""

    key: str
    cells: tuple[Cell, ...]
    group: str = ""
