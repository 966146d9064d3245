"""Fitting text into a width: addresses stay whole, names lose their middle, prose its end."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.console import one_line

Variants = tuple[str, ...]


def cells(text: str) -> str:
    """Text of which every character is one cell wide, so that positions can be counted: others as `\\u65e5`."""
    text = one_line(text)
    if text.isascii():
        return text
    from rich.cells import cell_len  # only for text that may be wide: reports for people load nothing of the UI

    return "".join(c if cell_len(c) == 1 else f"\\u{ord(c):04x}" for c in text)


def middle(text: str, width: int) -> str:
    """Both ends kept: the hash of a pod and the domain of a host stand at the end."""
    if len(text) <= width:
        return text
    if width <= 1:
        return "…"[:width]
    tail = (width - 1) * 2 // 5
    return text[: width - 1 - tail] + "…" + (text[-tail:] if tail else "")


def apart(text: str, width: int, others: Sequence[str]) -> str:
    """What tells a name from its neighbours is kept: cut in the middle, nearer its beginning, or nearer its end."""
    if len(text) <= width or width < 4:
        return middle(text, width)
    tails = ((width - 1) * 2 // 5, (width - 1) * 4 // 5, (width - 1) // 6)
    for tail in tails:
        if all(_without_middle(text, width, tail) != _without_middle(other, width, tail) for other in others):
            return _without_middle(text, width, tail)
    return middle(text, width)


def _without_middle(text: str, width: int, tail: int) -> str:
    return text if len(text) <= width else text[: width - 1 - tail] + "…" + (text[-tail:] if tail else "")


def end(text: str, width: int) -> str:
    """The beginning kept."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"[: max(0, width)]


def fit(variants: Sequence[str], width: int) -> str:
    """The first variant that fits, else the last one elided: prose at its end, names and hosts in the middle."""
    for variant in variants:
        if len(variant) <= width:
            return variant
    last = variants[-1]
    return end(last, width) if last.count(" ") > 2 else middle(last, width)
