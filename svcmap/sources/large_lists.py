"""Large `kind: List` dumps, as `kubectl get -o yaml` writes them: one item at a time instead of one huge document."""

from __future__ import annotations

import re
from typing import NamedTuple

from svcmap.exact_yaml import Chunk

LARGE = 1_000_000
"""Characters. A composed item of a dump holds some hundred times its text: ten thousand at once do not fit."""
ITEMS = re.compile(r"^items:[ \t]*\n(?=- )", re.MULTILINE)
ITEM = re.compile(r"^- ", re.MULTILINE)
TOP_LEVEL_KEY = re.compile(r"^[^\s#-]", re.MULTILINE)


class LargeList(NamedTuple):
    """The list without its items, and each item as a list of one."""

    frame: Chunk
    items: list[Chunk]


def split_large_list(chunk: Chunk) -> LargeList | None:
    """The parts of a large list whose items stand at the margin; None for everything else.

    Anchors may reach from one item into another, so a document that has any is left whole.
    """
    text = chunk.text
    if len(text) < LARGE or "\n- " not in text or re.search(r"[:\-] &\w", text):
        return None
    found = ITEMS.search(text)
    if found is None:
        return None
    after = TOP_LEVEL_KEY.search(text, found.end())
    end = after.start() if after else len(text)
    starts = [match.start() for match in ITEM.finditer(text, found.end(), end)]
    items = []
    line, position = chunk.line, 0
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        line += text.count("\n", position, start)
        position = start
        items.append(Chunk(text[start:stop], line))
    return LargeList(Chunk(f"{text[: found.start()]}items: []\n{text[end:]}", chunk.line), items)
