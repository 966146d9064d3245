"""A keyed, virtual table: the cursor follows its key, linked rows are marked, columns drop out when it is narrow."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from svcmap.picture.drawing.glyphs import ASCII
from svcmap.picture.drawing.texts import apart, end, middle
from svcmap.tui.widgets.changes import CHANGED, GONE, marks_of, with_ghosts
from svcmap.tui.widgets.measures import column_widths, heights, wrapped
from svcmap.tui.widgets.styled import BOLD, MOVEMENT, StyledLines
from svcmap.tui.widgets.table_rows import Column, Row

SOON = 0.1
FLASH = 3.0
"""Seconds for which a change is marked (screen.md section 10)."""


class LineTable(StyledLines, can_focus=True):
    """Rows come down through `set_rows`; moving and choosing go up as messages."""

    HELP = "A table: j k through its rows; what a row stands for lights up in the path. enter goes there."
    BINDINGS: ClassVar[list[BindingType]] = [*MOVEMENT, Binding("enter", "choose", "open", show=False)]

    @dataclass
    class Moved(Message):
        """The cursor was moved to a row by the user."""

        table: LineTable
        key: str

        @property
        def control(self) -> LineTable:
            return self.table

    @dataclass
    class Chosen(Message):
        """A row was opened: enter, or a double click."""

        table: LineTable
        key: str

        @property
        def control(self) -> LineTable:
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        empty: str = "nothing here",
        header: bool = True,
        id: str | None = None,  # noqa: A002 (Textual's name)
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns, self.empty, self.has_header = tuple(columns), empty, header
        self.rows: list[Row] = []
        self.position: dict[str, int] = {}
        self.lines: list[int | str] = []
        self.line_of: list[int] = []
        self.heights: list[int] = []
        self.current: str | None = None
        self.linked: frozenset[str] = frozenset()
        self.widths: list[int] = []
        self.marks: dict[str, str] = {}
        self._until: dict[str, float] = {}
        self.is_stale = False
        self._calm: Timer | None = None

    # -- data -------------------------------------------------------------------------------------------------------

    def set_rows(self, rows: Sequence[Row], *, keep: bool = True) -> None:
        """Show other rows. With `keep` the cursor stays on its key, or at its place if the row went away."""
        before = self.position.get(self.current, 0) if self.current is not None else 0
        self.rows = list(rows)
        self.position = {row.key: index for index, row in enumerate(rows)}
        if not keep:
            self.current = None
        elif self.current is not None and self.current not in self.position:
            self.current = rows[min(before, len(rows) - 1)].key if rows else None
        self.heights = [1] * len(rows)
        self._break_lines()
        self._measure()

    def _break_lines(self) -> None:
        """Which row, or group, each line is of."""
        self.lines, self.line_of = [], []
        group = ""
        for index, (row, height) in enumerate(zip(self.rows, self.heights, strict=True)):
            if row.group and row.group != group:
                group = row.group
                self.lines.append(group)
            self.line_of.append(len(self.lines))
            self.lines.extend([index] * height)

    def show_changes(self, rows: Sequence[Row]) -> None:
        """Show the rows of a newer state: for a while new and changed ones are marked, and gone ones still there."""
        before = [row for row in self.rows if self.marks.get(row.key) != GONE]
        marks = marks_of(before, rows)
        if not marks:
            return
        self._mark(marks)
        self.set_rows(with_ghosts(before, rows) if GONE in self.marks.values() else rows)

    def patch(self, rows: Iterable[Row], *, mark: bool = False) -> None:
        """Put other cells into rows that are there; with `mark` they are shown as changed. Paints only those lines."""
        for row in rows:
            index = self.position.get(row.key)
            if index is not None and self.rows[index] != row:
                self.rows[index] = row
                if mark:
                    self._mark({row.key: CHANGED})
                self._repaint_row(index)

    def _mark(self, marks: Mapping[str, str]) -> None:
        """Marks stay for FLASH seconds."""
        self.marks.update(marks)
        until = time.monotonic() + FLASH
        self._until.update(dict.fromkeys(marks, until))
        if self._calm is None:
            self._calm = self.set_timer(FLASH, self._calm_down)

    def _calm_down(self) -> None:
        """Take away the marks whose time is over, and the rows that are gone."""
        now = time.monotonic()
        over = {key for key, until in self._until.items() if until <= now + SOON}
        ghosts = {key for key in over if self.marks.get(key) == GONE}
        for key in over:
            self._until.pop(key)
            self.marks.pop(key, None)
            if key in self.position and not ghosts:
                self._repaint_row(self.position[key])
        if ghosts:
            self.set_rows([row for row in self.rows if row.key not in ghosts])
        self._calm = None
        if self._until:
            self._calm = self.set_timer(max(SOON, min(self._until.values()) - now), self._calm_down)

    def _repaint_row(self, index: int) -> None:
        for line in self._lines_of(index):
            self.painted.pop(line, None)
            y = line - self.scroll_offset.y + (1 if self.has_header else 0)
            if 0 <= y < self.size.height:
                self.refresh(Region(0, y, self.size.width, 1))

    def _lines_of(self, index: int) -> range:
        """The lines of a row."""
        return range(self.line_of[index], self.line_of[index] + self.heights[index])

    def forget_marks(self) -> None:
        """Show what is there as if it had always been so."""
        self.marks, self._until = {}, {}

    def set_stale(self, stale: bool) -> None:
        """Data that is old proves nothing: a tick becomes a question mark."""
        if stale != self.is_stale:
            self.is_stale = stale
            self.repaint()

    def select(self, key: str, *, tell: bool = False) -> None:
        """Put the cursor on a row; with `tell` as if the user had."""
        if key in self.position:
            self._go(self.position[key], tell=tell)

    def set_linked(self, keys: frozenset[str], *, reveal: bool = False) -> None:
        """Mark the rows that belong to the lit path; a table without focus scrolls the first of them into view."""
        if keys != self.linked:
            self.linked = keys
            self.repaint()
        if reveal and keys and not self.has_focus:
            found = [self.position[key] for key in keys if key in self.position]
            if found:
                self._reveal(self.line_of[min(found)])

    # -- measuring --------------------------------------------------------------------------------------------------

    def _measure(self) -> None:
        width = self.paintable_width
        if not width:
            return
        self.widths = column_widths(self.columns, self.rows, width)
        if any(column.wrap for column in self.columns):
            room = self.scrollable_content_region.height - (1 if self.has_header else 0)
            self.heights = heights(self.columns, self.rows, self.widths, room)
            self._break_lines()
        self.virtual_size = Size(width, len(self.lines) + (1 if self.has_header else 0))
        self.repaint()

    def on_resize(self) -> None:
        self._measure()

    def watch_has_focus(self, focused: bool) -> None:
        super().watch_has_focus(focused)
        self.repaint()

    # -- painting ---------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.paintable_width
        if self.has_header and y == 0:
            return self._ascii(self._header()).adjust_cell_length(width, self.rich_style)
        line = y - (1 if self.has_header else 0) + self.scroll_offset.y
        if not self.lines:
            said = wrap(self.empty, max(1, width - 2))
            row = line - self.scroll_offset.y
            if row >= len(said):
                return Strip.blank(width, self.rich_style)
            text = Strip([Segment(f" {said[row]}", self.key_style("muted"))])
            return self._ascii(text).adjust_cell_length(width, self.rich_style)
        if line >= len(self.lines):
            return Strip.blank(width, self.rich_style)
        strip = self.painted.get(line)
        if strip is None:
            strip = self.painted[line] = self._ascii(self._line(line, width))
        return strip

    def _ascii(self, strip: Strip) -> Strip:
        if not self.ascii_only:
            return strip
        return Strip([Segment(segment.text.translate(ASCII), segment.style) for segment in strip])

    def _header(self) -> Strip:
        shown = (end(c.label, w).ljust(w) for c, w in zip(self.columns, self.widths, strict=False) if w)
        return Strip([Segment(" " + "  ".join(shown), self.key_style("header"))])

    def _line(self, line: int, width: int) -> Strip:
        content = self.lines[line]
        if isinstance(content, str):
            rule = "─" * max(0, width - len(content) - 3)
            segments = [Segment(f" {content} ", self.key_style("label")), Segment(rule, self.key_style("dim"))]
            return Strip(segments).adjust_cell_length(width, self.rich_style)
        row = self.rows[content]
        strip = Strip(self._segments(content, line - self.line_of[content])).adjust_cell_length(width, self.rich_style)
        if row.key != self.current:
            return strip
        if self.has_focus:
            style = self.key_style("cursor")
            return Strip([Segment(segment.text, style) for segment in strip])
        shade = Style(bgcolor=self.key_style("row").bgcolor)
        return Strip([Segment(segment.text, (segment.style or Style()) + shade) for segment in strip])

    def _segments(self, index: int, part: int) -> list[Segment]:
        """One line of a row: of the second on, only what is wrapped."""
        row, height = self.rows[index], self.heights[index]
        linked, mark = row.key in self.linked, self.marks.get(row.key, "")
        gutter = (mark, "warn") if mark else ("┃", "lit") if linked else (" ", "text")
        segments = [Segment(gutter[0], self.key_style(gutter[1]))]
        first = True
        for place, (cell, width) in enumerate(zip(row.cells, self.widths, strict=False)):
            if not width:
                continue
            if not first:
                segments.append(Segment("  ", self.rich_style))
            first = False
            text = next(iter(self._fitted(index, place, height)[part : part + 1]), "").ljust(width)
            if self.is_stale:
                text = text.replace("✓", "?")
            style = self.key_style("dim" if mark == GONE else "warn" if mark and cell.style == "text" else cell.style)
            segments.append(Segment(text, style + BOLD if linked and cell.style in ("text", "muted") else style))
        return segments

    def _fitted(self, index: int, place: int, height: int) -> list[str]:
        """The text of a cell, line by line, cut to the width of its column."""
        column, text, width = self.columns[place], self.rows[index].cells[place].text, self.widths[place]
        if column.wrap and height > 1:
            return [end(part, width) for part in wrapped(text, width, height)]
        if column.apart and len(text) > width:
            around = self.rows[max(0, index - 1) : index + 2]
            return [apart(text, width, [row.cells[place].text for row in around if row is not self.rows[index]])]
        return [(middle if column.middle else end)(text, width)]

    # -- moving -----------------------------------------------------------------------------------------------------

    @property
    def index(self) -> int:
        """The row the cursor is on; -1 on none."""
        return self.position.get(self.current, -1) if self.current is not None else -1

    def _go(self, index: int, *, tell: bool = True) -> None:
        if not self.rows:
            return
        index = max(0, min(len(self.rows) - 1, index))
        before, self.current = self.index, self.rows[index].key
        for changed in {before, index} - {-1}:
            for line in self._lines_of(changed):
                self.painted.pop(line, None)
        self._reveal(self.line_of[index])
        self.refresh()
        if tell:
            self.post_message(self.Moved(self, self.rows[index].key))

    def _reveal(self, line: int) -> None:
        height = self.size.height - (1 if self.has_header else 0)
        top = self.scroll_offset.y
        if line < top:
            self.scroll_to(y=max(0, line - 1), animate=False)
        elif line >= top + height:
            self.scroll_to(y=line - height + 1, animate=False)

    def action_move(self, distance: int) -> None:
        self._go(self.index + distance if self.index >= 0 else 0)

    def action_edge(self, side: int) -> None:
        self._go(0 if side < 0 else len(self.rows) - 1)

    def action_page(self, direction: int) -> None:
        self._go(max(0, self.index) + direction * max(1, self.size.height - 2))

    def action_half_page(self, direction: int) -> None:
        self._go(max(0, self.index) + direction * max(1, self.size.height // 2))

    def action_choose(self) -> None:
        if self.current is not None:
            self.post_message(self.Chosen(self, self.current))

    def on_click(self, event: events.Click) -> None:
        offset = 1 if self.has_header else 0
        line = event.y - offset + self.scroll_offset.y
        if event.y < offset or not 0 <= line < len(self.lines):
            return
        content = self.lines[line]
        if isinstance(content, int):
            self._go(content)
            if event.chain > 1:
                self.action_choose()
