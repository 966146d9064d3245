"""A request to an address of a node: node ports, health checks, host ports, and the node itself (K2, K11, K15)."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from svcmap.model.addresses import before_port
from svcmap.model.core import Node, Service, ServicePort
from svcmap.model.coverage import pods_on
from svcmap.model.group_kinds import NODE, POD, SERVICE
from svcmap.model.reads import reads
from svcmap.model.refs import Name
from svcmap.model.workloads import Pod
from svcmap.paths.asking.client import node_addresses
from svcmap.paths.known.applied import lost_port
from svcmap.paths.known.look_ups import endpoints_of, find_service, ready_endpoints_by_address
from svcmap.paths.outcome import Answer, Hop, Trace
from svcmap.paths.packets.node_port import through_node_port
from svcmap.paths.packets.pod import to_pod
from svcmap.paths.policies.egress import cannot_leave
from svcmap.paths.walk import Walk
from svcmap.semantics import load_balancer, service_proxy

PROTOCOLS = ("TCP", "UDP", "SCTP")


def to_localhost(walk: Walk, address: str) -> Trace:
    """K11: a node that asks itself by 127.0.0.1 meets its node ports in iptables mode only."""
    proxy, client = walk.assumptions.proxy, walk.client
    if client.standing != "node":
        return _own_loopback(walk, address)
    found = by_node_port(walk)
    served = service_proxy.serves_localhost(address, proxy.mode, proxy.node_port_addresses)
    if found is None:
        return _of_node_itself(walk, client.node or "", address)
    walk.assume_mode()
    if not served:
        return _no_node_port(walk, address, client.node or "", listens=False)
    walk.arrival = client.node
    walk.at_service(*found)
    return through_node_port(walk, *found, address)


def _of_node_itself(walk: Walk, node: str, address: str) -> Trace:
    """A port of localhost that is no node port: that of a pod of the node's network, or a hostPort."""
    for pod in walk.state.pods.values():
        if pod.spec.node_name == node and pod.spec.host_network and not pod.is_finished and _declares(pod, walk):
            return to_pod(walk, pod, address)
    return _by_host_port(walk, node, address) or _no_node_port(walk, address, node, listens=True)


def _own_loopback(walk: Walk, address: str) -> Trace:
    """127.0.0.1 is the asking machine itself; of a pod only its own processes are there (N7)."""
    hop = Hop(
        kind="pod" if walk.client.standing == "pod" else "service",
        address=f"{before_port(address)}:{walk.request.port}",
        rule="N7",
        says=f"{address} is {walk.client.title} itself: what listens there is not in the source.",
        next="ask for the name or address of the Service",
    )
    return walk.unknown(hop)


def to_node(walk: Walk, address: str, node: Node, pod: Pod | None) -> Trace:
    name, proxy = node.metadata.name, walk.assumptions.proxy
    found = by_node_port(walk)
    listens = service_proxy.serves_node_port(address, _primary(node), proxy.mode, proxy.node_port_addresses)
    if found is None:
        if pod is not None and pod.spec.host_network and _declares(pod, walk):
            return to_pod(walk, pod, address)
        if (serving := _serving(walk, address)) is not None:
            return to_pod(walk, serving, address)
        return _without_node_port(walk, address, name, listens=listens)
    walk.assume_mode()
    if not listens:
        return _no_node_port(walk, address, name, listens=False)
    if not walk.request.via:
        walk.arrival = name
    walk.at_service(*found)
    return _unless_private(walk, address, name) or through_node_port(walk, *found, address)


def _serving(walk: Walk, address: str) -> Pod | None:
    """The pod of a node's network that is an endpoint of a Service at the very address and port, declared or not."""
    for _, endpoint in ready_endpoints_by_address(walk.state).get(address, ()):
        pod = walk.state.pods.get(endpoint.pod) if endpoint.pod else None
        ports = {(binding.port, binding.protocol) for binding in endpoint.ports}
        if pod is not None and pod.spec.host_network and (walk.request.port, walk.request.protocol) in ports:
            return pod
    return None


def _without_node_port(walk: Walk, address: str, node: str, *, listens: bool) -> Trace:
    """A port of a node that is no node port: a health check, a pod's hostPort, or nothing that is known."""
    checked = _by_health_check(walk) if listens else None
    if checked is None:
        found = _by_host_port(walk, node, address) or _by_coming_pod(walk, node, address)
        return found or _no_node_port(walk, address, node, listens=listens)
    stopped = _unless_private(walk, address, node) or cannot_leave(walk, address, walk.request.port)
    return stopped or _health_check(walk, checked, node)


def _unless_private(walk: Walk, address: str, node: str) -> Trace | None:
    """The finished trace of a far client that asks a private address of a node; None for all others."""
    if not walk.client.far or load_balancer.scope_of(address) != "internal":
        return None
    says = f"{address} is a private address: whether the internet leads to it is outside Kubernetes."
    shown = f"{before_port(address)}:{walk.request.port}"
    return walk.unknown(Hop(kind="node-port", object=NODE.ref("", node), address=shown, rule="K11", says=says))


def _primary(node: Node) -> tuple[str, ...]:
    """The first address of each family, internal before external."""
    found: dict[bool, str] = {}
    for address in node_addresses(node):
        found.setdefault(":" in address, address)
    return tuple(found.values())


def _declares(pod: Pod, walk: Walk) -> bool:
    wanted = walk.request.port, walk.request.protocol
    ports = (port for container in pod.spec.serving_containers for port in container.ports)
    return any((port.container_port, port.protocol or "TCP") == wanted for port in ports)


