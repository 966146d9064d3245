"""From a Gateway to Services: listener, route, rule, and the weighted backends of the rule."""

from __future__ import annotations

from svcmap.model.gateway import BackendRef, Gateway, Listener, ParentReference, Route, RouteRule
from svcmap.model.kinds import GATEWAY_GROUPS
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.facts import find_service, namespace_labels
from svcmap.paths.through_ingress import to_endpoints
from svcmap.paths.walk import Backend, Hop, Trace, Walk
from svcmap.semantics import gateway as rules
from svcmap.semantics.service import find_port

LAYER_4 = ("TCPRoute", "UDPRoute", "TLSRoute")


def through_gateway(walk: Walk, gateway: Gateway, prefer: Name | None = None) -> Trace:
    """A request that arrives at a Gateway. `prefer` is the Service whose share is followed, where there are several."""
    request = walk.request
    addresses = [a.value for a in gateway.status.addresses] or [a.value for a in gateway.spec.addresses]
    listener = rules.choose_listener(gateway.spec.listeners, request.port or None, request.host)
    address = f"{addresses[0] if addresses else '?'}:{request.port or (listener.port if listener else '?')}"
    if listener is None:
        hop = Hop(
            kind="gateway",
            object=gateway.ref,
            address=address,
            rule="G4",
            says=f"No listener of the Gateway takes {request.host} on port {request.port}.",
            next="add a listener, or use a port and host name of one",
        )
        return walk.stop(hop, "no-listener")
    walk.add(
        Hop(
            kind="load-balancer",
            object=gateway.ref,
            address=address,
            rule="G12",
            basis="observed" if addresses else "assumed",
            says=f"Listener {listener.name} of the Gateway accepts {request.host or 'every host'}.",
        )
    )
    attached = attached_routes(walk.state, gateway, listener)
    if any(route.kind in LAYER_4 for route, _ in attached):
        fitting = [route for route, names in attached if any(rules.hostname_matches(n, request.host) for n in names)]
        if not fitting:
            hop = Hop(
                kind="gateway",
                object=gateway.ref,
                address=request.host,
                rule="G10",
                says=f"No route takes the server name {request.host}: the connection is refused.",
                next="compare the host names of the TLSRoutes",
            )
            return walk.stop(hop, "no-matching-sni")
        route = min(fitting, key=_age)
        return _follow(walk, route, 0, prefer, f"{route.kind} {route.metadata.name}")
    matches = rules.match_rules(attached, request.host, request.path, request.method, request.headers)
    if not matches:
        hop = Hop(
            kind="gateway",
            object=gateway.ref,
            address=f"{request.host}{request.path}",
            rule="G5",
            says="No rule of the attached routes matches: the Gateway answers 404.",
            next="kubectl get httproute -A; compare host names and matches",
        )
        return walk.stop(hop, "no-matching-rule", status=404)
    best = matches[0]
    return _follow(walk, best.route, best.rule_index, prefer, f"{request.host}{best.match.path.value}")


def attached_routes(state: ClusterState, gateway: Gateway, listener: Listener) -> list[tuple[Route, list[str]]]:
    """Routes that a listener took, the oldest first, with the host names they have in common."""
    key = gateway.name, listener.name
    return state.remember("attached_routes", key, lambda: _attached_routes(state, gateway, listener))


def _attached_routes(state: ClusterState, gateway: Gateway, listener: Listener) -> list[tuple[Route, list[str]]]:
    found = []
    for route in state.routes:
        for parent in route.spec.parent_refs:
            if parent_name(route, parent) != gateway.name:
                continue
            attachment = rules.attach(route, parent, gateway, namespace_labels(state))
            if any(taken.name == listener.name for taken in attachment.listeners):
                found.append((route, rules.effective_hostnames(listener, route)))
                break
    return sorted(found, key=lambda pair: _age(pair[0]))


def parent_name(route: Route, parent: ParentReference) -> Name | None:
    """The Gateway a parentRef names; None if it names something else (a Service, for a mesh)."""
    if parent.kind != "Gateway" or parent.group not in ("", *GATEWAY_GROUPS):
        return None
    return Name(parent.namespace or route.metadata.namespace, parent.name)


