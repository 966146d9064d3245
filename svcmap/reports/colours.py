"""Colours of text on a terminal: the marks, and the verdict behind one at the beginning of a line."""

from __future__ import annotations

import re

RESET = "\x1b[0m"
COLOURS = {"✗": "\x1b[31;1m", "!": "\x1b[33;1m", "?": "\x1b[36m", "✓": "\x1b[32m", "·": "\x1b[2m"}
MARK = re.compile(
    r"^(?P<before>(?:\d\d:\d\d:\d\d [+*-] )?)(?P<blank> *)(?P<mark>[✗!?✓·])(?P<word> [a-z-]+(?=  |:|$))?(?= |$)", re.M
)


def painted(text: str) -> str:
    """A text in which the marks at the beginning of lines have their colours. Control characters of the text itself
    were taken out when it was made.
    """
    return MARK.sub(_painted, text)


def _painted(found: re.Match[str]) -> str:
    mark, word = found["mark"], found["word"] or ""
    return f"{found['before']}{found['blank']}{COLOURS[mark]}{mark}{word}{RESET}"
