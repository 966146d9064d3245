"""Pane 1: the list of Services with its filter."""

from __future__ import annotations

import time
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input

from svcmap.checks.finding import FAULTS
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.views.whereabouts import services_like
from svcmap.picture.drawing.glyphs import ASCII
from svcmap.tui.header import Counts
from svcmap.tui.panes import entry_rows
from svcmap.tui.panes.entry_rows import EntryRow
from svcmap.tui.panes.filtering import ORDERS, Lookup, containing, explained, matching, nowhere, ordered
from svcmap.tui.panes.row_book import RowBook
from svcmap.tui.panes.service_rows import COLUMNS, WAITING, ServiceRow
from svcmap.tui.widgets.line_table import LineTable

SLICE = 0.1
"""Seconds between two slices of work on rows that are not on screen."""
LIVE_SHARE, FILES_SHARE = 0.05, 0.4
"""The part of a core this takes: a live picture never ends changing, files are worked out once."""
STORM = 50
"""Services that change in a second from where on a live picture is busy. In a calmer one the first verdicts are worked
out as quickly as those of files."""
LEAST, WHOLE, SMOOTH = 0.2, 1.5, 10
"""The part of its share that is left to the queue whatever else the process does; how many shares the whole process may
use before the queue takes less; over how many slices that is measured."""
PLACEHOLDER = "/ name, ip, host, :port"
EMPTY = "no match   esc: clear"
LEAST_WIDTH, LEAST_WIDE, WIDE = 31, 40, 160
"""Columns of the list on an ordinary screen, on a wide one, and from where on one is wide."""
FRAME = 6
"""Columns of the border that its title cannot have."""
BESIDE, TYPE, SHARE = 16, 6, 30
"""Columns beside the name: frame, mark and tally, and on a wide screen the type; and the most of the screen that the
list takes, in percent."""


class FilterInput(Input):
    """The filter line; enter and down leave it for the list."""

    HELP = (
        "The filter: every word must be in the name, namespace, type, label, host or address; !word must not. :80 is a "
        "port, ns:shop a namespace, lb a type. enter applies, esc clears."
    )
    # With priority, as all keys that move the focus: the next key already goes to the list.
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,down", "leave", "to the list", show=False, priority=True)]

    class Left(Message):
        """The user went on to the list."""

    def action_leave(self) -> None:
        self.screen.set_focus(self.screen.query_one(ServicesPane).table)
        self.post_message(self.Left())


