"""A request to an IP address (or a load balancer's host name): whose is it?"""

from __future__ import annotations

from svcmap.model.addresses import before_port
from svcmap.model.base import Part
from svcmap.model.core import Node, Service, ServicePort
from svcmap.model.facts import Endpoint, EndpointSet, PortBinding
from svcmap.model.networking import Ingress
from svcmap.model.refs import ObjectRef
from svcmap.model.workloads import Pod
from svcmap.paths.arrival import Stretch, finish
from svcmap.paths.client import node_addresses
from svcmap.paths.facts import find_service, served_by, takes_any_host
from svcmap.paths.policing import Source
from svcmap.paths.request import Role
from svcmap.paths.through_gateway import through_gateway
from svcmap.paths.through_ingress import through_ingress
from svcmap.paths.through_service import through_node_port, to_service_address
from svcmap.paths.walk import Hop, Trace, Walk
from svcmap.semantics import load_balancer, service_proxy
from svcmap.semantics.service import find_port

ROLES: dict[str, Role] = {"cluster-ip": "cluster-ip", "external-ip": "external-ip", "load-balancer": "load-balancer"}
LAYER_7 = ("http", "https", "grpc")
LOCALHOST = ("127.0.0.1", "::1")


class Owner(Part, frozen=True):
    """A Service that has an address, and what it is to it."""

    role: Role
    service: Service


def to_address(walk: Walk, address: str) -> Trace:
    """Follow a request to an address: a Service's, a node's, a pod's, or that of an Ingress or Gateway."""
    state, request = walk.state, walk.request
    owner = _owner(walk, address)
    entry = _entry(walk, address) if request.scheme in LAYER_7 or owner is None else None
    if entry is not None and (owner is None or owner.role != "cluster-ip"):
        return entry
    node = state.nodes_by_address.get(address)
    if owner is not None:
        if node is not None and walk.client.standing == "outside":
            walk.arrival = node.metadata.name
        return to_service_address(walk, owner.service, owner.role, address)
    if address in LOCALHOST:
        return _to_localhost(walk, address)
    pod = state.pods_by_address.get(address)
    if node is not None:
        return _to_node(walk, address, node, pod)
    if pod is not None:
        return _to_pod(walk, pod, address)
    if request.scheme in LAYER_7 and not walk.client.inside and (waiting := _without_address(walk)):
        walk.assume(f"{address} is the address of the Ingress controller, which is not in the source")
        return through_ingress(walk, waiting)
    return _nobody(walk, address)


def _without_address(walk: Walk) -> list[Ingress]:
    """Ingresses that take every host and whose address is not known: an address nobody has may be theirs."""
    return [
        item
        for item in walk.state.ingresses.values()
        if not item.status.load_balancer.ingress
        and served_by(walk.state, item).served is not False
        and (takes_any_host(walk.state, item) or any(not rule.host for rule in item.spec.rules))
    ]


def _owner(walk: Walk, address: str) -> Owner | None:
    """The Service of an address. Several may share an external IP or load balancer, each with ports of its own."""
    state, request = walk.state, walk.request
    found = []
    for role, raw in state.services_by_address.get(address, []):
        service = find_service(state, raw.name)
        if service is not None:
            found.append(Owner(role=ROLES[role], service=service))
    fitting = [o for o in found if find_port(o.service, request.port, request.protocol)]
    if address in state.nodes_by_address and not any(o.role == "external-ip" for o in fitting):
        fitting = [o for o in fitting if o.role != "external-ip"]
        found = [o for o in found if o.role != "external-ip"]
    return next(iter(fitting or found), None)


def _entry(walk: Walk, address: str) -> Trace | None:
    """The Ingresses or the Gateway that have an address in their status."""
    state = walk.state
    ingresses = [
        item
        for item in state.ingresses.values()
        if any(address in (i.ip, i.hostname) for i in item.status.load_balancer.ingress)
        and served_by(state, item).served is not False
    ]
    if ingresses:
        return through_ingress(walk, ingresses)
    for entry in state.gateways.values():
        if any(a.value == address for a in (*entry.status.addresses, *entry.spec.addresses)):
            return through_gateway(walk, entry)
    return None


def _nobody(walk: Walk, address: str) -> Trace:
    """No object has the address. nftables drops packets for cluster IPs that are not allocated (K12)."""
    port, proxy = walk.request.port, walk.assumptions.proxy
    cidrs = [cidr for item in walk.state.service_cidrs for cidr in item.spec.cidrs]
    unallocated = service_proxy.detects(",".join(cidrs), [address])
    says = f"No object of the cluster has {address}."
    if unallocated:
        says = f"{address} is in the range of cluster IPs, and no Service has it."
    hop = Hop(
        kind="service",
        address=f"{before_port(address)}:{port}",
        rule="K12",
        says=says,
        next="check the address; it may belong to something outside the cluster",
    )
    if unallocated:
        walk.assume_mode()
    action = "DROP" if unallocated and proxy.mode == "nftables" else None
    return walk.stop(hop, "not-a-cluster-address", action=action)


