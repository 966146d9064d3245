"""Every check there is, and what they find in a state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_

from msgspec.structs import replace

from svcmap.checks import (
    endpoints_not_ready,
    endpoints_partly_ready,
    ingress_backend_missing,
    ingress_port_not_found,
    lb_pending,
    no_selector_no_endpoints,
    selector_no_match,
    selector_other_namespace,
    sts_service_missing,
    targetport_name_missing,
    workload_zero_replicas,
)
from svcmap.checks.check import Check, Level, Skip
from svcmap.checks.finding import SEVERITIES, Finding
from svcmap.checks.ways import TracedWay, explains, ways_of
from svcmap.model.base import KubernetesObject
from svcmap.model.reads import Reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.missing import is_named

CHECKS: tuple[Check, ...] = (
    selector_no_match.CHECK,
    selector_other_namespace.CHECK,
    targetport_name_missing.CHECK,
    endpoints_not_ready.CHECK,
    endpoints_partly_ready.CHECK,
    workload_zero_replicas.CHECK,
    no_selector_no_endpoints.CHECK,
    lb_pending.CHECK,
    ingress_backend_missing.CHECK,
    ingress_port_not_found.CHECK,
    sts_service_missing.CHECK,
)


def findings(state: ClusterState) -> tuple[Finding, ...]:
    """Everything the checks find, worst first; worked out once for a state."""
    return state.remember("findings", None, lambda: tuple(sorted(_run(state), key=order)))


def findings_of(state: ClusterState, name: Name) -> list[Finding]:
    """The findings that touch one Service, worst first. Of the others' checks only those of all objects run."""
    shared = _shared(state).get(name, ())
    return sorted([*_of_service(state, name), *_of_traces(state, name), *shared], key=order)


def findings_elsewhere(state: ClusterState) -> list[Finding]:
    """The findings that touch no Service that is there or asked for: a StatefulSet without its Service, for example."""
    found = [item for item in _of_state(state) if not any(is_named(state, name) for name in item.services)]
    return sorted(found, key=order)


def findings_of_missing(state: ClusterState, name: Name) -> list[Finding]:
    """The findings about a Service that does not exist and is asked for."""
    return [item for item in _of_state(state) if name in item.services]


def with_breaks(state: ClusterState, finding: Finding) -> Finding:
    """A finding with the requests from outside that fail because of it: only for what is shown, traces cost time."""
    if finding.breaks:
        return finding
    urls = [
        way.trace.request.to
        for name in finding.services
        for way in ways_of(state, name)
        if way.trace.verdict == "unreachable" and _is_from_outside(way) and explains(finding, way)
    ]
    return replace(finding, breaks=tuple(dict.fromkeys(urls)))


def _is_from_outside(way: TracedWay) -> bool:
    return way.entry.is_route or way.entry.kind == "load-balancer"


def skips(state: ClusterState) -> tuple[Skip, ...]:
    """The checks that could not be asked about everything, each with the reason."""
    return tuple(skip for check in CHECKS for skip in check.skipped(state))


def _run(state: ClusterState) -> Iterator[Finding]:
    for name in state.services:
        yield from _of_service(state, name)
        yield from _of_traces(state, name)
    yield from _of_state(state)


def _of_service(state: ClusterState, name: Name) -> tuple[Finding, ...]:
    """What the checks of a Service find of one."""

    def run() -> Iterator[Finding]:
        service = find_service(state, name)
        for check in _about("service") if service is not None else ():
            yield from check.applied(state, service)

    reads = _together(_about("service"))
    return state.remember("service_findings", name, lambda: _located(state, run()), reads, name)


def _of_traces(state: ClusterState, name: Name) -> tuple[Finding, ...]:
    """What the checks of a trace find in the ways in to a Service. Without such a check nothing is traced."""

    def run() -> Iterator[Finding]:
        for way in ways_of(state, name):
            for check in checks:
                yield from check.applied(state, way)

    checks = _about("trace")
    return state.remember("trace_findings", name, lambda: _located(state, run())) if checks else ()


def _of_state(state: ClusterState) -> tuple[Finding, ...]:
    """What the checks of objects and of the state as a whole find."""

    def run() -> Iterator[Finding]:
        for check in _of_all():
            if check.about == "state":
                yield from check.applied(state)
            for kind in check.objects:
                for item in state.all(kind, KubernetesObject).values():
                    yield from check.applied(state, item)

    return state.remember("state_findings", None, lambda: _located(state, run()), _together(_of_all()))


def _shared(state: ClusterState) -> dict[Name, list[Finding]]:
    reads = _together(_of_all())
    return state.remember("state_findings_by_service", None, lambda: _by_service(_of_state(state)), reads)


def _about(level: Level) -> list[Check]:
    return [check for check in CHECKS if check.about == level]


def _of_all() -> list[Check]:
    """The checks whose findings are worked out together: of every object, and of the state."""
    return [check for check in CHECKS if check.about in ("object", "state")]


def _together(checks: Iterable[Check]) -> Reads:
    return reduce(or_, (check.reads for check in checks), Reads())


def _located(state: ClusterState, found: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(replace(finding, location=state.locate(finding.object, finding.path)) for finding in found)


def order(finding: Finding) -> tuple[int, str, str]:
    """By severity, the worst first, then by object."""
    return SEVERITIES.index(finding.severity), str(finding.object), finding.id


def _by_service(found: Iterable[Finding]) -> dict[Name, list[Finding]]:
    index: dict[Name, list[Finding]] = {}
    for finding in found:
        for name in finding.services:
            index.setdefault(name, []).append(finding)
    return index