class ServicesPane(Vertical):
    """Shows the Services of a state; posts which one the cursor is on, and which one is opened."""

    @dataclass
    class Moved(Message):
        """The cursor is on this Service, or on a way in to it."""

        name: Name
        way: str = ""

    @dataclass
    class Opened(Message):
        """This Service is opened, or a way in to it."""

        name: Name
        way: str = ""

    @dataclass
    class Counted(Message):
        """More verdicts are in."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.book = RowBook()
        self.share = FILES_SHARE
        self._used, self._others, self._credit = time.process_time(), 0.0, 0.0
        self._worker: Timer | None = None
        self._is_first, self._news = True, 0.0
        """Whether some verdict was never worked out, and about how many Services changed in the last second."""
        self._refilled = self._counted = 0.0
        self.lookup: Lookup = nowhere
        self.shown: list[ServiceRow] = []
        self.faults_only = False
        self.order = ORDERS[0]
        self._chosen_before: str | None = None
        """The row under the cursor when the filter still matched something."""

    def compose(self) -> ComposeResult:
        yield FilterInput(placeholder=PLACEHOLDER, id="filter", compact=True, select_on_focus=False)
        yield LineTable(COLUMNS, id="list", empty=EMPTY, header=False)
        yield LineTable(entry_rows.COLUMNS, id="entries", empty=EMPTY, header=False)

    @property
    def table(self) -> LineTable:
        """The list that is shown: of Services, or of entries."""
        return self.query_one("#entries" if self.shows_entries else "#list", LineTable)

    @property
    def service_list(self) -> LineTable:
        return self.query_one("#list", LineTable)

    @property
    def tables(self) -> tuple[LineTable, LineTable]:
        return self.service_list, self.query_one("#entries", LineTable)

    @property
    def shows_entries(self) -> bool:
        return self.has_class("-entries")

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
        self.service_list.forget_marks()
        self.refill()
        self._go_on()

    def follow(self, state: ClusterState, namespace: str | None, touched: AbstractSet[Name] | None) -> None:
        """Show a newer state of the same source, with what changed marked for a while."""
        self.lookup = partial(services_like, state)
        moved, changed = self.book.take(state, namespace, touched=touched, visible=self._visible())
        self._news += STORM if touched is None else len(touched)
        if moved or self._is_arranged:
            self.refill(changed=True)
        else:
            self.service_list.patch((row.row for row in changed), mark=True)
        self._go_on()

    def _visible(self) -> list[Name]:
        """The Services whose rows are on screen now."""
        table = self.service_list
        top = table.scroll_offset.y
        lines = table.lines[top : top + max(1, table.size.height)]
        return [name_of(table.rows[line].key)[0] for line in lines if isinstance(line, int)]

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
            self._is_first = False
            self._worker.stop()
            self._worker = None
        if self._is_arranged:
            # What is shown may be others now; once a second is enough, and once more at the end.
            if self._worker is None or time.monotonic() - self._refilled > 1:
                self.refill()
        elif changed:
            self.service_list.patch(row.row for row in changed)
        if changed and (self._worker is None or time.monotonic() - self._counted > 1):
            self._counted = time.monotonic()
            self._draw_titles()
            self.post_message(self.Counted())

    def _room(self) -> float:
        """Seconds for the next slice of work. While events, pictures and keys take a core, the queue takes little."""
        others = time.process_time() - self._used
        self._others += (others - self._others) / SMOOTH
        self._news *= 1 - SLICE
        share = max(self.share, FILES_SHARE) if self._is_first and self._news < STORM else self.share
        room = SLICE * share
        return max(room * LEAST, min(room, SLICE * share * WHOLE - self._others))

    def worst(self) -> Name | None:
        """The first Service with the worst problem; the first one where there is none."""
        for mark in FAULTS:
            for row in self.all_rows:
                if row.mark == mark:
                    return row.name
        return self.all_rows[0].name if self.all_rows else None

    @property
    def _is_arranged(self) -> bool:
        """Whether which rows are shown, or where, depends on what they say."""
        return bool(self.filter.value or self.faults_only or self.shows_entries or self.order != ORDERS[0])

    def refill(self, *, changed: bool = False) -> None:
        """Apply the filter and the order; with `changed` what is different from before is marked."""
        self._refilled = time.monotonic()
        found = matching(self.all_rows, self.filter.value, faults_only=self.faults_only, lookup=self.lookup)
        self.shown = ordered(found, self.order)
        rows = explained(self.shown, self.filter.value)
        if changed:
            self.service_list.show_changes(rows)
        else:
            self.service_list.set_rows(rows)
        self.service_list.empty = EMPTY if self.all_rows else "no Service"
        if self.shows_entries:
            self.table.set_rows([entry.row for entry in self._shown_entries()])
        self._draw_titles()

    def _shown_entries(self) -> Sequence[EntryRow]:
        every = [entry for row in self.all_rows for entry in row.entries]
        if self.faults_only:
            every = [entry for entry in every if entry.status in ("bad", "warn")]
        found = containing(every, self.filter.value)
        return sorted(found, key=lambda entry: entry.row.group)

    def _draw_titles(self) -> None:
        entries = sum(len(row.entries) for row in self.all_rows)
        names = f"1 [b]Services[/] · Entries {entries}" if not self.shows_entries else "1 Services · [b]Entries[/]"
        fits = len(f"1 Services · Entries {entries} [ ]") <= self.outer_size.width - FRAME
        keys = " [$map-muted]\\[ ][/]" if fits else ""
        title = f"{names}{keys}"
        self.border_title = Content.from_markup(title.translate(ASCII) if self.table.ascii_only else title)
        total = entries if self.shows_entries else len(self.all_rows)
        how = " with problems" if self.faults_only else "" if self.order == ORDERS[0] else f" by {self.order}"
        self.border_subtitle = f"{len(self.table.rows)}/{total}{how}"

    def on_resize(self) -> None:
        self._draw_titles()

    def show_entries(self, shown: bool) -> None:
        """The list of entries, or that of Services."""
        self.set_class(shown, "-entries")
        self.refill()

    def next_order(self) -> None:
        """In the order of the next column."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self.refill()

    def wanted_width(self, screen: int) -> int:
        """Columns that the names need, with type and tally; no more than a share of the screen, never too few."""
        longest = max((len(row.row.cells[1].text) for row in self.all_rows), default=0)
        least, beside = (LEAST_WIDE, BESIDE + TYPE) if screen >= WIDE else (LEAST_WIDTH, BESIDE)
        return max(least, min(longest + beside, screen * SHARE // 100))

    def toggle_faults(self) -> None:
        """Only Services with problems, or all of them again."""
        self.faults_only = not self.faults_only
        self.refill()

    def select(self, name: Name) -> None:
        """Put the cursor on a Service without opening it."""
        self.service_list.select(str(name))

    def clear_filter(self) -> None:
        self.filter.value = ""

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        """A row that is filtered away hands its cursor to the first that is left, and the picture follows."""
        event.stop()
        before = self.service_list.current
        self._chosen_before = before or self._chosen_before
        self.refill()
        if self.shown and not self.shows_entries and (before is None or before != self.service_list.current):
            keys = [row.row.key for row in self.shown]
            # Where nothing matched for a moment, the row of before that is meant.
            self.service_list.select(next((key for key in keys if key == self._chosen_before), keys[0]), tell=True)

    @on(FilterInput.Left)
    def _filter_left(self) -> None:
        """The path follows the cursor, which may be on another Service now; the screen wants to know, too."""
        rows = self.table.rows
        if rows:
            self.table.select(self.table.current or rows[0].key, tell=True)

    @on(LineTable.Moved)
    def _moved(self, event: LineTable.Moved) -> None:
        event.stop()
        name, way = name_of(event.key)
        self.post_message(self.Moved(name, way))

    @on(LineTable.Chosen)
    def _chosen(self, event: LineTable.Chosen) -> None:
        event.stop()
        name, way = name_of(event.key)
        self.post_message(self.Opened(name, way))


def name_of(key: str) -> tuple[Name, str]:
    """The Service of a row, and the way in of a row of entries (else empty)."""
    name, way, *_ = [*key.split("|"), ""]
    return Name(*name.split("/", 1)), way
