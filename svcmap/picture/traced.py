"""A request that somebody asked, on the picture: the lane it runs along, and one of its own where none is like it."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Entry, port_key
from svcmap.paths.entries import TracedEntry, traced_entries
from svcmap.paths.outcome import Trace
from svcmap.picture.lanes import ALL_PORTS, PathView, Way, way_of_entry
from svcmap.picture.steps import way_of

TRACED = "traced"
"""The id of the lane of a traced request."""


def with_traced(state: ClusterState, view: PathView, found: Trace) -> PathView:
    """The picture with a lane for a request of its own client; the same picture where a lane tells of it already."""
    lane = way_of(view, found)
    if lane is None or _tells_of(view, lane, found):
        return view
    entry = _entry_of(state, view, lane)
    if entry is None:
        return view
    key = port_key(found.service_port) if found.service_port else lane.traces[0][0] if lane.traces else ALL_PORTS
    own = TracedEntry(entry=replace(entry, id=TRACED, requests=((key, found.request),)), traces=((key, found),))
    way = way_of_entry(state, view.service, own)
    ways = (*view.ways, replace(way, title=f"traced: {way.title}"))
    return replace(view, ways=tuple(sorted(ways, key=lambda other: _place(other, lane, ways))))


def _tells_of(view: PathView, lane: Way, found: Trace) -> bool:
    """Whether a lane has the same outcome, of the same client where lanes are told apart by it."""
    same = [other for _, other in lane.traces if other.service_port == found.service_port]
    alike = any((other.verdict, other.reason, other.endpoints) == _end(found) for other in same)
    many = sum(way.kind == lane.kind and way.rule == lane.rule and way.address == lane.address for way in view.ways) > 1
    return alike and (not many or any(other.hops[0].address == found.hops[0].address for other in same))


def _end(found: Trace) -> tuple[object, ...]:
    return found.verdict, found.reason, found.endpoints


def _place(way: Way, lane: Way, ways: tuple[Way, ...]) -> int:
    """Its own lane stands right below the one that is like it."""
    return 2 * ways.index(lane) + 1 if way.id == TRACED else 2 * ways.index(way)


def _entry_of(state: ClusterState, view: PathView, lane: Way) -> Entry | None:
    return next((item.entry for item in traced_entries(state, view.name) if item.entry.id == lane.id), None)
