"""Box drawing: a cell keeps two bits per direction (none, light, heavy), and one table has the glyph for each mix."""

from __future__ import annotations

import unicodedata

UP, DOWN, LEFT, RIGHT = 0, 2, 4, 6
LIGHT, HEAVY = 1, 2
ARROW, CROSS = "►", "✗"
DIRECTIONS = {
    "UP": (UP,),
    "DOWN": (DOWN,),
    "LEFT": (LEFT,),
    "RIGHT": (RIGHT,),
    "HORIZONTAL": (LEFT, RIGHT),
    "VERTICAL": (UP, DOWN),
}
UNWANTED = ("DOUBLE", "DASH", "ARC", "DIAGONAL", "SINGLE")
SYMBOLS = {"ok": "✓", "warn": "!", "bad": "✗", "unk": "?", "muted": "·"}
MARK_STATUS = {"error": "bad", "warning": "warn", "unknown": "unk", "info": "muted", "ok": "ok"}
"""Of the mark of a Service, and of the severity of a finding."""
MARKS = {mark: SYMBOLS[status] for mark, status in MARK_STATUS.items()}
STATE_SYMBOLS = {
    "ready": "●",
    "notready": "○",
    "terminating": "◐",
    "pending": "◌",
    "external": "◆",
    "expected": "◇",
    "unreported": "?",
    "dns-only": "○",
}
STATE_STATUS = {
    "ready": "ok",
    "notready": "bad",
    "terminating": "warn",
    "pending": "warn",
    "external": "ok",
    "expected": "unk",
    "unreported": "unk",
    "dns-only": "bad",
}
ASCII = str.maketrans(
    {
        "●": "*",
        "○": "o",
        "◐": "%",
        "◌": ".",
        "◆": "#",
        "◇": ":",
        "✓": "+",
        "✗": "x",
        "█": "#",
        "░": ".",
        "→": ">",
        "…": "~",
        "┃": "|",
        "─": "-",
        "━": "=",
        "►": ">",
        "×": "x",
        "›": ">",
        "·": ".",
        "↑": "^",
        "↓": "v",
        "■": "#",
        "−": "-",
        "‖": "|",
        "←": "<",
    }
)


def _bits(name: str) -> int:
    """The mask of one Unicode name, for example "LIGHT DOWN AND HEAVY RIGHT"."""
    mask, weight = 0, LIGHT
    for part in name.split(" AND "):
        words = part.split()
        weight = next((LIGHT if word == "LIGHT" else HEAVY for word in words if word in ("LIGHT", "HEAVY")), weight)
        for word in words:
            for direction in DIRECTIONS.get(word, ()):
                mask |= weight << direction
    return mask


def _lines() -> dict[int, str]:
    found = {}
    for code in range(0x2500, 0x2580):
        name = unicodedata.name(chr(code), "")
        if name.startswith("BOX DRAWINGS ") and not any(word in name for word in UNWANTED):
            found[_bits(name.removeprefix("BOX DRAWINGS "))] = chr(code)
    rounded = {(DOWN, RIGHT): "╭", (DOWN, LEFT): "╮", (UP, RIGHT): "╰", (UP, LEFT): "╯"}
    for (one, other), glyph in rounded.items():
        found[LIGHT << one | LIGHT << other] = glyph
    return found


LINES = _lines()
DASHES = {
    LIGHT << LEFT | LIGHT << RIGHT: "┄",
    HEAVY << LEFT | HEAVY << RIGHT: "┅",
    LIGHT << UP | LIGHT << DOWN: "┆",
    HEAVY << UP | HEAVY << DOWN: "┇",
}


def line_glyph(mask: int, dashed: bool) -> str:
    """The box-drawing character of a cell; dashes exist for straight lines only."""
    return (DASHES.get(mask) if dashed else None) or LINES.get(mask, "·")


def ascii_glyph(mask: int, dashed: bool) -> str:
    """The same in ASCII: `- = | + #`, and `. :` for dashes."""
    horizontal = (mask >> LEFT & 3) or (mask >> RIGHT & 3)
    vertical = (mask >> UP & 3) or (mask >> DOWN & 3)
    heavy = HEAVY in (mask >> LEFT & 3, mask >> RIGHT & 3, mask >> UP & 3, mask >> DOWN & 3)
    if horizontal and vertical:
        return "#" if heavy else "+"
    if horizontal:
        return "=" if heavy else "." if dashed else "-"
    return ":" if dashed else "|"
