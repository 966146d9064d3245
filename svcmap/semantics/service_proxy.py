"""kube-proxy: which addresses it serves, and which endpoints a packet can get on a node (K1-K17).

Upstream: pkg/proxy/serviceport.go, pkg/proxy/topology.go CategorizeEndpoints, pkg/proxy/{iptables,nftables}/proxier.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec.structs import replace

from svcmap.model.addresses import block_of, canonical, contains
from svcmap.model.base import Part
from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import Endpoint

PROXY_NAME_LABEL = "service.kubernetes.io/service-proxy-name"
Policy = Literal["Cluster", "Local"]


class Choice(Part, frozen=True):
    """What kube-proxy on a node does with a packet for a Service port.

    `eligible` are the endpoints it may go to; `excluded` pairs each other endpoint with why it gets nothing. With
    nothing eligible `action` is REJECT or DROP and `reason` one of the trace vocabulary.
    """

    eligible: tuple[Endpoint, ...]
    excluded: tuple[tuple[Endpoint, str], ...] = ()
    rule: str = "K3"
    action: Literal["REJECT", "DROP"] | None = None
    reason: Literal["no-endpoints", "no-local-endpoints"] | None = None
    fallback: bool = False


def is_served(service: Service) -> bool:
    """K1: kube-proxy leaves out headless and ExternalName Services, and those of another proxy."""
    spec = service.spec
    return spec.type != "ExternalName" and spec.cluster_ip != "None" and PROXY_NAME_LABEL not in service.metadata.labels


def is_vip(service: Service, address: str) -> bool:
    """K2, S19: whether kube-proxy serves a load balancer's address itself: an IP whose ipMode is not Proxy."""
    ingress = service.status.load_balancer.ingress
    return any(canonical(i.ip) == canonical(address) and i.ip_mode in ("", "VIP") for i in ingress if i.ip)


class Sender(Part, frozen=True):
    """Who sends a packet, as kube-proxy on the receiving node tells: `pod` is in the pod range, `node` is that node
    itself; everything else is `outside`, another node too (K7, K10).
    """

    kind: Literal["pod", "node", "outside"]
    here: bool = True
    """The packet is handled on the sender's own node."""


def policy_for(service: Service, role: str, sender: Sender) -> Policy:
    """K5, K6, K7: which traffic policy governs an address. `role` is cluster-ip, node-port, external-ip or
    load-balancer; a pod, or the node itself, short-circuits externalTrafficPolicy Local.
    """
    if role == "cluster-ip":
        return "Local" if service.spec.internal_traffic_policy == "Local" else "Cluster"
    short_circuits = sender.kind == "pod" or (sender.kind == "node" and sender.here)
    return "Local" if service.spec.external_traffic_policy == "Local" and not short_circuits else "Cluster"


def masquerades(
    service: Service, role: str, sender: Sender, *, detects_pods: bool = True, all_of_them: bool = False
) -> bool:
    """K10: whether the node puts its own address on the packets. Without a local detector the traffic of nodes and
    outside clients to a cluster IP keeps its source, unless all of it is masqueraded.
    """
    if role == "cluster-ip" and all_of_them:
        return True
    if role == "cluster-ip":
        return sender.kind != "pod" and detects_pods
    if service.spec.external_traffic_policy != "Local":
        return True
    return sender.kind == "node" and sender.here


def detects(cluster_cidr: str | None, addresses: Sequence[str]) -> bool:
    """Whether kube-proxy takes a pod with these addresses for one. None: it knows all of them; "" none (K7)."""
    if cluster_cidr is None:
        return True
    networks = [network for text in cluster_cidr.split(",") if (network := block_of(text.strip()))]
    return any(contains(network, address) for network in networks for address in addresses)


def serves_node_port(address: str, primary: Sequence[str], mode: str, configured: Sequence[str]) -> bool:
    """K11: whether kube-proxy listens for node ports on an address of a node with these `primary` addresses.

    `configured` is --nodeport-addresses; empty is every address in iptables mode and the primary ones in nftables mode.
    """
    if not configured:
        return mode != "nftables" or address in primary
    if "primary" in configured and address in primary:
        return True
    return any(contains(network, address) for text in configured if (network := block_of(text)))


