"""From an address of a Service to its pods: load balancer, node port, kube-proxy, endpoint."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from svcmap.model.addresses import before_port, family_of
from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import Basis, Endpoint, EndpointSet
from svcmap.model.group_kinds import SERVICE
from svcmap.paths.asking.client import node_addresses
from svcmap.paths.asking.request import Role
from svcmap.paths.known.emptiness import port_gap
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.outcome import Action, Answer, Hop, HopKind, Trace
from svcmap.paths.packets.arrival import DROPPED, Stretch, endpoint_basis, finish, port_missing
from svcmap.paths.packets.crossing import (
    Crossing,
    crossing,
    is_hairpin,
    receiving_node,
    senders,
    source_kept,
    unanswered,
)
from svcmap.paths.policies.at_endpoints import Source
from svcmap.paths.policies.egress import cannot_leave
from svcmap.paths.walk import Walk
from svcmap.semantics import load_balancer, service_proxy
from svcmap.semantics import service as service_rules
from svcmap.semantics.service import find_port

LATER = "assigned at creation"


def through_load_balancer(walk: Walk, service: Service, port: ServicePort, address: str) -> Trace:
    """The client's packet meets the load balancer, which sends it to a node port or, without one, to the address."""
    title = f"{address or '<pending>'}:{port.port}"
    ref = service.ref
    if not address:
        return _no_address(walk, service, port)
    if (walk.client.inside or walk.request.via) and not service_proxy.is_vip(service, address):
        return _out_and_back(walk, service, port, address)
    if stopped := _other_family(walk, service, port, address) or _outside_ranges(walk, service, port, address):
        return stopped
    walk.add(
        Hop(
            kind="load-balancer",
            object=ref,
            address=title,
            rule="K2",
            basis="observed",
            says=_load_balancer_sentence(walk, title),
        )
    )
    if walk.client.inside:
        walk.seen = replace(walk.seen, short_circuit=True)
        return through_proxy(walk, service, port, "load-balancer", address)
    if port.node_port:
        return _through_node(walk, service, port, "load-balancer", address)
    if service.spec.allocate_load_balancer_node_ports is False:
        walk.assume("the load balancer sends to pods itself: there is no node port it could send to (K16)")
    return through_proxy(walk, service, port, "load-balancer", address)


def _load_balancer_sentence(walk: Walk, title: str) -> str:
    if walk.client.inside:
        return f"kube-proxy on the client's node answers for {title} itself: the packet never leaves the cluster."
    if walk.request.via:
        return f"The packet for {title} arrives at {f'{walk.request.via.kind} {walk.request.via.name}'}."
    return f"The load balancer accepts the connection on {title} and hands it to a healthy node."


def _out_and_back(walk: Walk, service: Service, port: ServicePort, address: str) -> Trace:
    """K2: kube-proxy knows no host names and no ipMode Proxy: the packet goes out to the real load balancer."""
    hop = Hop(
        kind="load-balancer",
        object=service.ref,
        address=f"{before_port(address)}:{port.port}",
        rule="K2",
        basis="observed",
        says="kube-proxy has no rule for this address: the packet leaves for the real load balancer and comes back.",
    )
    walk.add(hop)
    if stopped := cannot_leave(walk, address, port.port, by_pods=False):
        return stopped
    walk.seen = replace(walk.seen, short_circuit=False)
    return walk.end("via-load-balancer")


def _other_family(walk: Walk, service: Service, port: ServicePort, address: str) -> Trace | None:
    """K2: kube-proxy makes its rules family by family; without a cluster IP of a family there are none."""
    family = family_of(address)
    known = service.spec.cluster_ips
    if not family or not known or any(family_of(ip) == family for ip in known):
        return None
    hop = Hop(
        kind="service",
        object=service.ref,
        address=f"{before_port(address)}:{port.port}",
        rule="K2",
        says=f"The Service has no {family} cluster IP, so kube-proxy has no rule for its {family} addresses.",
        next="set spec.ipFamilyPolicy PreferDualStack, or ask for an address of its family",
    )
    walk.at_service(service, port)
    return walk.stop(hop, "port-not-in-service")


