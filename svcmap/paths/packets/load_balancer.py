"""Load balancers: who is let in, and whether kube-proxy or the real one answers (K2, K9, S13, S19)."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.addresses import before_port, block_of, contains, family_of
from svcmap.model.connection import Party
from svcmap.model.core import Service, ServicePort
from svcmap.model.group_kinds import ADVERTISEMENTS
from svcmap.model.well_known import LEFT_OUT, SOURCE_RANGES
from svcmap.paths.asking.client import node_addresses
from svcmap.paths.asking.request import INTRANET
from svcmap.paths.known import metallb
from svcmap.paths.known.events import last_warning
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.known.providers import pending_svclb, provider_of, targets_of
from svcmap.paths.outcome import Answer, Hop, Trace, Undecided
from svcmap.paths.packets.arrival import DROPPED
from svcmap.paths.packets.crossing import receiving_node
from svcmap.paths.packets.endpoints import to_endpoints
from svcmap.paths.packets.kube_proxy import LATER, other_family, through_proxy
from svcmap.paths.packets.node_port import through_node
from svcmap.paths.packets.provided import loops_back, note_probe, sharing_conflict
from svcmap.paths.policies.at_endpoints import Source
from svcmap.paths.policies.egress import cannot_leave
from svcmap.paths.walk import Walk
from svcmap.semantics import front_listener, load_balancer, providers, service_proxy
from svcmap.semantics import service as service_rules
from svcmap.semantics.providers import Provider


def through_load_balancer(walk: Walk, service: Service, port: ServicePort, address: str) -> Trace:
    """The client's packet meets the load balancer, which sends it to a node port or, without one, to the address."""
    title = f"{address or '<pending>'}:{port.port}"
    ref = service.ref
    if not address:
        return _no_address(walk, service, port)
    is_vip = service_proxy.is_vip(service, address)
    if walk.request.via and not walk.client.inside and not is_vip:
        return _no_rule_on_node(walk, service, title)
    if (walk.client.inside or walk.request.via) and not is_vip:
        return _out_and_back(walk, service, port, address)
    if not walk.client.inside and (unheard := _unannounced(walk, service, port, address)) is not None:
        return unheard
    if stopped := other_family(walk, service, port, address) or _outside_ranges(walk, service, port, address):
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
    return _as_provided(walk, service, port, address)


def through_coming_load_balancer(walk: Walk, service: Service, number: int) -> Trace:
    """What packets will meet behind an address that nobody has yet, or behind whatever sends them to node ports."""
    port = service_rules.find_port(service, number, walk.request.protocol)
    assert port is not None
    walk.at_service(service, port)
    if service.spec.type != "LoadBalancer":
        walk.assume(f"something outside sends port {number} to node port {port.node_port or LATER} of {service.name}")
        return through_node(walk, service, port, "node-port", "")
    if service_rules.was_applied(service):
        return _no_address(walk, service, port)
    return _as_provided(walk, service, port, "")


def _as_provided(walk: Walk, service: Service, port: ServicePort, address: str) -> Trace:
    """What the provider's load balancer does with the packet of a client outside: to pods, or to node ports (K16)."""
    provider, said = provider_of(walk.state, service), service_rules.said_of_port(service, port)
    if said is not None and said.error:
        return _off(walk, service, port, said.error)
    if said is None and providers.takes(service, port.protocol, provider) is None:
        index = next((i for i, one in enumerate(service.spec.ports) if one == port), 0)
        could = f"is another protocol than that of its first port: whether one address takes both {_whose(provider)}"
        undecided = Undecided(object=service.ref, field=f"spec.ports[{index}].protocol", could=could)
        walk.doubt(undecided, "load-balancer", "S13", refuses=True)
    _note_annotations(walk, service)
    note_probe(walk, service, port)
    wanted, title = targets_of(walk.state, service), provider.title if provider else "The load balancer"
    if wanted == "ip":
        return _to_pods(walk, service, port, title)
    if provider is None or not provider.takes_all_nodes:
        _note_left_out(walk, service)
    if port.node_port:
        return through_node(walk, service, port, "load-balancer", address)
    if wanted == "instance" and service.spec.allocate_load_balancer_node_ports is False:
        hop = Hop(
            kind="node-port",
            object=service.ref,
            address="none",
            rule="K16",
            says="The load balancer's targets are node ports (instance), and the Service has none.",
            next=f"set {providers.TARGET_TYPE} to ip, or allocateLoadBalancerNodePorts to true",
        )
        return walk.stop(hop, "port-not-in-service")
    if service.spec.allocate_load_balancer_node_ports is False:
        if not service_proxy.is_vip(service, address):
            walk.assume("the load balancer connects to pods itself: there is no node port it could send to (K16)")
            return _to_pods(walk, service, port, title)
        if provider is None or not provider.hands_over:
            walk.assume("the load balancer hands packets over to a node as they are: there is no node port (K16)")
    return through_proxy(walk, service, port, "load-balancer", address)


