"""From a Gateway to Services: listener, route, rule, and the weighted backends of the rule."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from svcmap.model.facts import Basis
from svcmap.model.gateway import Gateway, Route, RouteMatch, RouteRule
from svcmap.paths.asking.request import SCHEME_PORTS
from svcmap.paths.outcome import Answer, Hop, Trace
from svcmap.paths.policies.egress import cannot_leave
from svcmap.paths.routes.backends import Leg, Rule, through_legs
from svcmap.paths.routes.front import reach_front
from svcmap.paths.routes.gateway.attached import (
    Attached,
    attached_routes,
    implementation_of,
    unread_namespace,
)
from svcmap.paths.routes.gateway.backend_tls import note_backend_tls
from svcmap.paths.routes.gateway.backends import INVALID, LAYER_4, is_invalid, legs_of
from svcmap.paths.routes.gateway.clouds import note_cloud, sender_of
from svcmap.paths.routes.gateway.conditions import claims_of, note_feature, note_programmed, note_route, without_address
from svcmap.paths.routes.gateway.doubts import (
    note_certificates,
    note_client_certificates,
    note_parameters,
    note_policies,
    note_port,
    unknown_backend,
)
from svcmap.paths.routes.gateway.entries import WORD
from svcmap.paths.routes.gateway.entry_points import is_by_entry_point
from svcmap.paths.routes.gateway.fronts import service_of
from svcmap.paths.routes.gateway.listening import (
    TLS_SCHEMES,
    listeners_on_port,
    not_listening,
    refused_listener,
    server_name,
    without_class,
)
from svcmap.paths.routes.gateway.matching import as_compared, elsewhere, matches_of, near, unescaped
from svcmap.paths.routes.gateway.overlaps import note_overlaps
from svcmap.paths.routes.gateway.overlooked import unattached, unattached_stream
from svcmap.paths.routes.gateway.refused import not_there, refusal_of
from svcmap.paths.routes.proxy_protocol import Expected, at_header
from svcmap.paths.walk import ANYTHING, Walk
from svcmap.semantics import gateway as rules

NOT_FOUND = 404


def through_gateway(walk: Walk, gateway: Gateway) -> Trace:
    """A request that arrives at a Gateway."""
    request = walk.request
    if (gone := not_there(walk, gateway) or without_class(walk, gateway)) is not None:
        return gone
    has_arrived = walk.first_leg is not None  # by an address of the Service in front, which was asked for
    on_port = listeners_on_port(walk, gateway)
    port = _port_asked(walk, gateway, on_port)
    addresses = [a.value for a in gateway.status.addresses] or [a.value for a in gateway.spec.addresses]
    address = f"{'' if has_arrived else addresses[0] if addresses else '?'}:{port or '?'}"
    bound = rules.choose_listener(on_port, server_name(request))
    if (off := not_listening(walk, gateway, on_port, bound, address)) is not None:
        return off
    if not has_arrived and (pending := without_address(walk, gateway, port)) is not None:
        return pending
    if bound is None:
        return _no_host(walk, gateway, on_port[0], address)
    if not has_arrived and (kept_out := _to_front(walk, gateway, port)):
        return kept_out
    at_header(walk, Expected(), gateway.ref)
    says = f"Listener {bound.name} of the Gateway accepts {bound.listener.hostname or 'every host'}."
    basis: Basis = "observed" if addresses or has_arrived else "assumed"
    kind = WORD if has_arrived else "load-balancer"
    walk.add(Hop(kind=kind, object=gateway.ref, address=address, rule="G12", basis=basis, says=says))
    _note(walk, gateway, bound)
    if not has_arrived and (stopped := cannot_leave(walk, addresses[0] if addresses else "", port)):
        return stopped
    attached = attached_routes(walk.state, gateway, bound)
    if bound.is_unsure:
        return _labels_decide(walk, gateway, bound, str(bound.owner), bound.owner.namespace)
    if bound.listener.protocol in ("TCP", "UDP", "TLS"):
        return _stream(walk, gateway, bound, [pair for pair in attached if pair[0].kind in LAYER_4])
    return _to_rule(walk, gateway, bound, attached, address)


def _to_front(walk: Walk, gateway: Gateway, port: int) -> Trace | None:
    """The finished trace of a request whose packets do not get to the proxy of a Gateway."""
    request, addresses = walk.request, [a.value for a in (*gateway.status.addresses, *gateway.spec.addresses)]
    asked = request.host if request.is_address else addresses[0] if addresses else ""
    return reach_front(walk, asked, port, service_of(walk.state, gateway))


def _to_rule(walk: Walk, gateway: Gateway, bound: rules.BoundListener, attached: Attached, address: str) -> Trace:
    """The rule of the routes at a listener that takes the request."""
    request = walk.request
    if (sent := unescaped(walk, gateway, address)) is not None:
        return sent
    matches = matches_of(walk, gateway, attached)
    if not matches:
        names_host = any(rules.hostname_matches(n, request.authority) for _, names in attached for n in names)
        refused = None if names_host else refused_listener(walk, gateway, bound, address)
        note_overlaps(walk, gateway, bound)
        return refused or _no_rule(walk, gateway, attached)
    there = [found for found in matches if refusal_of(walk.state, found.route) is None]
    if not there:
        return not_there(walk, matches[0].route) or _no_rule(walk, gateway, attached)
    best = there[0]
    if unread := unread_namespace(walk.state, gateway, bound, best.route):
        return _labels_decide(walk, gateway, bound, str(best.route.ref), unread)
    text = f"{request.authority}{best.match.path.value}"
    _assume_age(walk, there)
    return _follow(walk, gateway, best.route, best.rule_index, best.match, text, bound, _losers(there))


def _port_asked(walk: Walk, gateway: Gateway, on_port: Sequence[rules.BoundListener]) -> int:
    """The port that the client connects to: that of the listener, but for proxies whose listeners have ports of their
    own.
    """
    request = walk.request
    if not on_port:
        return request.port
    own = on_port[0].listener.port
    return request.port or SCHEME_PORTS.get(request.scheme, own) if is_by_entry_point(walk.state, gateway) else own


def _note(walk: Walk, gateway: Gateway, bound: rules.BoundListener) -> None:
    """What stands around a listener that takes a request."""
    note_parameters(walk, gateway)
    note_certificates(walk, bound)
    note_client_certificates(walk, gateway, bound)
    note_programmed(walk, gateway, bound)
    if is_by_entry_point(walk.state, gateway):
        note_port(walk, gateway, bound)


def _no_host(walk: Walk, gateway: Gateway, bound: rules.BoundListener, address: str) -> Trace:
    """No listener of the port has the host name: TLS ends before any request, plain HTTP answers 404."""
    host = walk.request.authority
    if walk.request.scheme in TLS_SCHEMES:
        says = f"No listener has the server name {host}: the connection is refused."
        hop = Hop(kind=WORD, object=gateway.ref, address=address, rule="G4", says=says, next="add a listener")
        return walk.stop(hop, "no-matching-sni")
    walk.add(
        Hop(
            kind="load-balancer",
            object=gateway.ref,
            address=address,
            rule="G4",
            says=f"Port {bound.listener.port} of the Gateway takes the connection; no listener there has this host.",
        )
    )
    return _no_rule(walk, gateway)


def _no_rule(walk: Walk, gateway: Gateway, attached: Attached | None = None) -> Trace:
    request = walk.request
    told = unattached(walk.state, request.authority, gateway.name)
    if told is not None and told.reason == "not-accepted":
        hop = Hop(kind=WORD, object=told.object, address=request.authority, rule="G2", says=told.says, next=told.next)
        return walk.stop(hop, told.reason, answer=Answer(status=NOT_FOUND), lacks=ANYTHING)
    grpc = request.scheme == "grpc"
    answer = "UNIMPLEMENTED" if grpc else "404"
    at_other = "" if told or attached else elsewhere(walk, gateway)
    hop = Hop(
        kind=WORD,
        object=gateway.ref,
        address=f"{request.authority}{request.path}",
        rule="G9" if grpc else "G5",
        says=f"No rule of the attached routes matches: the Gateway answers {answer}."
        + (f" {told.says}" if told else near(request, attached or []) + at_other),
        next=told.next if told else "kubectl get httproute,grpcroute -A; compare host names and matches",
    )
    code = "UNIMPLEMENTED" if grpc else None
    return walk.stop(hop, "no-matching-rule", answer=Answer(status=None if grpc else NOT_FOUND, grpc_code=code))


def _labels_decide(walk: Walk, gateway: Gateway, bound: rules.BoundListener, what: str, namespace: str) -> Trace:
    """G1: `from: Selector` looks at labels of a namespace whose object was not read."""
    says = f"Whether the Gateway takes {what} at listener {bound.name} depends on the labels of namespace {namespace}."
    need = f"Namespace/{namespace}"
    return walk.unknown(Hop(kind=WORD, object=gateway.ref, address=bound.name, rule="G1", says=says, needs=(need,)))


def _stream(
    walk: Walk, gateway: Gateway, bound: rules.BoundListener, attached: Sequence[tuple[Route, list[str]]]
) -> Trace:
    """G10: TLS by server name, TCP and UDP by port alone; of several routes the oldest gets all traffic."""
    host = walk.request.authority
    by_name = bound.listener.protocol == "TLS"
    fitting = [
        (max((rules.host_rank(n) for n in names if rules.hostname_matches(n, host)), default=None), route)
        for route, names in attached
    ]
    taken = [(rank, route) for rank, route in fitting if rank is not None or not by_name]
    if not taken:
        if by_name:
            says = f"No route takes the server name {host}: the connection is refused."
            step = "compare the host names of the TLSRoutes"
        else:
            says = f"No route is attached to listener {bound.name}: the connection is refused."
            step = "attach a TCPRoute or UDPRoute to the listener"
            if (told := unattached_stream(walk.state, gateway.name, rules.supported_kinds(bound.listener))) is not None:
                says, step = f"{says} {told.says}", told.next
        hop = Hop(kind=WORD, object=gateway.ref, address=host, rule="G10", says=says, next=step)
        return walk.stop(hop, "no-matching-sni" if by_name else "no-matching-rule", answer=Answer(action="REJECT"))
    best = max((rank for rank, _ in taken if rank is not None), default=None)
    route = next(route for rank, route in taken if not by_name or rank == best)
    if unread := unread_namespace(walk.state, gateway, bound, route):
        return _labels_decide(walk, gateway, bound, str(route.ref), unread)
    ends_tls = by_name and (bound.listener.tls is None or bound.listener.tls.mode == "Terminate")
    if ends_tls and rules.is_unclaimed(rules.TLS_TERMINATE, *claims_of(walk, gateway)):
        says = f"is Terminate, and a TLSRoute there uses {rules.TLS_TERMINATE}"
        note_feature(walk, gateway, bound.owner, f"spec.listeners[{bound.name}].tls.mode", says)
    return _follow(walk, gateway, route, 0, RouteMatch(), f"{route.kind} {route.metadata.name}", bound, "")


def _follow(
    walk: Walk,
    gateway: Gateway,
    route: Route,
    index: int,
    match: RouteMatch,
    text: str,
    bound: rules.BoundListener,
    lost: str,
) -> Trace:
    rule = route.spec.rules[index] if index < len(route.spec.rules) else RouteRule()
    note_policies(walk, gateway, bound.name, route, rule)
    note_backend_tls(walk, gateway, route, rule)
    note_cloud(walk, gateway, route, rule)
    note_route(walk, gateway, route, rule, match)
    redirect = next((f.request_redirect for f in rule.filters if f.request_redirect), None)
    if redirect:
        request = walk.request
        location, path = rules.redirect_location(
            redirect, match, scheme=_scheme(walk), host=request.authority, port=bound.listener.port, path=request.path
        )
        says = f"The rule answers with a redirect ({redirect.status_code}) to {location}."
        walk.add(Hop(kind=WORD, object=route.ref, address=text, rule="G8", basis="observed", says=says))
        answer = Answer(status=redirect.status_code, location=location, location_path=path)
        return walk.end("redirect", reason="redirect", answer=answer)
    implementation = implementation_of(walk.state, gateway)
    reading = implementation.reading if implementation else None
    asked = as_compared(walk.request.path, reading) if reading and reading.cleaning != "decoded" else walk.request.path
    rewrite = next((f.url_rewrite for f in rule.filters if f.url_rewrite), None)
    if rewrite and rewrite.path:
        walk.proxied = replace(walk.proxied, path=rules.rewritten_path(rewrite.path, match, asked))
    elif asked != walk.request.path:
        walk.proxied = replace(walk.proxied, path=asked)
    legs = legs_of(walk.state, route, rule, implementation)
    _assume_share(walk, route, legs, reading)
    walk.backends = tuple(leg.as_backend for leg in legs)
    if not any(leg.share for leg in legs):
        return _nowhere(walk, route, text, legs, reading.none_left if reading else INVALID)
    if (of_another_kind := unknown_backend(walk, route, rule, text)) is not None:
        return of_another_kind
    shared = Rule(
        word=WORD,
        by="The Gateway",
        object=route.ref,
        title=f"{route.kind} {route.name}",
        text=text,
        taken="G5",
        split="G6",
        failing=reading.none_left if reading else INVALID,
        lost=lost,
        ends_streams=route.kind in LAYER_4,
        implementation=sender_of(gateway, implementation.title) if implementation else "",
    )
    return through_legs(walk, shared, legs)


def _assume_share(walk: Walk, route: Route, legs: Sequence[Leg], reading: rules.Reading | None) -> None:
    """GW-25: what a backend would get that is none is answered 500, but some implementations give it to the others."""
    lost = [leg for leg in legs if leg.share and is_invalid(leg)]
    if reading is None and lost and len(lost) < sum(bool(leg.share) for leg in legs) and route.kind not in LAYER_4:
        walk.assume(
            f"requests for {lost[0].name} are answered 500: some implementations give them to the other backends"
        )


def _scheme(walk: Walk) -> str:
    return "https" if walk.request.scheme in TLS_SCHEMES else "http"


def _losers(there: Sequence[rules.RuleMatch]) -> str:
    """Why the other rules that fit were not taken: the older route, then the first by name, has what is as specific."""
    best, *others = there
    equal = [m for m in others if best.is_as_specific(m)]
    less = [m for m in others if not best.is_as_specific(m)]
    told = ((what, group[:3]) for what, group in (("As specific, and later", equal), ("Less specific", less)) if group)
    return "".join(f" {what}: {'; '.join(map(_titled, group))}." for what, group in told)


def _titled(found: rules.RuleMatch) -> str:
    return f"{found.route.name} {found.match.path.type} {found.match.path.value}"


def _assume_age(walk: Walk, there: Sequence[rules.RuleMatch]) -> None:
    """G5: of routes that are not created yet nobody knows which will be the older one."""
    best, *others = there
    rival = next((m.route for m in others if best.is_as_specific(m) and m.route is not best.route), None)
    if rival is not None and not (best.route.metadata.creation_timestamp and rival.metadata.creation_timestamp):
        walk.assume(f"{best.route.ref} is older than {rival.ref}, or as old: the older one has the requests")


def _nowhere(walk: Walk, route: Route, text: str, legs: Sequence[Leg], status: int) -> Trace:
    stream = route.kind in LAYER_4
    ending = "refuses the connection" if stream else f"answers {status}"
    hop = Hop(
        kind=WORD,
        object=route.ref,
        address=text,
        rule="G6",
        says=f"The rule has no backend that gets requests: the Gateway {ending}.",
        next="give the rule a backendRef with a weight above 0",
    )
    answer = Answer(action="REJECT") if stream else Answer(status=status)
    return walk.stop(hop, "zero-weight" if legs else "no-backend", answer=answer)
