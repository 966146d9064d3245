"""Pods behind one Service that are not of one kind: those of a Job, or of a workload that serves something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from svcmap.model.core import ServicePort
from svcmap.model.facts import Endpoint, EndpointSet
from svcmap.model.group_kinds import WORKLOADS
from svcmap.model.labels import has_labels
from svcmap.model.reads import reads
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState
from svcmap.model.workloads import Workload
from svcmap.paths.known.specs import spec_of
from svcmap.paths.walk import Walk

MIXED = "mixed-workloads"
CONTRADICTED = "endpoints-contradicted"
OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity"
"""Endpoints have at most a thousand addresses."""
OF_JOBS = ("Job", "CronJob")


def note_company(walk: Walk, owner: ObjectRef, eligible: Sequence[Endpoint], port: ServicePort) -> None:
    """Warn where some of the requests meet pods of another workload that runs a job, or declares other ports alone."""
    makers = {item.made_by for item in eligible}
    if (job := _coming_job(walk.state, owner, makers)) is not None:
        walk.warn(MIXED)
        walk.assume(f"{job.kind} {job.name} does not run now: {owner.name} selects its pods, too, while it does")
    if len(makers) < 2:
        return
    declaring = {item.made_by for item in eligible if _declares(walk.state, item, port) is True}
    for item in eligible:
        is_job = item.made_by is not None and item.made_by.kind in OF_JOBS
        if not is_job and not (declaring and _declares(walk.state, item, port) is False):
            continue
        what = "runs a job" if is_job else f"declares no port {_number(item, port)}"
        walk.warn(MIXED)
        walk.assume(f"{item.id} of {item.owner} serves the port too: {owner.name} selects it, and it {what}")
        return


def _coming_job(state: ClusterState, owner: ObjectRef, makers: AbstractSet[ObjectRef | None]) -> ObjectRef | None:
    """A CronJob, or a Job that is yet to be created, whose pods a Service selects while they run."""
    service = state.services.get(owner.own_name)
    selector = service.spec.selector if service is not None else {}
    for item in _coming_jobs(state).get(owner.namespace, ()) if selector else ():
        if item.ref not in makers and has_labels(item.template.metadata.labels, selector):
            return item.ref
    return None


def _coming_jobs(state: ClusterState) -> Mapping[str, Sequence[Workload]]:
    """By namespace: every Service asks, and few workloads are any."""

    def index() -> Mapping[str, Sequence[Workload]]:
        found: dict[str, list[Workload]] = {}
        for item in state.workloads:
            if item.kind == "CronJob" or (item.kind == "Job" and not item.metadata.uid):
                found.setdefault(item.metadata.namespace, []).append(item)
        return found

    return state.remember("jobs_to_come", None, index, reads(*WORKLOADS))


def note_contradiction(walk: Walk, owner: ObjectRef, found: EndpointSet) -> None:
    """E12: an Endpoints object that says something else than the slices: kube-proxy and DNS go by these."""
    legacy = walk.state.endpoints.get(owner.own_name)
    if legacy is None or found.source != "EndpointSlice" or OVER_CAPACITY in legacy.metadata.annotations:
        return
    written = {address.ip for subset in legacy.subsets for address in subset.addresses}
    sliced = {endpoint.address for endpoint in found.endpoints}
    if others := sorted(written - sliced):
        walk.warn(CONTRADICTED)
        walk.assume(
            f"{legacy.ref} has {', '.join(others[:3])}, which no EndpointSlice has: kube-proxy goes by the slices"
        )


def _declares(state: ClusterState, endpoint: Endpoint, port: ServicePort) -> bool | None:
    """Whether a container of a pod declares the port that it is sent to; None where none declares any."""
    spec = spec_of(state, endpoint)
    if spec is None:
        return None
    numbers = {p.container_port for c in spec.serving_containers for p in c.ports}
    return _number(endpoint, port) in numbers if numbers else None


def _number(endpoint: Endpoint, port: ServicePort) -> int:
    binding = endpoint.port_for(port.name, port.protocol)
    return binding.port if binding else port.port
