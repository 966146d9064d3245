"""kube-proxy: which addresses it serves, and which endpoints a packet can get on a node (K1-K17).

Upstream: pkg/proxy/serviceport.go, pkg/proxy/topology.go CategorizeEndpoints, pkg/proxy/{iptables,nftables}/proxier.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

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
    action: str | None = None
    reason: str | None = None
    fallback: bool = False


def is_served(service: Service) -> bool:
    """K1: kube-proxy leaves out headless and ExternalName Services, and those of another proxy."""
    spec = service.spec
    return spec.type != "ExternalName" and spec.cluster_ip != "None" and PROXY_NAME_LABEL not in service.metadata.labels


def policy_for(service: Service, role: str, *, inside: bool) -> Policy:
    """K5, K6, K7: which traffic policy governs an address. `role` is cluster-ip, node-port, external-ip or
    load-balancer; `inside` a client in the pod range or on the node itself, which short-circuits Local.
    """
    if role == "cluster-ip":
        return "Local" if service.spec.internal_traffic_policy == "Local" else "Cluster"
    return "Local" if service.spec.external_traffic_policy == "Local" and not inside else "Cluster"


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
    bound = _bound(endpoints, port, family, excluded)
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


def choose_ready(endpoints: Sequence[Endpoint], port: ServicePort) -> Choice:
    """What a proxy that reads EndpointSlices itself dials: ready endpoints, no policy, no fallback (G12, section 6)."""
    excluded: list[tuple[Endpoint, str]] = []
    bound = _bound(endpoints, port, "", excluded)
    ready = tuple(endpoint for endpoint in bound if endpoint.ready)
    excluded += [(endpoint, endpoint.reason or "not ready") for endpoint in bound if not endpoint.ready]
    reason = None if ready else "no-endpoints"
    return Choice(eligible=ready, excluded=tuple(excluded), rule="G12", reason=reason)


def _bound(
    endpoints: Sequence[Endpoint], port: ServicePort, family: str, excluded: list[tuple[Endpoint, str]]
) -> list[Endpoint]:
    """Endpoints that have the port and an address of the family; the others go to `excluded` with why."""
    bound = []
    for endpoint in endpoints:
        if not endpoint.port_for(port.name, port.protocol):
            excluded.append((endpoint, _no_port(port)))
        elif family and endpoint.address and endpoint.family != family:
            excluded.append((endpoint, f"has no {family} address"))
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
        return "in another zone: topology hints keep traffic near" if rule == "K4" else "not chosen"
    return endpoint.reason or "not ready"
