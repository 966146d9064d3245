"""Follow one request: name or address, the entry that has it, and on to the pods.

`trace` is the only function that decides what becomes of a request; every view of svcmap is a view of its results.
"""

from __future__ import annotations

from svcmap.errors import NotFoundError
from svcmap.model.assumptions import Assumptions
from svcmap.model.group_kinds import GATEWAY
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import Aim, Request, Via
from svcmap.paths.destination.by_address import to_address
from svcmap.paths.destination.by_name import by_name
from svcmap.paths.known.assumptions import settled
from svcmap.paths.known.look_ups import find_service, port_keyed
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.packets.service import through_load_balancer, through_node_port, through_proxy
from svcmap.paths.routes.gateway.attached import is_parent
from svcmap.paths.routes.gateway.through import through_gateway
from svcmap.paths.routes.ingress.through import through_ingress
from svcmap.paths.walk import Walk


def trace(state: ClusterState, request: Request, assumptions: Assumptions | None = None) -> Trace:
    """What becomes of a request, hop by hop. Raises NotFoundError for a `via` or client that is not in the source."""
    walk = Walk(state, request, assumptions or settled(state))
    if walk.client.unread:
        says = f"{walk.client.missing} could not be read: what its packets meet is not known."
        return walk.unknown(Hop(kind="client", address=walk.client.title, rule="N1", says=says))
    if walk.client.missing:
        raise NotFoundError(f"{walk.client.missing} is not in {state.source.name}")
    walk.add(
        Hop(
            kind="client",
            address=walk.client.title,
            rule="N1",
            basis="observed" if request.vantage.value else "assumed",
            says=_client_sentence(walk),
        )
    )
    if request.aim:
        return _to_aim(walk, request.aim)
    if request.via and not request.via.node:
        return _via(walk, request.via)
    if request.via and request.via.node not in state.nodes:
        raise NotFoundError(f"Node {request.via.node} is not in {state.source.name}")
    if request.host.rstrip(".") == "localhost":  # in every /etc/hosts
        return to_address(walk, "127.0.0.1")
    return to_address(walk, request.host) if request.is_address else by_name(walk)


def _client_sentence(walk: Walk) -> str:
    client, kind = walk.client, walk.request.vantage.kind
    where = f" on node {client.node}" if client.node else ""
    match kind:
        case "internet":
            return "A client somewhere on the internet."
        case "node":
            return f"Node {client.node} itself." if client.node else "Anything that can reach a node address."
        case "ip" if not client.inside:
            return "A machine outside the cluster with this address."
        case "ip":
            return f"This address is {client.title}{where}."
        case "namespace":
            return f"A pod of namespace {client.namespace} of which nothing else is known."
        case "workload":
            return f"A pod as {client.title} makes it."
    return f"A pod{where}." if client.address else "A pod in the cluster."


def _via(walk: Walk, via: Via) -> Trace:
    kind, name = via.kind, via.name
    if kind == "ingress" and name in walk.state.ingresses:
        return through_ingress(walk, [walk.state.ingresses[name]])
    if kind == "gateway" and name in walk.state.gateways:
        return through_gateway(walk, walk.state.gateways[name])
    if kind == "gateway" and any(is_parent(walk.state, name, route) for route in walk.state.routes):
        hop = Hop(
            kind="gateway",
            object=GATEWAY.ref(*name),
            address="?",
            rule="G2",
            says=f"Gateway {name} is not in the source: nothing is known of its listeners.",
            needs=(f"Gateway/{name}",),
        )
        return walk.unknown(hop)
    raise NotFoundError(f"{via} is not in {walk.state.source.name}")


def _to_aim(walk: Walk, aim: Aim) -> Trace:
    """A way in that is named by the Service and its role, because it has no address to ask for yet."""
    service = find_service(walk.state, aim.service)
    if service is None:
        raise NotFoundError(f"Service {aim.service} is not in {walk.state.source.name}")
    port = port_keyed(walk.state, service, aim.port)
    if port is None:
        raise NotFoundError(f"Service {aim.service} has no port {aim.port}")
    walk.at_service(service, port)
    match aim.role:
        case "load-balancer":
            return through_load_balancer(walk, service, port, aim.address)
        case "node-port":
            return through_node_port(walk, service, port)
    return through_proxy(walk, service, port, aim.role, aim.address)
