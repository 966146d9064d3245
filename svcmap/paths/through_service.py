"""From an address of a Service to its pods: load balancer, node port, kube-proxy, endpoint."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import UNREPORTED, Basis, Endpoint, EndpointSet
from svcmap.model.labels import format_labels
from svcmap.model.refs import ObjectRef
from svcmap.paths.doubt import doubtful_policy
from svcmap.paths.facts import endpoints_of
from svcmap.paths.request import Role
from svcmap.paths.walk import Hop, Trace, Walk
from svcmap.semantics import load_balancer, service_proxy
from svcmap.semantics import service as service_rules
from svcmap.semantics.service import find_port, has_selector

LATER = "assigned at creation"


def through_load_balancer(walk: Walk, service: Service, port: ServicePort, address: str) -> Trace:
    """The client's packet meets the load balancer, which sends it to a node port or, without one, to the address."""
    title = f"{address or '<pending>'}:{port.port}"
    ref = service.ref
    if not address:
        return _no_address(walk, service, port)
    if walk.client.address and not load_balancer.source_allowed(service, walk.client.address):
        hop = Hop(
            kind="load-balancer",
            object=ref,
            address=title,
            rule="K9",
            says=f"{walk.client.address} is outside loadBalancerSourceRanges: packets are dropped.",
            next="add the client's range to spec.loadBalancerSourceRanges",
        )
        return walk.stop(hop, "source-range", action="DROP")
    walk.add(
        Hop(
            kind="load-balancer",
            object=ref,
            address=title,
            rule="K2",
            basis="observed",
            says=f"The load balancer accepts the connection on {title} and hands it to a healthy node.",
        )
    )
    if port.node_port:
        return _through_node(walk, service, port, "load-balancer")
    return through_proxy(walk, service, port, "load-balancer", service.spec.cluster_ip)


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


def through_node_port(walk: Walk, service: Service, port: ServicePort) -> Trace:
    """A packet for a node port of a node."""
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
    return _through_node(walk, service, port, "node-port")


def _through_node(walk: Walk, service: Service, port: ServicePort, role: Role) -> Trace:
    """The node-port hop; with a Local policy and no pod on the nodes the packet ends there."""
    number = str(port.node_port) if port.node_port else f"<{LATER}>"
    with_pods, nodes = local_nodes(walk, service, port)
    local = service.spec.external_traffic_policy == "Local"
    where = f"{len(with_pods) if local else nodes}/{nodes} nodes" if nodes else "every node"
    says = f"Every node listens on {number} and may send the packet on to a pod of another node."
    if local:
        says = "externalTrafficPolicy is Local: only nodes with a ready pod of the Service answer."
    basis: Basis = "computed" if port.node_port else "unknown"
    hop = Hop(kind="node-port", object=service.ref, address=f"{where}:{number}", rule="K6", basis=basis, says=says)
    choice = _choice(walk, service, port, role, service.spec.cluster_ip)
    if choice.reason == "no-local-endpoints":
        walk.at_service(service, port)
        says = "externalTrafficPolicy is Local and no ready pod of the Service is on the node: packets are dropped."
        walk.note(excluded=choice.excluded)
        return walk.stop(
            replace(hop, rule="K8", says=says, next="run a pod on every node, or use the policy Cluster"),
            "no-local-endpoints",
            action="DROP",
        )
    walk.add(hop)
    return through_proxy(walk, service, port, role, service.spec.cluster_ip)


def local_nodes(walk: Walk, service: Service, port: ServicePort) -> tuple[list[str], int]:
    """Nodes with a ready endpoint of a port, and how many nodes there are (0: not in the source)."""
    nodes = list(walk.state.nodes)
    found = {e.node for e in endpoints_of(walk.state, service.name).ready if e.port_for(port.name, port.protocol)}
    return [node for node in nodes if node in found], len(nodes)


