"""Large letters for what is short: block letters of pyfiglet, Textual's digits for addresses, else wide ones."""

from __future__ import annotations

import re
from functools import lru_cache

FONTS = ("standard", "small")
"""The tallest first: six rows, five. Smaller ones cannot be read from the back row."""
ADDRESS = re.compile(r"[0-9.:]+\Z")
DIGIT = 3
"""Rows and columns of Textual's digits."""


@lru_cache(maxsize=256)
def large(text: str, width: int, height: int, *, ascii_only: bool = False) -> tuple[str, ...]:
    """A text as rows of large letters, at most `width` by `height` cells; nothing where it does not fit in any way."""
    if not text.isascii() or not text.strip():
        return ()
    from pyfiglet import Figlet  # only where something is walked: 30 ms

    for font in FONTS:
        rows = [row.rstrip() for row in Figlet(font=font, width=10_000).renderText(text).split("\n")]
        while rows and not rows[0]:
            del rows[0]
        while rows and not rows[-1]:
            del rows[-1]
        if rows and len(rows) <= height and max(map(len, rows)) <= width:
            return tuple(rows)
    if ADDRESS.match(text) and not ascii_only and len(text) * DIGIT <= width and height >= DIGIT:
        return _digits(text)
    spaced = " ".join(text)
    return (spaced,) if len(spaced) <= width and height else ()


def _digits(text: str) -> tuple[str, ...]:
    """An address in digits of three rows; a point takes one column."""
    from textual.renderables.digits import DIGITS, DIGITS3X3

    def glyph(letter: str, row: int) -> str:
        if letter == ".":
            return "." if row == DIGIT - 1 else " "
        return f"{DIGITS3X3[DIGITS.index(letter) * DIGIT + row]:<{DIGIT}}"

    return tuple("".join(glyph(letter, row) for letter in text) for row in range(DIGIT))
