"""A live cluster as a StateFeed."""

from __future__ import annotations

from collections.abc import Iterable

from svcmap.model.coverage import PodScope
from svcmap.model.state import ClusterState
from svcmap.sources.live.session import Session, Target
from svcmap.sources.live.store import Store


class ClusterSource:
    """Connects at once, before a UI takes the terminal: an exec plug-in may have to ask. Raises SourceError.

    `all_pods` lists every pod too, for a snapshot.
    """

    def __init__(self, target: Target, *, all_pods: bool = False) -> None:
        self.target, self.all_pods = target, all_pods
        self.session = Session(target)
        self.store: Store | None = None

    @property
    def title(self) -> str:
        return self.session.chosen.context

    def load(self) -> ClusterState:
        """One consistent look at everything. Raises SourceError."""
        self.store = self.session.read(all_pods=self.all_pods)
        return self.store.state()

    def need(self, wanted: Iterable[PodScope]) -> ClusterState:
        """The state with these pods too."""
        if self.store is None:
            self.store = self.session.read(all_pods=self.all_pods)
        self.session.read_pods(self.store, wanted)
        return self.store.state()
