"""The one selection every pane is derived from: a way, a port, a group, an endpoint, and the spot the cursor is on."""

from __future__ import annotations

from typing import NamedTuple

from svcmap.paths.views.names import NameRow
from svcmap.picture.drawing.plan import Lit
from svcmap.picture.groups import GroupBy
from svcmap.picture.lanes import ALL_PORTS, PathView, Way
from svcmap.picture.spots import CellSpot, EndpointSpot, GroupSpot, PortSpot, Spot


class Selection(NamedTuple):
    """What is chosen. Nothing chosen lights nothing, and nothing is lit beyond `until`, where a traced request ends."""

    way: str | None = None
    port: str | None = None
    group: str | None = None
    endpoint: str | None = None
    cursor: Spot | None = None
    until: Spot | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.way or self.port or self.group or self.endpoint)


NOTHING = Selection()


def narrow(view: PathView, by: GroupBy, selection: Selection, spot: Spot) -> Selection:
    """Moving in the picture narrows to one concrete path: the chosen parts that fit `spot` stay chosen."""
    match spot:
        case CellSpot(way=id_):
            way = view.way(id_)
            port = selection.port if way and selection.port in way.ports else None
            return Selection(way=way.id if way else None, port=port, cursor=spot)
        case PortSpot(key=key):
            way = view.way(selection.way or "")
            keeps = way is not None and (key == ALL_PORTS or key in way.ports)
            return Selection(way=selection.way if keeps else None, port=key, cursor=spot)
        case GroupSpot(id=id_):
            return selection._replace(group=id_, endpoint=None, cursor=spot, until=None)
        case EndpointSpot(id=id_):
            group = next((g.id for g in view.groups[by] if any(e.id == id_ for e in g.members)), None)
            return selection._replace(group=group, endpoint=id_, cursor=spot, until=None)
    return selection


def choose(view: PathView, by: GroupBy, spot: Spot) -> Selection:
    """Choosing in a table lights everything through that thing, and clears the rest."""
    return narrow(view, by, NOTHING, spot)


def lit_by(view: PathView, selection: Selection) -> Lit | None:
    """What a selection lights in the picture. On a broken way nothing is lit beyond the break."""
    if selection.is_empty:
        return None
    way = view.way(selection.way or "")
    if way is not None and selection.until is not None:
        return _lit_until(way, selection)
    if way is not None:
        broken = way.broken_at
        if broken is not None:
            return Lit({way.id}, set(), set(), _cells(way, broken), broken)
        every = set(way.ports or ([ALL_PORTS] if not view.ports else []))
        ports = {selection.port} if selection.port else every
        ways = {way.id}
    else:
        ways = {w.id for w in _through(view, selection.port)}
        fine = {port.key for port in view.ports if port.status == "ok"} or {ALL_PORTS}
        ports = {selection.port} if selection.port else fine
    groups = {selection.group} if selection.group else None
    chosen = view.port(selection.port or "")
    if groups is None and chosen is not None and chosen.status == "bad":
        groups = set()
    return Lit(ways, ports, groups)


def _lit_until(way: Way, selection: Selection) -> Lit:
    """A traced request that ends somewhere: its lane up to that hop, its port if it got there, and nothing beyond."""
    until = selection.until
    if isinstance(until, CellSpot):
        index = until.index
        # A lane that ends at its client is cut right behind it, where the picture has its cross.
        upto = way.broken_at if way.broken_at == len(way.cells) and index == len(way.cells) - 1 else index
        return Lit({way.id}, set(), set(), _cells(way, index), upto)
    ports = {selection.port} if selection.port else set()
    if isinstance(until, GroupSpot):
        return Lit({way.id}, ports, {until.id})
    return Lit({way.id}, ports or ({until.key} if isinstance(until, PortSpot) else set()), set())


def _cells(way: Way, last: int) -> set[Spot]:
    """The cells of a lane, up to and with one of them."""
    return {CellSpot(way.id, index) for index in range(last + 1)}


def _through(view: PathView, port: str | None) -> list[Way]:
    """Ways that carry a port and get to the Service; if none gets there, all that carry it."""
    carrying = [way for way in view.ways if not port or port in way.ports or port == ALL_PORTS]
    return [way for way in carrying if way.broken_at is None] or carrying


def name_key(row: NameRow) -> str:
    """The row key of a DNS name."""
    return f"{row.name}|{row.type}"


def spot_of_name(row: NameRow) -> Spot | None:
    """The spot a DNS name leads to: its port, its endpoint, or the start of its lane."""
    if row.port:
        return PortSpot(row.port)
    if row.endpoint:
        return EndpointSpot(row.endpoint)
    return CellSpot(row.way, 0) if row.way else None


def spot_of_way(way: Way) -> Spot:
    """Where a lane breaks, or its last cell."""
    index = min(way.broken_at, len(way.cells) - 1) if way.broken_at is not None else len(way.cells) - 1
    return CellSpot(way.id, index)


def exists(view: PathView, by: GroupBy, spot: Spot) -> bool:
    """Whether a spot is (still) part of the picture: a selection may outlive what it points at."""
    match spot:
        case CellSpot(way=id_, index=index):
            way = view.way(id_)
            return way is not None and index < len(way.cells)
        case PortSpot(key=key):
            return view.port(key) is not None or (key == ALL_PORTS and not view.ports)
        case GroupSpot(id=id_):
            return any(group.id == id_ for group in view.groups[by])
        case EndpointSpot(id=id_):
            return any(e.id == id_ for group in view.groups[by] for e in group.members)
    return True


def surviving(view: PathView, by: GroupBy, selection: Selection) -> Selection:
    """The part of a selection that a new picture still has."""
    way = selection.way if selection.way and view.way(selection.way) else None
    port = selection.port if selection.port and exists(view, by, PortSpot(selection.port)) else None
    group = selection.group if selection.group and exists(view, by, GroupSpot(selection.group)) else None
    endpoint = selection.endpoint if selection.endpoint and exists(view, by, EndpointSpot(selection.endpoint)) else None
    cursor = selection.cursor if selection.cursor and exists(view, by, selection.cursor) else None
    return Selection(way, port, group, endpoint, cursor)