def to_service_address(walk: Walk, service: Service, role: Role, address: str) -> Trace:
    """A packet for `address` (an IP of the Service) and the port of the request."""
    request, client = walk.request, walk.client
    port = find_port(service, request.port, request.protocol)
    target = f"{_host(address) or LATER}:{request.port}"
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
        return walk.stop(hop, "port-not-in-service")
    walk.at_service(service, port)
    if role == "load-balancer" and not client.inside:
        return through_load_balancer(walk, service, port, address)
    return through_proxy(walk, service, port, role, address)


def _arrives_at_node(walk: Walk) -> bool:
    return bool(walk.request.via and walk.request.via.startswith("node:"))


def through_proxy(walk: Walk, service: Service, port: ServicePort, role: Role, ip: str) -> Trace:
    """kube-proxy on the node the packet hits: the Service port, the policy, one endpoint. `ip` may be empty."""
    walk.at_service(service, port)
    address = f"{_host(ip) or LATER}:{port.port}"
    if not service_proxy.is_served(service):
        says = f"Label {service_proxy.PROXY_NAME_LABEL} gives the Service to another proxy than kube-proxy."
        return walk.unknown(Hop(kind="service", object=service.ref, address=address, rule="K1", says=says))
    found = endpoints_of(walk.state, service.name)
    choice = _choice(walk, service, port, role, ip)
    hop = Hop(
        kind="service",
        object=service.ref,
        address=address,
        rule=choice.rule,
        basis=_basis(service, found),
        says=_service_sentence(service, port, role, address),
    )
    uncovered = _nodes_without(walk, service, choice, role)
    return finish(walk, service, port, found, choice, hop, uncovered=uncovered)


def _choice(walk: Walk, service: Service, port: ServicePort, role: Role, ip: str) -> service_proxy.Choice:
    # A load balancer finds a node with a pod by its health check (K15); an unnamed node may be any of them.
    node = None if role == "load-balancer" and not walk.client.inside else _receiving_node(walk)
    policy = service_proxy.policy_for(service, role, inside=_is_inside(walk, node))
    family = "" if not ip else "IPv6" if ":" in ip else "IPv4"
    endpoints = endpoints_of(walk.state, service.name).endpoints
    return service_proxy.choose(endpoints, port, policy, node, walk.client.zone, family=family)


def _is_inside(walk: Walk, node: str | None) -> bool:
    return walk.client.inside and node == walk.client.node


def _nodes_without(walk: Walk, service: Service, choice: service_proxy.Choice, role: Role) -> list[str]:
    """Nodes on which a Local policy drops what another node would answer; none where the node is known or chosen."""
    node = _receiving_node(walk)
    policy = service_proxy.policy_for(service, role, inside=_is_inside(walk, node))
    if policy != "Local" or node is not None or role == "load-balancer":
        return []
    have = {endpoint.node for endpoint in choice.eligible}
    return [name for name in walk.state.nodes if name not in have] if have - {""} else []


def _host(ip: str) -> str:
    return f"[{ip}]" if ":" in ip else ip


def _receiving_node(walk: Walk) -> str | None:
    via = walk.request.via
    return via.removeprefix("node:") if via and via.startswith("node:") else walk.client.node


def _basis(service: Service, found: EndpointSet) -> Basis:
    return "predicted" if found.basis == "predicted" else "observed" if service.spec.cluster_ip else "assumed"


def _service_sentence(service: Service, port: ServicePort, role: Role, address: str) -> str:
    where = "the node that receives the packet" if role != "cluster-ip" else "the client's node"
    policy = service.spec.internal_traffic_policy if role == "cluster-ip" else service.spec.external_traffic_policy
    near = " of the same node" if policy == "Local" else ""
    shown = f"the cluster IP, port {port.port}," if address.startswith(LATER) else address
    return f"kube-proxy on {where} rewrites {shown} to one ready pod{near}, port {port.target_port}."


