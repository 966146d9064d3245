"""What a source offers to the UI: states, one after another, and ways to ask for more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from svcmap.model.coverage import PodScope
from svcmap.model.refs import GroupKind, Name
from svcmap.model.state import ClusterState


class StateFeed(Protocol):
    """A live or file source, as the UI sees it. All methods may block; the UI calls them in a worker."""

    @property
    def title(self) -> str:
        """What the source is called in the header, for example `manifests/`."""

    def load(self) -> ClusterState:
        """Read the source (again). Raises SvcmapError if it cannot be read at all.

        A source that is followed tells of the state too, in the order of its updates.
        """

    def need(self, wanted: Iterable[PodScope]) -> ClusterState:
        """The last state with these pods read too, as far as they can be; a source without pods to fetch gives the
        last state. A source that is followed tells of it too. Raises SvcmapError where the source is lost.
        """


class Update(NamedTuple):
    """A new state, the kinds that changed, and the Services whose own answer they can change (None: all of them).

    The changes are those since `base`, the state of the update before; None: nothing is known of what came before.
    """

    state: ClusterState
    kinds: frozenset[GroupKind]
    services: frozenset[Name] | None
    base: ClusterState | None = None


class Connection(NamedTuple):
    """How a live source is doing. `since` is a time.monotonic() of the last good moment, `tries` counts since then.

    `reason` is why it is not live; of one that is, which part of it does not get any news, and why.
    """

    status: Literal["loading", "live", "reconnecting", "paused"]
    since: float
    tries: int = 0
    reason: str = ""


@runtime_checkable
class LiveFeed(StateFeed, Protocol):
    """A source that stays current by itself."""

    @property
    def contexts(self) -> tuple[str, ...]:
        """The clusters that can be switched to."""

    def begin(self, patience: float) -> ClusterState:
        """As `load`, but where that takes more than `patience` seconds the state has Services only, and everything else
        counts as not read: `follow` tells of the rest when it is there.
        """

    def follow(self, tell: Callable[[Update], None]) -> None:
        """Stay current from the last state on. Returns at once; `tell` is called from a thread, at most four times a
        second.
        """

    def show(self, service: Name | None) -> None:
        """The Service on screen: its pods are read and kept current. Returns at once."""

    def pause(self, paused: bool) -> None:
        """Hold updates back, or let them through again, with all that came meanwhile."""

    def connection(self) -> Connection:
        """How it is doing now."""

    def switch(self, context: str) -> ClusterState | None:
        """Leave this cluster for another, which `follow` then follows; None where a later call has overtaken this one.
        Raises SvcmapError where that does not work, and stays where it was.
        """

    def close(self) -> None:
        """Stop every watch."""
