"""The walkthrough: one way, hop by hop, large enough for the back row, ending at the break with its next step."""

from __future__ import annotations

import re
from typing import ClassVar

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Digits, Static

from svcmap.console import one_line
from svcmap.paths.outcome import Trace
from svcmap.picture.details import Description, describe
from svcmap.picture.drawing.glyphs import ASCII, SYMBOLS
from svcmap.picture.drawing.layout import Options, lay_out
from svcmap.picture.drawing.plan import Lit
from svcmap.picture.drawing.texts import cells
from svcmap.picture.groups import Group, GroupBy
from svcmap.picture.lanes import PathView, Way
from svcmap.picture.selection import Selection, lit_by
from svcmap.picture.spots import CellSpot, GroupSpot, PortSpot, Spot
from svcmap.picture.steps import CHECKS, Step, selection_of, steps_of
from svcmap.reports.text import trace_lines
from svcmap.tui.theme import NAMES
from svcmap.tui.widgets.bars import KeyBar
from svcmap.tui.widgets.path_canvas import PathCanvas

BIG = re.compile(r"[0-9.:A-F\[\]]+\Z")
DIGIT_WIDTH = 3
NUMBER_SPACE = "\u00a0"
"""Between a number and an address: a blank that does not part the address from its port."""
STATUS = {"ok": "lit", "stop": "bad", "unknown": "unk"}
KEYS = (
    ("space n →", "next", "step(1)"),
    ("p ←", "back", "step(-1)"),
    ("esc", "leave", "dismiss"),
    ("c", "copy address", "copy"),
    ("C", "copy path", "copy_path"),
    ("T", "theme", "next_theme"),
)


