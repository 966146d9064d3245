"""Follow one request: name or address, the entry that has it, and on to the pods.

`trace` is the only function that decides what becomes of a request; every view of svcmap is a view of its results.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from svcmap.errors import NotFoundError
from svcmap.model.assumptions import DEFAULT, Assumptions
from svcmap.model.core import Service
from svcmap.model.gateway import Gateway
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.facts import ask_dns, endpoints_of, find_service, served_by
from svcmap.paths.request import Aim, Request
from svcmap.paths.through_gateway import attached_routes, is_parent, through_gateway
from svcmap.paths.through_ingress import through_ingress
from svcmap.paths.through_service import (
    direct_to_endpoints,
    through_load_balancer,
    through_node_port,
    through_proxy,
    to_service_address,
)
from svcmap.paths.walk import Hop, Trace, Walk
from svcmap.semantics import dns, gateway, ingress
from svcmap.semantics.service import find_port


def trace(state: ClusterState, request: Request, assumptions: Assumptions = DEFAULT) -> Trace:
    """What becomes of a request, hop by hop. Raises NotFoundError for a `via` or client that is not in the source."""
    walk = Walk(state, request, assumptions)
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
    if request.via and not request.via.startswith("node:"):
        return _via(walk, request.via)
    return to_address(walk, request.host) if request.is_address else _by_name(walk)


def _client_sentence(walk: Walk) -> str:
    match walk.request.vantage.kind:
        case "internet":
            return "A client somewhere on the internet."
        case "node":
            return "Anything that can reach a node address." if not walk.request.vantage.value else "A node itself."
        case "ip":
            return (
                "A machine outside the cluster." if not walk.client.inside else f"This address is {walk.client.title}."
            )
    return "A pod in the cluster."


def _via(walk: Walk, via: str) -> Trace:
    kind, _, text = via.partition(":")
    name = Name(*text.split("/")) if text.count("/") == 1 else Name("default", text)
    if kind == "ingress" and name in walk.state.ingresses:
        return through_ingress(walk, walk.state.ingresses[name])
    if kind == "gateway" and name in walk.state.gateways:
        return through_gateway(walk, walk.state.gateways[name], walk.request.prefer)
    if kind == "gateway" and any(is_parent(name, route) for route in walk.state.routes):
        hop = Hop(
            kind="gateway",
            object=ObjectRef("Gateway", *name),
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
    port = next((p for p in service.spec.ports if f"{p.port}/{p.protocol}" == aim.port), None)
    if port is None:
        raise NotFoundError(f"Service {aim.service} has no port {aim.port}")
    walk.at_service(service, port)
    match aim.role:
        case "load-balancer":
            return through_load_balancer(walk, service, port, aim.address)
        case "node-port":
            return through_node_port(walk, service, port)
    return through_proxy(walk, service, port, aim.role, aim.address)


# -- by name ----------------------------------------------------------------------------------------------------


def search_names(walk: Walk) -> Iterator[str]:
    """The names a pod's resolver tries, in order (R2, R4: ndots 5, ClusterFirst)."""
    host, zone = walk.request.host, walk.assumptions.dns.zones[0]
    suffixes = (f"{walk.client.namespace}.svc.{zone}", f"svc.{zone}", zone)
    searched = [f"{host}.{suffix}" for suffix in suffixes]
    if host.endswith("."):
        yield host.rstrip(".")
    elif host.count(".") >= 5:
        yield from (host, *searched)
    else:
        yield from (*searched, host)


def _by_name(walk: Walk) -> Trace:
    if walk.client.in_pod:
        answer, name = _look_up(walk)
        if answer.service is not None and answer.rcode == "NOERROR":
            return _follow_answer(walk, answer, name)
        if answer.service is not None:
            return _no_answer(walk, answer, name)
    return _public_name(walk)


def _look_up(walk: Walk) -> tuple[dns.Answer, str]:
    """The first answer with data, as a resolver asking for A and AAAA finds it; else what the Service's name gets."""
    other: tuple[dns.Answer, str] | None = None
    for name in search_names(walk):
        for type_ in ("A", "AAAA"):
            answer = ask_dns(walk.state, name, type_, walk.assumptions.dns)
            if answer.answers:
                return answer, name
            if answer.service is not None and (other is None or other[0].rcode != "NOERROR"):
                other = answer, name
        if other is not None and other[0].rcode == "NOERROR":
            return other
    return other or (dns.NXDOMAIN, walk.request.host)


