"""A request to an IP address (or a load balancer's host name): whose is it?"""

from __future__ import annotations

from svcmap.model.addresses import address_of
from svcmap.model.base import Part
from svcmap.model.core import Node, Service
from svcmap.paths.asking.request import LAYER_7, Role
from svcmap.paths.destination.unread_hosts import unread_at_front
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.outcome import Trace
from svcmap.paths.packets.node import to_localhost, to_node
from svcmap.paths.packets.pod import nobody, to_pod
from svcmap.paths.packets.service import to_service_address
from svcmap.paths.packets.shared_address import at_shared_address
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
    is_front = owner is not None and owner.role != "cluster-ip" and request.scheme in LAYER_7
    if is_front and (unread := unread_at_front(walk)) is not None:
        return unread
    node = state.nodes_by_address.get(address)
    if owner is not None and not (node is not None and _is_left_to_node(walk, owner, node)):
        if node is not None and walk.client.standing == "outside":
            walk.arrival = node.metadata.name
        if node is None and (open_ := at_shared_address(walk, owner.service, owner.role, address)) is not None:
            return open_
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
    return next(iter(fitting or found), None)


def _is_left_to_node(walk: Walk, owner: Owner, node: Node) -> bool:
    """Whether a port that no Service with the address has is one of the node that has it too. In ipvs mode every node
    has the address of an external IP or a load balancer, and what is sent to it never leaves: only on the node itself,
    and from outside, the other processes of the node may be met.
    """
    if owner.role == "cluster-ip" or find_port(owner.service, walk.request.port, walk.request.protocol):
        return False
    return walk.assumptions.proxy.mode != "ipvs" or not walk.client.inside or walk.client.node == node.metadata.name


def _entry(walk: Walk, address: str) -> Trace | None:
    """The route that has an address."""
    for kind in ROUTE_KINDS:
        if (front := kind.at(walk.state, address)) is not None:
            return unread_at_front(walk) or kind.follow(walk, front)
    return None
