"""The panes below the picture, as widgets: one table each."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.message import Message

from svcmap.picture.drawing.plan import Lit
from svcmap.picture.selection import Selection
from svcmap.picture.spots import Spot
from svcmap.tui.panes import ports, problems
from svcmap.tui.panes.pane import Shown
from svcmap.tui.panes.registry import FIRST_NUMBER, IDS, PANES
from svcmap.tui.widgets.bars import Tab, TabBar
from svcmap.tui.widgets.line_table import LineTable


class DetailPanes(Vertical):
    """The tables: one at a time below a tab bar, or all at once where there is room."""

    @dataclass
    class RowMoved(Message):
        """The cursor of a pane was moved to a row."""

        pane: str
        key: str

    @dataclass
    class RowChosen(Message):
        """A row of a pane was opened."""

        pane: str
        key: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.active = self.chosen = ports.PANE.id
        """The pane that is in front, and the one that somebody chose: problems stand before it."""
        self.shown: Shown | None = None

    def compose(self) -> ComposeResult:
        yield TabBar(id="tabs")
        with Container(id="tables"):
            for number, pane in enumerate(PANES):
                # Two stand side by side where all are shown: an odd last one has both places.
                alone = number == len(PANES) - 1 and number % 2 == 0
                yield LineTable(pane.columns, id=pane.id, classes="pane -alone" if alone else "pane")

    def on_mount(self) -> None:
        self.activate(self.active)

    def table(self, pane: str) -> LineTable:
        return self.query_one(f"#{pane}", LineTable)

    @property
    def tables(self) -> list[LineTable]:
        return [self.table(pane) for pane in IDS]

    @property
    def tabs(self) -> TabBar:
        return self.query_one(TabBar)

    def show(self, shown: Shown, *, keep: bool = False, changed: bool = False) -> None:
        """Fill the tables for a Service; with `keep` their cursors stay on their rows, with `changed` what is different
        from before is marked for a while.
        """
        self.shown = shown
        tabs: list[Tab] = []
        for number, pane in enumerate(PANES, FIRST_NUMBER):
            table, made, tally = self.table(pane.id), pane.rows(shown), pane.tally(shown)
            table.empty = pane.empty if isinstance(pane.empty, str) else pane.empty(shown)
            if changed:
                table.show_changes(made)
            else:
                table.forget_marks()
                table.set_rows(made, keep=keep)
            tabs.append(Tab(pane.id, number, pane.label, pane.short, tally, "✗" in tally))
            table.border_title = f"{number} {pane.label} {tally}"
        self.tabs.tabs = tuple(tabs)

    def link(self, selection: Selection, lit: Lit | None, *, reveal: bool) -> None:
        """Mark the rows of the lit path."""
        if self.shown is not None:
            for pane in PANES:
                self.table(pane.id).set_linked(pane.linked(self.shown, selection, lit), reveal=reveal)

    def spot_of(self, id_: str, key: str) -> Spot | None:
        """The place in the picture that a row of a pane stands for."""
        pane = PANES[IDS.index(id_)]
        return pane.spot_of(self.shown, key) if self.shown else None

    def choose(self, pane: str) -> None:
        """Show a pane, and go on showing it where there is no problem."""
        self.chosen = pane
        self.activate(pane)

    def put_in_front(self) -> None:
        """The problems of a Service that has some, else the pane that was chosen."""
        has_problem = self.shown is not None and self.shown.standing.mark in ("error", "warning")
        self.activate(problems.PANE.id if has_problem else self.chosen)

    def activate(self, pane: str) -> None:
        """Show a pane where only one has room."""
        self.active = pane
        self.tabs.active = pane
        for other in IDS:
            self.table(other).set_class(other == pane, "-active")

    @on(LineTable.Moved)
    def _moved(self, event: LineTable.Moved) -> None:
        event.stop()
        self.post_message(self.RowMoved(str(event.table.id), event.key))

    @on(LineTable.Chosen)
    def _chosen(self, event: LineTable.Chosen) -> None:
        event.stop()
        self.post_message(self.RowChosen(str(event.table.id), event.key))
