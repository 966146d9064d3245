"""Keeps a store current by watches, and tells of new states: at most four a second, however many events come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from svcmap.model.coverage import PodScope, pods_with
from svcmap.model.feed import Connection, Update
from svcmap.model.group_kinds import ENDPOINT_SLICE, SERVICE
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.sources.live.api.events import Events
from svcmap.sources.live.api.failures import RefusedError
from svcmap.sources.live.api.listing import Listing, Scope
from svcmap.sources.live.api.resources import PODS, Resource
from svcmap.sources.live.reflector import Key, Reflector
from svcmap.sources.live.session import Session, denial
from svcmap.sources.live.store import Store, scope_of

VITAL = (SERVICE, ENDPOINT_SLICE)
SETTLED = 0.2
"""Seconds for which a Service must stay on screen until its pods are read: a cursor passes over many."""
INTERVAL = 0.25
"""Seconds between two updates, at least (screen.md section 10)."""
PATIENCE = 10.0
"""Seconds for which a list may fail, while the others work, before anybody is told."""
STORM, CALMER = 100, 0.6
"""As many changes between two updates are a storm: then nobody can follow each, and updates come after more seconds."""


class Loss(NamedTuple):
    """Since when (time.monotonic()) a list does not work, and why."""

    since: float
    reason: str


class Following:
    """One cluster, watched. Reflectors put what they learn in here (reflector.Sink); one thread tells of it."""

    def __init__(
        self, session: Session, store: Store, tell: Callable[[Update], None], base: ClusterState | None
    ) -> None:
        self.session, self.store, self.tell, self.base = session, store, tell, base
        self.reflectors: dict[Key, Reflector] = {}
        self.lock = threading.RLock()
        self.is_paused, self._paused_at = False, 0.0
        self._due, self._stopped = threading.Event(), threading.Event()
        self._unread: dict[Events, Key] = {}
        self._lost: dict[Key, Loss] = {}
        self._since, self._tries, self._reason = time.monotonic(), 0, ""
        self._shown: Name | None = None
        self._pods: PodScope | None = None
        self._showing = threading.Lock()
        self._settling: threading.Timer | None = None
        self._teller = threading.Thread(target=self._run, name="updates", daemon=True)

    def start(self) -> None:
        """Watch from where the store was read; what was refused is asked for again now and then."""
        with self.lock:
            for resource in self.session.resources:
                for namespace in {*self.store.objects.get(resource, {}), *self.store.refused.get(resource, {})}:
                    self._reflect(Key(resource, Scope(namespace)), self.store.versions.get((resource, namespace), ""))
        self._teller.start()

    def stop(self) -> None:
        """End every watch and the telling."""
        with self.lock:
            self._stopped.set()
            self._due.set()
            self._settle(None)
            for reflector in self.reflectors.values():
                reflector.stop()
            self.reflectors.clear()

    def show(self, service: Name | None) -> None:
        """Read and watch the pods of this Service, and forget those of the one before."""
        self._shown = service
        timer = threading.Timer(SETTLED, self._show_now)
        timer.daemon = True
        self._settle(timer)
        timer.start()

    def _settle(self, timer: threading.Timer | None) -> None:
        """Wait with this timer and with no other. It holds this, so that the last one is not kept."""
        with self._showing:
            if self._settling is not None:
                self._settling.cancel()
            self._settling = timer

    def include(self, found: Iterable[tuple[PodScope, Listing | str]]) -> ClusterState:
        """Take in pods that an answer needs, tell of the state that has them, and give it."""
        with self.lock:
            self._take_in()
            self.store.take_pods(found)
            return self._tell_now()

    def _show_now(self) -> None:
        with self.lock:
            self._take_in()
            if not self._stopped.is_set():
                self._watch_pods()

    def pause(self, paused: bool) -> None:
        self.is_paused, self._paused_at = paused, time.monotonic()
        self._due.set()

    def connection(self) -> Connection:
        """Live while no watch is lost. Without the lock: the screen asks, and does not wait while events are read."""
        if self._is_lost():
            return Connection("reconnecting", self._since, self._tries, self._reason)
        if self.is_paused:
            return Connection("paused", self._paused_at)
        return Connection("live", self._since, reason=self._what_stands_still())

    def _what_stands_still(self) -> str:
        """A list that has failed for a while, and why: what it showed last is what is on screen."""
        long_ago = time.monotonic() - PATIENCE
        lost = next((item for item in tuple(self._lost.items()) if item[1].since < long_ago), None)
        return f"{lost[0].resource.title}: {lost[1].reason}" if lost else ""

    def _is_lost(self) -> bool:
        """Whether the cluster is: one list that fails while the others work is a fault of that kind."""
        vital = any(key.resource.of_kind in VITAL for key in tuple(self._lost))
        return vital or len(self._lost) > len(self.reflectors) // 2

    # -- what reflectors say ----------------------------------------------------------------------------------------

    def replaced(self, key: Key, listing: Listing) -> None:
        with self.lock:
            if key not in self.reflectors:
                return  # stopped in between
            self._take_in()
            self._found(key)
            if key.resource == PODS:
                self.store.put_pods(self._pods or PodScope(), listing)
            else:
                self.store.put(key.resource, key.scope.namespace, listing)
                if not key.scope.namespace:
                    self._leave_namespaces(key.resource)
        self._due.set()

    def came(self, key: Key, events: Events) -> None:
        """A thousand a second may come: they are read together, a few times a second."""
        self._unread[events] = key
        if not self._due.is_set():
            self._due.set()

    def _take_in(self) -> int:
        """Read what has come; how many changes that was. Whoever changes the store does this first, so that things
        happen in their order.
        """
        count = 0
        while self._unread:
            events, key = self._unread.popitem()
            changes = events.read()
            count += len(changes)
            if key not in self.reflectors:
                continue
            scope: str | PodScope = key.scope.namespace
            if key.resource == PODS:
                self.store.change_pods(scope := self._pods or PodScope(), changes)
            else:
                self.store.change(key.resource, key.scope.namespace, changes)
            if events.unreadable:
                self.store.cannot_read(key.resource, scope, events.unreadable)
                events.unreadable.clear()
        return count

    def ended(self, key: Key) -> None:
        with self.lock:
            if key in self.reflectors:
                self._take_in()

    def denied(self, key: Key, error: RefusedError) -> None:
        """In the whole cluster: then look in the namespaces one may look at."""
        resource, namespace = key.resource, key.scope.namespace
        with self.lock:
            if key not in self.reflectors:
                return
            self._take_in()
            self._found(key)
            if resource == PODS and self._pods is not None:
                self.store.drop_pods(self._pods)
            self.store.refuse(resource, namespace, denial(error))
            if not namespace and resource.namespaced and resource.only is None and resource != PODS:
                for name in self.session.namespaces:
                    self._reflect(Key(resource, Scope(name)))
        self._due.set()

    def connected(self, key: Key) -> None:
        with self.lock:
            self._found(key)

    def lost(self, key: Key, reason: str) -> None:
        with self.lock:
            if key not in self.reflectors:
                return
            if not self._lost:
                self._since, self._tries = time.monotonic(), 0
            if not self._lost or key == next(iter(self._lost)):
                self._tries += 1
            known = self._lost.get(key)
            self._lost[key] = Loss(known.since if known else time.monotonic(), reason)
            self._reason = reason

    # -- inside -----------------------------------------------------------------------------------------------------

    def _found(self, key: Key) -> None:
        self._lost.pop(key, None)
        if not self._lost:
            self._since = time.monotonic()

    def _reflect(self, key: Key, version: str = "") -> None:
        if key not in self.reflectors and not self._stopped.is_set():
            self.reflectors[key] = Reflector(self.session.transport, key, self, version)
            self.reflectors[key].start()

    def _end(self, key: Key) -> None:
        if reflector := self.reflectors.pop(key, None):
            reflector.stop()
        self._found(key)

    def _leave_namespaces(self, resource: Resource) -> None:
        """The whole cluster may be listed after all: the lists of single namespaces are not needed any more."""
        for key in [key for key in self.reflectors if key.resource == resource and key.scope.namespace]:
            self._end(key)
            self.store.drop(resource, key.scope.namespace)

    def _watch_pods(self) -> None:
        """Follow the selector of the Service on screen."""
        service = self.store.service(self._shown) if self._shown else None
        selector = service.spec.selector if service is not None and service.spec.type != "ExternalName" else {}
        wanted = pods_with(service.metadata.namespace, selector) if service is not None and selector else None
        if wanted == self._pods:
            return
        if self._pods is not None:
            self._end(Key(PODS, scope_of(self._pods)))
            self.store.drop_pods(self._pods)
        self._pods = self.store.watched_pods = wanted
        if wanted is not None:
            self._reflect(Key(PODS, scope_of(wanted)))

    def _run(self) -> None:
        while True:
            self._due.wait()
            if self._stopped.is_set():
                return
            self._due.clear()
            with self.lock:
                changes = self._take_in()
                if not self.is_paused:
                    if SERVICE in self.store.changes.kinds:
                        self._watch_pods()
                    if self.store.changes and not self._stopped.is_set():
                        self._tell_now()
            self._stopped.wait(INTERVAL if changes < STORM else CALMER)

    def _tell_now(self) -> ClusterState:
        """Tell of the state as it is. Under the lock, so that states are told in the order they were made in."""
        self.store.forget_pods()
        changes, state = self.store.take_changes(), self.store.state()
        touched = None if changes.services is None else frozenset(changes.services)
        if not self._stopped.is_set():
            self.tell(Update(state, frozenset(changes.kinds), touched, self.base))
        self.base = state
        return state
