"""A live cluster as a LiveFeed (model.feed)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable

from svcmap.model.coverage import PodScope
from svcmap.model.feed import Connection, Update
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.sources.live.following import Following
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
        self.following: Following | None = None
        self._tell: Callable[[Update], None] | None = None
        self._shown: Name | None = None

    @property
    def title(self) -> str:
        return self.session.chosen.context

    @property
    def contexts(self) -> tuple[str, ...]:
        return self.session.chosen.contexts

    def load(self) -> ClusterState:
        """One consistent look at everything; while following, the watches go on from it. Raises SourceError."""
        store = self.session.read(all_pods=self.all_pods)
        self._use(store)
        return store.state()

    def need(self, wanted: Iterable[PodScope]) -> ClusterState:
        """The state with these pods too, as they are now."""
        store = self.store
        if store is None:
            store = self.session.read(all_pods=self.all_pods)
            self._use(store)
        found = self.session.fetch_pods(wanted)
        with self.following.lock if self.following else contextlib.nullcontext():
            store.take_pods(found)
            return store.state()

    def follow(self, tell: Callable[[Update], None]) -> None:
        self._tell = tell
        if self.store is None:
            self.load()
        else:
            self._use(self.store)

    def show(self, service: Name | None) -> None:
        self._shown = service
        if self.following is not None:
            self.following.show(service)

    def pause(self, paused: bool) -> None:
        if self.following is not None:
            self.following.pause(paused)

    def connection(self) -> Connection:
        return self.following.connection() if self.following else Connection("live", 0)

    def switch(self, context: str) -> ClusterState:
        """Another context of the kubeconfig; as whom, only where the command line says it."""
        target = self.target._replace(context=context)
        session = Session(target)
        store = session.read()
        self.close()
        self.target, self.session, self._shown = target, session, None
        self._use(store)
        return store.state()

    def close(self) -> None:
        if self.following is not None:
            self.following.stop()
            self.following = None

    def _use(self, store: Store) -> None:
        paused = self.following is not None and self.following.is_paused
        self.close()
        self.store = store
        if self._tell is not None:
            self.following = Following(self.session, store, self._tell)
            self.following.pause(paused)
            self.following.start()
            self.following.show(self._shown)
