"""What the workloads of a folder will give a Service once they run (O1-O4)."""

from __future__ import annotations

from typing import Literal

from svcmap.model.base import Part
from svcmap.model.core import Service
from svcmap.model.facts import EndpointSet
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.model.workloads import PodSpec
from svcmap.paths.known.emptiness import emptiness
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.semantics.endpoints.ports import pod_ports
from svcmap.semantics.service import has_selector

Verdict = Literal[
    "assumed-ready", "assumed-ready-while-running", "only-while-job-runs", "no-ports", "no-endpoints", "observed"
]


class Forecast(Part, frozen=True):
    """`count` is None where it depends on what is not in the source (a DaemonSet without Nodes).

    `ports` are `name:port/PROTOCOL` as the pods resolve them; `hostnames` those that get a DNS name of their own.
    """

    verdict: Verdict
    workloads: tuple[ObjectRef, ...] = ()
    count: int | None = 0
    ports: tuple[str, ...] = ()
    hostnames: tuple[str, ...] = ()
    reason: str | None = None
    suggest: str | None = None
    warning: str | None = None


def forecast(state: ClusterState, service: Service) -> Forecast:
    """The endpoints a Service (with its defaults) will have."""
    found = endpoints_of(state, service.name)
    if not found.predictions:
        return _without_workloads(state, service, found)
    workloads = tuple(prediction.workload for prediction in found.predictions)
    specs = [spec for ref in workloads if (spec := pod_spec(state, ref)) is not None]
    running = [p for p in found.predictions if p.count != 0 or p.while_running]
    ports = _ports(service, [s for p in running if (s := pod_spec(state, p.workload))])
    verdict = _verdict(service, found, ports)
    return Forecast(
        verdict=verdict,
        workloads=workloads,
        count=found.total,
        ports=ports,
        hostnames=tuple(dict.fromkeys(e.hostname for e in found.endpoints if e.hostname)),
        reason="named-target-port-missing" if verdict == "no-ports" else None,
        warning="target-port-not-declared" if _undeclared(service, specs) else None,
    )


def _without_workloads(state: ClusterState, service: Service, found: EndpointSet) -> Forecast:
    if found.endpoints:
        ports = tuple(dict.fromkeys(str(port) for endpoint in found.endpoints for port in endpoint.ports))
        return Forecast(verdict="observed", count=len(found.endpoints), ports=ports)
    if not has_selector(service):
        return Forecast(verdict="no-endpoints", reason="no-selector-and-no-endpoints")
    suggest = emptiness(state, service, found).suggestion
    return Forecast(verdict="no-endpoints", reason="selector-matches-nothing", suggest=suggest)


def _ports(service: Service, specs: list[PodSpec]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(port) for spec in specs for port in pod_ports(service.spec.ports, spec)))


def _verdict(service: Service, found: EndpointSet, ports: tuple[str, ...]) -> Verdict:
    working = [p for p in found.predictions if p.count != 0]
    if not working:
        return "only-while-job-runs" if any(p.while_running for p in found.predictions) else "no-endpoints"
    if service.spec.ports and not ports:
        return "no-ports"
    return "assumed-ready-while-running" if all(p.while_running for p in working) else "assumed-ready"


def _undeclared(service: Service, specs: list[PodSpec]) -> bool:
    """A target port number that no container declares: it works only if the process listens on it."""
    for port in service.spec.ports:
        for spec in specs:
            declared = {p.container_port for c in spec.serving_containers for p in c.ports}
            if isinstance(port.target_port, int) and declared and port.target_port not in declared:
                return True
    return False


def pod_spec(state: ClusterState, owner: ObjectRef) -> PodSpec | None:
    """The pod spec of a pod, or of the template of a workload; None if it was not read."""
    name = Name(owner.namespace, owner.name)
    if owner.kind == "Pod":
        pod = state.pods.get(name)
        return pod.spec if pod else None
    workload = state.workload_at(owner)
    return workload.template.spec if workload else None
