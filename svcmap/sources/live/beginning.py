"""The first look at a cluster, which goes on behind the screen where it takes long.

The list of Services is there first: with it a screen can be painted and used while everything else fills in.
"""

from __future__ import annotations

import threading
import time

from svcmap.errors import SourceError
from svcmap.sources.live.backoff import Backoff
from svcmap.sources.live.session import Session
from svcmap.sources.live.store import Store


class Beginning:
    """Reads in a thread of its own, from the start. Where the server is lost after its Services were shown, it is asked
    again until somebody gives up.
    """

    def __init__(self, session: Session) -> None:
        self.session, self.since = session, time.monotonic()
        self.tries, self.reason = 0, ""
        """How often it did not work, and why."""
        self._news = threading.Condition()
        self._glance: Store | None = None
        self._all: Store | None = None
        self._failure: Exception | None = None
        self._is_shown, self._given_up = False, threading.Event()
        threading.Thread(target=self._read, name="first look", daemon=True).start()

    @property
    def has_everything(self) -> bool:
        return self._all is not None

    def look(self, patience: float) -> Store:
        """Everything; where that takes more than `patience` seconds, the Services. Raises as `Session.read` does."""
        with self._news:
            self._news.wait_for(self._is_over, patience)
            self._news.wait_for(lambda: self._is_over() or self._glance is not None)
            if self._failure is not None:
                raise self._failure
            found = self._all or self._glance
            assert found is not None
            self._is_shown = True
            return found

    def everything(self) -> Store | None:
        """Waits until everything is there; None where somebody gave up before."""
        with self._news:
            self._news.wait_for(self._is_over)
            return self._all

    def give_up(self) -> None:
        """Nobody wants it any more."""
        with self._news:
            self._given_up.set()
            self._news.notify_all()

    def _is_over(self) -> bool:
        return self._all is not None or self._failure is not None or self._given_up.is_set()

    def _read(self) -> None:
        backoff = Backoff()
        while not self._given_up.is_set():
            try:
                found = self.session.read(first=self._first)
            except Exception as error:  # noqa: BLE001 - it is raised where somebody waits, or told and tried again
                if self._fails(error):
                    return
                self._given_up.wait(backoff.wait())
            else:
                with self._news:
                    self._all = found
                    self._news.notify_all()
                return

    def _first(self, store: Store) -> None:
        with self._news:
            self._glance = store
            self._news.notify_all()

    def _fails(self, error: Exception) -> bool:
        """Whether that is the end: it is until there was something to show."""
        with self._news:
            self.tries += 1
            self.reason = str(error) if isinstance(error, SourceError) else type(error).__name__
            if self._is_shown:
                return False
            self._failure = error
            self._news.notify_all()
            return True