def _outside_ranges(walk: Walk, service: Service, port: ServicePort, address: str) -> Trace | None:
    """K9: loadBalancerSourceRanges. Without endpoints iptables rejects whatever the source, before it looks."""
    ranges = service.spec.load_balancer_source_ranges
    mode, family, title = walk.assumptions.proxy.mode, family_of(address), f"{address}:{port.port}"
    narrowed = service_proxy.narrowed_to(ranges, family)
    if not narrowed:
        return None
    client = next((ip for ip in walk.client.addresses if family_of(ip) == family), walk.client.address)
    hop = Hop(
        kind="load-balancer",
        object=service.ref,
        address=title,
        rule="K9",
        says=f"{client or walk.client.title} is outside loadBalancerSourceRanges: packets are dropped.",
        next="add the client's range to spec.loadBalancerSourceRanges",
    )
    if client:
        if service_proxy.source_allowed(ranges, client, _vip_sender(walk, client, title)):
            return None
    else:
        says = f"Only clients in {', '.join(narrowed)} are let in (loadBalancerSourceRanges)."
        return walk.unknown(replace(hop, says=says, next="give the client's address with --from"))
    if mode == "iptables" and not _has_usable(walk, service, port):
        return None
    return walk.stop(hop, "source-range", answer=DROPPED)


def _vip_sender(walk: Walk, client: str, title: str) -> str:
    """K9: packets from the load balancer's own address pass where a range has the node's; that address, else empty."""
    if not title.startswith(f"{client}:"):
        return ""
    node = walk.state.nodes.get(receiving_node(walk) or "")
    return next(iter(node_addresses(node)), "") if node else ""


def _has_usable(walk: Walk, service: Service, port: ServicePort) -> bool:
    endpoints = endpoints_of(walk.state, service.name).endpoints
    return bool(service_proxy.choose(endpoints, port, "Cluster", None).eligible)


def _no_address(walk: Walk, service: Service, port: ServicePort) -> Trace:
    wanted = service.spec.load_balancer_class
    by = f"class {wanted}" if wanted else "the cloud controller"
    if not service_rules.was_applied(service):
        return walk.unknown(
            Hop(
                kind="load-balancer",
                object=service.ref,
                address=f"<{LATER}>:{port.port}",
                rule="S19",
                says=f"The address is assigned by {by} when the Service is created.",
            )
        )
    hop = Hop(
        kind="load-balancer",
        object=service.ref,
        address=f"<pending>:{port.port}",
        rule="S13",
        basis="observed",
        says=f"{by[0].upper()}{by[1:]} has not given the Service an address.",
        next=f"kubectl describe svc -n {service.metadata.namespace} {service.metadata.name}",
    )
    return walk.stop(hop, "no-address")


def through_node_port(walk: Walk, service: Service, port: ServicePort, address: str = "") -> Trace:
    """A packet for a node port of a node; `address` is the one it was sent to, where that is known."""
    if not port.node_port and not service_rules.will_have_node_port(service):
        says = "The entry sends to a node port, and this Service has none and will get none."
        hop = Hop(
            kind="node-port",
            object=service.ref,
            address="none",
            rule="K16",
            says=says,
            next="use type NodePort, or an entry that sends to pods directly",
        )
        walk.at_service(service, port)
        return walk.stop(hop, "port-not-in-service")
    if stopped := _other_family(walk, service, port, address):
        return stopped
    return _through_node(walk, service, port, "node-port", address)


def _through_node(walk: Walk, service: Service, port: ServicePort, role: Role, address: str) -> Trace:
    """The node-port hop; with a Local policy and no pod on the nodes the packet ends there."""
    at = crossing(walk)
    hop = _node_hop(walk, service, port, at)
    family = family_of(address)
    cluster_ip = next((ip for ip in service.spec.cluster_ips if family_of(ip) == family), service.spec.cluster_ip)
    choice = _choice(walk, service, port, role, cluster_ip, at)
    if choice.reason == "no-local-endpoints":
        walk.at_service(service, port)
        says = "externalTrafficPolicy is Local and no ready pod of the Service is on the node: packets are dropped."
        walk.excluded = choice.excluded
        return walk.stop(
            replace(hop, rule="K8", says=says, next="run a pod on every node, or use the policy Cluster"),
            "no-local-endpoints",
            answer=DROPPED,
        )
    walk.add(hop)
    return through_proxy(walk, service, port, role, cluster_ip)


def _node_hop(walk: Walk, service: Service, port: ServicePort, at: Crossing) -> Hop:
    number = str(port.node_port) if port.node_port else f"<{LATER}>"
    with_pods, nodes = local_nodes(walk, service, port)
    local = service_proxy.policy_for(service, "node-port", at.sender) == "Local"
    where = f"{len(with_pods) if local else nodes}/{nodes} nodes" if nodes else "every node"
    where = f"node {at.node}" if at.node else where
    says = f"Every node listens on {number} and may send the packet on to a pod of another node."
    if local:
        says = "externalTrafficPolicy is Local: only nodes with a ready pod of the Service answer."
    elif service.spec.external_traffic_policy == "Local":
        says = "externalTrafficPolicy is Local, but a client inside the cluster gets every endpoint (short circuit)."
    basis: Basis = "computed" if port.node_port else "unknown"
    rule = "K7" if not local and service.spec.external_traffic_policy == "Local" else "K6"
    shown = f"{where}:{number}"
    return Hop(kind="node-port", object=service.ref, address=shown, rule=rule, basis=basis, says=says, place=where)


