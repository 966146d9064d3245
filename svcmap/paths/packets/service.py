"""An address of a Service and a port: which of its ways a packet takes (K2, K12, K13)."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.addresses import before_port
from svcmap.model.core import Service
from svcmap.model.group_kinds import SERVICE
from svcmap.paths.asking.request import Role
from svcmap.paths.known.applied import lost_port
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.outcome import Answer, Hop, HopKind, Trace
from svcmap.paths.packets.kube_proxy import LATER, other_family, through_proxy
from svcmap.paths.packets.load_balancer import through_load_balancer
from svcmap.paths.packets.shared_address import note_rivals
from svcmap.paths.walk import Walk
from svcmap.semantics import load_balancer
from svcmap.semantics.service import find_port


def to_service_address(walk: Walk, service: Service, role: Role, address: str) -> Trace:
    """A packet for `address` (an IP of the Service) and the port of the request."""
    request, client = walk.request, walk.client
    port = find_port(service, request.port, request.protocol)
    target = f"{before_port(address) or LATER}:{request.port}"
    if role == "cluster-ip" and not client.inside and not _arrives_at_node(walk):
        walk.at_service(service, port)
        hop = Hop(
            kind="service",
            object=service.ref,
            address=target,
            rule="K2",
            says="A cluster IP means nothing outside the cluster: no route leads to it.",
            next="use a load balancer, an Ingress or a node port",
        )
        return walk.stop(hop, "not-routable")
    if role != "cluster-ip" and service.spec.cluster_ip == "None":
        return _headless(walk, service, target)
    if port is None:
        return _no_such_port(walk, service, role, target)
    walk.at_service(service, port)
    if role != "cluster-ip" and client.far and load_balancer.scope_of(address) == "internal":
        says = f"{address} is a private address: whether the client's network leads to it is outside Kubernetes."
        kind: HopKind = "load-balancer" if role == "load-balancer" else "service"
        return walk.unknown(Hop(kind=kind, object=service.ref, address=target, rule="K2", says=says))
    is_named = role == "load-balancer" and client.far and load_balancer.scope_of(address) == "unknown"
    if is_named and address and (why := load_balancer.internal_because(service)):
        says = f"{address} is a load balancer of a private network: {why}."
        step = "ask from an address inside, or make it one of the internet"
        hop = Hop(kind="load-balancer", object=service.ref, address=target, rule="CF-23", says=says, next=step)
        return walk.unknown(hop)
    if role != "cluster-ip":
        note_rivals(walk, service, port, address)
    if role == "external-ip" and not client.inside:
        walk.assume(f"the network in front brings packets for {address} to a node")
    if role == "load-balancer":
        return through_load_balancer(walk, service, port, address)
    if stopped := other_family(walk, service, port, address):
        return stopped
    return through_proxy(walk, service, port, role, address)


def _headless(walk: Walk, service: Service, target: str) -> Trace:
    """K1: nothing of a headless Service is proxied, its external IPs neither."""
    walk.at_service(service, None)
    hop = Hop(
        kind="service",
        object=service.ref,
        address=target,
        rule="K1",
        says=f"Service {service.name} is headless: kube-proxy skips it, and nobody answers at its externalIPs.",
        next="give the Service a cluster IP, or make another one for the external IP",
    )
    return walk.stop(hop, "port-not-in-service", lacks=(SERVICE,))


def _no_such_port(walk: Walk, service: Service, role: Role, target: str) -> Trace:
    """K12, K13: nftables rejects an unknown port of a known cluster IP; everything else is left alone."""
    request = walk.request
    walk.at_service(service, None)
    has = ", ".join(f"{p.port}/{p.protocol}" for p in service.spec.ports) or "none"
    lost = lost_port(service, request.port, request.protocol) or _other_number(walk, service)
    hop = Hop(
        kind="service",
        object=service.ref,
        address=target,
        rule="K12",
        says=f"The Service has no port {request.port}/{request.protocol}; its ports: {has}."
        + (f" {lost}" if lost else ""),
        next="ask for one of its ports, or add this one to spec.ports",
    )
    walk.assume_mode()
    mode = walk.assumptions.proxy.mode
    if mode == "ipvs":
        hop = replace(hop, says=f"{hop.says} In ipvs mode every node has its addresses, and refuses the rest.")
    rejects = mode == "ipvs" or (mode == "nftables" and role == "cluster-ip")
    shared = None if role == "cluster-ip" else (SERVICE,)  # other Services may have the same address
    return walk.stop(hop, "port-not-in-service", lacks=shared, answer=Answer(action="REJECT" if rejects else None))


def _other_number(walk: Walk, service: Service) -> str:
    """Which other number of a port of the Service was asked for: its node port, or that of the pods."""
    asked = walk.request.port
    for port in service.spec.ports:
        if port.node_port == asked:
            return f"{asked} is the node port of its port {port.port}: nodes have that, not the Service's addresses."
    for port in service.spec.ports:
        bound = (e.port_for(port.name, port.protocol) for e in endpoints_of(walk.state, service.name).endpoints)
        if port.target_port == asked or any(binding and binding.port == asked for binding in bound):
            return f"{asked} is the port of its pods (targetPort): the Service has it as {port.port}."
    return ""


def _arrives_at_node(walk: Walk) -> bool:
    return bool(walk.request.via and walk.request.via.node)
