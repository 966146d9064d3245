"""The object of the source behind a spot of the picture, and all that svcmap knows of it."""

from __future__ import annotations

from pathlib import PurePath

from svcmap.model.group_kinds import POD, SERVICE
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState, LoadIssue
from svcmap.picture.details import describe
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
