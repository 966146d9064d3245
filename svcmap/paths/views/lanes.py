"""Ways in that are drawn as one: the hosts and matches of a rule whose requests end alike."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from svcmap.paths.entries import TracedEntry

Outcome = tuple[tuple[str, str, str | None, int | None], ...]


def outcome(item: TracedEntry) -> Outcome:
    """How the requests of an entry end, port by port."""
    return tuple((key, found.verdict, found.reason, found.answer.status) for key, found in item.traces)


def lanes(traced: Iterable[TracedEntry]) -> list[TracedEntry]:
    """One entry for all of a rule that end alike, with how many more it stands for."""
    found: dict[object, TracedEntry] = {}
    for item in traced:
        entry = item.entry
        key = (entry.lane, outcome(item)) if entry.lane else entry.id
        first = found.setdefault(key, item)
        found[key] = replace(first, more=first.more + (first is not item) + entry.unasked)
    return list(found.values())
