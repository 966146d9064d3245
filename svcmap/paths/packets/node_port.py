"""Node ports: which nodes answer, and for whom (K6-K8, K16)."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.addresses import family_of
from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import Basis
from svcmap.paths.asking.request import Role
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.packets.arrival import DROPPED
from svcmap.paths.packets.crossing import (
    Crossing,
    crossing,
)
from svcmap.paths.packets.kube_proxy import LATER, choice_at, other_family, through_proxy
from svcmap.paths.walk import Walk
from svcmap.semantics import service as service_rules
from svcmap.semantics import service_proxy


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
    if stopped := other_family(walk, service, port, address):
        return stopped
    return through_node(walk, service, port, "node-port", address)


def through_node(walk: Walk, service: Service, port: ServicePort, role: Role, address: str) -> Trace:
    """The node-port hop; with a Local policy and no pod on the nodes the packet ends there."""
    at = crossing(walk)
    hop = _node_hop(walk, service, port, at)
    family = family_of(address)
    cluster_ip = next((ip for ip in service.spec.cluster_ips if family_of(ip) == family), service.spec.cluster_ip)
    choice = choice_at(walk, service, port, role, cluster_ip, at)
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
