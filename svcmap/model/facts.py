"""Facts about a Service that are worked out, not read, and that several parts of the engine talk about."""

from __future__ import annotations

from typing import Literal

from svcmap.model.addresses import family_of
from svcmap.model.base import Part
from svcmap.model.refs import Name, ObjectRef

Basis = Literal["observed", "computed", "predicted", "assumed", "unknown"]
"""How a fact is known: reported by a cluster; selector × pods; from a workload's template; an API default; unknown."""


UNREPORTED = "readiness is not in the source"
"""Why a pod is not ready whose conditions a trimmed dump left out: by E6 it is not ready, in truth nobody knows."""


class PortBinding(Part, frozen=True):
    """A port of an endpoint, under the name of the Service port it answers for (E13: matched by name and protocol)."""

    name: str
    port: int
    protocol: str

    def __str__(self) -> str:
        return f"{self.name}:{self.port}/{self.protocol}"


MANY = 16
"""Ports of an endpoint, above which they are looked up in an index."""
_indexes: dict[int, tuple[tuple[PortBinding, ...], dict[tuple[str, str], PortBinding]]] = {}


def _by_name(ports: tuple[PortBinding, ...]) -> dict[tuple[str, str], PortBinding]:
    """Ports by name and protocol, of equal ones the first. The endpoints of a slice have one tuple of them."""
    known = _indexes.get(id(ports))
    if known is None or known[0] is not ports:
        if len(_indexes) > MANY:
            _indexes.clear()
        known = ports, {(port.name, port.protocol): port for port in reversed(ports)}
        _indexes[id(ports)] = known
    return known[1]


class Endpoint(Part, frozen=True):
    """One place traffic of a Service may end. `address` is empty while no pod has been seen (predicted).

    `owner` is what a person counts it with, `made_by` the object behind that: a workload, the pod itself, or the slice
    or Endpoints that somebody wrote; None where nobody knows which.
    `also` are further addresses of the entry, which DNS answers with and kube-proxy ignores (E13).
    `selected` are labels of a pod that was not read: those that the controller must have found on it.
    """

    address: str
    ports: tuple[PortBinding, ...] = ()
    pod: Name | None = None
    selected: tuple[tuple[str, str], ...] = ()
    hostname: str = ""
    node: str = ""
    zone: str = ""
    ready: bool = True
    serving: bool = True
    terminating: bool = False
    zone_hints: tuple[str, ...] = ()
    node_hints: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    owner: str = ""
    made_by: ObjectRef | None = None
    reason: str = ""
    basis: Basis = "observed"
    id: str = ""
    for_proxy: bool = True
    """Kube-proxy leaves out slices of host names (E13), of a family without a cluster IP and marked headless (K1)."""
    gone: bool = False
    """Its pod is no more: whoever connects to it waits in vain."""

    @property
    def family(self) -> str:
        """IPv4 or IPv6; empty while there is no address."""
        return family_of(self.address)

    def port_for(self, name: str, protocol: str) -> PortBinding | None:
        """The port this endpoint answers on for a Service port; None if it has none (E10)."""
        if len(self.ports) > MANY:
            return _by_name(self.ports).get((name, protocol))
        for port in self.ports:  # a loop, not a generator: asked for every endpoint of every trace
            if port.name == name and port.protocol == protocol:
                return port
        return None


class Prediction(Part, frozen=True):
    """Pods a workload will make: `count` is None where it depends on what is not in the source (a DaemonSet)."""

    workload: ObjectRef
    count: int | None
    while_running: bool = False


class RefusedObject(Part, frozen=True):
    """An object that the API server refuses for the value of a field, so that it is not there, and why."""

    object: ObjectRef
    field: str
    value: str
    why: str


class EndpointSet(Part, frozen=True):
    """Every endpoint of a Service, ready or not, and how they are known; `refused` is what would have more of them."""

    endpoints: tuple[Endpoint, ...] = ()
    basis: Basis = "computed"
    predictions: tuple[Prediction, ...] = ()
    source: str = ""
    refused: RefusedObject | None = None

    @property
    def ready(self) -> list[Endpoint]:
        """The ready ones, as DNS answers with them."""
        return [endpoint for endpoint in self.endpoints if endpoint.ready]

    @property
    def usable(self) -> list[Endpoint]:
        """The ready ones that connections to the Service can end at."""
        return [endpoint for endpoint in self.endpoints if endpoint.ready and endpoint.for_proxy and not endpoint.gone]

    @property
    def total(self) -> int | None:
        """How many there are; None if a workload does not say. Of many predicted ones only the first are endpoints."""
        if self.basis != "predicted":
            return len(self.endpoints)
        counts = [p.count for p in self.predictions]
        return None if None in counts else max(len(self.endpoints), sum(count or 0 for count in counts))
