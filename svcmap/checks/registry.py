"""Every check there is, and what they find in a state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from operator import or_
from typing import NamedTuple

from msgspec.structs import replace

from svcmap.checks import (
    endpoints_not_ready,
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
from svcmap.checks.finding import SEVERITIES, Finding
from svcmap.model.core import Service
from svcmap.model.group_kinds import ENDPOINTS, INGRESS, INGRESS_CLASS, SERVICE, WORKLOADS
from svcmap.model.reads import NAMES, SELECTORS, Reads, reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Entry
from svcmap.paths.entries import traced_entries
from svcmap.paths.known.look_ups import ITS_ENDPOINTS, ITSELF, find_service
from svcmap.paths.outcome import Trace

ServiceCheck = Callable[[ClusterState, Service], Iterable[Finding]]
StateCheck = Callable[[ClusterState], Iterable[Finding]]


PORTS_OF_RULES = reads(INGRESS_CLASS, own=(SERVICE, INGRESS))


class Check(NamedTuple):
    """A check by its id: of each Service, or of the state as a whole; and what its findings rest on."""

    id: str
    rests_on: Reads
    of_service: ServiceCheck | None = None
    of_state: StateCheck | None = None


CHECKS: tuple[Check, ...] = (
    Check(selector_no_match.CODE, ITS_ENDPOINTS, of_service=selector_no_match.check),
    Check(selector_other_namespace.CODE, ITS_ENDPOINTS, of_service=selector_other_namespace.check),
    Check(targetport_name_missing.CODE, ITS_ENDPOINTS, of_service=targetport_name_missing.check),
    Check(endpoints_not_ready.CODE, ITS_ENDPOINTS, of_service=endpoints_not_ready.check),
    Check(workload_zero_replicas.CODE, ITS_ENDPOINTS, of_service=workload_zero_replicas.check),
    Check(no_selector_no_endpoints.CODE, ITS_ENDPOINTS | reads(ENDPOINTS), of_service=no_selector_no_endpoints.check),
    Check(lb_pending.CODE, ITSELF, of_service=lb_pending.check),
    Check(ingress_backend_missing.CODE, reads(NAMES, INGRESS), of_state=ingress_backend_missing.check),
    Check(ingress_port_not_found.CODE, PORTS_OF_RULES, of_service=ingress_port_not_found.check),
    Check(sts_service_missing.CODE, reads(SELECTORS, *WORKLOADS), of_state=sts_service_missing.check),
)


def findings(state: ClusterState) -> tuple[Finding, ...]:
    """Everything the checks find, worst first; worked out once for a state."""
    return state.remember("findings", None, lambda: tuple(sorted(_run(state), key=_order)))


def findings_of(state: ClusterState, name: Name) -> list[Finding]:
    """The findings that touch one Service, worst first. Only its own checks and those of the whole state run."""
    return sorted([*_of_service(state, name), *_shared(state).get(name, ())], key=_order)


def findings_elsewhere(state: ClusterState) -> list[Finding]:
    """The findings that touch no Service that is there: an Ingress to one that does not exist, for example."""
    found = [item for item in _of_state(state) if not any(name in state.services for name in item.services)]
    return sorted(found, key=_order)


def with_breaks(state: ClusterState, finding: Finding) -> Finding:
    """A finding with the requests from outside that fail because of it: only for what is shown, traces cost time."""
    if finding.breaks:
        return finding
    urls = [
        trace.request.to
        for name in finding.services
        for traced in traced_entries(state, name)
        for key, trace in traced.traces
        if trace.verdict == "unreachable" and _breaks(finding, traced.entry, key, trace)
    ]
    return replace(finding, breaks=tuple(dict.fromkeys(urls)))


def _breaks(finding: Finding, entry: Entry, port: str, trace: Trace) -> bool:
    """Whether a request from outside fails at the very part of the picture a finding is about."""
    if not entry.is_route and entry.kind != "load-balancer":
        return False
    match finding.spot.kind:
        case "entry":
            return entry.id == finding.spot.key
        case "port":
            return port == finding.spot.key
        case "endpoints":
            return trace.reason in ("no-endpoints", "no-local-endpoints")
    return False


def _run(state: ClusterState) -> Iterator[Finding]:
    for name in state.services:
        yield from _of_service(state, name)
    yield from _of_state(state)


def _of_service(state: ClusterState, name: Name) -> tuple[Finding, ...]:
    """What the checks of a Service find of one."""

    def run() -> Iterator[Finding]:
        service = find_service(state, name)
        for item in CHECKS if service is not None else ():
            if item.of_service and service is not None:
                yield from (_located(state, finding) for finding in item.of_service(state, service))

    rests_on = _together(item.rests_on for item in CHECKS if item.of_service)
    return state.remember("service_findings", name, lambda: tuple(run()), rests_on, name)


def _of_state(state: ClusterState) -> tuple[Finding, ...]:
    """What the checks of the state as a whole find."""

    def run() -> Iterator[Finding]:
        for item in CHECKS:
            if item.of_state:
                yield from (_located(state, finding) for finding in item.of_state(state))

    return state.remember("state_findings", None, lambda: tuple(run()), _of_state_rest_on())


def _shared(state: ClusterState) -> dict[Name, list[Finding]]:
    return state.remember("state_findings_by_service", None, lambda: _by_service(_of_state(state)), _of_state_rest_on())


def _of_state_rest_on() -> Reads:
    return _together(item.rests_on for item in CHECKS if item.of_state)


def _together(found: Iterable[Reads]) -> Reads:
    return reduce(or_, found, Reads())


def _located(state: ClusterState, finding: Finding) -> Finding:
    return replace(finding, location=state.locate(finding.object, finding.path))


def _order(finding: Finding) -> tuple[int, str, str]:
    return SEVERITIES.index(finding.severity), str(finding.object), finding.id


def _by_service(found: Iterable[Finding]) -> dict[Name, list[Finding]]:
    index: dict[Name, list[Finding]] = {}
    for finding in found:
        for name in finding.services:
            index.setdefault(name, []).append(finding)
    return index
