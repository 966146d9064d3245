"""The path picture as a widget: lays out a `PathView`, paints the lines that show, moves a cursor from hop to hop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from svcmap.picture.drawing.layout import Options, lay_out
from svcmap.picture.drawing.painter import header, paint
from svcmap.picture.drawing.plan import Lit, Plan
from svcmap.picture.groups import GroupBy
from svcmap.picture.lanes import ALL_PORTS, PathView, Way
from svcmap.picture.spots import SERVICE_BOX, CellSpot, GroupSpot, PortSpot, Spot
from svcmap.tui.widgets.styled import MOVEMENT, StyledLines


class PathCanvas(StyledLines, can_focus=True):
    """Shows one Service. Data comes down through `show` and `light`; moves go up as messages."""

    HELP = "The path: h l along it, j k between lanes, ports and groups. enter follows or expands, space expands."
    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVEMENT,
        Binding("right,l", "hop(1)", "next hop", show=False),
        Binding("left,h", "hop(-1)", "previous hop", show=False),
        Binding("enter", "open", "open", show=False),
        Binding("space", "expand", "expand pods", show=False),
    ]

    @dataclass
    class Moved(Message):
        """The cursor was moved to a spot."""

        spot: Spot

    @dataclass
    class Opened(Message):
        """A spot was opened: enter, or a double click."""

        spot: Spot

    class Resized(Message):
        """There is another amount of room now."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.plan: Plan | None = None
        self.view: PathView | None = None
        self.by: GroupBy = "workload"
        self.density = "auto"
        self.lit: Lit | None = None
        self.cursor: Spot | None = None
        self.port: str | None = None
        self.pin: str | None = None
        self.expanded: frozenset[str] = frozenset()
        self.largest_height = 0

    # -- data -------------------------------------------------------------------------------------------------------

    def show(self, view: PathView | None, by: GroupBy, *, keep_mode: bool = False) -> None:
        """Draw another Service, or the same one anew. `largest_height` is what the canvas could grow to."""
        if view is None or self.view is None or view.name != self.view.name:
            self.expanded = frozenset()
            self.scroll_to(y=0, animate=False)
        self.view, self.by = view, by
        self.relayout(keep_mode=keep_mode)

    def relayout(self, *, keep_mode: bool = False) -> None:
        """Work out the plan. A selection may change what a box says, never the density: it keeps the mode."""
        if self.view is None or not self.paintable_width:
            self.plan = None
            self.repaint()
            return
        mode = self.density
        if keep_mode and self.plan is not None and mode == "auto":
            mode = self.plan.mode
        height = max(3, self.largest_height)
        options = Options(self.paintable_width, height, mode, self.by, self.port, self.expanded, self.pin)
        self.plan = lay_out(self.view, options)
        self.virtual_size = Size(self.plan.width, self.plan.height + 1)
        self.repaint()

    def light(self, lit: Lit | None, cursor: Spot | None, port: str | None, pin: str | None, scroll: bool) -> None:
        """Show a selection."""
        if (port, pin) != (self.port, self.pin):
            self.port, self.pin = port, pin
            self.relayout(keep_mode=True)
        self.lit, self.cursor = lit, cursor
        self.repaint()
        if cursor and scroll:
            self.reveal(cursor)

    def reveal(self, spot: Spot) -> None:
        """Scroll a spot into view."""
        region = self.plan.region(spot) if self.plan else None
        if region:
            x, y, width, height = region
            self.scroll_to_region(Region(x, y, width, height + 1), animate=False)

    def on_resize(self) -> None:
        self.relayout()
        self.post_message(self.Resized())

    # -- painting ---------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width, plan = self.paintable_width, self.plan
        if plan is None:
            return Strip.blank(width, self.rich_style)
        if y == 0:
            strip = Strip([Segment(t, self.key_style(s)) for t, s in header(plan)], plan.width)
            return self._with_more(self._window(strip, width), width)
        row = y - 1 + self.scroll_offset.y
        painted = self.painted.get(row)
        if painted is None:
            painted = self.painted[row] = self._paint(plan, row)
        return self._window(painted, width)

    def _paint(self, plan: Plan, row: int) -> Strip:
        if row >= plan.height:
            return Strip.blank(plan.width, self.rich_style)
        runs = paint(plan, row, self.lit, self.cursor, self.ascii_only)
        segments = [Segment(text, self.key_style(key) if key else self.rich_style) for text, key in runs]
        return Strip(segments, plan.width)

    def _with_more(self, strip: Strip, width: int) -> Strip:
        """Marks at the ends of the first line where the picture goes on beyond them."""
        plan, x = self.plan, self.scroll_offset.x
        arrows = ("<", ">") if self.ascii_only else ("◄", "►")
        style = self.key_style("lit")
        if plan is not None and x + width < plan.width and width > 2:
            strip = Strip.join([strip.crop(0, width - 1), Strip([Segment(arrows[1], style)])])
        if x > 0:
            strip = Strip.join([Strip([Segment(arrows[0], style)]), strip.crop(1, width)])
        return strip

    def _window(self, strip: Strip, width: int) -> Strip:
        x = self.scroll_offset.x
        if x or strip.cell_length > width:
            strip = strip.crop(x, x + width)
        return strip.adjust_cell_length(width, self.rich_style)

    # -- moving -----------------------------------------------------------------------------------------------------

    def go(self, spot: Spot | None) -> None:
        if spot is not None and spot != self.cursor:
            self.post_message(self.Moved(spot))

    def start(self) -> Spot | None:
        """The first cell of the first lane."""
        return CellSpot(self.view.ways[0].id, 0) if self.view and self.view.ways else None

    def _neighbours(self) -> list[Spot]:
        if self.plan is None or self.cursor is None or self.plan.region(self.cursor) is None:
            return []
        return self.plan.spots_in(self.plan.column_of(self.cursor))

    def _step(self, distance: int) -> None:
        hops = self._neighbours()
        if not hops or self.cursor not in hops:
            self.go(self.start())
            return
        index = hops.index(self.cursor) + distance
        if 0 <= index < len(hops) or abs(distance) > 1:
            self.go(hops[max(0, min(index, len(hops) - 1))])
        elif self.plan and self.view and self.plan.folded:
            self._across_the_fold(distance)

    def _across_the_fold(self, distance: int) -> None:
        """In a folded picture the Service stands below the lanes: down from the last lane leads to it."""
        if self.plan is None or self.view is None or self.cursor is None:
            return
        if isinstance(self.cursor, CellSpot) and distance > 0:
            self.go(PortSpot(next(iter(self.plan.port_y))))
        elif isinstance(self.cursor, PortSpot) and distance < 0:
            way = self.view.ways[-1]
            self.go(CellSpot(way.id, len(way.cells) - 1))

    def action_move(self, distance: int) -> None:
        self._step(distance)

    def action_edge(self, side: int) -> None:
        hops = self._neighbours()
        self.go(hops[0 if side < 0 else -1] if hops else self.start())

    def action_page(self, direction: int) -> None:
        self._step(direction * max(2, self.size.height - 2))

    def action_half_page(self, direction: int) -> None:
        self._step(direction * max(2, self.size.height // 2))

    def action_hop(self, distance: int) -> None:
        """Along the path: the next or previous hop of the selected way."""
        if self.view is None or self.plan is None:
            return
        if self.cursor is None or self.plan.region(self.cursor) is None:
            self.go(self.start())
        elif isinstance(self.cursor, CellSpot):
            self._along_lane(self.cursor, distance)
        elif isinstance(self.cursor, PortSpot):
            self.go(self._before_service() if distance < 0 else self.plan.group_boxes[0].spot)
        elif distance < 0:
            self.go(PortSpot(self.port or next(iter(self.plan.port_y))))

    def _along_lane(self, spot: CellSpot, distance: int) -> None:
        way = self.view.way(spot.way) if self.view else None
        if way is None or self.plan is None:
            return
        if 0 <= spot.index + distance < len(way.cells):
            self.go(CellSpot(way.id, spot.index + distance))
        elif distance > 0 and way.join != "bad":
            first = way.ports[0] if way.ports else ALL_PORTS
            port = self.port if self.port in way.ports else first
            if port in self.plan.port_y:
                self.go(PortSpot(port))

    def _before_service(self) -> Spot | None:
        if self.view is None:
            return None
        ways = [way for way in self.view.ways if self.lit is None or way.id in self.lit.ways] or list(self.view.ways)
        way: Way = ways[0]
        return CellSpot(way.id, len(way.cells) - 1)

    def action_open(self) -> None:
        if self.cursor is not None:
            self.post_message(self.Opened(self.cursor))

    def action_expand(self) -> None:
        """Show or hide the pods of the group under the cursor."""
        if isinstance(self.cursor, GroupSpot):
            self.expanded ^= {self.cursor.id}
            self.relayout(keep_mode=True)
            self.reveal(self.cursor)

    def on_click(self, event: events.Click) -> None:
        if self.plan is None or self.view is None or event.y <= 0:
            return
        spot = self.plan.hit(event.x + self.scroll_offset.x, event.y - 1 + self.scroll_offset.y)
        if spot == SERVICE_BOX:
            spot = PortSpot(next(iter(self.plan.port_y)))
        if spot is not None and spot == self.cursor and event.chain > 1:
            self.post_message(self.Opened(spot))
        else:
            self.go(spot)
