"""One-line bars: the keys that work here, and the tabs of the panes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widgets import Static

from svcmap.picture.drawing.glyphs import ASCII


class KeyBar(Static):
    """The footer: keys in priority order, as many as fit, help last. One widget, so a focus change is cheap."""

    # A hint that can be clicked looks like one that cannot: Textual would underline it.
    auto_links = False
    keys: reactive[tuple[tuple[str, str, str], ...]] = reactive(())
    """Key, what it does, and the action of the screen that a click runs (empty: none)."""
    ascii_only: reactive[bool] = reactive(False)

    def __init__(self, *, has_help: bool = True, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.last = (("?", "help", "help"),) if has_help else ()

    def on_resize(self) -> None:
        self.watch_keys()

    def watch_keys(self) -> None:
        width = self.size.width
        used, shown = 1 + sum(len(key) + len(what) + 1 for key, what, _ in self.last), []
        for key, what, action in self.keys:
            length = len(key) + len(what) + 3
            if used + length > width:
                break
            used += length
            shown.append((key, what, action))
        parts: list[Content] = [Content(" ")]
        for key, what, action in (*shown, *self.last):
            found = Content.from_markup("[b $map-lit]$key[/] [$map-muted]$what[/]", key=key, what=what)
            click = Style.from_meta({"@click": action if "." in action else f"screen.{action}"})
            parts += [found.stylize(click) if action else found, Content("  ")]
        self.update(Content.assemble(*parts))


class Tab(NamedTuple):
    """A tab: the pane's number, its names (long, short), a count, and whether the count is alarming."""

    pane: str
    number: int
    label: str
    short: str
    tally: str
    alarming: bool = False


class TabBar(Static):
    """The panes that share the space below the path, one line."""

    tabs: reactive[tuple[Tab, ...]] = reactive(())
    active: reactive[str] = reactive("")
    narrow: reactive[bool] = reactive(False)
    ascii_only: reactive[bool] = reactive(False)

    @dataclass
    class Chosen(Message):
        """A tab was clicked."""

        pane: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.spans: list[tuple[int, int, str]] = []

    def watch_tabs(self) -> None:
        self._draw()

    def watch_active(self) -> None:
        self._draw()

    def watch_narrow(self) -> None:
        self._draw()

    def _draw(self) -> None:
        parts, x, self.spans = [], 0, []
        for tab in self.tabs:
            label = tab.short if self.narrow else tab.label
            count = tab.tally.translate(ASCII) if self.ascii_only else tab.tally
            text = f" {tab.number} {label} {count} "
            self.spans.append((x, x + len(text), tab.pane))
            x += len(text)
            if tab.pane == self.active:
                parts.append(Content.from_markup("[b $map-cursor-text on $map-cursor]$text[/]", text=text))
            else:
                colour = "$map-bad" if tab.alarming else "$map-muted"
                markup = f" [$map-muted]$number[/] $label [{colour}]$count[/] "
                parts.append(Content.from_markup(markup, number=str(tab.number), label=label, count=count))
        self.update(Content.assemble(*parts))

    def on_click(self, event: events.Click) -> None:
        for start, stop, pane in self.spans:
            if start <= event.x < stop:
                self.post_message(self.Chosen(pane))
