"""Keeps one list current: list, watch from there, list again where the server has forgotten. One thread for each list.

The ways of client-go's reflector (tools/cache/reflector.go): a watch that ends is opened again from where it was, 410
means list again, failures are waited out with growing patience; what may not be read is tried again slowly.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

from svcmap.errors import SourceError
from svcmap.sources.live.api.events import Events
from svcmap.sources.live.api.failures import RefusedError, UnreachableError
from svcmap.sources.live.api.listing import Listing, Scope, list_objects
from svcmap.sources.live.api.resources import Resource
from svcmap.sources.live.api.transport import Transport
from svcmap.sources.live.api.watching import Watch
from svcmap.sources.live.backoff import Backoff

FIRST_AGAIN, SLOWLY = 1.0, 60.0
"""Seconds until what was refused is asked for again: soon, since rights may be on their way, and then seldom."""
HASTY = 1.0
"""Seconds: a watch that ends sooner, without an event, counts as a failure."""
BELIEVED = 3
"""Refusals in a row of what could be read before: a server that starts refuses everything until it knows the roles."""


class Key(NamedTuple):
    """What a reflector keeps current."""

    resource: Resource
    scope: Scope


class Sink(Protocol):
    """Where a reflector puts what it learns. Called from its thread."""

    def replaced(self, key: Key, listing: Listing) -> None:
        """Everything there is, after a list."""

    def came(self, key: Key, events: Events) -> None:
        """Something arrived, to be read (`Events.read`) before anything that is told later."""

    def ended(self, key: Key) -> None:
        """A watch is over: whatever came of it has to be read before this returns."""

    def denied(self, key: Key, error: RefusedError) -> None:
        """This may not be read, or is not there."""

    def connected(self, key: Key) -> None:
        """The server answers."""

    def lost(self, key: Key, reason: str) -> None:
        """The server does not answer."""


class Reflector(threading.Thread):
    """Runs until `stop`. With a `version` it watches from there; without one it lists first."""

    def __init__(self, transport: Transport, key: Key, sink: Sink, version: str = "") -> None:
        super().__init__(name=f"reflector {key.resource.plural} {key.scope.namespace}", daemon=True)
        self.transport, self.key, self.sink, self.version = transport, key, sink, version
        self.backoff = Backoff()
        self.has_worked, self.refusals, self.failures, self.expired = bool(version), 0, 0, 0
        self._opened, self.polls, self.denials = 0.0, False, 0
        self._stopped = threading.Event()
        self._watch: Watch | None = None

    def stop(self) -> None:
        """End soon; nothing is put into the sink any more."""
        self._stopped.set()
        if (watch := self._watch) is not None:
            watch.stop()

    @property
    def is_stopped(self) -> bool:
        return self._stopped.is_set()

    def run(self) -> None:
        while not self.is_stopped:
            try:
                if not self.version:
                    self._list()
                self._follow()
            except RefusedError as error:
                self._refused(error)
            except (UnreachableError, SourceError) as error:
                if not self._was_fine():  # a watch that broke after it worked is opened again without a word
                    self._wait_out(str(error))
            except Exception as error:  # noqa: BLE001 - whatever it is, this list must not stand still in silence
                self.version = ""
                self._wait_out(f"{self.key.resource.plural}: an answer that makes no sense ({type(error).__name__})")

    def _list(self) -> None:
        found = list_objects(self.transport, self.key.resource, self.key.scope)
        self._told(lambda: self.sink.replaced(self.key, found))
        self.version = found.resource_version

    def _follow(self) -> None:
        """Watch until the server ends it."""
        resource, scope = self.key
        self._opened, broken = 0.0, None
        self._watch = watch = Watch(self.transport, resource, scope, self.version)
        try:
            if self.is_stopped:
                return
            self._opened, self.has_worked, self.polls = time.monotonic(), True, False
            self.refusals = self.failures = self.denials = 0
            self._told(lambda: self.sink.connected(self.key))
            came = 0
            for _ in watch:
                if self.is_stopped:
                    return
                came += 1
                self.sink.came(self.key, watch.events)
        except UnreachableError as error:
            broken = error
        finally:
            # The last line may say why it ended, and nothing that came is to be asked for again.
            self.sink.ended(self.key)
            self.version = watch.events.version
            self._watch = None
            watch.stop()
        if watch.events.count:
            self.expired = 0
        if failure := watch.events.failure or broken:
            raise failure
        if not came and time.monotonic() - self._opened < HASTY:
            self._pause(self.backoff.wait())

    def _was_fine(self) -> bool:
        """Whether the watch that has just broken had worked for a while."""
        opened, self._opened = self._opened, 0.0
        return opened > 0 and time.monotonic() - opened >= HASTY

    def _wait_out(self, reason: str) -> None:
        self._told(partial(self.sink.lost, self.key, reason))
        self._pause(self.backoff.wait())

    def _refused(self, error: RefusedError) -> None:
        watching, denied = bool(self.version), error.status in (403, 404)
        if error.has_expired:
            self.version = ""
            self.expired += 1
            if self.expired > 1:
                self._pause(self.backoff.wait())
        elif denied and (not self.has_worked or self.refusals >= BELIEVED):
            self.version = ""
            if not watching:
                self._told(lambda: self.sink.denied(self.key, error))
            # A watch that is refused: the list says whether that goes for it too. If not, it is listed now and then.
            if not watching or self.polls:
                self.denials += 1
                self._pause(min(SLOWLY, FIRST_AGAIN * 2**self.denials))
            self.polls = watching
        else:
            self.refusals += denied
            self.failures += 1
            if error.status in (400, 504) or self.failures >= BELIEVED:
                self.version = "" if not denied else self.version  # this place in the history may be gone
            self._wait_out(error.says)

    def _told(self, tell: Callable[[], None]) -> None:
        if not self.is_stopped:
            tell()

    def _pause(self, seconds: float) -> None:
        self._stopped.wait(seconds)
