"""The object of the source behind a hop, and all that svcmap knows of it."""

from __future__ import annotations

from pathlib import PurePath

from svcmap.model.group_kinds import POD, SERVICE
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState, LoadIssue
from svcmap.picture.details import describe
from svcmap.picture.groups import GroupBy
from svcmap.picture.lanes import PathView
from svcmap.picture.selection import Selection, hop_way
from svcmap.reports.text import service as service_text
from svcmap.reports.text import trace_lines


def object_of_hop(view: PathView, by: GroupBy, hop: str | None) -> ObjectRef | None:
    """The Service for its ports and node ports, the Ingress or route for a rule, the pod or workload for endpoints."""
    if hop is None or hop.startswith("p:"):
        return view.service.ref
    if hop.startswith("h:"):
        way_id, index = hop_way(hop)
        way = view.way(way_id)
        if way is None:
            return None
        cell = way.cells[index]
        if cell.link is not None:
            return SERVICE.ref(*cell.link)
        return way.object if cell.column in ("edge", "proxy") and way.object else view.service.ref
    return _object_of_endpoint(view, by, hop)


def _object_of_endpoint(view: PathView, by: GroupBy, hop: str) -> ObjectRef | None:
    key = hop[2:]
    for group in view.groups[by]:
        if hop.startswith("g:") and group.id == key:
            return group.made_by
        for endpoint in group.members:
            if endpoint.id == key and endpoint.pod:
                return POD.ref(*endpoint.pod)
    return None


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
    way = view.way(hop_way(cursor)[0]) if cursor.startswith("h:") else None
    for key, trace in way.traces if way else ():
        lines += ["", *trace_lines(trace, f"{way.title if way else ''} {key}")]
    return "\n".join(lines)