def serves_localhost(address: str, mode: str, configured: Sequence[str]) -> bool:
    """K11: 127.0.0.1 works in iptables mode only, where no node port addresses are set or they cover it; never ::1."""
    if mode != "iptables" or ":" in address:
        return False
    return not configured or any(contains(network, address) for text in configured if (network := block_of(text)))


def source_allowed(ranges: Sequence[str], address: str, sent_by_vip_of: str = "") -> bool:
    """K9, S15: whether loadBalancerSourceRanges let an address in. Ranges of one family leave the other open, and one
    that matches everything voids the list of its family.

    `sent_by_vip_of` is the address of the node where the packet comes from the load balancer's own address.
    """
    networks = [network for text in ranges if (network := block_of(text.strip()))]
    family = [network for network in networks if (network.version == 6) == (":" in address)]
    if not family or any(network.prefixlen == 0 or contains(network, address) for network in family):
        return True
    return bool(sent_by_vip_of) and any(contains(network, sent_by_vip_of) for network in family)


def narrowed_to(ranges: Sequence[str], family: str) -> list[str]:
    """K9: the ranges that narrow who may come in by an address of a family (empty: any); none if one is everything."""
    networks = [network for text in ranges if (network := block_of(text.strip()))]
    mine = [network for network in networks if not family or (network.version == 6) == (family == "IPv6")]
    return [] if any(network.prefixlen == 0 for network in mine) else [str(network) for network in mine]


def choose(
    endpoints: Sequence[Endpoint],
    port: ServicePort,
    policy: Policy,
    node: str | None,
    zone: str = "",
    *,
    family: str = "",
) -> Choice:
    """The endpoints for a packet on `node`; None is any node, and a Local policy then has the union of all (K15, K17).

    `family` is that of the address the packet was sent to (K2: family by family); empty where it is not known.
    """
    excluded: list[tuple[Endpoint, str]] = []
    bound = _bound(endpoints, port, family, excluded, by_proxy=True)
    if not any(e.ready or (e.serving and e.terminating) for e in bound):
        excluded += [(endpoint, endpoint.reason or "not ready") for endpoint in bound]
        return Choice(eligible=(), excluded=tuple(excluded), rule="K8", action="REJECT", reason="no-endpoints")
    candidates = bound
    if policy == "Local":
        candidates = [e for e in bound if (e.node == node if node is not None else e.node or not e.address)]
        here = set(map(id, candidates))
        excluded += [(e, f"not on {node or 'any node'}: the policy is Local") for e in bound if id(e) not in here]
    ready = [endpoint for endpoint in candidates if endpoint.ready]
    chosen, rule = ready, "K3"
    if policy == "Cluster" and node is not None:
        chosen, rule = _topology(ready, node, zone)
    fallback = not chosen
    if fallback:
        chosen = [endpoint for endpoint in candidates if endpoint.serving and endpoint.terminating]
    taken = set(map(id, chosen))
    excluded += [(e, _why_not(e, rule)) for e in candidates if id(e) not in taken]
    if not chosen:
        return Choice(eligible=(), excluded=tuple(excluded), rule="K8", action="DROP", reason="no-local-endpoints")
    return Choice(eligible=tuple(chosen), excluded=tuple(excluded), rule=rule, fallback=fallback)


def choose_by_ipvs(
    service: Service, role: str, endpoints: Sequence[Endpoint], port: ServicePort, at: Sender, node: str, family: str
) -> Choice | None:
    """K7, in ipvs mode: under a Local policy every sender has the endpoints of the node; where it has none those inside
    get all of them (pkg/proxy/ipvs/proxier.go, syncEndpoint). None where ipvs does as the other modes.
    """
    spec = service.spec
    policy = spec.internal_traffic_policy if role == "cluster-ip" else spec.external_traffic_policy
    if policy != "Local" or at.kind == "outside":
        return None
    local = choose(endpoints, port, "Local", node, family=family)
    return local if local.eligible else choose(endpoints, port, "Cluster", node, family=family)


