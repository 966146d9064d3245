"""Ports of Traefik's Gateways: a listener has that of an entry point, behind a port of the Service in front (GW-31)."""

from __future__ import annotations

from svcmap.model.addresses import canonical
from svcmap.model.core import Service, ServicePort
from svcmap.model.gateway import Gateway
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.controller_arguments import traefik_arguments
from svcmap.paths.known.look_ups import endpoints_of, find_service
from svcmap.paths.routes.gateway.attached import implementation_of
from svcmap.semantics.ingress.traefik_arguments import CHART
from svcmap.semantics.service import find_port

TRAEFIK = "Traefik"


def is_by_entry_point(state: ClusterState, gateway: Gateway) -> bool:
    """Whether the ports of a Gateway's listeners are those of its proxy, and not those that clients connect to."""
    known = implementation_of(state, gateway)
    return known is not None and known.title == TRAEFIK


def listener_port(state: ClusterState, gateway: Gateway, port: int, listening: set[int]) -> int:
    """The port of the listener that a client's packets to a port of the Gateway arrive at."""
    service = _front(state, gateway)
    found = find_port(service, port, "TCP") if service else None
    behind = _target(state, service, found) if service and found else CHART.get(port, port)
    return behind if behind in listening else port


def client_port(state: ClusterState, gateway: Gateway, port: int) -> int:
    """The port at which clients reach a listener."""
    service = _front(state, gateway)
    ports = [item.port for item in service.spec.ports if _target(state, service, item) == port] if service else []
    return next(iter(ports), {behind: before for before, behind in CHART.items()}.get(port, port))


def _front(state: ClusterState, gateway: Gateway) -> Service | None:
    """The Service whose load balancer, or external IP, has an address of a Gateway."""
    for place in gateway.status.addresses:
        for role, name in state.services_by_address.get(canonical(place.value), ()):
            if role in ("load-balancer", "external-ip"):
                return find_service(state, Name(*name))
    return None


def _target(state: ClusterState, service: Service, port: ServicePort) -> int:
    """The port of the pods that a port of the front leads to."""
    if isinstance(port.target_port, int):
        return port.target_port
    bound = [e.port_for(port.name, port.protocol) for e in endpoints_of(state, service.name).endpoints]
    known = traefik_arguments(state)
    point = known[1].entry_points.get(str(port.target_port)) if known else None
    named = point.port if point and point.port else CHART.get(port.port, port.port)
    return next((binding.port for binding in bound if binding), named)
