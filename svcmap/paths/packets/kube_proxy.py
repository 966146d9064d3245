"""kube-proxy on the node that a packet hits: the Service port, the policy, one endpoint (K1-K10)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from svcmap.model.addresses import before_port, family_of
from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import Basis, Endpoint, EndpointSet
from svcmap.model.well_known import hints_by_zone
from svcmap.paths.asking.request import Role
from svcmap.paths.known.emptiness import is_undecided
from svcmap.paths.known.kube_proxies import down_on
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.outcome import Action, Answer, Hop, Trace, Undecided
from svcmap.paths.packets.arrival import Stretch, finish
from svcmap.paths.packets.crossing import (
    Crossing,
    crossing,
    is_hairpin,
    senders,
    source_kept,
    unanswered,
)
from svcmap.paths.walk import Walk
from svcmap.semantics import service_proxy

LATER = "assigned at creation"


def through_proxy(walk: Walk, service: Service, port: ServicePort, role: Role, ip: str) -> Trace:
    """kube-proxy on the node the packet hits: the Service port, the policy, one endpoint. `ip` may be empty."""
    walk.at_service(service, port)
    address = f"{before_port(ip) or LATER}:{port.port}"
    if not service_proxy.is_served(service):
        says = f"Label {service_proxy.PROXY_NAME_LABEL} gives the Service to another proxy than kube-proxy."
        return walk.unknown(Hop(kind="service", object=service.ref, address=address, rule="K1", says=says))
    found = endpoints_of(walk.state, service.name)
    at = crossing(walk)
    choice = choice_at(walk, service, port, role, ip, at)
    hop = Hop(
        kind="service",
        object=service.ref,
        address=address,
        rule=choice.rule,
        basis=_basis(service, found),
        says=_service_sentence(service, port, role, address, at, _served(found, choice)),
    )
    kept = source_kept(service, role, at)
    if (down := down_on(walk.state, at.node)) is not None:
        could = (
            f"is not ready ({down[1]}): the rules of {f'node {at.node}' if at.node else 'its node'} may be old, or none"
        )
        undecided = Undecided(object=down[0].ref, field="status", could=could)
        walk.doubt(undecided, "service", "K3", refuses=True, why="")
    if choice.eligible:
        _note_source(walk, choice.eligible, kept=kept)
        _note_topology(walk, service, found)
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
            is_rewritten=True,
            policy="internalTrafficPolicy" if role == "cluster-ip" else "externalTrafficPolicy",
            lost=unanswered(walk, at, choice.eligible, kept=kept),
        ),
    )


def other_family(walk: Walk, service: Service, port: ServicePort, address: str) -> Trace | None:
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


def _note_source(walk: Walk, eligible: Sequence[Endpoint], *, kept: bool) -> None:
    """K10: does the pod see a node's address. A pod that reaches itself never sees its own."""
    hairpins = [endpoint for endpoint in eligible if is_hairpin(walk, endpoint)]
    snat = not kept or len(hairpins) == len(eligible)
    walk.seen = replace(walk.seen, snat=snat, hairpin=bool(hairpins))
    if hairpins:
        what = "is the endpoint itself" if len(hairpins) == len(eligible) else "is one of the endpoints"
        walk.assume(f"{walk.client.title} {what}: its network sends packets back to it (hairpin mode)")


def _note_topology(walk: Walk, service: Service, found: EndpointSet) -> None:
    """S18, E16: by topology-mode Auto the EndpointSlice controller may keep traffic in a zone, where it gives hints."""
    if not hints_by_zone(service) or any(item.zone_hints for item in found.endpoints):
        return
    if found.source == "EndpointSlice":
        walk.assume(f"topology-mode of {service.name} is Auto, and its EndpointSlices have no hints: none is left out")
    else:
        walk.assume(f"topology-mode of {service.name} is Auto: hints may keep clients to endpoints of their zone")


def _action(walk: Walk, role: Role, choice: service_proxy.Choice, at: Crossing) -> Action | None:
    """K8: a node that asks its own load balancer or external address without endpoints is sent out to the real one."""
    own = at.sender.kind == "node" and role in ("load-balancer", "external-ip")
    if choice.reason == "no-endpoints" and own:
        walk.assume_mode()
        if walk.assumptions.proxy.mode == "iptables":
            return None
    return choice.action


def choice_at(
    walk: Walk, service: Service, port: ServicePort, role: Role, ip: str, at: Crossing
) -> service_proxy.Choice:
    """The endpoints that a packet for an address may end at, on the node that it hits."""
    policy = service_proxy.policy_for(service, role, at.sender)
    family = family_of(ip)
    endpoints = endpoints_of(walk.state, service.name).endpoints
    if at.mode == "ipvs" and at.node is not None:
        by_ipvs = service_proxy.choose_by_ipvs(service, role, endpoints, port, at.sender, at.node, family)
        if by_ipvs is not None:
            return by_ipvs
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


def _served(found: EndpointSet, choice: service_proxy.Choice) -> bool | None:
    """Whether there is an endpoint to send to; None where nobody can tell."""
    if choice.reason != "no-endpoints":
        return True
    return None if is_undecided(found) else False


def _service_sentence(
    service: Service, port: ServicePort, role: Role, address: str, at: Crossing, served: bool | None
) -> str:
    where = "the node that receives the packet" if role != "cluster-ip" else "the client's node"
    where = f"node {at.node}" if at.node else where
    policy = service_proxy.policy_for(service, role, at.sender)
    near = " of the same node" if policy == "Local" else ""
    shown = f"the cluster IP, port {port.port}," if address.startswith(LATER) else address
    if served is None:
        return f"kube-proxy on {where} has a rule for {shown.rstrip(',')}; whether there is an endpoint is not known."
    if not served:
        return f"kube-proxy on {where} has a rule for {shown.rstrip(',')} and no endpoint to send to."
    source = "" if source_kept(service, role, at) else "; the pod sees a node's address"
    says = f"kube-proxy on {where} rewrites {shown} to one ready pod{near}, port {port.target_port}{source}."
    if service.spec.session_affinity == "ClientIP":
        kept = source_kept(service, role, at)
        whose = "each client keeps its pod" if kept else "all clients behind a node have one address, and one pod"
        says += f" sessionAffinity is ClientIP: {whose} (K14)."
    return says
