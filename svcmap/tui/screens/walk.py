"""The walkthrough: one request as a story for the back row: what is asked, every hop in large letters, how it ends."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from svcmap.console import one_line
from svcmap.paths.outcome import Trace
from svcmap.picture.details import command_of
from svcmap.picture.drawing.glyphs import ASCII, SYMBOLS
from svcmap.picture.drawing.layout import Options, lay_out
from svcmap.picture.drawing.plan import Lit
from svcmap.picture.drawing.texts import cells, end
from svcmap.picture.groups import Group, GroupBy
from svcmap.picture.lanes import PathView, Way
from svcmap.picture.selection import lit_by
from svcmap.picture.spots import CellSpot, GroupSpot, PortSpot, Spot
from svcmap.picture.steps import Step, selection_of, steps_of
from svcmap.reports.text import trace_lines
from svcmap.tui.screens.cards import Card, cards_of
from svcmap.tui.theme import NAMES
from svcmap.tui.widgets.bars import KeyBar
from svcmap.tui.widgets.letters import large
from svcmap.tui.widgets.path_canvas import PathCanvas

NUMBER_SPACE = "\u00a0"
"""Between a number and an address: a blank that does not part the address from its port."""
KEYS = (
    ("space n →", "next", "step(1)"),
    ("p ←", "back", "step(-1)"),
    ("esc", "leave", "dismiss"),
    ("c", "copy", "copy"),
    ("C", "copy path", "copy_path"),
    ("T", "theme", "next_theme"),
)
AT_END = ("space", "start over", "step(1)")
LEAST_FOR_LINES = 16
"""Rows of the caption from which on the lines of the sentence stand apart."""


class WalkScreen(Screen[None]):
    """One way of a Service, isolated. What it shows is frozen: it was handed over when the walk began."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,n,right,l,enter", "step(1)", "next"),
        Binding("p,left,h,backspace", "step(-1)", "back"),
        Binding("home,g", "step(-99)", "first", show=False),
        Binding("end,G", "step(99)", "last", show=False),
        Binding("c", "copy", "copy", show=False),
        Binding("C", "copy_path", "copy path", show=False),
        Binding("T", "next_theme", "theme", show=False),
        Binding("escape,q,w", "dismiss", "leave"),
    ]

    def __init__(
        self, view: PathView, by: GroupBy, way: Way, found: Trace, *, ascii_only: bool, node: str = ""
    ) -> None:
        super().__init__()
        self.way, self.by, self.found, self.ascii_only = way, by, found, ascii_only
        self.steps = steps_of(view, by, found, way)
        self.hidden_ways = len(view.ways) - 1
        self.view = replace(view, ways=(way,))
        self.cards = cards_of(self.view, by, found, way, self.steps, node)
        self.index = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="walk-path"):
            yield PathCanvas(id="walk-graph")
        with VerticalScroll(id="walk-caption", can_focus=False):
            yield Static(id="walk-progress")
            yield Static(id="walk-big")
            yield Static(id="walk-says")
            yield Static(id="walk-facts")
            yield Static(id="walk-check")
        yield KeyBar(has_help=False, id="keys")

    @property
    def canvas(self) -> PathCanvas:
        return self.query_one(PathCanvas)

    @property
    def card(self) -> Card:
        return self.cards[self.index]

    @property
    def step(self) -> Step | None:
        """The step that is told; None on the title and at the end."""
        return self.steps[self.index - 1] if 0 < self.index <= len(self.steps) else None

    @property
    def is_at_end(self) -> bool:
        return self.index == len(self.cards) - 1

    def on_mount(self) -> None:
        self.set_class(self.ascii_only, "ascii")
        self.canvas.ascii_only = self.ascii_only
        self.canvas.can_focus = False
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
        index = next((i for i, step in enumerate(self.steps, 1) if step.spot == event.spot), None)
        if index is not None:
            self.index = index
            self._draw()

    def _fit(self) -> None:
        """The picture takes the rows it needs, at most half of the screen; boxed where it fits, else denser."""
        canvas = self.canvas
        most = max(5, self.app.size.height // 2 - 3)
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

    def _draw(self) -> None:
        self._fit()
        card, caption = self.card, self.query_one("#walk-caption")
        selection = selection_of(self.view, self.by, self.found, self.way)
        self.canvas.light(self._lit(), card.spot, selection.port, None, True)
        caption.border_title = self._station()
        room = max(6, self.size.height - self.query_one("#walk-path").outer_size.height - 3)
        width = max(20, self.size.width - 6)
        self.query_one("#walk-progress", Static).update(self._progress(card))
        used = 1 + self._big(card, width, room)
        used += self._sentence(card, width, room - used)
        self._facts(card, room - used)
        self._check(card, width)
        self._keys()
        caption.scroll_home(animate=False)

    def _station(self) -> str:
        """Where the walk is."""
        count = len(self.steps)
        if not self.index:
            return f"Walk: {count} step{'s' * (count != 1)}"
        return "Walk: the end" if self.is_at_end else f"Walk {self.index} of {count}"

    def _lit(self) -> Lit | None:
        """What has been walked: every step up to the current one; nothing before the first, all of it at the end."""
        selection = selection_of(self.view, self.by, self.found, self.way)
        step = self.step
        if step is None:
            return lit_by(self.view, selection) if self.is_at_end else None
        walked = selection._replace(until=step.spot)
        if isinstance(step.spot, GroupSpot) and self.index == len(self.steps) and self.found.verdict != "unreachable":
            walked = selection._replace(until=None)
        return lit_by(self.view, walked)

    def _progress(self, card: Card) -> Content:
        parts = []
        for number in range(1, len(self.steps) + 1):
            here = number == self.index
            parts.append(f"[b $map-cursor-text on $map-cursor] {number} [/]" if here else f"[$map-lit]{number}[/]")
            if number < len(self.steps):
                parts.append("[$map-lit] ━ [/]" if number < self.index else "[$map-dim] ─ [/]")
        markup = "".join(parts) + "   [b]$head[/]"
        return self._made(Content.from_markup(markup, head=cells(card.head)))

    def _big(self, card: Card, width: int, room: int) -> int:
        """The name or address in block letters, where they fit; gives the rows it takes."""
        letters = large(cells(card.big), width, room // 3, ascii_only=self.ascii_only)
        block = self.query_one("#walk-big", Static)
        block.display = bool(letters)
        colour = card.status if card.status in SYMBOLS else "lit"
        block.update(self._made(Content.from_markup(f"[b $map-{colour}]$letters[/]", letters="\n".join(letters))))
        return len(letters) + 1 if letters else 0

    def _sentence(self, card: Card, width: int, room: int) -> int:
        """The one sentence, over the whole width; with room its lines stand apart. Gives the rows it takes."""
        mark = f"{SYMBOLS[card.status]} " if card.status in SYMBOLS else ""
        lines = wrap(mark + cells(card.says), width, break_on_hyphens=False) or [""]
        apart = len(lines) * 2 + 5 <= room and self.size.height >= LEAST_FOR_LINES
        text = ("\n\n" if apart else "\n").join(lines)
        colour = f"$map-{card.status}" if card.status in SYMBOLS else "$map-text"
        self.query_one("#walk-says", Static).update(self._made(Content.from_markup(f"[b {colour}]$text[/]", text=text)))
        return len(lines) * (2 if apart else 1) + 1

    def _facts(self, card: Card, room: int) -> None:
        rows = [
            Content.from_markup("[$map-muted]$label[/] $value", label=f"{label:<24}", value=cells(value))
            for label, value in card.facts[: max(0, room - 2)]
        ]
        block = self.query_one("#walk-facts", Static)
        block.display = bool(rows)
        block.update(self._made(Content("\n").join(rows)))

    def _check(self, card: Card, width: int) -> None:
        """What to look at or to do: a command stands on one line, whatever it takes."""
        block = self.query_one("#walk-check", Static)
        block.display = bool(card.check)
        style = "bad" if card.status == "bad" else "muted"
        command, _, rest = cells(card.check).partition("; ")
        after = f"\n{' ' * 18}{rest}" if rest else ""
        found = Content.from_markup(
            f"[b $map-{style}]$label[/] [b]$command[/]$after",
            label=f"{card.label:<17}",
            command=command if len(command) + 18 <= width else f"\n  {end(command, width - 2)}",
            after=after,
        )
        block.update(self._made(found))

    def _keys(self) -> None:
        keys = (AT_END, *KEYS[1:]) if self.is_at_end else KEYS
        self.query_one(KeyBar).keys = tuple((self._plain(key), what, action) for key, what, action in keys)

    def _made(self, content: Content) -> Content:
        return Content(content.plain.translate(ASCII), list(content.spans)) if self.ascii_only else content

    def _plain(self, text: str) -> str:
        return text.translate(ASCII) if self.ascii_only else text

    # -- keys -------------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def action_step(self, distance: int) -> None:
        """On; from the end to the beginning again."""
        index = 0 if self.is_at_end and distance == 1 else max(0, min(self.index + distance, len(self.cards) - 1))
        if index != self.index:
            self.index = index
            self._draw()

    def action_copy(self) -> None:
        """What can be pasted of the station: of one that stops traffic the next step, else its address."""
        card = self.card
        text = command_of(card.check) if card.status == "bad" and card.check else card.address
        self._copied(one_line(text or card.says))

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
        title=f"{port} {view.box_title}" if port else view.title,
    )


def _with_number(group: Group, number: int | None) -> Group:
    return replace(group, title=f"{number} {group.title}") if number else group