def by_node_port(walk: Walk) -> tuple[Service, ServicePort] | None:
    """The Service port behind a node port number."""
    wanted = walk.request.port, walk.request.protocol
    for raw in walk.state.services_by_node_port.get(wanted, []):
        service = find_service(walk.state, raw.name)
        for candidate in service.spec.ports if service else []:
            if service and (candidate.node_port, candidate.protocol) == wanted:
                return service, candidate
    return None


def _by_health_check(walk: Walk) -> Service | None:
    """The Service whose healthCheckNodePort was asked."""
    port, services = walk.request.port, walk.state.services.values()
    if walk.request.protocol != "TCP":
        return None
    return next((service for service in services if service.spec.health_check_node_port == port), None)


def _health_check(walk: Walk, service: Service, node: str) -> Trace:
    """K15: kube-proxy itself answers: 200 with ready pods on the node, else 503."""
    local = [e for e in endpoints_of(walk.state, service.name).usable if e.node == node]
    status = 200 if local else 503
    says = f"kube-proxy answers the health checks of {service.name}: {status}, {len(local)} ready pods on {node}."
    shown = f"node {node}:{walk.request.port}"
    walk.at_service(service, None)
    walk.add(Hop(kind="node-port", object=service.ref, address=shown, rule="K15", says=says))
    return walk.end("reachable", answer=Answer(status=status))


def _by_host_port(walk: Walk, node: str, address: str) -> Trace | None:
    """A hostPort: a CNI plugin (portmap) sends it on to the pod."""
    wanted = walk.request.port, walk.request.protocol
    for pod in walk.state.pods.values():
        if pod.spec.node_name != node or pod.spec.host_network or pod.is_finished or not pod.status.addresses:
            continue
        for declared in (port for container in pod.spec.serving_containers for port in container.ports):
            if (declared.host_port, declared.protocol or "TCP") == wanted:
                says = f"hostPort {wanted[0]} of pod {pod.name}, which a CNI plugin sends on to the pod."
                return walk.unknown(
                    Hop(
                        kind="pod", object=pod.ref, address=f"{before_port(address)}:{wanted[0]}", rule="K11", says=says
                    )
                )
    return None


def _by_coming_pod(walk: Walk, node: str, address: str) -> Trace | None:
    """A workload of files whose pods have the port of their node: whether one is on this node nobody has seen."""
    wanted = walk.request.port, walk.request.protocol
    for workload in () if walk.state.is_of_cluster else walk.state.workloads:
        spec = workload.template.spec
        ports = (port for container in spec.serving_containers for port in container.ports)
        has = {(p.container_port if spec.host_network else p.host_port, p.protocol or "TCP") for p in ports}
        if wanted not in has:
            continue
        what = (
            f"is on the network of its node with port {wanted[0]}" if spec.host_network else f"has hostPort {wanted[0]}"
        )
        says = f"{workload.ref.title} {what}: a pod of it on node {node} takes the connection, if there is one."
        shown = f"{before_port(address)}:{wanted[0]}"
        return walk.unknown(Hop(kind="pod", object=workload.ref, address=shown, rule="K11", says=says))
    return None


def _with_port(walk: Walk) -> tuple[Name, int] | None:
    """The only Service with node ports that has the number which was asked for as a port, and its node port for it."""

    def index() -> Mapping[tuple[int, str], set[tuple[Name, int]]]:
        found: dict[tuple[int, str], set[tuple[Name, int]]] = {}
        for name, service in walk.state.services.items():
            for port in service.spec.ports:
                if port.node_port:
                    found.setdefault((port.port, port.protocol or "TCP"), set()).add((name, port.node_port))
        return found

    every = walk.state.remember("ports_with_node_ports", None, index, reads(SERVICE))
    found = every.get((walk.request.port, walk.request.protocol), set())
    return next(iter(found)) if len(found) == 1 else None


def _no_node_port(walk: Walk, address: str, node: str, *, listens: bool) -> Trace:
    port = walk.request.port
    says = f"Port {port}/{walk.request.protocol} of node {node} is no node port, and no external IP of a Service."
    by_port = walk.state.services_by_node_port
    others = [item for protocol in PROTOCOLS for item in by_port.get((port, protocol), ())]
    if others:
        has = ", ".join(f"{item.name}" for item in others[:3])
        says = f"Node port {port} of {has} is for another protocol than {walk.request.protocol}."
        says += "".join(f" {lost}" for item in others if (lost := lost_port(item, port, walk.request.protocol)))
    step = "kubectl get svc -A; look for the node port"
    if not others and (meant := _with_port(walk)) is not None:
        says += f" Service {meant[0]} has port {port}, and node port {meant[1]} for it."
        step = f"ask for port {meant[1]}"
    if not listens:
        mode = walk.assumptions.proxy.mode
        says = f"kube-proxy in {mode} mode does not listen for node ports on {address} of node {node}."
        step = "use the node's primary address, or set nodePortAddresses (--assume: proxy.nodePortAddresses)"
    hop = Hop(
        kind="node-port",
        object=NODE.ref("", node),
        address=f"{before_port(address)}:{port}",
        rule="K11",
        says=says,
        next=step,
    )
    if not listens:
        return walk.stop(hop, "port-not-in-service")
    # A pod with this hostPort could be on the node, a Service with this node port anywhere.
    unread = (pods_on(node),) if walk.state.lacks_pods(pods_on(node)) else ()
    lacks = (SERVICE,) if walk.state.is_of_cluster and not unread else (SERVICE, POD)
    return walk.stop(replace(hop, needs=unread), "port-not-in-service", lacks=lacks)
