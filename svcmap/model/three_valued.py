"""Three values: true, false, and None for what nobody can tell (labels that were not read, an unknown address)."""

from __future__ import annotations

from collections.abc import Iterable


def either(values: Iterable[bool | None]) -> bool | None:
    """Or: true beats unknown beats false; false of nothing."""
    found: bool | None = False
    for value in values:
        if value:
            return True
        if value is None:
            found = None
    return found


def both(one: bool | None, other: bool | None) -> bool | None:
    """And: false beats unknown beats true."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True
