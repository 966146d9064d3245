"""The header line: what is shown, how many Services have problems, and where the data comes from."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from textual.content import Content

from svcmap.checks.registry import findings_elsewhere
from svcmap.model.feed import Connection
from svcmap.model.group_kinds import SERVICE
from svcmap.model.kinds import tally
from svcmap.model.state import ClusterState
from svcmap.picture.drawing.glyphs import ASCII
from svcmap.picture.drawing.texts import cells, middle


class SourceStatus(NamedTuple):
    """How the source is doing: a symbol, a style name, a word, and what more there is to say."""

    symbol: str
    style: str
    word: str
    more: str = ""


class Counts(NamedTuple):
    """Services with errors, with warnings, all of them, and those that wait for their mark."""

    errors: int
    warnings: int
    total: int
    waiting: int = 0


OLD = 60.0
"""Seconds without a connection after which what is shown proves nothing any more."""
LOADING = SourceStatus("◌", "warn", "loading")


def files_status(state: ClusterState) -> SourceStatus:
    """`■ files (37 objects, 2 not read: e)`; problems of objects that no Service shows are counted here too."""
    objects = sum(len(found) for found in state.objects.values())
    lost = sum(issue.lost for issue in state.issues)
    word = "snapshot" if state.source.kind == "snapshot" else "files"
    notes = len(state.issues) - lost
    parts = [f"{objects} objects"]
    if elsewhere := len(findings_elsewhere(state)):
        parts.append(f"{elsewhere} problem{'s' * (elsewhere != 1)} elsewhere: e")
    if lost:
        parts.append(f"{lost} not read: e")
    elif notes:
        parts.append(f"{notes} note{'s' * (notes != 1)}: e")
    return SourceStatus("■", "bad" if lost else "dns", word, f"({', '.join(parts)})")


def live_status(state: ClusterState, found: Connection, now: float) -> SourceStatus:
    """How a live source is doing: a symbol, a word and an age (screen.md section 10). `now` is a time.monotonic()."""
    age = f"{max(0, now - found.since):.0f}s"
    if found.status == "paused":
        return SourceStatus("‖", "warn", f"paused {age}", "(. goes on)")
    if found.status == "loading":
        return SourceStatus("◌", "warn", f"loading {age}", f"· {len(state.services)} services so far")
    if found.status == "reconnecting":
        if now - found.since >= OLD:
            return SourceStatus("✗", "bad", f"disconnected {age}", "· data is old")
        return SourceStatus("◌", "warn", f"reconnecting {age}", f"· try {max(1, found.tries)}")
    if found.reason:
        return SourceStatus("!", "warn", f"partial: no news of {found.reason}")
    lost = [issue for issue in state.issues if issue.lost]
    if lost:
        more = f" and {len(lost) - 1} more: e" if len(lost) > 1 else ""
        what = "cannot read" if lost[0].object else "may not list"
        return SourceStatus("!", "warn", f"partial: {what} {lost[0].place}{more}")
    if elsewhere := len(findings_elsewhere(state)):
        return SourceStatus("●", "ok", "live", f"({elsewhere} problem{'s' * (elsewhere != 1)} elsewhere: e)")
    return SourceStatus("●", "ok", "live")


def failed_status(reason: str) -> SourceStatus:
    return SourceStatus("✗", "bad", "cannot read the source", cells(reason))


@lru_cache(maxsize=8)
def brand(scope: str, namespace: str | None, counts: Counts, service: str = "", *, ascii_only: bool = False) -> Content:
    """The left part. `service` is named where the list is not on screen.

    Remembered, as `source`: a live picture asks for the same line again and again, and markup is slow to read.
    """
    crumb = " [$map-dim]›[/] [b]$service[/]" if service else ""
    # With a Service in the line there is room for a namespace only if it says something.
    limit = "" if service and namespace is None else " [$map-dim]›[/] [$map-muted]$namespace[/]"
    markup = (
        "[b $map-lit] svcmap[/] [$map-muted]$scope[/]"
        + limit
        + crumb
        + f"   [{'b $map-bad' if counts.errors else '$map-dim'}]✗$errors[/]"
        + f" [{'b $map-warn' if counts.warnings else '$map-dim'}]!$warnings[/] [$map-muted]of $total$looking[/]"
    )
    if ascii_only:
        markup = markup.translate(ASCII)
    return Content.from_markup(
        markup,
        scope=short_scope(scope),
        namespace=cells(namespace) if namespace else "all namespaces",
        service=cells(service),
        errors=str(counts.errors),
        warnings=str(counts.warnings),
        total=str(counts.total),
        looking=f", looked at {counts.total - counts.waiting}" if counts.waiting else "",
    )


def what_is_there(state: ClusterState, namespace: str | None = None) -> str:
    """What a source without Services holds, or that only a namespace without any is shown."""
    if namespace and state.services:
        return f"No Service in namespace {namespace}; {len(state.services)} in others.   : then ns all shows them"
    counts = tally({kind: len(found) for kind, found in state.objects.items() if found})
    read = ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "nothing"
    return f"No Service, and nothing that asks for one. What was read: {read}.   e: what was not read"


def only_read(state: ClusterState) -> str | None:
    """The namespaces whose Services were read, where that is not all of them."""
    read = state.coverage.partly.get(SERVICE) if state.coverage else None
    return ", ".join(read) if read else None


def short_scope(name: str) -> str:
    """The last part of a path, with its middle left out where it is long."""
    return middle(cells(name.rstrip("/").rpartition("/")[2] or name), 26)


@lru_cache(maxsize=8)
def source(status: SourceStatus, width: int, *, ascii_only: bool = False) -> Content:
    """The right part, shortened to `width` cells."""
    symbol = status.symbol.translate(ASCII) if ascii_only else status.symbol
    text = status.word if len(status.word) + 3 <= width else status.word[: max(0, width - 4)] + "~"
    more = f" {status.more}" if status.more and len(text) + len(status.more) + 4 <= width else ""
    return Content.from_markup(
        f" [$map-{status.style}]$symbol $word[/][$map-muted]$more [/]", symbol=symbol, word=text, more=more
    )