def local_nodes(walk: Walk, service: Service, port: ServicePort) -> tuple[list[str], int]:
    """Nodes with a ready endpoint of a port, and how many nodes there are (0: not in the source)."""
    nodes = list(walk.state.nodes)
    found = {e.node for e in endpoints_of(walk.state, service.name).ready if e.port_for(port.name, port.protocol)}
    return [node for node in nodes if node in found], len(nodes)


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
    if port is None:
        return _no_such_port(walk, service, role, target)
    walk.at_service(service, port)
    if role != "cluster-ip" and client.far and load_balancer.scope_of(address) == "internal":
        says = f"{address} is a private address: whether the client's network leads to it is outside Kubernetes."
        kind: HopKind = "load-balancer" if role == "load-balancer" else "service"
        return walk.unknown(Hop(kind=kind, object=service.ref, address=target, rule="K2", says=says))
    if role == "load-balancer":
        return through_load_balancer(walk, service, port, address)
    if stopped := _other_family(walk, service, port, address):
        return stopped
    return through_proxy(walk, service, port, role, address)


def _no_such_port(walk: Walk, service: Service, role: Role, target: str) -> Trace:
    """K12, K13: nftables rejects an unknown port of a known cluster IP; everything else is left alone."""
    request = walk.request
    walk.at_service(service, None)
    has = ", ".join(f"{p.port}/{p.protocol}" for p in service.spec.ports) or "none"
    hop = Hop(
        kind="service",
        object=service.ref,
        address=target,
        rule="K12",
        says=f"The Service has no port {request.port}/{request.protocol}; its ports: {has}.",
        next="ask for one of its ports, or add this one to spec.ports",
    )
    walk.assume_mode()
    rejects = walk.assumptions.proxy.mode == "nftables" and role == "cluster-ip"
    shared = None if role == "cluster-ip" else (SERVICE,)  # other Services may have the same address
    return walk.stop(hop, "port-not-in-service", lacks=shared, answer=Answer(action="REJECT" if rejects else None))


def _arrives_at_node(walk: Walk) -> bool:
    return bool(walk.request.via and walk.request.via.node)


def through_proxy(walk: Walk, service: Service, port: ServicePort, role: Role, ip: str) -> Trace:
    """kube-proxy on the node the packet hits: the Service port, the policy, one endpoint. `ip` may be empty."""
    walk.at_service(service, port)
    address = f"{before_port(ip) or LATER}:{port.port}"
    if not service_proxy.is_served(service):
        says = f"Label {service_proxy.PROXY_NAME_LABEL} gives the Service to another proxy than kube-proxy."
        return walk.unknown(Hop(kind="service", object=service.ref, address=address, rule="K1", says=says))
    found = endpoints_of(walk.state, service.name)
    at = crossing(walk)
    choice = _choice(walk, service, port, role, ip, at)
    hop = Hop(
        kind="service",
        object=service.ref,
        address=address,
        rule=choice.rule,
        basis=_basis(service, found),
        says=_service_sentence(service, port, role, address, at, served=choice.reason != "no-endpoints"),
    )
    kept = source_kept(service, role, at)
    if choice.eligible:
        _note_source(walk, choice.eligible, kept=kept)
    return finish(
        walk,
        service,
        Stretch(
            owner=service.ref,
            port=port,
            found=found,
            choice=choice,
            hop=hop,
            sources=senders(walk, at, kept=kept),
            answer=Answer(action=_action(walk, role, choice, at)),
            uncovered=tuple(_nodes_without(walk, service, choice, role, at)),
            lost=unanswered(walk, at, choice.eligible, kept=kept),
        ),
    )


def _note_source(walk: Walk, eligible: Sequence[Endpoint], *, kept: bool) -> None:
    """K10: does the pod see a node's address. A pod that reaches itself never sees its own."""
    hairpins = [endpoint for endpoint in eligible if is_hairpin(walk, endpoint)]
    snat = not kept or len(hairpins) == len(eligible)
    walk.seen = replace(walk.seen, snat=snat, hairpin=bool(hairpins))


def _action(walk: Walk, role: Role, choice: service_proxy.Choice, at: Crossing) -> Action | None:
    """K8: a node that asks its own load balancer or external address without endpoints is sent out to the real one."""
    own = at.sender.kind == "node" and role in ("load-balancer", "external-ip")
    if choice.reason == "no-endpoints" and own:
        walk.assume_mode()
        if walk.assumptions.proxy.mode == "iptables":
            return None
    return choice.action


