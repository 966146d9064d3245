"""An object as it is written: numbered lines, the faulty field marked and in view, `/` to search, E to edit."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.app import App, ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from svcmap.console import one_line
from svcmap.picture.drawing.texts import cells
from svcmap.tui.screens.overlay import Overlay

LINE = re.compile(r"(?P<before>[\s-]*)(?P<key>[^\s#:'\"][^#:]*:(?=\s|$))?(?P<rest>.*?)(?P<comment>(?:^|\s)#.*)?$")


WRITTEN = "$before[$map-lit]$key[/]$rest[$map-muted]$comment[/]"


class YamlScreen(Overlay):
    """`lines` are those of the object, `first` the number of the first one in its file, `marked` that of the field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "down", show=False),
        Binding("k,up", "scroll(-1)", "up", show=False),
        Binding("slash", "search", "search"),
        Binding("n", "match(1)", "next match", show=False),
        Binding("N", "match(-1)", "previous match", show=False),
        Binding("E", "edit", "edit"),
    ]

    def __init__(self, title: str, text: str, *, first: int = 0, marked: int = 0, file: str = "") -> None:
        super().__init__()
        self.heading, self.first, self.marked, self.file = title, first, marked, file
        self.lines = [one_line(line) for line in text.split("\n")]
        self.at = marked
        self.is_edited = False
        """Whether the file may be another one now."""

    def compose(self) -> ComposeResult:
        with Vertical(id="yaml"):
            with VerticalScroll(id="yaml-body"):
                yield Static(id="yaml-lines")
            yield Input(placeholder="/ search", id="yaml-search", compact=True)

    def on_mount(self) -> None:
        frame = self.query_one("#yaml")
        frame.border_title = Content(cells(self.heading))
        keys = "/ search" + ("   E edit" if self.file else "") + "   esc close"
        frame.border_subtitle = keys
        self.query_one("#yaml-search").display = False
        self.query_one("#yaml-body").focus()
        self._draw()
        self.call_after_refresh(self._reveal)

    # -- lines ------------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        term = self.query_one("#yaml-search", Input).value
        self.query_one("#yaml-lines", Static).update(Content("\n").join(self._made(term)))

    def _made(self, term: str) -> Iterator[Content]:
        width = len(str(self.first + len(self.lines)))
        for number, line in enumerate(self.lines, self.first or 1):
            parts = LINE.match(line)
            style = " on $map-row" if number == self.at else ""
            gutter = "[b $map-bad]✗[/] " if number == self.marked else "  "
            found = Content.from_markup(
                f"[$map-text{style}]{gutter}[$map-dim]$number[/]  {WRITTEN}[/]",
                number=f"{number:>{width}}",
                **{name: parts[name] or "" if parts else "" for name in ("before", "key", "comment")},
                rest=parts["rest"] if parts else line,
            )
            if term and term.lower() in line.lower():
                start = len(found.plain) - len(line) + line.lower().index(term.lower())
                found = found.stylize("reverse", start, start + len(term))
            yield found

    def _reveal(self) -> None:
        """Scroll the line of now into the upper third."""
        body = self.query_one("#yaml-body")
        row = max(0, self.at - (self.first or 1))
        body.scroll_to(y=max(0, row - body.size.height // 3), animate=False)

    def action_scroll(self, lines: int) -> None:
        self.query_one("#yaml-body").scroll_relative(y=lines, animate=False)

    # -- searching --------------------------------------------------------------------------------------------------

    def action_search(self) -> None:
        field = self.query_one("#yaml-search")
        field.display = True
        field.focus()

    @on(Input.Changed, "#yaml-search")
    def _typed(self) -> None:
        self._draw()

    @on(Input.Submitted, "#yaml-search")
    def _submitted(self) -> None:
        self.query_one("#yaml-body").focus()
        self.action_match(1)

    def action_match(self, step: int) -> None:
        """The next line with what was searched for."""
        term = self.query_one("#yaml-search", Input).value.lower()
        numbers = [n for n, line in enumerate(self.lines, self.first or 1) if term and term in line.lower()]
        if not numbers:
            self.notify("no match", timeout=2)
            return
        behind = [n for n in numbers if (n > self.at if step > 0 else n < self.at)]
        self.at = (behind[0] if step > 0 else behind[-1]) if behind else numbers[0 if step > 0 else -1]
        self._draw()
        self._reveal()

    async def action_dismiss(self, result: None = None) -> None:
        """esc leaves the search first."""
        field = self.query_one("#yaml-search", Input)
        if field.has_focus:
            field.value = ""
            field.display = False
            self.query_one("#yaml-body").focus()
            return
        self.dismiss(result)

    # -- editing ----------------------------------------------------------------------------------------------------

    def action_edit(self) -> None:
        if not self.file:
            self.notify("this object is of no file: kubectl edit changes it in the cluster", timeout=3)
            return
        if edit(self.app, self.file, self.at or self.marked or self.first):
            self.is_edited = True
            self.dismiss()  # what is shown here may not be so any more


def edit(app: App[object], file: str, line: int) -> bool:
    """Open a file at a line in $VISUAL or $EDITOR, for which svcmap makes room; whether an editor was there."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        command = [*shlex.split(editor), f"+{max(1, line)}", file]
    except ValueError as error:
        app.notify(f"$EDITOR is {editor}: {error}", severity="error", markup=False)
        return False
    if shutil.which(command[0]) is None:
        app.notify(f"cannot start {command[0]}: set $EDITOR to an editor", severity="error", markup=False)
        return False
    failed = ""
    try:
        with app.suspend():
            try:
                subprocess.run(command, check=False)
            except OSError as error:  # inside: whatever happens, svcmap has to take the terminal again
                failed = error.strerror or str(error)
    except SuspendNotSupported:
        failed = "this terminal cannot be handed to an editor"
    if failed:
        app.notify(f"{command[0]}: {failed}", severity="error", markup=False)
    return not failed
