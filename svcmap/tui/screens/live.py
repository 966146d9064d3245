"""A picture that stays current: updates of a live source, how the connection is doing, pause, another context."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from svcmap.model.coverage import PodScope
from svcmap.model.feed import Connection, LiveFeed, Update
from svcmap.model.inheritance import follow_on
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.missing import is_named
from svcmap.paths.routes.behind import with_those_behind
from svcmap.tui import header
from svcmap.tui.garbage import settle, sweep
from svcmap.tui.panes.services import LIVE_SHARE
from svcmap.tui.screens.picture import PictureScreen, what_failed
from svcmap.tui.screens.walk import WalkScreen

SECOND = 1.0


class LiveState:
    """What a screen knows of a live source, and what it does about it. Of files nothing here ever happens."""

    def __init__(self, screen: PictureScreen) -> None:
        self.screen = screen
        self.feed: LiveFeed | None = screen.feed if isinstance(screen.feed, LiveFeed) else None
        self.deleted_at: float | None = None
        """When the open Service was deleted (time.monotonic()); its last picture stays."""
        self.as_of = ""
        """The time of day of the last good data, while the source is not live."""
        self.is_filling = False
        """Nothing but the Services is read yet."""
        self.is_paused = False
        self.missed: Update | None = None
        """What came during a walk, which goes through data that stands still."""

    def begin(self) -> None:
        """Before the screen has drawn anything."""
        if self.feed is not None:
            found = self.feed.connection()
            self.is_filling = found.status == "loading"
            self.screen.source_status = header.live_status(self.screen.state, found, time.monotonic())
            self.screen.services.share = LIVE_SHARE
            self.screen.call_after_refresh(self._go_live)

    def _go_live(self) -> None:
        self.screen.set_interval(SECOND, self.draw_connection)
        self.draw_connection()
        self._start_following()

    # -- updates ----------------------------------------------------------------------------------------------------

    def _start_following(self) -> None:
        """Let the feed tell of what is new; it does so from a thread of its own."""
        self.screen.run_worker(self._follow, thread=True, group="follow")

    def _follow(self) -> None:
        if self.feed is not None:
            self.feed.follow(self._told)
            self.feed.show(self.screen.name_open)

    def _told(self, update: Update) -> None:
        self._tell_later(self.take, update)

    def take(self, update: Update) -> None:
        """Show a newer state of the same source: nothing that a person has chosen moves."""
        screen = self.screen
        if isinstance(screen.app.screen, WalkScreen):
            self.missed = _both(self.missed, update)
            return
        before = screen.state
        screen.state = follow_on(update, before)
        if self.is_filling:
            self._see_everything()
        else:
            touched = with_those_behind(screen.state, update.services)
            screen.services.follow(screen.state, screen.namespace, touched)
        self._refresh_open(before)
        self.draw_connection()

    def _see_everything(self) -> None:
        """All of it is read: who has not gone anywhere yet is led to the worst."""
        screen = self.screen
        screen.services.load(screen.state, screen.namespace)
        screen.fit_list()
        self.is_filling = False
        screen.lead()
        screen.call_after_refresh(settle)

    def resume(self) -> None:
        """After a walk."""
        if self.missed is not None:
            update, self.missed = self.missed, None
            self.take(update)

    def _refresh_open(self, before: ClusterState) -> None:
        name = self.screen.name_open
        if name is None:
            self.screen.open_worst()
        elif is_named(self.screen.state, name):
            self.deleted_at = None
            self.screen.refresh_view()
        elif is_named(before, name):
            self.deleted_at = time.monotonic()

    def leave(self) -> None:
        """Another Service is about to be opened."""
        self.deleted_at, self.screen.path.notice = None, ""

    def show(self, name: Name) -> None:
        """Let the feed read what the picture of a Service needs."""
        if self.feed is not None and self.screen.is_mounted:
            self.feed.show(name)

    # -- what is not read -------------------------------------------------------------------------------------------

    def fetch(self, wanted: Iterable[PodScope], then: Callable[[], None]) -> None:
        """Read pods that an answer needs; `then` what was needed is there, as far as it may be read."""
        self.screen.run_worker(partial(self._fetch, wanted, then), thread=True, exclusive=True, group="need")

    def _fetch(self, wanted: Iterable[PodScope], then: Callable[[], None]) -> None:
        try:
            self.screen.feed.need(wanted)
        except Exception as error:  # noqa: BLE001 - as in read_again
            notify = partial(self.screen.notify, what_failed(error), severity="error", markup=False)
            self.screen.app.call_from_thread(notify)
            return
        # The state with them has been told of already: this comes behind it.
        self.screen.app.call_later(then)

    # -- the connection ---------------------------------------------------------------------------------------------

    def read_again(self) -> None:
        """A live source has told of its state already."""
        self.draw_connection()
        self.screen.call_after_refresh(sweep)

    def draw_connection(self) -> None:
        """The header's right part, the age of what is shown, and what became of the open Service."""
        if self.feed is None:
            return
        now, found = time.monotonic(), self.feed.connection()
        self.screen.source_status = header.live_status(self.screen.state, found, now)
        self.as_of = "" if found.status in ("live", "loading") else _time_of_day(now - found.since)
        self._draw_age(found, now)
        self.screen.draw_header()

    def _draw_age(self, found: Connection, now: float) -> None:
        notice = ""
        if self.deleted_at is not None:
            ago = f"{now - self.deleted_at:.0f} s ago"
            notice = f"{self.screen.name_open} deleted {ago}: its last picture   esc: leave"
        stale = found.status == "reconnecting" and now - found.since >= header.OLD
        self.screen.path.set_age(self.as_of, stale=stale, notice=notice, looking=self.is_filling)
        for table in (*self.screen.services.tables, *self.screen.panes.tables):
            table.set_stale(stale)

    def pause(self) -> None:
        """Hold updates back, or go on."""
        if self.feed is None:
            self.screen.notify("files do not change by themselves; ctrl+r reads them again", timeout=3)
            return
        self.is_paused = not self.is_paused
        self.feed.pause(self.is_paused)
        self.draw_connection()

    # -- another cluster --------------------------------------------------------------------------------------------

    def switch_context(self, context: str) -> None:
        """Leave for another context. Where that does not work, everything stays as it is."""
        if self.feed is None:
            return
        self.screen.notify(f"connecting to {context}", timeout=4, markup=False)
        # No worker of Textual's: whoever quits would wait for a login that nobody wants any more.
        threading.Thread(target=self._switch, args=(self.feed, context), daemon=True).start()

    def _switch(self, feed: LiveFeed, context: str) -> None:
        try:
            state = feed.switch(context)
        except Exception as error:  # noqa: BLE001 - as in read_again
            self._tell_later(self._stays, what_failed(error))
            return
        if state is not None:
            self._tell_later(self._start_over, state)

    def _stays(self, reason: str) -> None:
        self.screen.notify(reason, severity="error", timeout=10, markup=False)

    def _tell_later(self, what: Callable[[Any], None], value: object) -> None:
        """From another thread, and only while there is a screen."""
        if self.screen.is_running:
            self.screen.app.call_later(what, value)

    def _start_over(self, state: ClusterState) -> None:
        """With the state of another cluster."""
        self.deleted_at, self.missed, self.is_paused = None, None, False
        self.screen.start_over(state)
        self.draw_connection()
        self._start_following()
        self.screen.call_after_refresh(sweep)


def _both(first: Update | None, second: Update) -> Update:
    """Two updates as one."""
    if first is None:
        return second
    services = None if first.services is None or second.services is None else first.services | second.services
    return Update(second.state, first.kinds | second.kinds, services, first.base)


def _time_of_day(seconds_ago: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(time.time() - seconds_ago))
