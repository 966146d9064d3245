"""targetport-name-missing: a named target port that no selected pod has."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.checks.finding import Finding, Spot
from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import Endpoint
from svcmap.model.state import ClusterState
from svcmap.model.workloads import PodSpec
from svcmap.paths.asking.entry import port_key
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.known.near_miss import edit_distance

CODE = "targetport-name-missing"


def check(state: ClusterState, service: Service) -> Iterator[Finding]:
    """E9, E10: a name is looked up on every pod; one that none has leaves the endpoints without this port."""
    endpoints = endpoints_of(state, service.name).endpoints
    for index, port in enumerate(service.spec.ports):
        if not endpoints or not isinstance(port.target_port, str):
            continue
        if any(endpoint.port_for(port.name, port.protocol) for endpoint in endpoints):
            continue
        specs = [spec for endpoint in endpoints if (spec := _pod_spec(state, endpoint))]
        if specs and not _other_protocol(port, specs):
            yield _finding(service, port, index, endpoints, specs)


def _other_protocol(port: ServicePort, specs: list[PodSpec]) -> bool:
    """The name is there with another protocol: a fault of its own."""
    return any(p.name == port.target_port for spec in specs for c in spec.serving_containers for p in c.ports)


def _pod_spec(state: ClusterState, endpoint: Endpoint) -> PodSpec | None:
    if endpoint.pod and endpoint.pod in state.pods:
        return state.pods[endpoint.pod].spec
    workload = state.workload_at(endpoint.made_by)
    return workload.template.spec if workload else None


def _finding(
    service: Service, port: ServicePort, index: int, endpoints: tuple[Endpoint, ...], specs: list[PodSpec]
) -> Finding:
    declared = {
        p.name: p.container_port
        for spec in specs
        for c in spec.serving_containers
        for p in c.ports
        if p.name and (p.protocol or "TCP") == port.protocol
    }
    wanted = str(port.target_port)
    suggestion = _suggest(wanted, port, declared)
    listed = ", ".join(declared) or "nothing"
    owners = ", ".join(dict.fromkeys(endpoint.owner for endpoint in endpoints))
    return Finding(
        id=CODE,
        severity="error",
        object=service.ref,
        path=("spec", "ports", index, "targetPort"),
        message=f"targetPort {wanted} is a port name; the pods of {owners} name their ports: {listed}. "
        f"No endpoint has this port: connections to {port.port} are refused.",
        suggestion=suggestion,
        next=f"set targetPort to {suggestion}" if suggestion else f"name a container port {wanted}",
        services=(service.name,),
        spot=Spot(kind="port", key=port_key(port)),
    )


def _suggest(wanted: str, port: ServicePort, declared: dict[str, int]) -> str | None:
    """The only name there is, one spelled alike, or the one with the Service port's name or number."""
    if len(declared) == 1:
        return next(iter(declared))
    for name, number in declared.items():
        if name == port.name or number == port.port:
            return name
    return min(
        (n for n in declared if edit_distance(wanted, n) <= 2), key=lambda n: edit_distance(wanted, n), default=None
    )
