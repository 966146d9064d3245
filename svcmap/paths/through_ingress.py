"""From an Ingress to a Service: class, rule, backend, and how the controller reaches the pods."""

from __future__ import annotations

from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.facts import endpoints_of, find_service, served_by
from svcmap.paths.through_service import finish, through_node_port, through_proxy
from svcmap.paths.walk import Hop, Trace, Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics import service_proxy


def through_ingress(walk: Walk, ingress: Ingress) -> Trace:
    """A request that arrives at whatever serves this Ingress."""
    request = walk.request
    served = served_by(walk.state, ingress)
    walk.add(_entry_hop(walk, ingress, served))
    if served.served is False:
        hop = Hop(
            kind="ingress",
            object=ingress.ref,
            address=request.host,
            rule="I7",
            says=f"There is no IngressClass {served.ingress_class}: no controller serves this Ingress.",
            next="kubectl get ingressclass",
        )
        return walk.stop(hop, served.reason or "no-ingress-class")
    if not served.ingress_class and not ingress.status.load_balancer.ingress:
        walk.assume("no IngressClass seen: rules read as the API text says")
    target, losers = rules.match(rules.targets(ingress), request.host, request.path.partition("?")[0])
    if target is None:
        hop = Hop(
            kind="ingress",
            object=ingress.ref,
            address=f"{request.host}{request.path}",
            rule="I4",
            says="No rule matches and there is no default backend: the controller answers 404.",
            next="check host and path of the rules",
        )
        return walk.stop(hop, "no-matching-rule", status=404)
    return _to_backend(walk, ingress, served, target, losers)


def _entry_hop(walk: Walk, ingress: Ingress, served: rules.ServedBy) -> Hop:
    """The address clients connect to; with a controller in the cluster, the Service that has this address."""
    addresses = [item.ip or item.hostname for item in ingress.status.load_balancer.ingress]
    front = controller_service(walk.state, ingress)
    title = rules.controller_title(served)
    port = walk.request.port or (443 if walk.request.scheme == "https" else 80)
    if not addresses:
        return Hop(
            kind="load-balancer",
            object=front.ref if front else ingress.ref,
            address=f"?:{port}",
            rule="I9",
            basis="assumed",
            says=f"Clients reach {title}; its address is not in the source.",
        )
    return Hop(
        kind="load-balancer",
        object=front.ref if front else ingress.ref,
        address=f"{addresses[0]}:{port}",
        rule="I9",
        basis="observed",
        says=f"The address of {title}, which serves this Ingress.",
    )


def controller_service(state: ClusterState, ingress: Ingress) -> Service | None:
    """The Service in front of the controller: the one whose load balancer has the Ingress' address."""
    for item in ingress.status.load_balancer.ingress:
        for role, service in state.services_by_address.get(item.ip or item.hostname, []):
            if role in ("load-balancer", "external-ip", "cluster-ip"):
                return service
    return None


def _to_backend(
    walk: Walk, ingress: Ingress, served: rules.ServedBy, target: rules.RuleTarget, losers: list[str]
) -> Trace:
    backend = target.backend.as_service
    if backend is None:
        resource = target.backend.resource
        name = f"{resource.kind}/{resource.name}" if resource else "nothing at all"
        hop = Hop(
            kind="ingress",
            object=ingress.ref,
            address=target.text,
            rule="I5",
            says=f"The backend is {name}, which is no Service: not followed.",
        )
        return walk.stop(hop, "resource-backend", resource=name)
    service_name = Name(ingress.metadata.namespace, backend.name)
    wanted = backend.port.name or str(backend.port.number or "?")
    address = f"{target.text} →{wanted}"
    via = "defaultBackend" if target.is_default else None
    service = find_service(walk.state, service_name)
    if service is None:
        hop = Hop(
            kind="ingress",
            object=ingress.ref,
            address=target.text,
            rule="I5",
            says=f"The rule leads to Service {service_name}, which does not exist: the controller answers 503.",
            next=f"create Service {service_name}, or name one that exists",
        )
        walk.assume("a missing backend answers 503, as ingress-nginx does")
        return walk.stop(hop, "service-not-found", status=503, via=via)
    port, warning = rules.backend_port(service, backend, served)
    if port is None:
        has = ", ".join(str(p.port) + (f" ({p.name})" if p.name else "") for p in service.spec.ports) or "none"
        walk.at_service(service, None)
        hop = Hop(
            kind="ingress",
            object=ingress.ref,
            address=target.text,
            rule="I5",
            says=f"The rule leads to port {wanted} of {service_name}, which has ports {has}.",
            next=f"set backend.service.port to one of: {has}",
        )
        return walk.stop(hop, "service-port-not-found", status=503, via=via)
    lost = f" Not taken: {'; '.join(losers)}." if losers else ""
    walk.add(
        Hop(
            kind="ingress",
            object=ingress.ref,
            address=address,
            rule="I3",
            basis="observed",
            says=f"The rule {target.text} leads to {service_name} port {port.port}.{lost}",
        )
    )
    walk.note(via=via, warning=warning)
    return reach_backend(walk, ingress, served, service, port)


def reach_backend(walk: Walk, ingress: Ingress, served: rules.ServedBy, service: Service, port: ServicePort) -> Trace:
    """How the controller gets to the pods (the table of section 6): endpoints, a node port, or the cluster IP."""
    way = rules.way_to_pods(ingress, served, service)
    if way == "node-port":
        walk.at_service(service, port)
        return through_node_port(walk, service, port)
    if way == "cluster-ip":
        walk.note(via=f"clusterIP {service.spec.cluster_ip}:{port.port}")
        return through_proxy(walk, service, port, "cluster-ip", service.spec.cluster_ip)
    return to_endpoints(walk, service, port, rules.controller_title(served))


def to_endpoints(walk: Walk, service: Service, port: ServicePort, by: str, *, status: int = 503) -> Trace:
    """A proxy of layer 7 that reads EndpointSlices: ready endpoints, no cluster IP, no traffic policy (G12)."""
    walk.at_service(service, port)
    walk.note(skips_cluster_ip=True)
    if service.spec.type == "ExternalName":
        target = service.spec.external_name
        walk.add(
            Hop(
                kind="external-name",
                object=service.ref,
                address=target,
                rule="D11",
                basis="unknown",
                says=f"{by} resolves {target} itself and sends the request there.",
            )
        )
        return walk.end("reachable", external_name=target)
    found = endpoints_of(walk.state, service.name)
    choice = service_proxy.choose_ready(found.endpoints, port)
    hop = Hop(
        kind="service",
        object=service.ref,
        address=f"{service.spec.cluster_ip or service.name}:{port.port}",
        rule="G12",
        basis=found.basis,
        says=f"{by} reads the Service's EndpointSlices and connects to a pod itself; the cluster IP is not used.",
    )
    return finish(walk, service, port, found, choice, hop, status=status)
