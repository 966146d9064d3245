"""A request to an IP address (or a load balancer's host name): whose is it?"""

from __future__ import annotations

from svcmap.model.addresses import address_of
from svcmap.model.base import Part
from svcmap.model.core import Service
from svcmap.paths.asking.request import LAYER_7, Role
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.outcome import Trace
from svcmap.paths.packets.node import to_localhost, to_node
from svcmap.paths.packets.pod import nobody, to_pod
from svcmap.paths.packets.service import to_service_address
from svcmap.paths.routes.kinds import ROUTE_KINDS
from svcmap.paths.walk import Walk
from svcmap.semantics.service import find_port

ROLES: dict[str, Role] = {"cluster-ip": "cluster-ip", "external-ip": "external-ip", "load-balancer": "load-balancer"}


class Owner(Part, frozen=True):
    """A Service that has an address, and what it is to it."""

    role: Role
    service: Service


def to_address(walk: Walk, address: str) -> Trace:
    """Follow a request to an address: a Service's, a node's, a pod's, or that of an Ingress or Gateway."""
    state, request = walk.state, walk.request
    owner = _owner(walk, address)
    entry = _entry(walk, address) if request.scheme in LAYER_7 or owner is None else None
    if entry is not None and (owner is None or owner.role != "cluster-ip"):
        return entry
    node = state.nodes_by_address.get(address)
    if owner is not None:
        if node is not None and walk.client.standing == "outside":
            walk.arrival = node.metadata.name
        return to_service_address(walk, owner.service, owner.role, address)
    if (known := address_of(address)) is not None and known.is_loopback:
        return to_localhost(walk, address)
    pod = state.pods_by_address.get(address)
    if node is not None:
        return to_node(walk, address, node, pod)
    if pod is not None:
        return to_pod(walk, pod, address)
    if request.scheme in LAYER_7 and not walk.client.inside:
        for kind in ROUTE_KINDS:
            if (front := kind.may_be_at_any(state)) is not None:
                walk.assume(f"{address} is the address of the Ingress controller, which is not in the source")
                return kind.follow(walk, front)
    return nobody(walk, address)


def _owner(walk: Walk, address: str) -> Owner | None:
    """The Service of an address. Several may share an external IP or load balancer, each with ports of its own."""
    state, request = walk.state, walk.request
    found = []
    for role, name in state.services_by_address.get(address, ()):
        service = find_service(state, name)
        if service is not None:
            found.append(Owner(role=ROLES[role], service=service))
    fitting = [o for o in found if find_port(o.service, request.port, request.protocol)]
    if address in state.nodes_by_address and not any(o.role == "external-ip" for o in fitting):
        fitting = [o for o in fitting if o.role != "external-ip"]
        found = [o for o in found if o.role != "external-ip"]
    return next(iter(fitting or found), None)


def _entry(walk: Walk, address: str) -> Trace | None:
    """The route that has an address."""
    for kind in ROUTE_KINDS:
        if (front := kind.at(walk.state, address)) is not None:
            return kind.follow(walk, front)
    return None