def _no_answer(walk: Walk, answer: dns.Answer, name: str) -> Trace:
    service = find_service(walk.state, answer.service) if answer.service else None
    ref = service.ref if service else None
    why, step = "the Service has no ready endpoint", "see why its pods are not ready"
    if answer.rule == "D14":
        why, step = "externalName is empty or an address, not a name", "set externalName to a host name"
    elif answer.rule == "D11":
        why, step = "nothing exists below a DNS alias", "ask for the name of the Service itself"
    hop = Hop(
        kind="dns",
        address=name,
        rule=answer.rule,
        basis=answer.basis,
        object=ref,
        next=step,
        says=f"DNS answers {answer.rcode} for {name}: {why}.",
    )
    if service is not None:
        walk.at_service(service, find_port(service, walk.request.port, walk.request.protocol))
        found = endpoints_of(walk.state, service.name)
        walk.note(excluded=tuple((e, e.reason or "not ready") for e in found.endpoints))
        if found.basis == "unknown":
            return walk.unknown(replace(hop, says=f"Nothing is known of the endpoints: {found.source}."))
    return walk.stop(hop, "name-not-found")


def _follow_answer(walk: Walk, answer: dns.Answer, name: str) -> Trace:
    service = find_service(walk.state, answer.service) if answer.service else None
    if service is None:
        raise AssertionError("an answer names a Service of the state")
    data = ", ".join(record.data for record in answer.answers[:3])
    more = f" and {len(answer.answers) - 3} more" if len(answer.answers) > 3 else ""
    says = f"DNS answers {name} with {data}{more}." if data else f"DNS answers {name}: {answer.note}."
    walk.add(Hop(kind="dns", object=service.ref, address=name, rule=answer.rule, basis=answer.basis, says=says))
    if service.spec.type == "ExternalName":
        return _to_alias(walk, service)
    if service.spec.cluster_ip == "None":
        found = endpoints_of(walk.state, service.name)
        says = "No cluster IP: DNS answers with the addresses of ready pods, and the client picks one."
        return direct_to_endpoints(walk, service, found, answer.rule, says)
    ip = answer.answers[0].data if answer.answers else service.spec.cluster_ip
    return to_service_address(walk, service, "cluster-ip", ip)


def _to_alias(walk: Walk, service: Service) -> Trace:
    """ExternalName: an alias inside the cluster is followed one step (D11), one outside cannot be checked."""
    target = service.spec.external_name.rstrip(".")
    walk.at_service(service, None)
    hop = Hop(
        kind="external-name",
        object=service.ref,
        address=target,
        rule="D11",
        basis="unknown",
        says=f"The client connects to {target} itself; its TLS and Host name stay {walk.request.host}.",
    )
    answer = ask_dns(walk.state, target, "A", walk.assumptions.dns)
    if answer.rcode == "NXDOMAIN" or target == dns.service_name(service.name, walk.assumptions.dns):
        says = f"{target} is a name of the cluster and has no address: clients get none."
        return walk.stop(
            replace(hop, says=says, basis="computed", next="point externalName to a Service that exists"),
            "name-no-data",
            external_name=target,
        )
    walk.add(hop)
    return walk.end("reachable", external_name=target)


def _public_name(walk: Walk) -> Trace:
    """A name of the outside: an Ingress or Gateway with this host, or a load balancer of this host name."""
    state, host = walk.state, walk.request.host
    best = max(_ingress_candidates(state, host), key=lambda pair: pair[0], default=None)
    if best is not None:
        return through_ingress(walk, best[1])
    for item in state.gateways.values():
        if _serves_host(state, item, host):
            return through_gateway(walk, item)
    if host in state.services_by_address:
        return to_address(walk, host)
    hop = Hop(
        kind="dns",
        address=host,
        rule="D3",
        says=f"Nothing in this cluster answers for {host}.",
        next="check the spelling, and whether the client can resolve cluster names",
    )
    if not walk.client.inside and walk.assumptions.dns.zones[0] in host:
        hop = Hop(
            kind="dns",
            address=host,
            rule="D1",
            next="use a public name or address",
            says=f"{host} is a name of the cluster: a client outside cannot resolve it.",
        )
    return walk.stop(hop, "name-not-found")