def finish(
    walk: Walk,
    service: Service,
    port: ServicePort,
    found: EndpointSet,
    choice: service_proxy.Choice,
    hop: Hop,
    *,
    status: int | None = None,
    uncovered: Sequence[str] = (),
) -> Trace:
    """End a trace at the endpoints. `status` is what an entry of layer 7 answers when there are none; on the nodes
    `uncovered` packets are dropped (a Local policy).

    A port that no endpoint has stops traffic at the Service port; anything else at the endpoints.
    """
    walk.note(excluded=choice.excluded)
    if choice.eligible:
        walk.add(hop)
        return _reach(walk, service.metadata.namespace, found, choice, port, uncovered)
    action = None if status else choice.action
    bound = [e for e in found.endpoints if e.port_for(port.name, port.protocol)]
    if found.endpoints and not bound:
        return walk.stop(_port_missing(port, found, hop), "no-endpoints", action=action, status=status)
    walk.add(hop)
    stop = Hop(
        kind="endpoint",
        object=service.ref,
        address="",
        rule=choice.rule,
        basis=_endpoint_basis(found),
        says=_no_endpoint_sentence(service, found, choice),
        next=_next_step(service, found),
    )
    if _is_unread(found):
        return walk.unknown(stop)
    return walk.stop(stop, choice.reason or "no-endpoints", action=action, status=status)


def _is_unread(found: EndpointSet) -> bool:
    """Nothing is known of the pods; or they come and go (a CronJob), and none now says nothing of the next run."""
    if found.basis == "unknown":
        return True
    if found.endpoints and all(endpoint.reason == UNREPORTED for endpoint in found.endpoints):
        return True
    return bool(found.predictions) and all(p.while_running for p in found.predictions) and not found.endpoints


def _endpoint_basis(found: EndpointSet) -> Basis:
    return found.basis if found.source != "none" else "computed"


def _no_endpoint_sentence(service: Service, found: EndpointSet, choice: service_proxy.Choice) -> str:
    if choice.reason == "no-local-endpoints":
        return "The traffic policy is Local and this node has no ready pod of the Service: packets are dropped."
    if found.basis == "unknown":
        return f"Nothing is known of the endpoints: {found.source}."
    if found.endpoints and all(endpoint.reason == UNREPORTED for endpoint in found.endpoints):
        return f"{len(found.endpoints)} pods match; whether they are ready is not in the source."
    if found.endpoints:
        reasons = ", ".join(sorted({e.reason for e in found.endpoints if e.reason})) or "not ready"
        return f"{len(found.endpoints)} endpoints, none of them ready: {reasons}."
    if found.predictions:
        names = ", ".join(f"{p.workload.kind} {p.workload.name}" for p in found.predictions)
        return f"{names} runs no pods, so the Service has no endpoints."
    if has_selector(service):
        return f"The selector {format_labels(service.spec.selector)} matches no pod."
    return "The Service has no selector and no EndpointSlice or Endpoints: nothing will ever answer."


def _next_step(service: Service, found: EndpointSet) -> str:
    name = service.name
    if found.basis == "unknown":
        return "load the pods or their workloads too"
    if found.endpoints:
        pods = [e.pod for e in found.endpoints if e.pod]
        return f"kubectl describe pod -n {pods[0].namespace} {pods[0].name}" if pods else "check what is behind it"
    if has_selector(service):
        return f"compare the selector with the pods: kubectl get pods -n {name.namespace} --show-labels"
    return f"create an EndpointSlice with the label kubernetes.io/service-name: {name.name}"


