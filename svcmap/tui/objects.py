"""The object of the source behind a spot of the picture, and all that svcmap knows of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, NamedTuple

import msgspec

from svcmap import exact_yaml
from svcmap.checks.finding import FieldPath, Finding
from svcmap.model.group_kinds import POD, SERVICE
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState, LoadIssue
from svcmap.picture.details import describe, spot_of_finding
from svcmap.picture.groups import GroupBy
from svcmap.picture.lanes import PathView
from svcmap.picture.selection import Selection
from svcmap.picture.spots import CellSpot, EndpointSpot, GroupSpot, Spot
from svcmap.reports.text import service as service_text
from svcmap.reports.text import trace_lines


def object_at(view: PathView, by: GroupBy, spot: Spot | None) -> ObjectRef | None:
    """The Service for its ports and node ports, the Ingress or route for a rule, the pod or workload for endpoints."""
    match spot:
        case CellSpot():
            return _object_of_cell(view, spot)
        case GroupSpot(id=id_):
            return next((group.made_by for group in view.groups[by] if group.id == id_), None)
        case EndpointSpot(id=id_):
            pods = (e.pod for group in view.groups[by] for e in group.members if e.id == id_ and e.pod)
            return next((POD.ref(*pod) for pod in pods), None)
    return view.service.ref


class Place(NamedTuple):
    """An object, and the field of it that matters; `finding` is what is wrong there, if something is."""

    object: ObjectRef
    field: FieldPath = ()
    finding: Finding | None = None


def place_at(view: PathView, by: GroupBy, spot: Spot | None, findings: Sequence[Finding]) -> Place:
    """Where to look in the YAML: at the field of the problem of a hop, else of the worst one, else at the object."""
    ref = object_at(view, by, spot)
    here = [f for f in findings if spot is None or spot_of_finding(view, by, f) == spot or f.object == ref]
    if here:
        return Place(here[0].object, here[0].path, here[0])
    way = view.way(spot.way) if isinstance(spot, CellSpot) else None
    return Place(ref or view.service.ref, way.field if way and way.object == ref else ())


def yaml_of(state: ClusterState, ref: ObjectRef) -> str | None:
    """The text an object was read from; of one that came from an API server the fields that svcmap reads."""
    if (text := state.excerpt(ref)) is not None:
        return text.strip("\n")
    found = state.objects.get(ref.of_kind, {}).get(ref.own_name)
    if found is None:
        return None
    return "# the fields that svcmap reads\n" + exact_yaml.dump(_without_defaults(msgspec.to_builtins(found))).strip()


def _without_defaults(value: Any) -> Any:
    """A value without what is empty."""
    if isinstance(value, dict):
        pairs = {key: _without_defaults(item) for key, item in value.items()}
        return {key: item for key, item in pairs.items() if item not in (None, "", [], {}, ())}
    return [_without_defaults(item) for item in value] if isinstance(value, list | tuple) else value


def _object_of_cell(view: PathView, spot: CellSpot) -> ObjectRef | None:
    way = view.way(spot.way)
    if way is None:
        return None
    cell = way.cells[spot.index]
    if cell.link is not None:
        return SERVICE.ref(*cell.link)
    return way.object if cell.column in ("edge", "proxy") and way.object else view.service.ref


def issue_line(issue: LoadIssue) -> str:
    """What was not read, in one line that begins with the name of its file, not with the way there."""
    place = f"{PurePath(issue.file).name}:{issue.line}" if issue.file else issue.place
    return f"{place}: {issue.reason}"


def known_text(state: ClusterState, view: PathView, by: GroupBy, selection: Selection) -> str:
    """The hop under the cursor in full, with the traces of its way; without a cursor the whole Service."""
    cursor = selection.cursor
    found = describe(view, by, cursor, selection) if cursor else None
    if found is None or cursor is None:
        return service_text(state, view.name)
    lines = [found.title, found.address + found.more, "", found.says, ""]
    lines += [f"{label:<36} {value}" for label, value in found.facts]
    if found.next:
        lines += ["", f"next step: {found.next}"]
    way = view.way(cursor.way) if isinstance(cursor, CellSpot) else None
    for key, trace in way.traces if way else ():
        lines += ["", *trace_lines(trace, f"{way.title if way else ''} {key}")]
    return "\n".join(lines)
