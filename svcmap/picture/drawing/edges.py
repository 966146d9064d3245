"""The lines of a plan: along the lanes, into the Service, out to the endpoints; a handful for each row."""

from __future__ import annotations

from svcmap.picture.drawing.glyphs import ARROW, CROSS
from svcmap.picture.drawing.plan import Edge, HLine, Mark, Plan
from svcmap.picture.drawing.texts import end
from svcmap.picture.groups import Group
from svcmap.picture.lanes import ALL_PORTS, Way
from svcmap.picture.spots import CellSpot

STYLE_OF_JOIN = {"ok": "edge", "skip": "dns", "dns": "dns", "bad": "bad"}
LABEL_OF_JOIN = {"skip": " skips VIP ", "dns": " DNS answer "}


def draw_edges(plan: Plan, groups: list[Group]) -> None:
    """Fill in lines, arrow heads and labels of a plan whose boxes are placed."""
    service = plan.service_box
    plan.tin = service.x - 3
    plan.tout = service.right + (2 if plan.framed else 3)
    plan.fold_x = _fold_column(plan) if plan.folded else 0
    for way in plan.view.ways:
        _lane(plan, way)
    if plan.folded:
        _fold(plan)
    _into_service(plan)
    _out_of_service(plan)
    _to_groups(plan, groups)


def _line(plan: Plan, y: int, x0: int, x1: int, style: str, edge: Edge, full: bool = False) -> None:
    if x1 >= x0:
        plan.lines.setdefault(y, []).append(HLine(x0, x1, style, edge, full))


def _head(plan: Plan, y: int, x: int, glyph: str, style: str, edge: Edge) -> None:
    plan.heads.setdefault(y, []).append(Mark(x, glyph, style, edge))


def _label(plan: Plan, y: int, x: int, text: str, edge: Edge) -> None:
    plan.labels.setdefault(y, []).append(Mark(x, text, "label", edge))


def _fold_column(plan: Plan) -> int:
    """Where the lanes turn down to the second strip: right of everything, and of what a broken lane has to say."""
    rightmost = max((box.right for box in plan.boxes.values() if box.column != "svc"), default=0)
    stops = [_last_right(plan, way) + len(way.stop) + 10 for way in plan.view.ways if way.stop]
    return min(plan.width - 2, max(rightmost + 20, 70, *stops, 0))


def _last_right(plan: Plan, way: Way) -> int:
    return plan.boxes[CellSpot(way.id, len(way.cells) - 1)].right


def _lane(plan: Plan, way: Way) -> None:
    framed = plan.framed_ways
    space = 0 if framed else 1
    y, dead = plan.lane_y[way.id], False
    for index, cell in enumerate(way.cells):
        if index:
            before, box = plan.boxes[CellSpot(way.id, index - 1)], plan.boxes[CellSpot(way.id, index)]
            style = "off" if dead else "bad" if cell.edge_bad else "edge"
            edge = Edge("w", way.id, index)
            x1 = box.x - 1 - space
            _line(plan, y, before.right + (0 if framed else 2), x1, style, edge, not framed)
            _head(plan, y, x1, CROSS if cell.edge_bad else ARROW, style, edge)
        dead = dead or cell.edge_bad
    _join(plan, way, y, dead)


def _join(plan: Plan, way: Way, y: int, dead: bool) -> None:
    """The last piece of a lane: to the bus, or to where it breaks."""
    framed = plan.framed_ways
    x0 = _last_right(plan, way) + (0 if framed else 2)
    bus = plan.fold_x if plan.folded else plan.tin
    edge = Edge("w", way.id, len(way.cells))
    if way.join == "bad":
        x = max(x0 + 1, min(bus - 2, x0 + 4))
        _line(plan, y, x0, x, "bad", edge, not framed)
        _head(plan, y, x, CROSS, "bad", edge)
        bottom = max(plan.service_box.bottom, plan.height)
        room = (plan.width if y >= bottom and not plan.folded else bus) - x - 2
        if way.stop and room >= 8:
            _label(plan, y, x + 2, end(way.stop, room), Edge("stop", way.id))
        return
    _line(plan, y, x0, bus, "off" if dead else STYLE_OF_JOIN[way.join], edge, not framed)
    label = LABEL_OF_JOIN.get(way.join)
    room = bus - x0 - 3
    if label and room >= len(label):
        _label(plan, y, x0 + 2 + (room - len(label)) // 2, label, edge)


def _fold(plan: Plan) -> None:
    plan.tin = 2
    edge, y = Edge("fold"), plan.lanes_height
    _line(plan, y, plan.tin, plan.fold_x, "edge", edge)
    title = " SERVICE " if plan.framed else f" SERVICE {plan.view.box_title} "
    _label(plan, y, plan.service_box.x, title, edge)
    label = f" ENDPOINTS by {plan.by} "
    fits = plan.xs["ep"] - 1 + len(label) < plan.fold_x
    _label(plan, y, plan.xs["ep"] - 1, label if fits else " ENDPOINTS ", edge)


def _into_service(plan: Plan) -> None:
    space = 0 if plan.framed else 1
    joined = [way for way in plan.view.ways if way.join != "bad"]
    carried = {key for way in joined for key in way.ports}
    through = {key for way in joined if way.join == "ok" for key in way.ports}
    for key, y in plan.port_y.items():
        if key in carried or (key == ALL_PORTS and joined):
            solid = key in through or (key == ALL_PORTS and any(way.join == "ok" for way in joined))
            style = "edge" if solid else "dns"
            x1 = plan.service_box.x - 1 - space
            _line(plan, y, plan.tin, x1, style, Edge("pin", key))
            _head(plan, y, x1, ARROW, style, Edge("pin", key))


def _out_of_service(plan: Plan) -> None:
    style = "dns" if plan.view.is_dns_only else "edge"
    bad = {port.key for port in plan.view.ports if port.status == "bad"}
    for key, y in plan.port_y.items():
        x0 = plan.service_box.right + (0 if plan.framed else 2)
        edge = Edge("pout", key)
        if key in bad:
            x1 = x0 + (1 if plan.framed else 0)
            _line(plan, y, x0, x1, "bad", edge)
            _head(plan, y, x1, CROSS, "bad", edge)
        else:
            _line(plan, y, x0, plan.tout, style, edge, not plan.framed)


def _to_groups(plan: Plan, groups: list[Group]) -> None:
    fine = "dns" if plan.view.is_dns_only else "edge"
    if plan.view.ports and all(port.status == "bad" for port in plan.view.ports):
        return
    for group, box in zip(groups, plan.group_boxes, strict=True):
        style = "bad" if group.status == "bad" else fine
        x1 = box.x - (1 if box.framed else 2)
        edge = Edge("g", group.id)
        _line(plan, box.attach, plan.tout, x1, style, edge)
        _head(plan, box.attach, x1, CROSS if group.status == "bad" else ARROW, style, edge)
    if plan.view.is_dns_only and not plan.folded and plan.gaps["ep"] > 12:
        key, y = next(iter(plan.port_y.items()))
        text = " CNAME " if plan.view.shown_as == "ExternalName" else " A records "
        _label(plan, y, plan.tout + 2, text, Edge("pout", key))
