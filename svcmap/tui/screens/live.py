"""A picture that stays current: updates of a live source, how the connection is doing, pause, another context."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from textual import on, work

from svcmap.model.coverage import PodScope
from svcmap.model.feed import Connection, LiveFeed, Update
from svcmap.model.inheritance import follow_on
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.picture.selection import NOTHING
from svcmap.tui import header
from svcmap.tui.garbage import settle, sweep
from svcmap.tui.panes.services import LIVE_SHARE, ServicesPane
from svcmap.tui.screens.picture import PictureScreen, what_failed
from svcmap.tui.screens.walk import WalkScreen

SECOND = 1.0


class LiveScreen(PictureScreen):
    """The picture of a source that may be live. Of files nothing here ever happens."""

    deleted_at: float | None = None
    """When the open Service was deleted (time.monotonic()); its last picture stays."""
    as_of: str = ""
    """The time of day of the last good data, while the source is not live."""
    is_filling = False
    """Nothing but the Services is read yet."""
    opened_blind: Name | None = None
    """The Service that was opened then, by itself: there may be worse ones."""
    is_paused = False
    missed: Update | None = None
    """What came during a walk, which goes through data that stands still."""

    @cached_property
    def live(self) -> LiveFeed | None:
        return self.feed if isinstance(self.feed, LiveFeed) else None

    def on_mount(self) -> None:
        # Textual calls the handler of every class; the one of the picture comes after this one.
        if self.live is not None:
            found = self.live.connection()
            self.is_filling = found.status == "loading"
            self.source_status = header.live_status(self.state, found, time.monotonic())
            self.services.share = LIVE_SHARE
            self.call_after_refresh(self._go_live)

    def _go_live(self) -> None:
        if self.is_filling and self.given is None:
            self.opened_blind = self.name_open
        self.set_interval(SECOND, self.draw_connection)
        self.draw_connection()
        self.start_following()

    # -- updates ----------------------------------------------------------------------------------------------------

    @work(thread=True, group="follow")
    def start_following(self) -> None:
        """Let the feed tell of what is new; it does so from a thread of its own."""
        if self.live is not None:
            self.live.follow(self._told)
            self.live.show(self.name_open)

    def _told(self, update: Update) -> None:
        self._tell_later(self.take, update)

    def take(self, update: Update) -> None:
        """Show a newer state of the same source: nothing that a person has chosen moves."""
        if isinstance(self.app.screen, WalkScreen):
            self.missed = _both(self.missed, update)
            return
        before = self.state
        self.state = follow_on(update, before)
        if self.is_filling:
            self._see_everything()
        else:
            self.services.follow(self.state, self.namespace, update.services)
        self._refresh_open(before)
        self.draw_connection()

    def _see_everything(self) -> None:
        """All of it is read. Who has not gone anywhere yet is led to the worst, as after a quick start."""
        self.services.load(self.state, self.namespace)
        self.is_filling, blind, self.opened_blind = False, self.opened_blind, None
        worst = self.services.worst()
        if blind is not None and worst is not None and self.name_open == blind:
            self.services.select(worst)
            self.open_service(worst, push=False)
        self.call_after_refresh(settle)

    def on_screen_resume(self) -> None:
        if self.missed is not None:
            update, self.missed = self.missed, None
            self.take(update)

    def _refresh_open(self, before: ClusterState) -> None:
        name = self.name_open
        if name is None:
            worst = self.services.worst()
            if worst is not None:
                self.services.select(worst)
                self.open_service(worst, push=False)
        elif name in self.state.services:
            self.deleted_at = None
            self.refresh_view()
        elif name in before.services:
            self.deleted_at = time.monotonic()

    def open_service(self, name: Name, *, push: bool = True) -> None:
        if name != self.name_open:
            self.deleted_at, self.path.notice = None, ""
        super().open_service(name, push=push)
        if self.live is not None and self.is_mounted:
            self.live.show(name)

    @on(ServicesPane.Counted)
    def _counted(self) -> None:
        self.draw_header()

    # -- what is not read -------------------------------------------------------------------------------------------

    @work(thread=True, exclusive=True, group="need")
    def fetch(self, wanted: Iterable[PodScope]) -> None:
        """Read pods that an answer needs."""
        try:
            self.feed.need(wanted)
        except Exception as error:  # noqa: BLE001 - as in read_again
            self.app.call_from_thread(self.notify, what_failed(error), severity="error", markup=False)
            return
        # The state with them has been told of already: this comes behind it.
        self.app.call_later(self.fetched)

    def fetched(self) -> None:
        """What was needed is there, as far as it may be read."""

    # -- the connection ---------------------------------------------------------------------------------------------

    def show_state(self, state: ClusterState) -> None:
        """Files were read again; a live source has told of its state already."""
        if self.live is None:
            super().show_state(state)
        else:
            self.draw_connection()
            self.call_after_refresh(sweep)

    def draw_connection(self) -> None:
        """The header's right part, the age of what is shown, and what became of the open Service."""
        if self.live is None:
            return
        now, found = time.monotonic(), self.live.connection()
        self.source_status = header.live_status(self.state, found, now)
        self.as_of = "" if found.status in ("live", "loading") else _time_of_day(now - found.since)
        self._draw_age(found, now)
        self.draw_header()

    def _draw_age(self, found: Connection, now: float) -> None:
        notice = ""
        if self.deleted_at is not None:
            notice = f"{self.name_open} deleted {now - self.deleted_at:.0f} s ago: its last picture   esc: leave"
        stale = found.status == "reconnecting" and now - found.since >= header.OLD
        self.path.set_age(self.as_of, stale=stale, notice=notice)
        for table in (self.services.table, *self.panes.tables):
            table.set_stale(stale)

    def action_pause(self) -> None:
        """Hold updates back, or go on."""
        if self.live is None:
            self.notify("files do not change by themselves; ctrl+r reads them again", timeout=3)
            return
        self.is_paused = not self.is_paused
        self.live.pause(self.is_paused)
        self.draw_connection()

    # -- another cluster --------------------------------------------------------------------------------------------

    def switch_context(self, context: str) -> None:
        """Leave for another context. Where that does not work, everything stays as it is."""
        if self.live is None:
            return
        self.notify(f"connecting to {context}", timeout=4, markup=False)
        # No worker of Textual's: whoever quits would wait for a login that nobody wants any more.
        threading.Thread(target=self._switch, args=(self.live, context), daemon=True).start()

    def _switch(self, live: LiveFeed, context: str) -> None:
        try:
            state = live.switch(context)
        except Exception as error:  # noqa: BLE001 - as in read_again
            self._tell_later(self._stays, what_failed(error))
            return
        if state is not None:
            self._tell_later(self.show_other, state)

    def _stays(self, reason: str) -> None:
        self.notify(reason, severity="error", timeout=10, markup=False)

    def _tell_later(self, what: Callable[[Any], None], value: object) -> None:
        """From another thread, and only while there is a screen."""
        if self.is_running:
            self.app.call_later(what, value)

    def show_other(self, state: ClusterState) -> None:
        """Start over with the state of another cluster."""
        self.state, self.namespace, self.selection = state, None, NOTHING
        self.name_open, self.view, self.deleted_at = None, None, None
        self.missed, self.traced, self.is_paused = None, None, False
        self.history.clear()
        self.services.clear_filter()
        self.services.book.clear()
        self.services.load(state, None)
        worst = self.services.worst()
        if worst is not None:
            self.services.select(worst)
            self.open_service(worst, push=False)
        self.draw_connection()
        self.start_following()
        self.call_after_refresh(sweep)


def _both(first: Update | None, second: Update) -> Update:
    """Two updates as one."""
    if first is None:
        return second
    services = None if first.services is None or second.services is None else first.services | second.services
    return Update(second.state, first.kinds | second.kinds, services, first.base)


def _time_of_day(seconds_ago: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(time.time() - seconds_ago))