def _choice(walk: Walk, service: Service, port: ServicePort, role: Role, ip: str, at: Crossing) -> service_proxy.Choice:
    policy = service_proxy.policy_for(service, role, at.sender)
    family = family_of(ip)
    endpoints = endpoints_of(walk.state, service.name).endpoints
    if at.node is not None:
        return service_proxy.choose(endpoints, port, policy, at.node, at.zone, family=family)
    nodes = ((node.metadata.name, node.zone) for node in walk.state.nodes.values())
    return service_proxy.choose_anywhere(endpoints, port, policy, nodes, family=family)


def _nodes_without(walk: Walk, service: Service, choice: service_proxy.Choice, role: Role, at: Crossing) -> list[str]:
    """Nodes on which a Local policy drops what another node would answer; none where the node is known or chosen."""
    policy = service_proxy.policy_for(service, role, at.sender)
    if policy != "Local" or at.node is not None or role == "load-balancer":
        return []
    have = {endpoint.node for endpoint in choice.eligible}
    return [name for name in walk.state.nodes if name not in have] if have - {""} else []


def _basis(service: Service, found: EndpointSet) -> Basis:
    return "predicted" if found.basis == "predicted" else "observed" if service.spec.cluster_ip else "assumed"


def _service_sentence(
    service: Service, port: ServicePort, role: Role, address: str, at: Crossing, *, served: bool
) -> str:
    where = "the node that receives the packet" if role != "cluster-ip" else "the client's node"
    where = f"node {at.node}" if at.node else where
    policy = service_proxy.policy_for(service, role, at.sender)
    near = " of the same node" if policy == "Local" else ""
    shown = f"the cluster IP, port {port.port}," if address.startswith(LATER) else address
    if not served:
        return f"kube-proxy on {where} has a rule for {shown.rstrip(',')} and no endpoint to send to."
    source = "" if source_kept(service, role, at) else "; the pod sees a node's address"
    return f"kube-proxy on {where} rewrites {shown} to one ready pod{near}, port {port.target_port}{source}."


# -- without kube-proxy ---------------------------------------------------------------------------------------------


def direct_to_endpoints(walk: Walk, service: Service, found: EndpointSet, rule: str, says: str) -> Trace:
    """A client that got the pods' own addresses from DNS: nothing is rewritten, so the port must be the pod's."""
    request = walk.request
    ready = [e for e in found.ready if e.address or e.basis == "predicted"]
    fitting = [e for e in ready if answers_on(e, request.port, request.protocol)]
    port = _port_behind(service, fitting or ready, request.port) or find_port(service, request.port, request.protocol)
    walk.at_service(service, port)
    hop = Hop(
        kind="service",
        object=service.ref,
        address=f"no cluster IP:{request.port}",
        rule=rule,
        says=says,
        basis=endpoint_basis(found),
    )
    if ready and not fitting:
        ports = sorted({str(b.port) for e in ready for b in e.ports})
        if not ports and service.spec.ports:
            gap = port_gap(walk.state, port or service.spec.ports[0], found)
            return walk.stop(port_missing(gap, hop), "no-endpoints")
        says = f"A headless Service rewrites nothing: the pods listen on {', '.join(ports)}."
        stop = replace(hop, rule="E9", says=says, next=f"connect to port {ports[0]}" if ports else "")
        return walk.stop(stop, "port-not-in-service")
    port = port or ServicePort(port=request.port, protocol=request.protocol, target_port=request.port)
    excluded = tuple((e, e.reason or "not ready") for e in found.endpoints if not e.ready)
    choice = service_proxy.Choice(
        eligible=tuple(fitting), excluded=excluded, rule="D6", reason=None if fitting else "no-endpoints"
    )
    source = Source(party=walk.client.party)
    if fitting:
        walk.seen = replace(walk.seen, snat=False, hairpin=False)
    way = Stretch(owner=service.ref, port=port, found=found, choice=choice, hop=hop, sources=(source,))
    return finish(walk, service, way)


def _port_behind(service: Service, endpoints: Sequence[Endpoint], number: int) -> ServicePort | None:
    """The Service port whose endpoints listen on a number."""
    for port in service.spec.ports:
        bindings = (endpoint.port_for(port.name, port.protocol) for endpoint in endpoints)
        if any(binding and binding.port == number for binding in bindings):
            return port
    return None


def answers_on(endpoint: Endpoint, port: int, protocol: str) -> bool:
    """E11: an endpoint without ports is reachable on any."""
    return any(b.port == port and b.protocol == protocol for b in endpoint.ports) or not endpoint.ports