class WalkScreen(Screen[None]):
    """One way of a Service, isolated. What it shows is frozen: it was handed over when the walk began."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,n,right,l,enter", "step(1)", "next"),
        Binding("p,left,h,backspace", "step(-1)", "back"),
        Binding("home,g", "step(-99)", "first", show=False),
        Binding("end,G", "step(99)", "last", show=False),
        Binding("c", "copy", "copy address", show=False),
        Binding("C", "copy_path", "copy path", show=False),
        Binding("T", "next_theme", "theme", show=False),
        Binding("escape,q,w", "dismiss", "leave"),
    ]

    def __init__(self, view: PathView, by: GroupBy, way: Way, found: Trace, *, ascii_only: bool) -> None:
        super().__init__()
        self.way, self.by, self.found, self.ascii_only = way, by, found, ascii_only
        self.steps = steps_of(view, by, found, way)
        self.hidden_ways = len(view.ways) - 1
        self.view = replace(view, ways=(way,))
        self.index = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="walk-path"):
            yield PathCanvas(id="walk-graph")
        with VerticalScroll(id="walk-caption", can_focus=False):
            yield Static(id="walk-progress")
            yield Digits("", id="walk-digits")
            yield Static(id="walk-says")
            yield Static(id="walk-facts")
            yield Static(id="walk-check")
        yield KeyBar(id="keys")

    @property
    def canvas(self) -> PathCanvas:
        return self.query_one(PathCanvas)

    def on_mount(self) -> None:
        self.set_class(self.ascii_only, "ascii")
        self.canvas.ascii_only = self.ascii_only
        self.canvas.can_focus = False
        keys = tuple((self._plain(key), what, action) for key, what, action in KEYS)
        self.query_one(KeyBar).keys = keys
        frame = self.query_one("#walk-path")
        title = "[b]$namespace[/][$map-muted]/[/][b]$name[/]  [$map-muted]$kind[/]"
        names = {"namespace": cells(self.view.name.namespace), "name": cells(self.view.name.name)}
        frame.border_title = Content.from_markup(title, kind=self.view.shown_as, **names)
        if self.hidden_ways:
            s = "s" if self.hidden_ways != 1 else ""
            frame.border_subtitle = f"{self.hidden_ways} other way{s} in hidden"
        self.call_after_refresh(self._draw)

    @on(PathCanvas.Resized)
    def _resized(self, event: PathCanvas.Resized) -> None:
        event.stop()
        self._fit()

    @on(PathCanvas.Moved)
    @on(PathCanvas.Opened)
    def _clicked(self, event: PathCanvas.Moved | PathCanvas.Opened) -> None:
        """A click on a box goes to its step."""
        event.stop()
        index = next((i for i, step in enumerate(self.steps) if step.spot == event.spot), None)
        if index is not None:
            self.index = index
            self._draw()

    def _fit(self) -> None:
        """The picture takes the rows it needs, at most three fifths of the screen; boxed where it fits, else denser."""
        canvas = self.canvas
        most = max(6, self.app.size.height * 3 // 5 - 3)
        width = canvas.paintable_width
        boxed = _numbered(self.view, self.by, self.steps, framed=True)
        tried = lay_out(boxed, Options(width, most, "boxed", self.by)) if width else None
        fits = tried is not None and tried.need <= width and tried.height < most
        shown = boxed if fits else _numbered(self.view, self.by, self.steps, framed=False)
        canvas.density = "boxed" if fits else "auto"
        canvas.largest_height = most
        canvas.show(shown, self.by)
        if canvas.plan is not None:
            height = min(most, canvas.plan.height + 1)
            if canvas.styles.height is None or canvas.size.height != height:
                canvas.styles.height = height

    # -- what is shown ----------------------------------------------------------------------------------------------

    @property
    def step(self) -> Step:
        return self.steps[self.index]

    def _draw(self) -> None:
        self._fit()
        step = self.step
        selection = selection_of(self.view, self.by, self.found, self.way)._replace(cursor=step.spot)
        self.canvas.light(self._lit(selection), step.spot, selection.port, None, True)
        described = describe(self.view, self.by, step.spot, selection)
        caption = self.query_one("#walk-caption")
        caption.border_title = f"Walk {self.index + 1} of {len(self.steps)}"
        self.query_one("#walk-progress", Static).update(self._progress(step, described))
        self._address(step, described)
        self._sentence(step)
        self._details(step, described)
        caption.scroll_home(animate=False)

    def _lit(self, selection: Selection) -> Lit | None:
        """What has been walked: every step up to the current one."""
        spot = self.step.spot
        walked = selection._replace(until=spot)
        if isinstance(spot, GroupSpot) and self.index == len(self.steps) - 1 and self.found.verdict != "unreachable":
            walked = selection._replace(until=None)
        return lit_by(self.view, walked)

    def _progress(self, step: Step, described: Description | None) -> Content:
        parts = []
        for number in range(1, len(self.steps) + 1):
            here = number == self.index + 1
            parts.append(f"[b $map-cursor-text on $map-cursor] {number} [/]" if here else f"[$map-lit]{number}[/]")
            if number < len(self.steps):
                parts.append("[$map-lit] ━ [/]" if number <= self.index else "[$map-dim] ─ [/]")
        markup = "".join(parts) + "   [b]$title[/]"
        title = self._title(step, described)
        return Content.from_markup(markup.translate(ASCII) if self.ascii_only else markup, title=self._plain(title))

    def _title(self, step: Step, described: Description | None) -> str:
        hop = step.deciding
        if hop.kind == "network-policy":
            return f"{hop.policy} {hop.address}"
        return cells(described.title if described else hop.kind)

    def _address(self, step: Step, described: Description | None) -> None:
        """Block digits where the address is one and fits, else nothing: it then stands in the sentence line, bold."""
        digits = self.query_one("#walk-digits", Digits)
        text = described.address if described else ""
        big = bool(BIG.match(text)) and len(text) * DIGIT_WIDTH <= self.app.size.width - 6
        big = big and step.deciding.kind != "network-policy" and not self.ascii_only
        digits.display = big
        if big:
            digits.update(text)
        self.big_address = text if big else ""
        self.address = text

    def _sentence(self, step: Step) -> None:
        hop = step.deciding
        status = STATUS[hop.verdict]
        mark = "" if hop.verdict == "ok" else f"[b $map-{status}]$symbol[/] "
        lead = "[b $map-lit]$address[/]\n" if self.address and not self.big_address else ""
        symbol = SYMBOLS["bad" if hop.verdict == "stop" else "unk"]
        found = Content.from_markup(
            f"{lead}{mark}$says",
            address=self._plain(cells(self.address)),
            symbol=self._plain(symbol),
            says=self._plain(cells(step.says)),
        )
        self.query_one("#walk-says", Static).update(found)

    def _details(self, step: Step, described: Description | None) -> None:
        """API fields, and what to look at if it fails here; on a break its next step instead."""
        hop = step.deciding
        room = self.app.size.height - self.query_one("#walk-path").size.height
        facts = list(described.facts if described else ())[: max(0, (room - 9) if room < 20 else 8)]
        lines = [
            Content.from_markup(
                "[$map-muted]$label[/] $value", label=self._plain(f"{label:<36}"), value=self._plain(cells(value))
            )
            for label, value in facts
        ]
        block = self.query_one("#walk-facts", Static)
        block.display = bool(lines)
        block.update(Content("\n").join(lines))
        broken = hop.verdict != "ok"
        label = "next step" if broken and hop.next else "if it fails here"
        text = hop.next if broken and hop.next else CHECKS.get(hop.kind, "")
        style = "bad" if broken else "muted"
        check = Content.from_markup(f"[b $map-{style}]$label[/]  $text", label=label, text=self._plain(cells(text)))
        self.query_one("#walk-check", Static).update(check)

    def _plain(self, text: str) -> str:
        return text.translate(ASCII) if self.ascii_only else text

    # -- keys -------------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def action_step(self, distance: int) -> None:
        index = max(0, min(self.index + distance, len(self.steps) - 1))
        if index != self.index:
            self.index = index
            self._draw()

    def action_copy(self) -> None:
        self._copied(one_line(self.address) if self.address else self.step.says)

    def action_copy_path(self) -> None:
        self._copied("\n".join(line.strip() for line in trace_lines(self.found, self.way.title)))

    def _copied(self, text: str) -> None:
        self.app.copy_to_clipboard(text)
        first, *rest = text.split("\n")
        more = f"  (+{len(rest)} lines)" if rest else ""
        self.notify(f"copied {first}{more}", timeout=3, markup=False)

    def action_next_theme(self) -> None:
        current = self.app.theme
        self.app.theme = NAMES[(NAMES.index(current) + 1) % len(NAMES)] if current in NAMES else NAMES[0]


def _numbered(view: PathView, by: GroupBy, steps: tuple[Step, ...], *, framed: bool) -> PathView:
    """The picture with the number of its step in front of each title; of each text where the lane has no frames."""
    number_of: dict[Spot, int] = {}
    for number, step in enumerate(steps, 1):
        number_of.setdefault(step.spot, number)
    way = view.ways[0]
    numbered = []
    for index, cell in enumerate(way.cells):
        at = number_of.get(CellSpot(way.id, index))
        if at is not None and (cell.column == "from" or not framed):
            cell = replace(cell, text=f"{at}{NUMBER_SPACE}{cell.text}")
        elif at is not None:
            cell = replace(cell, kind=f"{at} {cell.kind}")
        numbered.append(cell)
    port = next((number for spot, number in number_of.items() if isinstance(spot, PortSpot)), None)
    groups = tuple(_with_number(group, number_of.get(GroupSpot(group.id))) for group in view.groups[by])
    return replace(
        view,
        ways=(replace(way, cells=tuple(numbered)),),
        groups={by: groups},
        title=f"{port} {view.box_title}" if port else "",
    )


def _with_number(group: Group, number: int | None) -> Group:
    return replace(group, title=f"{number} {group.title}") if number else group
