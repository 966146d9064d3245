"""A finished layout: where every box, line and label stands, and which of them a selection lights."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from svcmap.picture.drawing.rows import TextRow
from svcmap.picture.drawing.texts import Variants
from svcmap.picture.lanes import ALL_PORTS, PathView
from svcmap.picture.spots import SERVICE_BOX, CellSpot, EndpointSpot, GroupSpot, PortSpot, Spot

COLUMN_LABELS = {
    "from": "FROM",
    "edge": "ENTRY",
    "node": "NODE PORT",
    "proxy": "ROUTE",
    "svc": "SERVICE",
    "ep": "ENDPOINTS",
}
COLUMNS = tuple(COLUMN_LABELS)
MODES = ("boxed", "split", "compact", "fold")


@dataclass
class Box:
    """A box of the picture. `row_spots` are those of its rows, where rows can be chosen by themselves."""

    spot: Spot
    column: str
    x: int
    y: int
    width: int
    height: int
    title: Variants
    rows: list[TextRow]
    status: str = "ok"
    framed: bool = True
    row_spots: Sequence[Spot] | None = None

    @property
    def attach(self) -> int:
        """The row its line arrives at."""
        return self.y + 1 if self.framed else self.y

    @property
    def right(self) -> int:
        return self.x + self.width - 1

    @property
    def bottom(self) -> int:
        return self.y + self.height


@dataclass
class Lit:
    """What is lit: ways, ports, groups (None: all of them), and boxes by their spots.

    With `upto` only the first hops of the way are (the index of the last one), because traffic stops there.
    """

    ways: set[str] = field(default_factory=set)
    ports: set[str] = field(default_factory=set)
    groups: set[str] | None = field(default_factory=set)
    boxes: set[Spot] = field(default_factory=set)
    upto: int | None = None


class Edge(NamedTuple):
    """What a line belongs to: `w` way and hop index, `pin`/`pout` a port, `g` a group, `fold` the turn, `stop`."""

    kind: str
    key: str = ""
    hop: int = 0


class HLine(NamedTuple):
    x0: int
    x1: int
    style: str
    edge: Edge
    full: bool


class VLine(NamedTuple):
    x: int
    y0: int
    y1: int
    style: str


class Mark(NamedTuple):
    x: int
    text: str
    style: str
    edge: Edge


@dataclass
class Plan:
    """Boxes, lines and labels by row. Rows count from the first one below the header line."""

    view: PathView
    mode: str
    by: str
    width: int
    columns: list[str] = field(default_factory=list)
    xs: dict[str, int] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)
    gaps: dict[str, int] = field(default_factory=dict)
    boxes: dict[Spot, Box] = field(default_factory=dict)
    group_boxes: list[Box] = field(default_factory=list)
    group_rows: list[int] = field(default_factory=list)
    lane_y: dict[str, int] = field(default_factory=dict)
    port_y: dict[str, int] = field(default_factory=dict)
    lines: dict[int, list[HLine]] = field(default_factory=dict)
    heads: dict[int, list[Mark]] = field(default_factory=dict)
    labels: dict[int, list[Mark]] = field(default_factory=dict)
    height: int = 0
    lanes_height: int = 0
    need: int = 0
    squeeze: int = 0
    tin: int = 0
    tout: int = 0
    fold_x: int = 0

    @property
    def folded(self) -> bool:
        """The Service and its endpoints stand on a second strip below the lanes."""
        return self.mode in ("split", "fold")

    @property
    def framed_ways(self) -> bool:
        return self.mode == "boxed"

    @property
    def framed(self) -> bool:
        """Service and endpoints have frames."""
        return self.mode in ("boxed", "split")

    @property
    def service_box(self) -> Box:
        return self.boxes[SERVICE_BOX]

    @property
    def says_why(self) -> bool:
        """Whether every lane that ends early has its reason beside the cross, or in the frame in front of it."""
        said = {mark.edge.key for marks in self.labels.values() for mark in marks if mark.edge.kind == "stop"}
        return all(way.id in said or (self.framed_ways and way.cells[-1].note) for way in self.view.ways if way.stop)

    # -- what is where ------------------------------------------------------------------------------------------

    def boxes_at(self, y: int) -> Iterator[Box]:
        """Boxes that cover a row."""
        for box in self.boxes.values():
            if box.column != "ep" and box.y <= y < box.bottom:
                yield box
        index = bisect_right(self.group_rows, y) - 1
        if index >= 0 and self.group_boxes[index].y <= y < self.group_boxes[index].bottom:
            yield self.group_boxes[index]

    def hit(self, x: int, y: int) -> Spot | None:
        """What stands at a place of the screen."""
        for box in self.boxes_at(y):
            if box.x <= x <= box.right:
                return self.row_spot(box, y)
        return None

    def row_spot(self, box: Box, y: int) -> Spot:
        """The spot of a row of a box: the row's own, or the box'."""
        if not box.row_spots or (box.framed and box.column == "ep" and y < box.attach):
            return box.spot
        return box.row_spots[max(0, min(y - box.attach, len(box.row_spots) - 1))]

    def region(self, spot: Spot) -> tuple[int, int, int, int] | None:
        """(x, y, width, height) of a spot; None if it is not drawn."""
        if isinstance(spot, PortSpot):
            y = self.port_y.get(spot.key)
            return None if y is None else (self.service_box.x, y, self.service_box.width, 1)
        if isinstance(spot, EndpointSpot):
            for box in self.group_boxes:
                if box.row_spots and spot in box.row_spots:
                    return box.x, box.attach + box.row_spots.index(spot), box.width, 1
            return None
        found = self.boxes.get(spot)
        return (found.x, found.y, found.width, found.height) if found else None

    def spots_in(self, column: str) -> list[Spot]:
        """The spots of a column, from top to bottom."""
        if column == "svc":
            return [PortSpot(key) for key in self.port_y]
        if column == "ep":
            return [
                spot
                for box in self.group_boxes
                for spot in (box.spot, *(row for row in box.row_spots or () if isinstance(row, EndpointSpot)))
            ]
        return [box.spot for box in self.boxes.values() if box.column == column]

    def column_of(self, spot: Spot) -> str:
        if isinstance(spot, PortSpot):
            return "svc"
        return "ep" if isinstance(spot, GroupSpot | EndpointSpot) else self.boxes[spot].column

    # -- what is lit --------------------------------------------------------------------------------------------

    def edge_lit(self, edge: Edge, lit: Lit | None) -> bool:
        if lit is None:
            return False
        match edge.kind:
            case "w":
                return edge.key in lit.ways and (lit.upto is None or edge.hop <= lit.upto)
            case "pin":
                return edge.key in lit.ports and bool(lit.ways)
            case "pout":
                return edge.key in lit.ports and (lit.groups is None or bool(lit.groups))
            case "g":
                return (lit.groups is None and bool(lit.ports)) or (lit.groups is not None and edge.key in lit.groups)
            case "fold":
                return bool(lit.ways) and bool(lit.ports)
        return False

    def box_lit(self, box: Box, lit: Lit) -> bool:
        if box.spot in lit.boxes:
            return True
        if lit.upto is not None:
            return False
        match box.spot:
            case CellSpot(way=way):
                return way in lit.ways
            case GroupSpot(id=group):
                return (lit.groups is None and bool(lit.ports)) or (lit.groups is not None and group in lit.groups)
        return bool(lit.ports)

    # -- the two buses ------------------------------------------------------------------------------------------

    def trunks(self, lit: Lit | None) -> list[VLine]:
        """The vertical lines: the bus that joins the lanes, and the one that leaves for the endpoints."""
        return [*self._bus_in(lit), *self._bus_out(lit)]

    def _bus_in(self, lit: Lit | None) -> Iterator[VLine]:
        ways = [way for way in self.view.ways if way.join != "bad"]
        lanes = [self.lane_y[way.id] for way in ways]
        pins = self._pins
        style = "dim" if lit else "edge" if any(way.join == "ok" for way in ways) else "dns"
        lit_lanes, lit_pins = self._lit_rows(lit)
        if self.folded:
            turn = self.lanes_height
            if lanes and pins:
                yield VLine(self.fold_x, min(lanes), turn, style)
                yield VLine(self.tin, turn, max(pins), style)
            if lit_lanes and lit_pins:
                yield VLine(self.fold_x, min(lit_lanes), turn, "lit")
                yield VLine(self.tin, turn, max(lit_pins), "lit")
        else:
            if lanes and pins:
                yield VLine(self.tin, min(lanes + pins), max(lanes + pins), style)
            if lit_lanes and lit_pins:
                yield VLine(self.tin, min(lit_lanes + lit_pins), max(lit_lanes + lit_pins), "lit")

    @cached_property
    def _pins(self) -> list[int]:
        """The rows of the ports, the first and the last, that a way which joins the Service carries."""
        ways = [way for way in self.view.ways if way.join != "bad"]
        carried = {key for way in ways for key in way.ports}
        rows = [y for key, y in self.port_y.items() if key in carried or (key == ALL_PORTS and ways)]
        return [min(rows), max(rows)] if rows else []

    @cached_property
    def _leaving(self) -> list[int]:
        """The rows of the ports, the first and the last, that have endpoints."""
        broken = {port.key for port in self.view.ports if port.status == "bad"}
        rows = [y for key, y in self.port_y.items() if key not in broken]
        return [min(rows), max(rows)] if rows else []

    def _lit_rows(self, lit: Lit | None) -> tuple[list[int], list[int]]:
        if lit is None or lit.upto is not None:
            return [], []
        lanes = [self.lane_y[way] for way in lit.ways if way in self.lane_y]
        return lanes, [self.port_y[port] for port in lit.ports if port in self.port_y]

    def _attached(self, groups: set[str]) -> list[int]:
        """The rows at which lines arrive at some groups."""
        wanted = {GroupSpot(id_) for id_ in groups}
        return [box.attach for box in self.group_boxes if box.spot in wanted]

    def _bus_out(self, lit: Lit | None) -> Iterator[VLine]:
        good = self._leaving
        ends = [self.group_boxes[0].attach, self.group_boxes[-1].attach] if self.group_boxes else []
        style = "dim" if lit else "dns" if self.view.is_dns_only else "edge"
        if good and ends:
            yield VLine(self.tout, min(good + ends), max(good + ends), style)
        if lit is None or not lit.ports or lit.groups == set():
            return
        broken = {port.key for port in self.view.ports if port.status == "bad"}
        ports = [self.port_y[p] for p in lit.ports if p in self.port_y and p not in broken]
        groups = ends if lit.groups is None else self._attached(lit.groups)
        if ports and groups:
            yield VLine(self.tout, min(ports + groups), max(ports + groups), "lit")