def is_parent(gateway: Name, route: Route) -> bool:
    """Whether a route names this Gateway as a parent."""
    return any(parent_name(route, parent) == gateway for parent in route.spec.parent_refs)


def _age(route: Route) -> tuple[str, str]:
    return route.metadata.creation_timestamp, str(route.name)


def _follow(walk: Walk, route: Route, index: int, prefer: Name | None, text: str) -> Trace:
    rule = route.spec.rules[index] if index < len(route.spec.rules) else RouteRule()
    redirect = next((f.request_redirect for f in rule.filters if f.request_redirect), None)
    if redirect:
        walk.add(
            Hop(
                kind="gateway",
                object=route.ref,
                address=text,
                rule="G8",
                basis="observed",
                says=f"The rule answers with a redirect ({redirect.status_code}).",
            )
        )
        return walk.end("redirect", reason="redirect", status=redirect.status_code)
    backends = list(rules.shares(rule))
    walk.note(backends=tuple(_backend(walk.state, route, ref, share) for ref, share in backends))
    if not any(share for _, share in backends):
        reason = "zero-weight" if backends else "no-backend"
        hop = Hop(
            kind="gateway",
            object=route.ref,
            address=text,
            rule="G6",
            says="The rule has no backend that gets requests: the Gateway answers 500.",
            next="give the rule a backendRef with a weight above 0",
        )
        return walk.stop(hop, reason, status=500)
    ref, share = next(
        ((r, s) for r, s in backends if _target(route, r) == prefer), max(backends, key=lambda pair: pair[1])
    )
    return _to_backend(walk, route, ref, share, text)


def _target(route: Route, ref: BackendRef) -> Name:
    return Name(ref.namespace or route.metadata.namespace, ref.name)


def _problem(state: ClusterState, route: Route, ref: BackendRef) -> tuple[str, str] | None:
    """(reason, sentence) of a backend that cannot be used (G6, G7); None if it can."""
    name = _target(route, ref)
    if ref.kind != "Service" or ref.group:
        return "invalid-kind", f"The backend {ref.kind} {ref.name} is no Service."
    if not rules.is_permitted(route, ref, state.reference_grants.values()):
        return "ref-not-permitted", f"No ReferenceGrant in {name.namespace} lets {route.kind} refer to Service {name}."
    service = find_service(state, name)
    if service is None:
        return "backend-not-found", f"The rule leads to Service {name}, which does not exist."
    if ref.port is None:
        return "backend-port-missing", f"The backendRef to {name} has no port."
    protocol = "UDP" if route.kind == "UDPRoute" else "TCP"
    if find_port(service, ref.port, protocol) is None:
        has = ", ".join(str(p.port) for p in service.spec.ports) or "none"
        return "backend-port-not-found", f"The rule leads to port {ref.port} of {name}, which has ports {has}."
    return None


def _backend(state: ClusterState, route: Route, ref: BackendRef, share: float) -> Backend:
    return Backend(service=_target(route, ref), share=share, status=500 if _problem(state, route, ref) else None)


def _to_backend(walk: Walk, route: Route, ref: BackendRef, share: float, text: str) -> Trace:
    name = _target(route, ref)
    percent = f" ×{share:.0%}" if share < 1 else ""
    problem = _problem(walk.state, route, ref)
    if problem:
        reason, says = problem
        if (service := find_service(walk.state, name)) is not None:
            walk.at_service(service, None)
        hop = Hop(
            kind="gateway",
            object=route.ref,
            address=text,
            rule="G6",
            says=f"{says} The Gateway answers 500.",
            next=f"kubectl describe {route.kind.lower()} -n {route.metadata.namespace} {route.metadata.name}",
        )
        return walk.stop(hop, reason, status=500)
    service = find_service(walk.state, name)
    port = find_port(service, ref.port or 0, "UDP" if route.kind == "UDPRoute" else "TCP") if service else None
    if service is None or port is None:
        raise AssertionError("a backend without problems has a Service and a port")
    walk.add(
        Hop(
            kind="gateway",
            object=route.ref,
            address=f"{text} →{port.port}{percent}",
            rule="G5",
            basis="observed",
            says=f"{route.kind} {route.name} sends {share:.0%} of these requests to {name} port {port.port}.",
        )
    )
    return to_endpoints(walk, service, port, "The Gateway")