def _reach(
    walk: Walk,
    namespace: str,
    found: EndpointSet,
    choice: service_proxy.Choice,
    port: ServicePort,
    uncovered: Sequence[str] = (),
) -> Trace:
    eligible = choice.eligible
    count = len(eligible)
    first = eligible[0]
    binding = first.port_for(port.name, port.protocol)
    number = binding.port if binding else 0
    predicted = found.basis == "predicted"
    if predicted:
        owners = ", ".join(dict.fromkeys(e.owner for e in eligible))
        address, says = "", f"{owners} will run pods that match; none has been seen yet."
    else:
        address = f"{_host(first.address) or '?'}:{number}" + (f" +{count - 1}" if count > 1 else "")
        says = f"Each of {count} ready endpoints is an equal choice." if count > 1 else "The only ready endpoint."
    if choice.fallback:
        says = f"No endpoint is ready; {count} that are terminating still serve."
    if uncovered:
        says += f" On {', '.join(uncovered[:3])} there is none, and the policy is Local: packets are dropped there."
    ref = ObjectRef("Pod", first.pod.namespace, first.pod.name) if first.pod and count == 1 else None
    walk.add(Hop(kind="endpoint", object=ref, address=address, rule=choice.rule, basis=found.basis, says=says))
    if policy := doubtful_policy(walk.state, namespace, eligible, port):
        return walk.unknown(policy, endpoints=eligible)
    if uncovered:
        return walk.end("partial", reason="no-local-endpoints", action="DROP", endpoints=eligible)
    return walk.end("reachable", endpoints=eligible)


def direct_to_endpoints(walk: Walk, service: Service, found: EndpointSet, rule: str, says: str) -> Trace:
    """A client that got the pods' own addresses from DNS: nothing is rewritten, so the port must be the pod's."""
    request = walk.request
    ready = [e for e in found.ready if e.address or e.basis == "predicted"]
    fitting = [e for e in ready if _answers_on(e, request.port, request.protocol)]
    port = _port_behind(service, fitting or ready, request.port) or find_port(service, request.port, request.protocol)
    walk.at_service(service, port)
    hop = Hop(
        kind="service",
        object=service.ref,
        address=f"no cluster IP:{request.port}",
        rule=rule,
        says=says,
        basis=_endpoint_basis(found),
    )
    if ready and not fitting:
        ports = sorted({str(b.port) for e in ready for b in e.ports})
        if not ports and service.spec.ports:
            return walk.stop(_port_missing(port or service.spec.ports[0], found, hop), "no-endpoints")
        says = f"A headless Service rewrites nothing: the pods listen on {', '.join(ports)}."
        stop = replace(hop, rule="E9", says=says, next=f"connect to port {ports[0]}" if ports else "")
        return walk.stop(stop, "port-not-in-service")
    port = port or ServicePort(port=request.port, protocol=request.protocol, target_port=request.port)
    excluded = tuple((e, e.reason or "not ready") for e in found.endpoints if not e.ready)
    choice = service_proxy.Choice(
        eligible=tuple(fitting), excluded=excluded, rule="D6", reason=None if fitting else "no-endpoints"
    )
    return finish(walk, service, port, found, choice, hop)


def _port_behind(service: Service, endpoints: Sequence[Endpoint], number: int) -> ServicePort | None:
    """The Service port whose endpoints listen on a number."""
    for port in service.spec.ports:
        bindings = (endpoint.port_for(port.name, port.protocol) for endpoint in endpoints)
        if any(binding and binding.port == number for binding in bindings):
            return port
    return None


def _port_missing(port: ServicePort, found: EndpointSet, hop: Hop) -> Hop:
    """The stop at a Service port that no endpoint has: its name is on no container, or the slices name it otherwise."""
    if isinstance(port.target_port, str) and found.source != "EndpointSlice":
        says = f"targetPort {port.target_port} is a port name that no container of the selected pods has."
        step = f"name a container port {port.target_port}, or set targetPort to one that exists"
        return replace(hop, rule="E10", says=says, next=step)
    names = ", ".join(sorted({b.name or "(unnamed)" for e in found.endpoints for b in e.ports})) or "none"
    says = f"No endpoint has port {port.name or '(unnamed)'}/{port.protocol}; their ports are named: {names}."
    step = "ports of a Service and its EndpointSlices are matched by name: make the names equal"
    return replace(hop, rule="E13", says=says, next=step)


def _answers_on(endpoint: Endpoint, port: int, protocol: str) -> bool:
    """E11: an endpoint without ports is reachable on any."""
    return any(b.port == port and b.protocol == protocol for b in endpoint.ports) or not endpoint.ports
