"""What the pods of a Service say of a port of theirs by how they are probed there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from svcmap.model.core import Service, ServicePort
from svcmap.model.state import ClusterState
from svcmap.model.workloads import Container, HTTPGetAction, PodSpec
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.known.specs import spec_of


class Probed(NamedTuple):
    """The HTTP probes of the first pod that is known. `readiness` is that of the serving container at the very port
    (`at_port`), or else at another one, `is_tls` whether any probe speaks https to the port.
    """

    readiness: HTTPGetAction | None = None
    at_port: bool = False
    is_tls: bool = False


def probed(state: ClusterState, service: Service, port: ServicePort) -> Probed:
    """How the pods behind a port of a Service are probed."""
    for spec, number in _pods(state, service, port):
        found = [(probe, container) for container in spec.serving_containers for probe in _probes(container)]
        here = [probe for probe, container in found if _number(probe, container) == number]
        ready = [c.readiness_probe.http_get for c in spec.serving_containers if c.readiness_probe]
        mine = next((probe for probe in ready if probe and probe in here), None)
        other = next((probe for probe in ready if probe), None)
        return Probed(mine or other, mine is not None, any(probe.scheme.upper() == "HTTPS" for probe in here))
    return Probed()


def runs(state: ClusterState, service: Service, port: ServicePort, component: str) -> bool:
    """Whether a container of the first pod that is known is a component."""
    first = next(_pods(state, service, port), None)
    return first is not None and any(container.component == component for container in first[0].containers)


def _pods(state: ClusterState, service: Service, port: ServicePort) -> Iterator[tuple[PodSpec, int]]:
    for endpoint in endpoints_of(state, service.name).endpoints:
        binding = endpoint.port_for(port.name, port.protocol)
        spec = spec_of(state, endpoint)
        if binding is not None and spec is not None:
            yield spec, binding.port


def _probes(container: Container) -> Iterator[HTTPGetAction]:
    for probe in (container.readiness_probe, container.liveness_probe):
        if probe is not None and probe.http_get is not None:
            yield probe.http_get


def _number(probe: HTTPGetAction, container: Container) -> int:
    if isinstance(probe.port, int):
        return probe.port
    return next((port.container_port for port in container.ports if port.name == probe.port), 0)