def _off(walk: Walk, service: Service, port: ServicePort, error: str) -> Trace:
    """What whoever provides the load balancer says of a port that it could not set up (ServiceStatus, PortStatus)."""
    hop = Hop(
        kind="load-balancer",
        object=service.ref,
        address=f"{port.port}/{port.protocol}",
        rule="S13",
        basis="observed",
        says=f"The load balancer has no port {port.port}/{port.protocol}: its controller says {error}"
        " (status.loadBalancer.ingress[].ports[].error).",
        next=f"{service.ref.kubectl('describe')}; or have a Service of its own for {port.protocol}",
    )
    return walk.stop(hop, "no-listener")


def _note_left_out(walk: Walk, service: Service) -> None:
    """A label takes nodes out of load balancers (Kubernetes, "Well-Known Labels"): where no other is left for it,
    nothing gets through, unless its provider does not care.
    """
    nodes = list(walk.state.nodes.values())
    if service.spec.external_traffic_policy == "Local":
        having = {endpoint.node for endpoint in endpoints_of(walk.state, service.name).ready}
        nodes = [node for node in nodes if node.metadata.name in having]
    if nodes and all(LEFT_OUT in node.metadata.labels for node in nodes):
        could = "takes it out of load balancers, and no other node is left for this one"
        undecided = Undecided(object=nodes[0].ref, field=f"metadata.labels[{LEFT_OUT}]", could=could)
        walk.doubt(undecided, "load-balancer", "K15", refuses=True, why="")


def _unannounced(walk: Walk, service: Service, port: ServicePort, address: str) -> Trace | None:
    """The finished trace of a client of an address of MetalLB's that nobody tells the network of (CF-34)."""
    silence = metallb.silence(walk.state, service, address)
    if silence is None:
        return None
    hop = Hop(
        kind="load-balancer",
        object=silence.object,
        address=f"{address}:{port.port}",
        rule="CF-34",
        says=f"{silence.says}: no node answers for the address.",
        next=silence.next,
    )
    return walk.stop(hop, "not-routable", answer=DROPPED, lacks=ADVERTISEMENTS)


def _note_annotations(walk: Walk, service: Service) -> None:
    """Annotations by which the provider's load balancer may decide (CF-14, CF-20 on). A private network does not keep
    out a client of one, nor do the ranges of S15 one whose address is in them.
    """
    ranges = load_balancer.restricted_to(service) or []
    blocks = [block for text in ranges if (block := block_of(text)) is not None]
    ips = walk.client.addresses
    is_let_in = bool(ips) and all(any(contains(block, ip) for block in blocks) for ip in ips)
    is_private = bool(ips) and all(load_balancer.scope_of(ip) == "internal" for ip in ips)
    is_private = is_private or walk.request.vantage.kind == "intranet"
    provider, places = provider_of(walk.state, service), load_balancer.addresses(service)
    is_of_cluster = (provider is not None and provider.is_of_cluster) or any(
        metallb.is_of_pool(walk.state, place.ip) for place in places if place.ip
    )
    for key, could in front_listener.deciding(service):
        if key in front_listener.SCOPE and is_private:
            continue
        if key.startswith(front_listener.OF_CLOUDS) and is_of_cluster:
            continue
        if key == SOURCE_RANGES and (is_let_in or service.spec.load_balancer_source_ranges):
            continue
        undecided = Undecided(object=service.ref, field=f"metadata.annotations[{key}]", could=could)
        walk.doubt(undecided, "load-balancer", "CF-14", refuses=True)


def _whose(provider: Provider | None) -> str:
    return f"is for {provider.title} to say" if provider else "is for its provider to say"


def _to_pods(walk: Walk, service: Service, port: ServicePort, by: str) -> Trace:
    """Targets are the pods: neither node ports nor kube-proxy play a part."""
    party = Party(title="the load balancer")
    walk.seen = replace(walk.seen, snat=False)
    return to_endpoints(walk, service, port, by, (Source(party=party),), Answer())