def _ingress_candidates(state: ClusterState, host: str) -> Iterator[tuple[int, Ingress]]:
    """Ingresses that are served and have a rule for a host, with how specific it is."""
    for item in state.ingresses.values():
        if served_by(state, item).served is False:
            continue
        rank = max((ingress.host_specificity(rule.host, host) for rule in item.spec.rules), default=0)
        if rank > 1:
            yield rank, item


def _serves_host(state: ClusterState, item: Gateway, host: str) -> bool:
    return any(
        hostname and gateway.hostname_matches(hostname, host)
        for listener in item.spec.listeners
        for _, hostnames in attached_routes(state, item, listener)
        for hostname in hostnames
    )


# -- by address -------------------------------------------------------------------------------------------------


def to_address(walk: Walk, address: str) -> Trace:
    """A request to an IP address (or a load balancer's host name): whose is it?"""
    state, port, protocol = walk.state, walk.request.port, walk.request.protocol
    owners = state.services_by_address.get(address, [])
    # Two Services may share an external IP or load balancer, each with its own ports.
    owners = sorted(owners, key=lambda pair: not any(p.port == port for p in pair[1].spec.ports))
    node = state.nodes_by_address.get(address)
    for role, raw in owners:
        service = find_service(state, raw.name)
        if service is not None and (role != "external-ip" or node is None or find_port(service, port, protocol)):
            return _to_role(walk, role, service.name, address)
    if node is not None:
        return _to_node(walk, address, node.metadata.name)
    if pod := state.pods_by_address.get(address):
        return _to_pod(walk, pod.name, address)
    for item in state.ingresses.values():
        if any(address in (i.ip, i.hostname) for i in item.status.load_balancer.ingress):
            return through_ingress(walk, item)
    for entry in state.gateways.values():
        if any(a.value == address for a in entry.status.addresses):
            return through_gateway(walk, entry)
    hop = Hop(
        kind="service",
        address=f"{address}:{port}",
        rule="K12",
        says=f"No object of the cluster has {address}.",
        next="check the address; it may belong to something outside the cluster",
    )
    return walk.stop(hop, "not-a-cluster-address")


def _to_role(walk: Walk, role: str, name: Name, address: str) -> Trace:
    service = find_service(walk.state, name)
    if service is None:
        raise AssertionError("the address index holds Services of the state")
    match role:
        case "load-balancer":
            return to_service_address(walk, service, "load-balancer", address)
        case "external-ip":
            return to_service_address(walk, service, "external-ip", address)
    return to_service_address(walk, service, "cluster-ip", address)


def _to_node(walk: Walk, address: str, node: str) -> Trace:
    port, protocol = walk.request.port, walk.request.protocol
    for name in walk.state.services:
        service = find_service(walk.state, name)
        for candidate in service.spec.ports if service else []:
            if service and candidate.node_port == port and candidate.protocol == protocol:
                walk.at_service(service, candidate)
                return through_node_port(walk, service, candidate)
    hop = Hop(
        kind="node-port",
        object=ObjectRef("Node", "", node),
        address=f"{address}:{port}",
        rule="K11",
        says=f"Port {port} of node {node} is no node port, and no external IP of a Service.",
        next="kubectl get svc -A; look for the node port",
    )
    return walk.stop(hop, "port-not-in-service")


def _to_pod(walk: Walk, pod: Name, address: str) -> Trace:
    found = next(
        (e for name in walk.state.services for e in endpoints_of(walk.state, name).endpoints if e.pod == pod), None
    )
    walk.add(
        Hop(
            kind="pod",
            object=ObjectRef("Pod", *pod),
            address=f"{address}:{walk.request.port}",
            rule="N1",
            basis="observed",
            says="Straight to the pod: no Service stands in between.",
        )
    )
    return walk.end("reachable", endpoints=(found,) if found else ())
