"""The trace bar: who asks and for what, on one line over the picture, and the verdict on a second one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input, Static

from svcmap.picture.drawing.glyphs import ASCII, SYMBOLS
from svcmap.picture.drawing.texts import cells
from svcmap.picture.steps import Verdict

HINT = "scheme://host[:port]/path, host:port, or a name, address, :nodePort to look up   enter: trace   esc: close"


class TraceInput(Input):
    """One of the two fields; up and down go to the other one."""

    HELP = (
        "The trace bar. from: internet, an IP, node:NAME, pod:NS/NAME, NS/POD, namespace:NS or ns:NS. "
        "url: https://host/path, tcp://host:port, host:port. enter follows the request, tab goes to the other field."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,shift+tab,down,up", "other", "other field", show=False, priority=True),
    ]

    def action_other(self) -> None:
        self.post_message(TraceBar.Switched(self))


class TraceBar(Vertical):
    """Asks with `Asked`; the answer comes down through `verdict`."""

    verdict: reactive[Verdict | None] = reactive(None)
    ascii_only: reactive[bool] = reactive(False)

    @dataclass
    class Asked(Message):
        """A request was typed."""

        vantage: str
        url: str

    @dataclass
    class Switched(Message):
        """The other field is wanted."""

        field: TraceInput

    def compose(self) -> ComposeResult:
        with Horizontal(id="trace-line"):
            yield Static(" from ", classes="trace-label")
            yield TraceInput("internet", id="trace-from", compact=True, select_on_focus=True)
            yield Static(" url ", classes="trace-label")
            yield TraceInput(placeholder="https://…", id="trace-url", compact=True, select_on_focus=True)
        yield Static(HINT, id="trace-verdict")

    @property
    def url(self) -> TraceInput:
        return self.query_one("#trace-url", TraceInput)

    @property
    def vantage(self) -> TraceInput:
        return self.query_one("#trace-from", TraceInput)

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

    @on(Switched)
    def _switched(self, event: Switched) -> None:
        event.stop()
        self.screen.set_focus(self.url if event.field is self.vantage else self.vantage)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input is self.vantage and not self.url.value.strip():
            self.screen.set_focus(self.url)
            return
        self.ask()

    def ask(self) -> None:
        """Ask what is typed."""
        self.post_message(self.Asked(self.vantage.value.strip() or "internet", self.url.value.strip()))
