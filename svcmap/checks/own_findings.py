"""What is found in the traces themselves: a way that is cut for a cause no check knows (id = the trace's reason)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from svcmap.checks.finding import FieldPath, Finding, Severity, Spot
from svcmap.checks.ways import TracedWay, explains, is_closed, is_cut
from svcmap.model.group_kinds import SERVICE
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import port_key
from svcmap.paths.outcome import Hop

AS_CHOSEN = ("no-local-endpoints",)
"""Reasons that a part of the requests stops because of what the Service itself asks for."""
STEPS = re.compile(r"[^.\[\]]+")
FIELDS: dict[str, FieldPath] = {
    "source-range": ("spec", "loadBalancerSourceRanges"),
    "no-address": ("status", "loadBalancer"),
    "no-local-endpoints": ("spec", "externalTrafficPolicy"),
    "endpoint-unanswered": ("spec", "externalTrafficPolicy"),
}
"""The field of a Service that decides, by reason."""


def own_findings(
    state: ClusterState, name: Name, ways: Sequence[TracedWay], checked: Sequence[Finding]
) -> Iterator[Finding]:
    """One finding for each cause, on the object that would have to change, with the requests it stops."""
    groups: dict[tuple[str, ObjectRef, FieldPath, str], list[TracedWay]] = {}
    for way in ways:
        if is_cut(way) and not any(explains(finding, way) for finding in checked):
            ref, path = _place(name, way)
            stop = _stop_says(way) if not is_closed(way) else ""
            groups.setdefault((way.trace.reason or "unreachable", ref, path, stop), []).append(way)
    for (reason, ref, path, _), found in groups.items():
        finding = Finding(
            id=reason,
            severity=max((_severity(way, ways) for way in found), key=("info", "warning", "error").index),
            object=ref,
            message=_message(found),
            next=_deciding(found[0]).next,
            path=path,
            suggestion=found[0].trace.suggest,
            services=(name,),
            spot=Spot(kind="entry", key=found[0].entry.id),
            breaks=tuple(dict.fromkeys(way.trace.request.to for way in found)),
        )
        yield replace(finding, location=state.locate(ref, path))


def _place(name: Name, way: TracedWay) -> tuple[ObjectRef, FieldPath]:
    """The object that would have to change, and its field where one field decides."""
    trace, own = way.trace, SERVICE.ref(*name)
    ref = (trace.stop.object if trace.stop else None) or own
    if trace.reason == "object-refused" and trace.invalid:  # one field, whichever of its rules is asked for
        return ref, tuple(int(step) if step.isdecimal() else step for step in STEPS.findall(trace.invalid))
    if ref == way.entry.object:
        return ref, way.entry.field
    if ref != own:
        return ref, ()
    if trace.reason == "no-endpoints" and trace.stop is not None and trace.stop.kind == "service":
        keys = [port_key(port) for port in way.service.spec.ports]
        return ref, ("spec", "ports", keys.index(way.port), "targetPort") if way.port in keys else ()
    if trace.reason == "no-local-endpoints" and way.entry.kind == "cluster-ip":
        return ref, ("spec", "internalTrafficPolicy")
    return ref, FIELDS.get(trace.reason or "", ())


def _severity(way: TracedWay, ways: Sequence[TracedWay]) -> Severity:
    """By effect: an error where no way to the port is left. One closed on purpose is no fault, but where all are."""
    is_last = all(other.trace.verdict == "unreachable" for other in ways if other.port == way.port)
    if is_closed(way):
        return "warning" if is_last else "info"
    if way.trace.verdict == "partial" and way.trace.reason in AS_CHOSEN:
        return "info"
    return "error" if is_last else "warning"


def _stop_says(way: TracedWay) -> str:
    return _deciding(way).says


def _deciding(way: TracedWay) -> Hop:
    """The hop that decides: of a way that is cut in part it may be one that it passes."""
    return way.trace.stop or way.trace.hops[-1]


def _message(ways: Sequence[TracedWay]) -> str:
    first = ways[0]
    if is_closed(first) and first.trace.stop is not None:
        closed = "closed" if first.trace.verdict == "unreachable" else "closed in part"
        stop = first.trace.stop
        count = f"{len(ways)} way{'s' * (len(ways) != 1)}"
        by = f"{stop.policy} {stop.address}"
        asking = ", ".join(dict.fromkeys(way.trace.hops[0].address for way in ways))
        return f"{count} {closed} by {by}: from {asking}."
    asked = ", ".join(dict.fromkeys(way.entry.title for way in ways))
    return f"{asked}: {_stop_says(first)}"