def choose_anywhere(
    endpoints: Sequence[Endpoint],
    port: ServicePort,
    policy: Policy,
    nodes: Iterable[tuple[str, str]],
    *,
    family: str = "",
) -> Choice:
    """The endpoints for packets that any of some nodes (name, zone) may receive: the union of what each would choose.

    Nodes that have nothing to choose count for nothing here: a load balancer's health check skips them (K15).
    """
    hinted = any(endpoint.zone_hints or endpoint.node_hints for endpoint in endpoints)
    whole = choose(endpoints, port, policy, None, family=family)
    if policy != "Cluster" or not hinted or not whole.eligible or whole.fallback:
        return whole
    named = {node for endpoint in endpoints for node in endpoint.node_hints}
    # A node that no hint names is like any other of its zone: of thousands of nodes few differ.
    kinds = dict.fromkeys((node if node in named else "", zone) for node, zone in nodes)
    choices = [choose(endpoints, port, policy, node, zone, family=family) for node, zone in kinds]
    if not any(choice.rule == "K4" for choice in choices):
        return whole
    taken = {id(endpoint) for choice in choices for endpoint in choice.eligible}
    eligible = tuple(endpoint for endpoint in whole.eligible if id(endpoint) in taken)
    left = tuple((e, _why_not(e, "K4")) for e in whole.eligible if id(e) not in taken)
    return replace(whole, eligible=eligible, excluded=(*whole.excluded, *left), rule="K4")


def choose_ready(endpoints: Sequence[Endpoint], port: ServicePort) -> Choice:
    """What a proxy that reads EndpointSlices itself dials: ready endpoints, no policy, no fallback (G12, section 6)."""
    excluded: list[tuple[Endpoint, str]] = []
    bound = _bound(endpoints, port, "", excluded, by_proxy=False)
    ready = tuple(endpoint for endpoint in bound if endpoint.ready)
    excluded += [(endpoint, endpoint.reason or "not ready") for endpoint in bound if not endpoint.ready]
    return Choice(eligible=ready, excluded=tuple(excluded), rule="G12", reason=None if ready else "no-endpoints")


def _bound(
    endpoints: Sequence[Endpoint],
    port: ServicePort,
    family: str,
    excluded: list[tuple[Endpoint, str]],
    *,
    by_proxy: bool,
) -> list[Endpoint]:
    """Endpoints that have the port and an address of the family; the others go to `excluded` with why."""
    bound = []
    for endpoint in endpoints:
        if not endpoint.port_for(port.name, port.protocol):
            excluded.append((endpoint, _no_port(port)))
        elif family and endpoint.family and endpoint.family != family:
            excluded.append((endpoint, f"has no {family} address"))
        elif not endpoint.for_proxy and by_proxy:
            excluded.append((endpoint, "kube-proxy leaves out EndpointSlices of host names and of headless Services"))
        else:
            bound.append(endpoint)
    return bound


def _topology(ready: list[Endpoint], node: str, zone: str) -> tuple[list[Endpoint], str]:
    """K4: node hints first, then zone hints; one ready endpoint without a hint turns either off."""
    if ready and all(e.node_hints for e in ready):
        near = [e for e in ready if node in e.node_hints]
        if near:
            return near, "K4"
    if ready and zone and all(e.zone_hints for e in ready):
        near = [e for e in ready if zone in e.zone_hints]
        if near:
            return near, "K4"
    return ready, "K3"


def _no_port(port: ServicePort) -> str:
    if isinstance(port.target_port, str):
        return f"no container port named {port.target_port}"
    return f"no port for {port.name or port.port}"


def _why_not(endpoint: Endpoint, rule: str) -> str:
    if endpoint.ready:
        where = "on another node" if endpoint.node_hints else "in another zone"
        return f"{where}: topology hints keep traffic near" if rule == "K4" else "not chosen"
    return endpoint.reason or "not ready"
