"""Pane 1: the list of Services with its filter."""

from __future__ import annotations

import time
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input

from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.views.whereabouts import services_like
from svcmap.tui.header import Counts
from svcmap.tui.panes.row_book import RowBook
from svcmap.tui.panes.service_rows import COLUMNS, FAULTS, WAITING, Lookup, ServiceRow, matching, nowhere
from svcmap.tui.widgets.line_table import LineTable

SLICE = 0.1
"""Seconds between two slices of work on rows that are not on screen."""
LIVE_SHARE, FILES_SHARE = 0.05, 0.4
"""The part of a core this takes: a live picture never ends changing, files are worked out once."""
LEAST, WHOLE, SMOOTH = 0.2, 1.5, 10
"""The part of its share that is left to the queue whatever else the process does; how many shares the whole process may
use before the queue takes less; over how many slices that is measured."""
PLACEHOLDER = "/ name, ip, host, :port"


class FilterInput(Input):
    """The filter line; enter and down leave it for the list."""

    HELP = "The filter: every word must be in the name, namespace, type or address; !word must not. enter applies."
    # With priority, as all keys that move the focus: the next key already goes to the list.
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,down", "leave", "to the list", show=False, priority=True)]

    class Left(Message):
        """The user went on to the list."""

    def action_leave(self) -> None:
        self.screen.set_focus(self.screen.query_one("#list"))
        self.post_message(self.Left())


class ServicesPane(Vertical):
    """Shows the Services of a state; posts which one the cursor is on, and which one is opened."""

    @dataclass
    class Moved(Message):
        """The cursor is on this Service."""

        name: Name

    @dataclass
    class Opened(Message):
        """This Service is opened."""

        name: Name

    @dataclass
    class Counted(Message):
        """More verdicts are in."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.book = RowBook()
        self.share = FILES_SHARE
        self._used, self._others, self._credit = time.process_time(), 0.0, 0.0
        self._worker: Timer | None = None
        self._refilled = self._counted = 0.0
        self.lookup: Lookup = nowhere
        self.shown: list[ServiceRow] = []
        self.faults_only = False

    def compose(self) -> ComposeResult:
        yield FilterInput(placeholder=PLACEHOLDER, id="filter", compact=True, select_on_focus=False)
        yield LineTable(COLUMNS, id="list", empty="no service matches   esc: clear", header=False)

    def on_mount(self) -> None:
        self.border_title = "1 Services"

    @property
    def table(self) -> LineTable:
        return self.query_one(LineTable)

    @property
    def filter(self) -> FilterInput:
        return self.query_one(FilterInput)

    @property
    def counts(self) -> Counts:
        """Services with errors, with warnings, all of them, and those whose turn has not come yet."""
        marks = self.book.marks
        return Counts(marks["error"], marks["warning"], len(self.book.rows), marks[WAITING])

    @property
    def all_rows(self) -> list[ServiceRow]:
        """Every Service of the namespace that is shown, by name."""
        return list(self.book.rows.values())

    def load(self, state: ClusterState, namespace: str | None) -> None:
        """Show another state; the cursor stays on its Service."""
        self.lookup = partial(services_like, state)
        self.book.take(state, namespace, visible=self._visible())
        self.table.forget_marks()
        self.refill()
        self._go_on()

    def follow(self, state: ClusterState, namespace: str | None, touched: AbstractSet[Name] | None) -> None:
        """Show a newer state of the same source, with what changed marked for a while."""
        self.lookup = partial(services_like, state)
        moved, changed = self.book.take(state, namespace, touched=touched, visible=self._visible())
        if moved or self.filter.value or self.faults_only:
            self.refill(changed=True)
        else:
            self.table.patch((row.row for row in changed), mark=True)
        self._go_on()

    def _visible(self) -> list[Name]:
        """The Services whose rows are on screen now."""
        table = self.table
        top = table.scroll_offset.y
        lines = table.lines[top : top + max(1, table.size.height)]
        return [name_of(table.rows[line].key) for line in lines if isinstance(line, int)]

    def _go_on(self) -> None:
        """Work out the rows that are left, a slice at a time, so that keys never wait."""
        if self.book.is_behind and self._worker is None:
            self._used = time.process_time()
            self._worker = self.set_interval(SLICE, self._work)

    def _work(self) -> None:
        room = self._room()
        self._credit = min(room, self._credit + room)  # a row that took longer than that is made up for
        start = time.perf_counter()
        changed = self.book.work(self._credit)
        self._credit -= time.perf_counter() - start
        self._used = time.process_time()
        if not self.book.is_behind and self._worker is not None:
            self._worker.stop()
            self._worker = None
        if self.filter.value or self.faults_only:
            # What is shown may be others now; once a second is enough, and once more at the end.
            if self._worker is None or time.monotonic() - self._refilled > 1:
                self.refill()
        elif changed:
            self.table.patch(row.row for row in changed)
        if changed and (self._worker is None or time.monotonic() - self._counted > 1):
            self._counted = time.monotonic()
            self.post_message(self.Counted())

    def _room(self) -> float:
        """Seconds for the next slice of work. While events, pictures and keys take a core, the queue takes little."""
        others = time.process_time() - self._used
        self._others += (others - self._others) / SMOOTH
        room = SLICE * self.share
        return max(room * LEAST, min(room, SLICE * self.share * WHOLE - self._others))

    def worst(self) -> Name | None:
        """The first Service with the worst problem; the first one where there is none."""
        for mark in FAULTS:
            for row in self.all_rows:
                if row.mark == mark:
                    return row.name
        return self.all_rows[0].name if self.all_rows else None

    def refill(self, *, changed: bool = False) -> None:
        """Apply the filter; with `changed` what is different from before is marked."""
        self._refilled = time.monotonic()
        self.shown = matching(self.all_rows, self.filter.value, faults_only=self.faults_only, lookup=self.lookup)
        rows = [row.row for row in self.shown]
        if changed:
            self.table.show_changes(rows)
        else:
            self.table.set_rows(rows)
        faults = " with problems" if self.faults_only else ""
        self.border_subtitle = f"{len(self.shown)}/{len(self.all_rows)}{faults}"

    def toggle_faults(self) -> None:
        """Only Services with problems, or all of them again."""
        self.faults_only = not self.faults_only
        self.refill()

    def select(self, name: Name) -> None:
        """Put the cursor on a Service without opening it."""
        self.table.select(str(name))

    def clear_filter(self) -> None:
        self.filter.value = ""

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.refill()

    @on(FilterInput.Left)
    def _filter_left(self, event: FilterInput.Left) -> None:
        """The path follows the cursor, which may be on another Service now."""
        event.stop()
        if self.shown:
            self.table.select(self.table.current or self.shown[0].row.key, tell=True)

    @on(LineTable.Moved)
    def _moved(self, event: LineTable.Moved) -> None:
        event.stop()
        self.post_message(self.Moved(name_of(event.key)))

    @on(LineTable.Chosen)
    def _chosen(self, event: LineTable.Chosen) -> None:
        event.stop()
        self.post_message(self.Opened(name_of(event.key)))


def name_of(key: str) -> Name:
    """The Service of a row."""
    return Name(*key.split("/", 1))
