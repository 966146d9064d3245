"""What a pod gives its endpoint: ports (E9, E10), host name (E8) and zone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import PortBinding
from svcmap.model.state import ClusterState
from svcmap.model.workloads import PodSpec


def pod_ports(ports: Iterable[ServicePort], pod: PodSpec) -> Iterator[PortBinding]:
    """FindPort for each Service port on one pod (E9); a name that no container has leaves the port out (E10)."""
    for port in ports:
        number = target_number(port, pod)
        if number:
            yield PortBinding(name=port.name, port=number, protocol=port.protocol)


def target_number(port: ServicePort, pod: PodSpec) -> int | None:
    """The number a Service port leads to on a pod; None where its named target port is on no container."""
    if isinstance(port.target_port, int):
        return port.target_port
    for container in pod.serving_containers:
        for candidate in container.ports:
            if candidate.name == port.target_port and (candidate.protocol or "TCP") == port.protocol:
                return candidate.container_port
    return None


def endpoint_hostname(service: Service, pod: PodSpec) -> str:
    """E8: a host name counts only where the pod's subdomain is the Service."""
    return pod.hostname if pod.hostname and pod.subdomain == service.metadata.name else ""


def zone_of_node(state: ClusterState, node: str) -> str:
    return state.nodes[node].zone if node in state.nodes else ""
