"""A live cluster as a LiveFeed (model.feed)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Literal

from svcmap.model.coverage import PodScope
from svcmap.model.feed import Connection, Update
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.sources.live.beginning import Beginning
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
        self._beginning: Beginning | None = None
        self._tell: Callable[[Update], None] | None = None
        self._shown: Name | None = None
        self._is_paused = False
        self._switches = 0
        self._one_at_a_time = threading.RLock()

    @property
    def title(self) -> str:
        return self.session.chosen.context

    @property
    def contexts(self) -> tuple[str, ...]:
        return self.session.chosen.contexts

    def begin(self, patience: float) -> ClusterState:
        """The first look, for a screen: with Services only where it takes longer than that. Raises SourceError."""
        beginning = Beginning(self.session)
        store = beginning.look(patience)
        if beginning.has_everything:
            return self._take(store)
        self._beginning, self._state = beginning, store.state()
        return self._state

    def load(self) -> ClusterState:
        """One consistent look at everything; while following, the watches go on from it. Raises SourceError."""
        if self._beginning is not None and self._state is not None:
            return self._state  # it is being read
        with self._one_at_a_time:
            state = self._take(self.session.read(all_pods=self.all_pods))
            if self._tell is not None:
                self.close()
                self._tell(Update(state, frozenset(state.objects), None))
                self._follow(self._tell, paused=self._is_paused)
            return state

    def need(self, wanted: Iterable[PodScope]) -> ClusterState:
        """The state with these pods too, as they are now."""
        if self._beginning is not None and self._state is not None:
            return self._state  # who needs them asks again of the state that is to come
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
        if self._beginning is not None:
            threading.Thread(target=self._begin_to_follow, args=(self._beginning, tell), daemon=True).start()
            return
        with self._one_at_a_time:
            if self.store is None:
                self.load()
            self._tell = tell
            self._follow(tell)

    def _begin_to_follow(self, beginning: Beginning, tell: Callable[[Update], None]) -> None:
        store = beginning.everything()
        with self._one_at_a_time:
            if store is None or self._beginning is not beginning:
                return  # another context, or the end of the program
            self._beginning, self._tell = None, tell
            state = self._take(store)
            tell(Update(state, frozenset(state.objects), None))
            self._follow(tell, paused=self._is_paused)

    def show(self, service: Name | None) -> None:
        self._shown = service
        if self.following is not None:
            self.following.show(service)

    def pause(self, paused: bool) -> None:
        self._is_paused = paused
        if self.following is not None:
            self.following.pause(paused)

    def connection(self) -> Connection:
        if (beginning := self._beginning) is not None:
            status: Literal["loading", "reconnecting"] = "reconnecting" if beginning.tries else "loading"
            return Connection(status, beginning.since, beginning.tries, beginning.reason)
        return self.following.connection() if self.following else Connection("live", 0)

    def switch(self, context: str) -> ClusterState | None:
        """Another context of the kubeconfig; as whom, only where the command line says it."""
        self._switches += 1
        mine, target = self._switches, self.target._replace(context=context)
        session = Session(target, may_ask=False)
        store = session.read()
        with self._one_at_a_time:
            if mine != self._switches:
                session.close()
                return None
            self.close()
            self.session.close()
            self.target, self.session, self._shown, self._tell = target, session, None, None
            self._is_paused = False
            return self._take(store)

    def close(self) -> None:
        if self._beginning is not None:
            self._beginning.give_up()
            self._beginning = None
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
            # `close` may come in between: then this one is stopped before it starts.
            self.following = following = Following(self.session, self.store, tell, self._state)
            if paused:
                following.pause(paused)
            following.start()
            following.show(self._shown)
