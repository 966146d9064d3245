"""What is taken for granted: `--assume FILE`, else the Corefile of the source, else a default."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from svcmap.errors import UsageError
from svcmap.model.assumptions import DEFAULT, Assumptions, from_options
from svcmap.model.coverage import PodScope
from svcmap.model.feed import Connection, LiveFeed, StateFeed, Update
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.one_document import one_document
from svcmap.paths.known.assumptions import assumptions_of, settle


class SettledFeed:
    """A feed whose every state rests on what the command line takes for granted."""

    def __init__(self, feed: StateFeed, options: Namespace) -> None:
        self.feed, self.options = feed, options

    @property
    def title(self) -> str:
        return self.feed.title

    def load(self) -> ClusterState:
        """Read the source (again), and settle it."""
        return self._settled(self.feed.load())

    def need(self, wanted: Iterable[PodScope]) -> ClusterState:
        """The last state with these pods too, settled."""
        return self._settled(self.feed.need(wanted))

    def _settled(self, state: ClusterState) -> ClusterState:
        return settle(state, given_or_found(self.options, state, DEFAULT))


class SettledLiveFeed(SettledFeed):
    """The same of a source that stays current by itself (LiveFeed)."""

    def __init__(self, feed: LiveFeed, options: Namespace) -> None:
        super().__init__(feed, options)
        self.live = feed

    @property
    def contexts(self) -> tuple[str, ...]:
        return self.live.contexts

    def begin(self, patience: float) -> ClusterState:
        """The first look, settled."""
        return self._settled(self.live.begin(patience))

    def follow(self, tell: Callable[[Update], None]) -> None:
        self.live.follow(lambda update: tell(update._replace(state=self._settled(update.state))))

    def show(self, service: Name | None) -> None:
        self.live.show(service)

    def pause(self, paused: bool) -> None:
        self.live.pause(paused)

    def connection(self) -> Connection:
        return self.live.connection()

    def switch(self, context: str) -> ClusterState | None:
        state = self.live.switch(context)
        return None if state is None else self._settled(state)

    def close(self) -> None:
        self.live.close()


def settled_feed(feed: StateFeed, options: Namespace) -> StateFeed:
    """A feed that rests on what the command line takes for granted."""
    return SettledLiveFeed(feed, options) if isinstance(feed, LiveFeed) else SettledFeed(feed, options)


@cache
def _read_once(path: Path) -> Any:
    """A live picture is settled again and again: on what the file said when svcmap started."""
    return one_document(path, f"--assume {path}")


def given_or_found(options: Namespace, state: ClusterState, default: Assumptions) -> Assumptions:
    """The assumptions of a command. A part that `--assume` gives wins over what the source says, that over `default`.

    Raises SourceError for a file that cannot be read, UsageError for one that makes no sense.
    """
    found = assumptions_of(state, default)
    if not options.assume:
        return found
    path = Path(options.assume)
    value = _read_once(path)
    if value is not None and not isinstance(value, dict):
        raise UsageError(f"--assume {path}: must be a mapping with the keys dns, proxy, kubelet, libc or controllers")
    try:
        return from_options(value, found, fill=found)
    except UsageError as error:
        raise UsageError(f"--assume {path}: {error}") from None