def _no_rule_on_node(walk: Walk, service: Service, title: str) -> Trace:
    """K2: a packet that has come to a node for an address of mode Proxy, or of a host name, meets no rule there."""
    hop = Hop(
        kind="load-balancer",
        object=service.ref,
        address=title,
        rule="K2",
        says="kube-proxy has no rule for this address (ipMode Proxy): a packet that arrives at a node ends there.",
        next="send it to the node port, as the load balancer does",
    )
    return walk.stop(hop, "port-not-in-service")


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
    if lost := loops_back(walk, service, port):
        return lost
    return _back(walk, service, port, address) or walk.end("via-load-balancer")


def _back(walk: Walk, service: Service, port: ServicePort, address: str) -> Trace | None:
    """The finished trace of a packet that the load balancer brings back and that gets no further: it meets the node
    port, the policy and the endpoints as everybody's packets do. None where it gets to a pod, or nobody can tell.
    """
    if kept_out := _back_outside_ranges(walk, service, port, address):
        return kept_out
    inner = Walk(walk.state, replace(walk.request, vantage=INTRANET, via=None), walk.assumptions)
    back = _as_provided(inner, service, port, address)
    if back.verdict != "unreachable" or back.stop is None:
        return None
    for text in back.assumed:
        walk.assume(text)
    walk.at_service(service, port)
    walk.excluded, walk.suggest = back.excluded, back.suggest
    says = f"The load balancer brings it back: {back.stop.says}"
    walk.add(replace(back.stop, says=says))
    return walk.end("unreachable", reason=back.reason, answer=back.answer)


def _back_outside_ranges(walk: Walk, service: Service, port: ServicePort, address: str) -> Trace | None:
    """K9: the finished trace of packets from the cluster that the load balancer does not let in. It sees the address of
    the client, of its node, or (of a public one) of a gateway on the way, which nobody here knows.
    """
    narrowed = service_proxy.narrowed_to(service.spec.load_balancer_source_ranges, family_of(address))
    node = walk.state.nodes.get(walk.client.node or "")
    nodes = [node] if node else list(walk.state.nodes.values())
    seen = {*walk.client.addresses, *(ip for item in nodes for ip in node_addresses(item))}
    let_in = {service_proxy.source_allowed(narrowed, ip) for ip in seen}
    if not narrowed or let_in == {True}:
        return None
    where = f"loadBalancerSourceRanges of {service.name} ({', '.join(narrowed)})"
    if let_in == {False} and load_balancer.scope_of(address) == "internal":
        hop = Hop(
            kind="load-balancer",
            object=service.ref,
            address=f"{before_port(address)}:{port.port}",
            rule="K9",
            says=f"{where} have neither the address of {walk.client.title} nor that of its node.",
            next="add the nodes' range to spec.loadBalancerSourceRanges, or ask for the cluster IP",
        )
        return walk.stop(hop, "source-range", answer=DROPPED)
    could = "may not have the address with which packets leave the cluster"
    undecided = Undecided(object=service.ref, field="spec.loadBalancerSourceRanges", could=could)
    walk.doubt(undecided, "load-balancer", "K9", refuses=True)
    return None


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
    conflict = sharing_conflict(walk.state, service)
    if not service_rules.was_applied(service):
        if conflict:
            undecided = Undecided(object=service.ref, field="spec.loadBalancerIP", could=f"asks for {conflict}")
            walk.doubt(undecided, "load-balancer", "CF-34", refuses=True)
        return walk.unknown(
            Hop(
                kind="load-balancer",
                object=service.ref,
                address=f"<{LATER}>:{port.port}",
                rule="S19",
                says=f"The address is assigned by {by} when the Service is created.",
            )
        )
    event = last_warning(walk.state, service.ref)
    waiting = pending_svclb(walk.state, service) or (not conflict and metallb.why_pending(walk.state, service))
    hop = Hop(
        kind="load-balancer",
        object=service.ref,
        address=f"<pending>:{port.port}",
        rule="S13",
        basis="observed",
        says=f"{by[0].upper()}{by[1:]} has not given the Service an address."
        + (f" An Event says {event.text}." if event else "")
        + (f" {waiting}." if waiting else "")
        + (f" {conflict}." if conflict else ""),
        next=f"kubectl describe svc -n {service.metadata.namespace} {service.metadata.name}",
    )
    return walk.stop(hop, "no-address")
