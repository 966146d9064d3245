"""From a Route to Services: who serves it, TLS, path, weights, and the endpoints the router dials itself (CO-1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from svcmap.model.core import Service
from svcmap.model.facts import Basis
from svcmap.model.group_kinds import SERVICE
from svcmap.model.openshift import Route, TargetReference
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import endpoints_of, find_service
from svcmap.paths.outcome import Answer, Backend, Hop, Reason, Trace, Undecided
from svcmap.paths.policies.egress import cannot_leave
from svcmap.paths.routes.backends import Leg, Rule, leg_to, shares_of, through_legs
from svcmap.paths.routes.front import reach_front
from svcmap.paths.routes.proxy_protocol import Expected, at_header
from svcmap.paths.walk import Walk
from svcmap.semantics import openshift as rules

WORD, RULE = "route", "CO-1"
HTTP_PORTS = (80, 443)
FOUND, UNAVAILABLE = 302, 503
NAMESPACE, DEFAULT = "openshift-ingress", "default"
FRONTS = ("router-{}", "router-nodeport-{}")
"""What the ingress operator calls the Services of a router: that with a load balancer, that with node ports."""


class Refusal(NamedTuple):
    """Why no router serves a Route, what to do, and what that takes for granted."""

    reason: Reason
    says: str
    next: str
    assumes: tuple[str, ...] = ()


class Candidate(NamedTuple):
    """A Route that has the host of a request; with a refusal it gets none."""

    route: Route
    refusal: Refusal | None = None


def through_router(walk: Walk, candidates: Sequence[Candidate]) -> Trace:
    """A request that arrives at the router. Of some Routes with its host, the one with the longest path takes it."""
    request = walk.request
    of_host = [item for item in candidates if _has_host(item.route, request.authority)]
    if not of_host:
        return _no_host(walk, candidates[0].route)
    served = rules.best_first(item.route for item in of_host if item.refusal is None)
    if not served:
        route, refusal = next((item.route, item.refusal) for item in of_host if item.refusal)
        return _refused(walk, route, refusal)
    if request.protocol != "TCP" or (request.scheme == "tcp" and request.port not in (0, *HTTP_PORTS)):
        says = f"Routes are about http and TLS: {request.protocol} port {request.port} says nothing of them."
        return walk.unknown(Hop(kind=WORD, object=served[0].ref, address=f"?:{request.port}", rule=RULE, says=says))
    secure = request.scheme in ("https", "tls") or request.port == 443
    port = request.port or (443 if secure else 80)
    matching = [route for route in served if rules.takes_path(route, request.path.partition("?")[0] or "/")]
    taken = rules.taker_of_tls(matching, served) if secure else next(filter(rules.takes_http, matching), None)
    shown = taken or next(iter(matching), served[0])
    address = next((route.canonical_hostname for route in (shown, *served) if route.canonical_hostname), "")
    asked = request.host if request.is_address else address
    has_arrived = walk.first_leg is not None  # by an address of the router's Service, which was asked for
    if not has_arrived and (kept_out := reach_front(walk, asked, port, router_service(walk.state, shown))):
        return kept_out
    at_header(walk, Expected(), shown.ref)
    if not has_arrived and (stopped := _enter(walk, shown, address, port)):
        return stopped
    _assume(walk, shown)
    if not secure and matching and rules.redirects(matching[0]):
        return _redirect(walk, matching[0])
    if taken is None:
        return _other_scheme(walk, shown, secure=secure) if matching else _no_path(walk, served)
    return _to_backends(walk, taken)


def is_at_router(found: Trace, service: Service) -> bool:
    """Whether a connection has got to the pods of a router where these take requests, by a Service in front of them."""
    name, namespace = service.metadata.name, service.metadata.namespace
    port = found.service_port
    is_of_router = namespace == NAMESPACE and name.startswith("router-")
    return is_of_router and port is not None and port.port in HTTP_PORTS


def _enter(walk: Walk, route: Route, address: str, port: int) -> Trace | None:
    """The hop to the router; the finished trace where a policy of the client does not let it."""
    walk.add(_entry_hop(route, address, port))
    return cannot_leave(walk, address, port)


def router_service(state: ClusterState, route: Route) -> Service | None:
    """That of the first router that serves a Route; without a status of the default one."""
    for router in route.routers or [DEFAULT]:
        for pattern in FRONTS:
            if (found := find_service(state, Name(NAMESPACE, pattern.format(router)))) is not None:
                return found
    return None


def _has_host(route: Route, host: str) -> bool:
    """Whether a Route is for a host; one whose host is yet to be made may be for any."""
    return not route.host or rules.host_key(route).rstrip(".") in rules.host_keys(host)


def _refused(walk: Walk, route: Route, refusal: Refusal) -> Trace:
    for text in refusal.assumes:
        walk.assume(text)
    address = f"{route.host or '?'}{route.spec.path}"
    hop = Hop(
        kind=WORD,
        object=route.ref,
        address=address,
        rule=RULE,
        basis="observed" if rules.admission(route).admitted is False else "computed",
        says=refusal.says,
        next=refusal.next,
    )
    return walk.stop(hop, refusal.reason, answer=Answer(status=UNAVAILABLE))


def _entry_hop(route: Route, address: str, port: int) -> Hop:
    basis: Basis = "observed" if address else "assumed"
    says = "The address of the router that serves this Route."
    if not address:
        says = "Clients reach the router; its address is not in the source."
    shown = f"{address or '?'}:{port}"
    return Hop(kind="load-balancer", object=route.ref, address=shown, rule=RULE, basis=basis, says=says)


def _assume(walk: Walk, route: Route) -> None:
    if not route.host:
        walk.assume(f"the host that Route {route.name} is given when it is created is the one asked for")
    if rules.admission(route).admitted is None:
        walk.assume(f"a router admits Route {route.name}: its status says nothing")
        if rules.is_wildcard(route):
            walk.assume("the router allows Routes with wildcardPolicy: Subdomain")


def _redirect(walk: Walk, route: Route) -> Trace:
    request = walk.request
    location = f"https://{request.authority}{request.path}"
    says = f"insecureEdgeTerminationPolicy is Redirect: the router answers http with {FOUND} to https."
    address = f"{request.authority}{request.path}"
    walk.add(Hop(kind=WORD, object=route.ref, address=address, rule=RULE, basis="observed", says=says))
    path = request.path.partition("?")[0]
    return walk.end("redirect", reason="redirect", answer=Answer(status=FOUND, location=location, location_path=path))


def _other_scheme(walk: Walk, route: Route, *, secure: bool) -> Trace:
    """The Route has the host and the path, but for the other one of http and https."""
    if route.termination not in ("", "edge", "reencrypt") and secure:
        says = f"Route {route.name} has termination {route.termination} and a path, or one that no router knows: 503."
        step = "passthrough takes no path; else set tls.termination to edge or reencrypt"
    elif secure:
        says = f"Route {route.name} has no tls, so the router has it for http alone and answers https with 503."
        step = "give the Route a tls section, or ask for http"
    else:
        says = f"Route {route.name} is for https alone: the router answers http with 503."
        step = "ask for https, or set tls.insecureEdgeTerminationPolicy to Redirect or Allow"
    hop = Hop(kind=WORD, object=route.ref, address=_text(route), rule=RULE, says=says, next=step)
    return walk.stop(hop, "tls", answer=Answer(status=UNAVAILABLE))


def _no_host(walk: Walk, route: Route) -> Trace:
    hop = Hop(
        kind=WORD,
        object=route.ref,
        address=f"{walk.request.authority}{walk.request.path}",
        rule=RULE,
        says=f"Route {route.name} is for {rules.host_key(route)}: the router answers 503 for another host.",
        next="ask for a host that a Route has",
    )
    return walk.stop(hop, "no-matching-rule", answer=Answer(status=UNAVAILABLE))


def _no_path(walk: Walk, served: Sequence[Route]) -> Trace:
    paths = ", ".join(sorted({route.spec.path or "/" for route in served})[:3])
    hop = Hop(
        kind=WORD,
        object=served[0].ref,
        address=f"{walk.request.authority}{walk.request.path}",
        rule=RULE,
        says=f"No Route of this host takes the path; they have {paths}. The router answers 503.",
        next="kubectl get routes -A; compare host and path",
    )
    return walk.stop(hop, "no-matching-rule", answer=Answer(status=UNAVAILABLE))


def _text(route: Route) -> str:
    return f"{rules.host_key(route) or '*'}{route.spec.path}"


# -- backends -----------------------------------------------------------------------------------------------------


def _to_backends(walk: Walk, route: Route) -> Trace:
    text = _text(route)
    for annotation in rules.deciding_annotations(route):
        field = f"metadata.annotations[{annotation}]"
        undecided = Undecided(object=route.ref, field=field, could="lets some clients in only")
        walk.doubt(undecided, WORD, RULE, refuses=True)
    if rules.REWRITES in route.metadata.annotations:
        walk.assume(f"{rules.REWRITES} of Route {route.name} changes the path that pods see: it is not worked out")
    protocol = {"reencrypt": "HTTPS", "passthrough": "TLS"}.get(route.termination)
    walk.proxied = replace(walk.proxied, protocol=protocol)
    legs = legs_of(walk.state, route)
    for leg in legs if len(legs) > 1 else ():
        if leg.found.basis == "unknown":
            walk.assume(f"Service {leg.name} has no endpoints, and so no share: the source does not say")
    idled = next((leg.service for leg in legs if leg.service and rules.is_idled(leg.service)), None)
    if idled is not None and not _ready(legs):
        says = f"Service {idled.name} is idled: what the router sends it has OpenShift start its pods first."
        return walk.unknown(Hop(kind=WORD, object=route.ref, address=text, rule=RULE, says=says))
    status = {leg.name: leg.status for leg in legs}
    walk.backends = tuple(Backend(service=n, share=share, status=status[n]) for n, share in shares_of(legs).items())
    if not any(leg.share for leg in legs):
        hop = Hop(
            kind=WORD,
            object=route.ref,
            address=text,
            rule=RULE,
            says="Every weight of the Route is 0: the router answers 503.",
            next="give a backend of the Route a weight above 0",
        )
        return walk.stop(hop, "zero-weight", answer=Answer(status=UNAVAILABLE))
    rule = Rule(
        word=WORD,
        by="The router",
        object=route.ref,
        title=f"Route {route.name}",
        text=text,
        taken=RULE,
        split=RULE,
        failing=UNAVAILABLE,
    )
    return through_legs(walk, rule, legs)


def legs_of(state: ClusterState, route: Route) -> list[Leg]:
    """The backends of a Route with their shares, among the ports that are used of a Service by their endpoints."""
    weighed = [(_legs(state, route, target), weight) for target, weight in rules.weights(route).values()]
    shares = rules.shares([(weight, bool(_ready(legs))) for legs, weight in weighed])
    found = []
    for (legs, _), share in zip(weighed, shares, strict=True):
        ready = _ready(legs)
        for leg in legs:
            part = share * len(leg.eligible) / ready if ready else share / len(legs)
            failing = bool(part) and leg.reason is not None
            found.append(replace(leg, share=part, status=UNAVAILABLE if failing else None))
    return found


def _ready(legs: Sequence[Leg]) -> int:
    return sum(len(leg.eligible) for leg in legs)


def _legs(state: ClusterState, route: Route, target: TargetReference) -> list[Leg]:
    """A backend, once for each port that is used of it; one that cannot be used once, with why."""
    name = Name(route.metadata.namespace, target.name)
    service = find_service(state, name)
    if target.kind != SERVICE.kind:
        return [_failing(name, "invalid-kind", f"The backend {target.kind} {target.name} is no Service.")]
    if service is None:
        return [_failing(name, "service-not-found", f"The Route leads to Service {name}, which does not exist.")]
    if service.spec.type == "ExternalName":
        says = f"Service {name} is of type ExternalName, which has no endpoints, and the router dials nothing else."
        return [replace(_failing(name, "no-endpoints", says), service=service)]
    found = endpoints_of(state, name)
    ports = rules.ports_of(route, service, found)
    if not ports:
        wanted = str(route.spec.port.target_port) if route.spec.port else "?"
        has = ", ".join(f"{p.name or '(unnamed)'} ({p.target_port})" for p in service.spec.ports) or "none"
        says = f"port.targetPort {wanted} is no port of the endpoints of {name}, which have {has}."
        return [replace(_failing(name, "service-port-not-found", says), service=service, wanted=wanted)]
    legs = [leg_to(service, port, found, RULE) for port in ports]
    return [leg for leg in legs if leg.eligible] or legs[:1]


def _failing(name: Name, reason: Reason, says: str) -> Leg:
    return Leg(name=name, share=0.0, reason=reason, says=says, rule=RULE)
