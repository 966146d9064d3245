"""Does an answer hold what is expected? Only the keys that are expected count (product.md, "Expectation files")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ORDERED = frozenset({"ordered", "searches", "tries"})
"""Lists whose order is part of the answer; every other list is compared as a bag."""


def holds(expected: Any, got: Any, key: str = "") -> bool:
    """Maps key by key, lists whole, null as absent; a `*` in an expected text stands for any one word."""
    if expected is None:
        return got is None
    if isinstance(expected, Mapping):
        return isinstance(got, Mapping) and all(holds(value, got.get(k), k) for k, value in expected.items())
    if isinstance(expected, list):
        return isinstance(got, (list, tuple)) and _same_list(expected, got, ordered=key in ORDERED)
    if isinstance(expected, str) and isinstance(got, str):
        return _same_text(expected, got)
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    if isinstance(expected, float) and isinstance(got, (int, float)):
        return abs(expected - got) < 1e-3
    return bool(expected == got)


def _same_text(expected: str, got: str) -> bool:
    if "*" not in expected:
        return expected == got
    wanted, words = expected.split(), got.split()
    return len(wanted) == len(words) and all(w in ("*", word) for w, word in zip(wanted, words, strict=True))


def _same_list(expected: Sequence[Any], got: Sequence[Any], *, ordered: bool) -> bool:
    if len(expected) != len(got):
        return False
    if ordered:
        return all(holds(e, g) for e, g in zip(expected, got, strict=True))
    return _can_pair(expected, got)


def _can_pair(expected: Sequence[Any], got: Sequence[Any]) -> bool:
    """Whether each expected entry can have an entry of its own (a bipartite matching by augmenting paths)."""
    owner: dict[int, int] = {}

    def place(index: int, tried: set[int]) -> bool:
        for at, item in enumerate(got):
            if at in tried or not holds(expected[index], item):
                continue
            tried.add(at)
            if at not in owner or place(owner[at], tried):
                owner[at] = index
                return True
        return False

    return all(place(index, set()) for index in range(len(expected)))
