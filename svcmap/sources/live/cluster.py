"""A live cluster as a LiveFeed (model.feed)."""

from __future__ import annotations

import threading
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
        self._state: ClusterState | None = None
        self._tell: Callable[[Update], None] | None = None
        self._shown: Name | None = None
        self._one_at_a_time = threading.RLock()

    @property
    def title(self) -> str:
        return self.session.chosen.context

    @property
    def contexts(self) -> tuple[str, ...]:
        return self.session.chosen.contexts

    def load(self) -> ClusterState:
        """One consistent look at everything; while following, the watches go on from it. Raises SourceError."""
        with self._one_at_a_time:
            state = self._take(self.session.read(all_pods=self.all_pods))
            if self._tell is not None:
                paused = self.following is not None and self.following.is_paused
                self.close()
                self._tell(Update(state, frozenset(state.objects), None))
                self._follow(self._tell, paused=paused)
            return state

    def need(self, wanted: Iterable[PodScope]) -> ClusterState:
        """The state with these pods too, as they are now."""
        with self._one_at_a_time:
            store = self.store
            if store is None:
                self._take(store := self.session.read(all_pods=self.all_pods))
            found = self.session.fetch_pods(wanted)
            if self.following is not None:
                return self.following.include(found)
            store.take_pods(found)
            return store.state()

    def follow(self, tell: Callable[[Update], None]) -> None:
        with self._one_at_a_time:
            if self.store is None:
                self.load()
            self._tell = tell
            self._follow(tell)

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
        with self._one_at_a_time:
            target = self.target._replace(context=context)
            session = Session(target, may_ask=False)
            store = session.read()
            self.close()
            self.session.close()
            self.target, self.session, self._shown, self._tell = target, session, None, None
            return self._take(store)

    def close(self) -> None:
        if self.following is not None:
            self.following.stop()
            self.following = None

    def _take(self, store: Store) -> ClusterState:
        self.store = store
        store.take_changes()
        self._state = store.state()
        return self._state

    def _follow(self, tell: Callable[[Update], None], *, paused: bool = False) -> None:
        self.close()
        if self.store is not None:
            self.following = Following(self.session, self.store, tell, self._state)
            if paused:
                self.following.pause(paused)
            self.following.start()
            self.following.show(self._shown)
