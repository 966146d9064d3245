"""Screens over the main one: help, and a text to read (YAML, what was not read, what is known of an object)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from svcmap.console import one_line
from svcmap.picture.drawing.glyphs import ASCII
from svcmap.picture.drawing.texts import cells

KeyRows = Sequence[tuple[str, str]]
SYMBOLS_LINE = (
    "[b $map-lit]SYMBOLS[/]   ✓ ok   [b $map-warn]![/] look at it   [b $map-bad]✗[/] traffic stops here   "
    "? Kubernetes cannot know   ● ready  ○ not ready  ◐ terminating  ◌ pending  ◆ outside  ◇ expected"
)
LINES_LINE = (
    "[b $map-lit]LINES[/]     ─► packets   [b $map-lit]━►[/] selected path   "
    "[$map-dns]┄►[/] DNS answer, or the VIP is skipped   [$map-muted]┄[/] never reached   [b $map-bad]─✗[/] broken"
)


class Overlay(ModalScreen[None]):
    """Closed by esc, q, ? or enter."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter", "dismiss", "close")]


class HelpScreen(Overlay):
    """The keys, by what they are for, and the help of the focused pane."""

    def __init__(self, groups: Sequence[tuple[str, KeyRows]], about: str, *, ascii_only: bool) -> None:
        super().__init__()
        self.groups, self.about, self.ascii_only = groups, about, ascii_only

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            with Horizontal():
                for title, rows in self.groups:
                    yield Static(self._column(title, rows), classes="help-column")
            legend = f"\n{SYMBOLS_LINE}\n\n{LINES_LINE}"
            yield Static(Content.from_markup(legend.translate(ASCII) if self.ascii_only else legend))
            if self.about:
                yield Static(Content(f"\n{self.about}"))

    def on_mount(self) -> None:
        self.query_one("#help").focus()

    def _column(self, title: str, rows: KeyRows) -> Content:
        lines = [Content.from_markup("[b $map-lit]$title[/]", title=title)]
        for key, what in rows:
            shown = key.translate(ASCII) if self.ascii_only else key
            lines.append(Content.from_markup("[b]$key[/] [$map-muted]$what[/]", key=f"{shown:<12}", what=what))
        return Content("\n").join(lines)


class TextScreen(Overlay):
    """A title and lines to scroll through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "down", show=False),
        Binding("k,up", "scroll(-1)", "up", show=False),
    ]

    def __init__(self, title: str, text: str, *, wrap: bool = False) -> None:
        super().__init__()
        self.heading, self.text, self.wrap = title, text, wrap

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="text") as body:
            body.border_title = Content(cells(self.heading))
            lines = (one_line(line) for line in self.text.split("\n"))
            yield Static(Content("\n".join(lines)), classes="wrapped" if self.wrap else "")

    def on_mount(self) -> None:
        self.query_one("#text").focus()

    def action_scroll(self, lines: int) -> None:
        self.query_one("#text").scroll_relative(y=lines, animate=False)
