"""The first leg: a request to a proxy of layer 7 is a packet to the Service in front of it, before any rule is read."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from svcmap.model.core import Service, ServicePort
from svcmap.model.refs import Name
from svcmap.model.workloads import PodSpec
from svcmap.paths.asking.request import INTRANET, Request, Role, Vantage
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.packets.load_balancer import through_coming_load_balancer
from svcmap.paths.packets.node import to_node
from svcmap.paths.packets.service import to_service_address
from svcmap.paths.walk import PASSING, Walk
from svcmap.semantics import front_listener, load_balancer
from svcmap.semantics.service import find_port

ROLES: dict[str, Role] = {"external-ip": "external-ip", "load-balancer": "load-balancer"}


def front_at(walk: Walk, address: str, port: int) -> tuple[Service, Role] | None:
    """The Service whose load balancer, or external IP, has an address. Of several that share it, one with the port."""
    found = [
        (service, ROLES[role])
        for role, name in walk.state.services_by_address.get(address, ())
        if role in ROLES and (service := find_service(walk.state, Name(*name))) is not None
    ]
    with_port = [pair for pair in found if find_port(pair[0], port, walk.request.protocol)]
    return next(iter(with_port or found), None)


def reach_front(
    walk: Walk, address: str, port: int, leading: Service | None = None, proxies: Sequence[PodSpec] = ()
) -> Trace | None:
    """The finished trace of a request whose packets do not get to the proxy; None where they do, or where the Service
    in front of it is not in the source.

    What the packets meet is noted: whose address the proxy sees, which part of them is lost, and whether TLS ended
    before it. `leading` is the Service that leads to the pods of the proxy, for a front of which no address is known,
    `proxies` are these pods.
    """
    known = front_at(walk, address, port)
    if known is None and leading is not None and address not in walk.state.nodes_by_address:
        known, address = _by_service(leading)
        walk.assume(f"{walk.request.authority} leads to Service {leading.name}, in front of the proxy")
    if known is None and walk.client.far and load_balancer.scope_of(address) == "internal":
        says = f"{address} is a private address: whether the client's network leads to it is outside Kubernetes."
        return walk.unknown(Hop(kind="load-balancer", address=f"{address}:{port}", rule="K2", says=says))
    if known is None:
        return _at_node(walk, address, port, proxies)
    service, role = known
    leg = _leg(walk, service, role, address, port, walk.request.vantage)
    if leg.verdict == "via-load-balancer":  # it leaves the cluster and comes back as everybody's packets do
        leg = _leg(walk, service, role, address, port, INTRANET)
    if leg.verdict == "unknown" and leg.likely in PASSING:  # the packets get there, but for what nobody evaluates
        header = f"metadata.annotations[{front_listener.tells_the_client(service)}]"
        for item in leg.undecided:
            if item.field == header:
                continue  # whether the proxy expects it is looked at there (proxy_protocol)
            rule = next((hop.rule for hop in leg.hops if hop.object == item.object and hop.basis == "unknown"), "CX-3")
            walk.doubt(item, "load-balancer", rule, refuses=True)
    elif leg.verdict in ("unreachable", "unknown"):
        return _kept_out(walk, service, address, port, leg)
    walk.first_leg, walk.front, walk.is_direct = leg, service, bool(leg.seen.short_circuit)
    for text in leg.assumed:
        walk.assume(text)
    return _spoken(walk, service, leg.service_port)


def take_up(walk: Walk, found: Trace, front: Service) -> None:
    """Take up a trace where its connection has got to the pods of a proxy, by an address of the Service in front."""
    walk.hops, walk.assumed, walk.warnings = list(found.hops), list(found.assumed), list(found.warnings)
    walk.first_leg, walk.front = found, front
    walk.is_direct = not any(hop.kind == "load-balancer" for hop in found.hops)


def take_up_http(walk: Walk, found: Trace, front: Service) -> Trace | None:
    """As `take_up`, for a request: the finished trace where client and proxy do not speak the same."""
    take_up(walk, found, front)
    return _spoken(walk, front, found.service_port)


def _by_service(service: Service) -> tuple[tuple[Service, Role], str]:
    """A Service as a front, and its address; empty for one that has none yet, or node ports alone."""
    addresses = [item.ip or item.hostname for item in service.status.load_balancer.ingress]
    if service.spec.external_ips and not addresses:
        return (service, "external-ip"), service.spec.external_ips[0]
    return (service, "load-balancer"), next(iter(addresses), "")


def _at_node(walk: Walk, address: str, port: int, proxies: Sequence[PodSpec]) -> Trace | None:
    """A front whose address is that of a node: a pod of its network, or with a host port, takes the packets."""
    node = walk.state.nodes_by_address.get(address)
    if node is None:
        return None
    to = f"tcp://{address}:{port}"
    inner = Walk(walk.state, Request(to=to, host=address, port=port, vantage=walk.request.vantage), walk.assumptions)
    leg = to_node(inner, address, node, walk.state.pods_by_address.get(address))
    if leg.verdict == "unknown":
        walk.assume(f"{walk.client.title} gets to {address}, an address of node {node.metadata.name}")
    elif leg.verdict != "unreachable":
        walk.first_leg = leg
    elif any(_listens(spec, port) for spec in proxies):
        return None
    elif walk.state.is_of_cluster or proxies:
        stop = leg.stop or leg.hops[-1]
        says = f"Node {node.metadata.name}, whose address the proxy is said to have: {stop.says}"
        walk.add(replace(stop, kind="load-balancer", address=f"{address}:{port}", says=says))
        return walk.end(leg.verdict, reason=leg.reason, answer=leg.answer)
    else:
        walk.assume(f"the proxy listens on port {port} of node {node.metadata.name}: nothing in the source does")
    return None


def _listens(spec: PodSpec, port: int) -> bool:
    """Whether a pod is met at a port of its node: it is of the network of that, or has a host port."""
    return spec.host_network or any(p.host_port == port for c in spec.serving_containers for p in c.ports)


def _leg(walk: Walk, service: Service, role: Role, address: str, port: int, vantage: Vantage) -> Trace:
    """The packets to a front: the same for every rule that is behind it."""
    via = walk.request.via if walk.request.via and walk.request.via.node else None
    key = service.name, role, address, port, walk.request.protocol, vantage, via, walk.assumptions
    return walk.state.remember("first_leg", key, lambda: _traced(walk, service, role, address, port, vantage))


def _traced(walk: Walk, service: Service, role: Role, address: str, port: int, vantage: Vantage) -> Trace:
    via = walk.request.via if walk.request.via and walk.request.via.node else None
    scheme = walk.request.protocol.lower()
    to = f"{scheme}://{address}:{port}"
    request = Request(to=to, scheme=scheme, host=address, port=port, vantage=vantage, via=via)
    inner = Walk(walk.state, request, walk.assumptions)
    if not address and find_port(service, port, request.protocol) is not None:
        return through_coming_load_balancer(inner, service, port)
    return to_service_address(inner, service, role, address)


def _kept_out(walk: Walk, service: Service, address: str, port: int, leg: Trace) -> Trace:
    """The request ends in front of the proxy, at one hop: what rules would make of it nobody gets to see."""
    stop = leg.stop or leg.hops[-1]
    says = f"Service {service.name} in front of the proxy: {stop.says}"
    walk.add(replace(stop, kind="load-balancer", address=f"{address or '?'}:{port}", says=says))
    walk.seen, walk.excluded = leg.seen, leg.excluded
    for text in leg.assumed:
        walk.assume(text)
    walk.suggest = leg.suggest
    return walk.end(leg.verdict, reason=leg.reason, answer=leg.answer, endpoints=leg.endpoints)


def has_certificate_in_front(walk: Walk) -> bool:
    """Whether a client sees the certificate of the load balancer, whatever the proxy has."""
    port = walk.first_leg.service_port if walk.first_leg is not None else None
    return bool(not walk.is_direct and walk.front and port and front_listener.has_certificate(walk.front, port))


def _spoken(walk: Walk, service: Service, port: ServicePort | None) -> Trace | None:
    """CF-15, CF-16: whether client and proxy speak the same, http or https, behind what the load balancer does."""
    asked = walk.request.scheme
    if port is None or asked not in ("http", "https"):
        return None
    speaks = front_listener.spoken(port.target_port)
    would_end = front_listener.ends_tls(service, port)
    ends = "" if walk.is_direct else would_end
    sent = "http" if ends else asked
    if ends and asked == "http":
        says = f"annotation {ends} of Service {service.name} makes port {port.port} one of TLS."
        step = f"ask https, or leave port {port.port} out of the ports with TLS"
        address = f"{port.port}"
        return walk.stop(
            Hop(kind="load-balancer", object=service.ref, address=address, rule="CF-16", says=says, next=step), "tls"
        )
    if ends:
        walk.tls_ended = f"annotation {ends} of Service {service.name} ends TLS at the load balancer"
        walk.tells_scheme = front_listener.tells_the_scheme(service)
    if not speaks or speaks == sent:
        walk.scheme = sent
        return None
    says = f"{service.name} sends port {port.port} to the proxy's {speaks} port {port.target_port}"
    says += f"; {walk.tls_ended}, so it gets plain http." if ends else f", and the client speaks {asked} to it."
    if would_end and not ends:
        says += f" The load balancer, which ends TLS ({would_end}), is not on this way."
    hop = Hop(
        kind="load-balancer",
        object=service.ref,
        address=f"{port.port} →{port.target_port}",
        rule="CF-16" if speaks == "https" else "CF-15",
        says=says,
        next=f"set targetPort of port {port.port} to the proxy's {sent} port",
    )
    return walk.stop(hop, "tls")
