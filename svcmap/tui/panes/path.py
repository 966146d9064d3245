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
from svcmap.tui.widgets.path_canvas import PathCanvas

MOST_DETAIL_LINES = 7


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
        self.notice = ""
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

    def _fit(self) -> None:
        """Lay the canvas out against the most it could have, and give the details the rows it leaves."""
        canvas, details = self.canvas, self.query_one("#hop", Static)
        if canvas.plan is None:
            return
        least = 1 if self.screen.has_class("-short") else 2
        room = canvas.size.height + details.size.height
        if canvas.largest_height != room - least - 1:
            canvas.largest_height = room - least - 1
            canvas.relayout(keep_mode=canvas.density == "auto" and canvas.cursor is not None)
        if canvas.plan is None:
            return
        self.detail_height = max(least, min(MOST_DETAIL_LINES, room - canvas.plan.height - 1))
        details.set_class(self.detail_height == 1, "one-line")
        if room and details.styles.height is not None and details.size.height != self.detail_height:
            details.styles.height = self.detail_height

    def draw_details(self) -> None:
        """Describe the hop under the cursor; without one the worst problem."""
        view = self.view
        if view is None:
            return
        self._fit()
        cursor = self.selection.cursor
        found = describe(view, self.by, cursor, self.selection) if cursor and not self.notice else None
        self.query_one("#hop", Static).update(
            self._described(view, found, cursor) if found and cursor else self._worst()
        )

    def _worst(self) -> Content:
        if self.notice:
            return Content.from_markup(f"[b $map-bad]{self._plain('✗')} $notice[/]", notice=cells(self.notice))
        standing = self.standing
        status = MARK_STATUS[standing.mark]
        symbol = self._plain(SYMBOLS[status])
        if self.is_looking:
            return Content.from_markup("[$map-muted]… still looking: the cluster is being read[/]")
        if standing.mark == "ok" and self.is_stale:
            return Content.from_markup("[$map-unk]? no problem was found; the data is old[/]")
        if standing.mark == "ok":
            markup = f"[$map-ok]{symbol}[/] [$map-muted]$what.  l: step along the path[/]"
        else:
            more = "  [$map-muted]n: go to it[/]" if standing.findings else ""
            markup = f"[b $map-{status}]{symbol}[/] [b]$what[/]{more}"
        return Content.from_markup(markup, what=self._plain(cells(standing.says)))

    def _described(self, view: PathView, found: Description, cursor: Spot) -> Content:
        mark = (
            f"[b $map-{found.status}]{self._plain(SYMBOLS[found.status])}[/] "
            if found.status != "ok"
            else (f"[b $map-lit]{self._plain('›')}[/] ")
        )
        link = "  [$map-lit]enter: open it[/]" if self._has_link(view, cursor) else ""
        address = "  [b $map-lit]$address[/]" if found.address else ""
        head = Content.from_markup(
            f"{mark}[b]$title[/]{address}  [$map-muted]$says[/]{link}",
            title=self._plain(cells(found.title)),
            address=self._plain(cells(found.address + found.more)),
            says=self._plain(cells(found.says)),
        )
        width = max(20, self.query_one("#hop").size.width)
        used = -(-(len(found.title) + len(found.address + found.more) + len(found.says) + 6 + len(link) // 2) // width)
        lines = [head]
        for label, value in self._facts(view, found, cursor)[: max(0, self.detail_height - used)]:
            lines.append(
                Content.from_markup(
                    "  [$map-muted]$label[/] $value", label=f"{self._plain(label):<36}", value=self._plain(cells(value))
                )
            )
        return Content("\n").join(lines)

    def _facts(self, view: PathView, found: Description, cursor: Spot) -> list[tuple[str, str]]:
        steps = [f.next for f in self.standing.findings if spot_of_finding(view, self.by, f) == cursor] or [found.next]
        return [("next step", step) for step in steps[:1] if step] + list(found.facts)

    def _has_link(self, view: PathView, cursor: Spot) -> bool:
        way = view.way(cursor.way) if isinstance(cursor, CellSpot) else None
        return way is not None and isinstance(cursor, CellSpot) and way.cells[cursor.index].link is not None
