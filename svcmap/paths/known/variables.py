"""Variables of the environment by which a pod finds a Service, and that it does not have (V1, V3)."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import NamedTuple

from svcmap.model.core import Service
from svcmap.model.refs import Name
from svcmap.model.workloads import ContainerStatus, Pod
from svcmap.semantics.environment import service_variables


class Lacking(NamedTuple):
    """A variable that a container reads, and why it is not set."""

    container: str
    variable: str
    why: str


def lacking(pod: Pod, service: Service, known: Container[Name]) -> Lacking | None:
    """The first variable of a Service that a container of a pod reads and does not have; None where all are set. Where
    the pod's own namespace has a Service of that name, among those `known`, it is the one that is meant.
    """
    namesake = Name(pod.metadata.namespace, service.metadata.name)
    return None if namesake != service.name and namesake in known else next(_lacking(pod, service), None)


def _lacking(pod: Pod, service: Service) -> Iterator[Lacking]:
    variables = service_variables(service)
    statuses = {status.name: status for status in pod.status.container_statuses}
    for container in pod.spec.containers:
        wanted = next((name for name in container.reads_variables if name in variables), None)
        if wanted is None:
            continue
        if pod.metadata.namespace != service.metadata.namespace:
            yield Lacking(container.name, wanted, "only Services of the pod's own namespace have variables")
        elif pod.spec.enable_service_links is False:
            yield Lacking(container.name, wanted, "enableServiceLinks of the pod is false")
        elif is_younger(service, pod, statuses.get(container.name)):
            yield Lacking(container.name, wanted, "the container started before the Service was there")


def is_younger(service: Service, pod: Pod, status: ContainerStatus | None = None) -> bool:
    """V3: whether a Service was created after a container started; not where one of the times is not known."""
    running = status.state.running if status else None
    started = (running.started_at if running else "") or pod.status.start_time or ""
    created = service.metadata.creation_timestamp or ""
    return bool(started and created) and str(created) > str(started)