# -- nodes ----------------------------------------------------------------------------------------------------------


def _to_localhost(walk: Walk, address: str) -> Trace:
    """K11: a node that asks itself by 127.0.0.1 meets its node ports in iptables mode only."""
    proxy, client = walk.assumptions.proxy, walk.client
    if client.standing != "node":
        return _nobody(walk, address)
    found = _by_node_port(walk)
    served = service_proxy.serves_localhost(address, proxy.mode, proxy.node_port_addresses)
    if found is None or not served:
        return _no_node_port(walk, address, client.node or "", listens=served)
    walk.arrival = client.node
    walk.at_service(*found)
    return through_node_port(walk, *found, address)


def _to_node(walk: Walk, address: str, node: Node, pod: Pod | None) -> Trace:
    name, proxy = node.metadata.name, walk.assumptions.proxy
    found = _by_node_port(walk)
    primary = _primary(node)
    listens = service_proxy.serves_node_port(address, primary, proxy.mode, proxy.node_port_addresses)
    if found is None and pod is not None and pod.spec.host_network and _declares(pod, walk):
        return _to_pod(walk, pod, address)
    if found is not None:
        walk.assume_mode()
    if found is None or not listens:
        return _no_node_port(walk, address, name, listens=listens)
    via = walk.request.via
    if not via:
        walk.arrival = name
    walk.at_service(*found)
    if walk.client.far and load_balancer.scope_of(address) == "internal":
        says = f"{address} is a private address: whether the internet leads to it is outside Kubernetes."
        ref = ObjectRef("Node", "", name)
        hop = Hop(
            kind="node-port", object=ref, address=f"{before_port(address)}:{walk.request.port}", rule="K11", says=says
        )
        return walk.unknown(hop)
    return through_node_port(walk, *found, address)


def _primary(node: Node) -> tuple[str, ...]:
    """The first address of each family, internal before external."""
    found: dict[bool, str] = {}
    for address in node_addresses(node):
        found.setdefault(":" in address, address)
    return tuple(found.values())


def _declares(pod: Pod, walk: Walk) -> bool:
    return any(p.container_port == walk.request.port for c in pod.spec.serving_containers for p in c.ports)


def _by_node_port(walk: Walk) -> tuple[Service, ServicePort] | None:
    """The Service port behind a node port number."""
    wanted = walk.request.port, walk.request.protocol
    for raw in walk.state.services_by_node_port.get(wanted, []):
        service = find_service(walk.state, raw.name)
        for candidate in service.spec.ports if service else []:
            if service and (candidate.node_port, candidate.protocol) == wanted:
                return service, candidate
    return None


def _no_node_port(walk: Walk, address: str, node: str, *, listens: bool) -> Trace:
    port = walk.request.port
    says = f"Port {port} of node {node} is no node port, and no external IP of a Service."
    step = "kubectl get svc -A; look for the node port"
    if not listens:
        mode = walk.assumptions.proxy.mode
        says = f"kube-proxy in {mode} mode does not listen for node ports on {address} of node {node}."
        step = "use the node's primary address, or set nodePortAddresses (--assume: proxy.nodePortAddresses)"
    hop = Hop(
        kind="node-port",
        object=ObjectRef("Node", "", node),
        address=f"{before_port(address)}:{port}",
        rule="K11",
        says=says,
        next=step,
    )
    return walk.stop(hop, "port-not-in-service")


# -- pods -----------------------------------------------------------------------------------------------------------


def _to_pod(walk: Walk, pod: Pod, address: str) -> Trace:
    """Straight to a pod's address: NetworkPolicy and the declared port decide, no Service stands in between."""
    request = walk.request
    node = pod.spec.node_name
    endpoint = Endpoint(
        address=address,
        ports=(PortBinding(name="", port=request.port, protocol=request.protocol),),
        pod=pod.name,
        node=node,
        ready=pod.is_ready,
        id=pod.metadata.name,
        owner=f"Pod {pod.metadata.name}",
    )
    hop = Hop(
        kind="pod",
        object=pod.ref,
        address=f"{before_port(address)}:{request.port}",
        rule="N1",
        basis="observed",
        says="Straight to the pod: no Service stands in between.",
    )
    if walk.client.far:
        says = f"{address} is an address of the pod network: whether the internet leads to it is outside Kubernetes."
        return walk.unknown(Hop(kind="pod", object=pod.ref, address=hop.address, rule="N1", says=says))
    stub = Service(metadata=pod.metadata)
    port = ServicePort(port=request.port, protocol=request.protocol, target_port=request.port)
    choice = service_proxy.Choice(eligible=(endpoint,), rule="N1")
    walk.note(snat=False)
    return finish(
        walk,
        Stretch(
            service=stub,
            port=port,
            found=EndpointSet(endpoints=(endpoint,), basis="observed", source="pods"),
            choice=choice,
            hop=hop,
            sources=(Source(party=walk.client.party),),
        ),
    )
