"""The trace bar: who asks and for what, on one line over the picture, and the verdict below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from svcmap.picture.drawing.glyphs import ASCII, SYMBOLS
from svcmap.picture.drawing.texts import cells
from svcmap.picture.steps import Verdict

HINT = "https://host/path, tcp://host:port, or a name, address, :nodePort   tab: complete   enter: trace   esc: close"
MOST = 6
"""Completions that are offered at once."""
Completer = Callable[[str, str], Sequence[str]]
"""What may be meant by what is typed into a field (`from` or `url`)."""


class TraceInput(Input):
    """One of the two fields. tab takes the completion that is offered, else goes to the other field; up and down go
    through what is offered, else through what was asked before.
    """

    HELP = (
        "The trace bar. from: internet, an IP, node:NAME, pod:NS/NAME, NS/POD, namespace:NS or ns:NS. "
        "url: https://host/path, tcp://host:port, host:port, NS/SERVICE. enter follows the request, tab completes or "
        "goes to the other field, up brings back what was asked before."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "complete", show=False, priority=True),
        Binding("shift+tab", "other", "other field", show=False, priority=True),
        Binding("down", "browse(1)", "next", show=False, priority=True),
        Binding("up", "browse(-1)", "previous", show=False, priority=True),
    ]

    def action_complete(self) -> None:
        self.post_message(TraceBar.Wanted(self, "complete"))

    def action_other(self) -> None:
        self.post_message(TraceBar.Wanted(self, "other"))

    def action_browse(self, step: int) -> None:
        self.post_message(TraceBar.Wanted(self, "next" if step > 0 else "previous"))


class TraceBar(Vertical):
    """Asks with `Asked`; the answer comes down through `verdict`, what may be meant through `completer`."""

    verdict: reactive[Verdict | None] = reactive(None)
    ascii_only: reactive[bool] = reactive(False)

    @dataclass
    class Asked(Message):
        """A request was typed."""

        vantage: str
        url: str

    @dataclass
    class Wanted(Message):
        """A key of a field: `complete`, `other`, `next` or `previous`."""

        field: TraceInput
        what: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.completer: Completer = lambda _field, _text: ()
        self.asked: list[tuple[str, str]] = []
        """Who asked for what, the last one at the end."""
        self.place = 0
        """How far back in that: 0 is what is typed now."""
        self._draft = ""
        """What was typed and not asked yet."""
        self._quiet = ""
        """The text that was put in, not typed: nothing is offered for it."""

    def compose(self) -> ComposeResult:
        with Horizontal(id="trace-line"):
            yield Static(" from ", classes="trace-label")
            yield TraceInput("internet", id="trace-from", compact=True, select_on_focus=True)
            yield Static(" url ", classes="trace-label")
            yield TraceInput(placeholder="https://…", id="trace-url", compact=True, select_on_focus=True)
        offered = OptionList(id="trace-offered", compact=True)
        offered.can_focus = False
        yield offered
        yield Static(HINT, id="trace-verdict")

    def on_mount(self) -> None:
        self.offered.display = False

    @property
    def url(self) -> TraceInput:
        return self.query_one("#trace-url", TraceInput)

    @property
    def vantage(self) -> TraceInput:
        return self.query_one("#trace-from", TraceInput)

    @property
    def offered(self) -> OptionList:
        return self.query_one("#trace-offered", OptionList)

    def watch_verdict(self) -> None:
        line, found = self.query_one("#trace-verdict", Static), self.verdict
        if found is None:
            line.update(Content.from_markup("[$map-muted]$hint[/]", hint=HINT))
            return
        markup = f"[b $map-{found.status}]$symbol $word[/] [b]$where[/]  $why"
        symbol = SYMBOLS.get(found.status, "✓") if found.status != "ok" else "✓"
        shown = {"symbol": symbol, "word": found.word, "where": found.where, "why": cells(found.why)}
        if self.ascii_only:
            shown = {key: text.translate(ASCII) for key, text in shown.items()}
        line.update(Content.from_markup(markup, **shown))

    # -- what may be meant ------------------------------------------------------------------------------------------

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        text = event.value
        is_typed = event.input.has_focus and text and text != self._quiet
        found = self.completer("from" if event.input is self.vantage else "url", text)[:MOST] if is_typed else ()
        self._offer([item for item in found if item != text], event.input)

    def _offer(self, texts: Sequence[str], field: Input) -> None:
        offered = self.offered
        offered.clear_options()
        offered.add_options([Option(Content(cells(text)), id=text) for text in texts])
        offered.display = bool(texts)
        offered.styles.offset = (field.region.x - self.region.x, 0)

    def close_offered(self) -> bool:
        """Take back what is offered; whether something was."""
        was_open = bool(self.offered.display)
        self.offered.display = False
        return was_open

    def _put(self, field: TraceInput, text: str) -> None:
        """Write into a field as if somebody else had: nothing is offered for it."""
        self._quiet = text
        field.value = text
        field.cursor_position = len(text)
        self.offered.display = False

    @on(Wanted)
    def _wanted(self, event: Wanted) -> None:
        event.stop()
        offered, field = self.offered, event.field
        if event.what == "complete" and offered.display:
            chosen = offered.get_option_at_index(offered.highlighted or 0).id
            self._put(field, chosen or field.value)
        elif event.what in ("complete", "other"):
            self.offered.display = False
            self.screen.set_focus(self.url if field is self.vantage else self.vantage)
        elif offered.display:
            offered.action_cursor_down() if event.what == "next" else offered.action_cursor_up()
        else:
            self._recall(1 if event.what == "previous" else -1)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._put(self.url if self.url.has_focus else self.vantage, event.option.id or "")

    def _recall(self, back: int) -> None:
        """What was asked before, or after that again."""
        place = max(0, min(len(self.asked), self.place + back))
        if place != self.place:
            if not self.place:
                self._draft = self.url.value
            self.place = place
            vantage, url = self.asked[-place] if place else (self.vantage.value, self._draft)
            self._put(self.vantage, vantage)
            self._put(self.url, url)

    # -- asking -----------------------------------------------------------------------------------------------------

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.offered.display and self.offered.highlighted is not None:
            chosen = self.offered.get_option_at_index(self.offered.highlighted).id
            self._put(self.url if event.input is self.url else self.vantage, chosen or event.value)
            return
        self.offered.display = False
        if event.input is self.vantage and not self.url.value.strip():
            self.screen.set_focus(self.url)
            return
        self.ask()

    def ask(self) -> None:
        """Ask what is typed."""
        who, url = self.vantage.value.strip() or "internet", self.url.value.strip()
        if url and (not self.asked or self.asked[-1] != (who, url)):
            self.asked.append((who, url))
        self.place = 0
        self.post_message(self.Asked(who, url))
