"""Pane 2: the path picture, and below it the detail lines of the hop under the cursor."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from svcmap.checks.standing import Standing
from svcmap.picture.details import Description, describe, spot_of_finding
from svcmap.picture.drawing.glyphs import ASCII, MARK_STATUS, SYMBOLS
from svcmap.picture.drawing.plan import Lit
from svcmap.picture.drawing.texts import cells
from svcmap.picture.groups import GroupBy
from svcmap.picture.lanes import PathView
from svcmap.picture.selection import Selection
from svcmap.picture.spots import CellSpot, Spot
from svcmap.tui.panes.hop import HopLines
from svcmap.tui.widgets.path_canvas import PathCanvas


class PathPane(Vertical):
    """The canvas takes the rows it needs; the detail lines get what is left, never the other way round."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.view: PathView | None = None
        self.by: GroupBy = "workload"
        self.standing = Standing("ok", "")
        self.selection = Selection()
        self.detail_height = 2
        self.ascii_only = False
        self.notice, self.hint = "", "n: go to it"
        self.as_of, self.is_stale, self.is_looking = "", False, False

    def compose(self) -> ComposeResult:
        yield PathCanvas(id="graph")
        yield Static(id="hop")

    @property
    def canvas(self) -> PathCanvas:
        return self.query_one(PathCanvas)

    def show(self, view: PathView, by: GroupBy, standing: Standing, *, keep_mode: bool = False) -> None:
        """Draw a Service."""
        self.view, self.by, self.standing = view, by, standing
        self.canvas.show(view, by, keep_mode=keep_mode)
        self.border_title = self._title(view)

    def say_empty(self, text: str) -> None:
        """There is nothing to draw."""
        self.view = None
        self.canvas.show(None, self.by)
        self.border_title = "2 Path"
        self.query_one("#hop", Static).update(Content(self._plain(cells(text))))

    def set_age(self, as_of: str, *, stale: bool, notice: str, looking: bool = False) -> None:
        """Say of when the picture is, where it is not of now; `stale` data proves nothing any more, and nothing is
        proven while a cluster is still being read (`looking`).

        A `notice` stands in the place of the details.
        """
        if (as_of, stale, notice, looking) == (self.as_of, self.is_stale, self.notice, self.is_looking):
            return
        self.as_of, self.is_stale, self.notice, self.is_looking = as_of, stale, notice, looking
        if self.view is not None:
            self.border_title = self._title(self.view)
            self.draw_details()

    def light(self, lit: Lit | None, selection: Selection, *, scroll: bool) -> None:
        """Show a selection, and describe the hop it is on."""
        self.selection = selection
        self.canvas.light(lit, selection.cursor, selection.port, selection.endpoint, scroll)
        self.draw_details()

    def _title(self, view: PathView) -> Content:
        status = MARK_STATUS[self.standing.mark]
        mark = "" if status == "ok" else f"  [b $map-{status}]{self._plain(SYMBOLS[status])}[/]"
        age = "  [b $map-warn]as of $as_of[/]" if self.as_of else ""
        return Content.from_markup(
            f"2 Path  [b]$namespace[/][$map-muted]/[/][b]$name[/]  [$map-muted]$kind[/]{mark}{age}",
            as_of=self.as_of,
            namespace=cells(view.name.namespace),
            name=cells(view.name.name),
            kind=view.shown_as,
        )

    def _plain(self, text: str) -> str:
        return text.translate(ASCII) if self.ascii_only else text

    # -- detail lines -----------------------------------------------------------------------------------------------

    @on(PathCanvas.Resized)
    def _resized(self, event: PathCanvas.Resized) -> None:
        event.stop()
        self.draw_details()

    def on_resize(self) -> None:
        """There is other room, zoomed for example: the canvas has a height of its own."""
        self.draw_details()

    def _fit(self) -> None:
        """Lay the canvas out against the most it could have; the details stand right below it and get the rest."""
        canvas = self.canvas
        room = self.content_size.height
        if canvas.plan is None or not room:
            return
        largest = max(3, room - self._least_details() - 1)
        if canvas.largest_height != largest:
            canvas.largest_height = largest
            canvas.relayout(keep_mode=canvas.density == "auto" and canvas.cursor is not None)
        height = max(3, min(canvas.plan.height, largest)) + 1
        self.detail_height = room - height
        if canvas.styles.height is None or canvas.styles.height.value != height:
            canvas.styles.height = height

    def _least_details(self) -> int:
        """Rows that the details keep however tall the picture is; of a taller picture the rest scrolls."""
        room = self.content_size.height
        return 1 if room < 10 else 2 if room < 16 else 4

    def draw_details(self) -> None:
        """Describe the hop under the cursor; without one the worst problem."""
        view = self.view
        if view is None:
            return
        self._fit()
        cursor = self.selection.cursor
        found = describe(view, self.by, cursor, self.selection) if cursor and not self.notice else None
        lines = HopLines(self.content_size.width, self.detail_height, ascii_only=self.ascii_only)
        if found and cursor:
            content = lines.of_hop(found, self._step(view, found, cursor), link=self._has_link(view, cursor))
        else:
            content = self._quiet() or lines.of_standing(self.standing, self.hint)
        self.query_one("#hop", Static).update(content)

    def _quiet(self) -> Content | None:
        """What is said instead of the mark: that the Service is gone, or that nothing is proven."""
        if self.notice:
            return Content.from_markup(f"[b $map-bad]{self._plain('✗')} $notice[/]", notice=cells(self.notice))
        if self.is_looking:
            return Content.from_markup("[$map-muted]… still looking: the cluster is being read[/]")
        if self.standing.mark == "ok" and self.is_stale:
            return Content.from_markup("[$map-unk]? no problem was found; the data is old[/]")
        return None

    def _step(self, view: PathView, found: Description, cursor: Spot) -> str:
        """What to do about the hop under the cursor, if anything."""
        steps = (f.next for f in self.standing.findings if spot_of_finding(view, self.by, f) == cursor)
        return next(steps, found.next)

    def _has_link(self, view: PathView, cursor: Spot) -> bool:
        way = view.way(cursor.way) if isinstance(cursor, CellSpot) else None
        return way is not None and isinstance(cursor, CellSpot) and way.cells[cursor.index].link is not None
