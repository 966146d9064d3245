"""From a Gateway to Services: listener, route, rule, and the weighted backends of the rule."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from svcmap.model.facts import Basis
from svcmap.model.gateway import Gateway, GatewayClass, Route, RouteMatch, RouteRule
from svcmap.model.group_kinds import GATEWAY_CLASS
from svcmap.model.refs import Name, ObjectRef
from svcmap.paths.asking.request import SCHEME_PORTS, Request
from svcmap.paths.outcome import Answer, Hop, Reason, Trace, Undecided
from svcmap.paths.policies.egress import cannot_leave
from svcmap.paths.routes.backends import Leg, Rule, through_legs
from svcmap.paths.routes.front import reach_front
from svcmap.paths.routes.gateway.attached import (
    Attached,
    attached_routes,
    implementation_of,
    listeners_of,
    unread_namespace,
)
from svcmap.paths.routes.gateway.backends import INVALID, LAYER_4, is_invalid, legs_of
from svcmap.paths.routes.gateway.doubts import note_policies, unknown_backend
from svcmap.paths.routes.gateway.entries import WORD
from svcmap.paths.walk import Walk
from svcmap.semantics import gateway as rules

TLS_SCHEMES = ("https", "tls")
NOT_FOUND = 404
NEAR = 2
"""Rules that nearly match of which a sentence tells."""


def through_gateway(walk: Walk, gateway: Gateway) -> Trace:
    """A request that arrives at a Gateway."""
    request = walk.request
    if (unserved := _without_class(walk, gateway)) is not None:
        return unserved
    on_port = _listeners_on_port(walk, gateway)
    port = on_port[0].listener.port if on_port else request.port
    addresses = [a.value for a in gateway.status.addresses] or [a.value for a in gateway.spec.addresses]
    address = f"{addresses[0] if addresses else '?'}:{port or '?'}"
    bound = rules.choose_listener(on_port, _server_name(request))
    if (off := _without_certificate(walk, gateway, bound, address)) is not None:
        return off
    if not on_port:
        return _refused(walk, gateway, address) or _no_listener(walk, gateway, address)
    if bound is None:
        return _no_host(walk, gateway, on_port[0], address)
    if (invalid := _unheard_of(walk, bound, address)) is not None:
        return invalid
    asked = request.host if request.is_address else addresses[0] if addresses else ""
    if kept_out := reach_front(walk, asked, port):
        return kept_out
    says = f"Listener {bound.name} of the Gateway accepts {bound.listener.hostname or 'every host'}."
    basis: Basis = "observed" if addresses else "assumed"
    walk.add(Hop(kind="load-balancer", object=gateway.ref, address=address, rule="G12", basis=basis, says=says))
    if stopped := cannot_leave(walk, addresses[0] if addresses else "", port):
        return stopped
    attached = attached_routes(walk.state, gateway, bound)
    if bound.is_unsure:
        return _labels_decide(walk, gateway, bound, str(bound.owner), bound.owner.namespace)
    if bound.listener.protocol in ("TCP", "UDP", "TLS"):
        return _stream(walk, gateway, bound, [pair for pair in attached if pair[0].kind in LAYER_4])
    matches = _matches(walk, gateway, attached)
    if not matches:
        return _no_rule(walk, gateway, attached)
    best = matches[0]
    if unread := unread_namespace(walk.state, gateway, bound, best.route):
        return _labels_decide(walk, gateway, bound, str(best.route.ref), unread)
    text = f"{request.authority}{best.match.path.value}"
    return _follow(walk, gateway, best.route, best.rule_index, best.match, text, bound, matches[1:])


def _matches(walk: Walk, gateway: Gateway, attached: Attached) -> list[rules.RuleMatch]:
    """The rules that fit, the winner first. Where implementations differ about it, and this one is not known, its class
    decides (GW-13).
    """
    request = walk.request
    asked = attached, request.authority, request.path, request.method, request.headers
    readings = rules.readings_of(implementation_of(walk.state, gateway))
    found = [rules.match_rules(*asked, reading) for reading in readings]
    winners = [rules_[0] if rules_ else None for rules_ in found]
    others = [item for item in winners if _place(item) != _place(winners[0])]
    if others:
        names = dict.fromkeys(_told(item) for item in (winners[0], *others))
        wanted = gateway.spec.gateway_class_name
        of_class = walk.state.all(GATEWAY_CLASS, GatewayClass).get(Name("", wanted))
        could = f"is an implementation whose order of rules is not known: {' or '.join(names)} may take the request"
        field = "spec.controllerName" if of_class else "spec.gatewayClassName"
        ref = of_class.ref if of_class else gateway.ref
        walk.doubt(Undecided(object=ref, field=field, could=could), WORD, "GW-13", refuses=False)
    return found[0]


def _place(found: rules.RuleMatch | None) -> tuple[ObjectRef, int] | None:
    return (found.route.ref, found.rule_index) if found else None


def _told(found: rules.RuleMatch | None) -> str:
    if found is None:
        return "no rule"
    return f"{found.match.path.type} {found.match.path.value} of {found.route.kind} {found.route.metadata.name}"


def _without_class(walk: Walk, gateway: Gateway) -> Trace | None:
    """G1: of the GatewayClasses that are there none is that of the Gateway: no controller looks at it."""
    classes, wanted = walk.state.all(GATEWAY_CLASS, GatewayClass), gateway.spec.gateway_class_name
    of_class = classes.get(Name("", wanted))
    if of_class is not None and not gateway.status.conditions:
        return _class_refused(walk, gateway, of_class)
    if not classes or not wanted or Name("", wanted) in classes or gateway.status.conditions:
        return None
    has = ", ".join(name.name for name in list(classes)[:3])
    hop = Hop(
        kind=WORD,
        object=gateway.ref,
        address=wanted,
        rule="G1",
        says=f"There is no GatewayClass {wanted}: no controller serves the Gateway. There is {has}.",
        next="set spec.gatewayClassName; kubectl get gatewayclass",
    )
    return walk.stop(hop, "gateway-class-not-found")


def _class_refused(walk: Walk, gateway: Gateway, of_class: GatewayClass) -> Trace | None:
    """GW-13: a GatewayClass that its controller has not accepted, and a Gateway of which it says nothing."""
    found = rules.refused(of_class.status.conditions, of_class.metadata.generation)
    if found is None:
        return None
    told, name = found.message or found.reason or "not accepted", of_class.metadata.name
    hop = Hop(
        kind=WORD,
        object=of_class.ref,
        address=name,
        rule="GW-13",
        basis="observed",
        says=f"Its controller has not accepted GatewayClass {name}, that of Gateway {gateway.name}: {told}.",
        next=of_class.ref.kubectl("describe"),
    )
    return walk.stop(hop, "not-accepted")


def _refused(walk: Walk, gateway: Gateway, address: str) -> Trace | None:
    """The port has a listener that the controller says it has not accepted: its message is the sentence."""
    wanted = walk.request.port or SCHEME_PORTS.get(walk.request.scheme)
    for bound in listeners_of(walk.state, gateway):
        if bound.refusal and bound.listener.port == wanted:
            hop = Hop(
                kind=WORD,
                object=gateway.ref,
                address=address,
                rule="G2",
                basis="observed",
                says=f"Its controller has not accepted listener {bound.name} ({bound.conflict}): {bound.refusal}.",
                next=f"kubectl describe gateway -n {gateway.metadata.namespace} {gateway.metadata.name}",
            )
            return walk.stop(hop, "not-accepted")
    return None


def _without_certificate(walk: Walk, gateway: Gateway, bound: rules.BoundListener | None, address: str) -> Trace | None:
    """A host whose own listener has no certificate: no other listener serves it (GEP-1713), at most it takes the
    connection. `bound` is the listener that fits best of those that are on.
    """
    wanted = _arrives_at(walk, gateway)
    broken = [b for b in listeners_of(walk.state, gateway) if b.conflict in rules.UNUSABLE]
    own = rules.choose_listener(
        [b for b in (*broken, *([bound] if bound else [])) if b.listener.port == wanted], _server_name(walk.request)
    )
    if own is None or own is bound or walk.request.scheme not in TLS_SCHEMES:
        return None
    why = {"RefNotPermitted": "no ReferenceGrant lets it refer to its Secret"}.get(own.conflict or "")
    told = own.refusal or why or "its Secret is no certificate"
    ending = f"listener {bound.name} takes the connection and answers 404" if bound else "the connection is refused"
    hop = Hop(
        kind=WORD,
        object=gateway.ref,
        address=address,
        rule="G7",
        basis="observed" if own.refusal else "computed",
        says=f"Listener {own.name} has no certificate that it can use ({own.conflict}: {told.rstrip('.')}): {ending}.",
        next="correct spec.listeners[].tls.certificateRefs, or add a ReferenceGrant where the Secret is",
    )
    computed: Reason = "ref-not-permitted" if own.conflict == "RefNotPermitted" else "no-listener"
    reason = "not-accepted" if own.refusal else computed
    return walk.stop(hop, reason, answer=Answer(status=NOT_FOUND if bound else None))


def _unheard_of(walk: Walk, bound: rules.BoundListener, address: str) -> Trace | None:
    """What the API server does not take: TLS that is to end at a listener, and is passed through."""
    tls = bound.listener.tls
    if bound.listener.protocol != "HTTPS" or tls is None or tls.mode != "Passthrough":
        return None
    walk.invalid = "spec.listeners.tls.mode"
    says = (
        f"Listener {bound.name} is HTTPS with tls.mode Passthrough, which the API refuses: such an object is not there."
    )
    step = "set protocol TLS with a TLSRoute, or tls.mode Terminate"
    hop = Hop(kind=WORD, object=bound.owner, address=address, rule="G1", says=says, next=step)
    return walk.stop(hop, "object-refused")


def _server_name(request: Request) -> str:
    """What chooses a listener: the server name of TLS, else the Host of the request."""
    return request.host if request.scheme in ("https", "tls") and not request.is_address else request.authority


def _listeners_on_port(walk: Walk, gateway: Gateway) -> list[rules.BoundListener]:
    """The listeners of the port a request arrives on that speak its protocol."""
    wanted = _arrives_at(walk, gateway)
    protocols = rules.SCHEME_PROTOCOLS.get(walk.request.scheme, ())
    return [b for b in _listening(walk, gateway) if b.listener.port == wanted and b.listener.protocol in protocols]


def _listening(walk: Walk, gateway: Gateway) -> list[rules.BoundListener]:
    return [bound for bound in listeners_of(walk.state, gateway) if not bound.conflict]


def _arrives_at(walk: Walk, gateway: Gateway) -> int | None:
    """The port that a request arrives on.

    The port in a host name's URL is one of the client's Host header: where no listener has it, the connection came in
    on the scheme's own port.
    """
    request = walk.request
    default = SCHEME_PORTS.get(request.scheme)
    wanted = request.port or default
    if not request.via and not request.is_address:
        wanted = default or wanted
    ports = {bound.listener.port for bound in _listening(walk, gateway)}
    return default if wanted not in ports and not request.is_address and default in ports else wanted


def _no_listener(walk: Walk, gateway: Gateway, address: str) -> Trace:
    """Nobody listens on the port, or not for the protocol: those that there are, are the next step."""
    port = _arrives_at(walk, gateway)
    says = f"No listener of the Gateway takes {walk.request.scheme} on port {port}."
    if port != walk.request.port and walk.request.port:
        says = f"{says[:-1]}; the port of a URL counts where its host is an address, or --via names the Gateway."
    others = [f"{b.listener.protocol} on {b.listener.port}" for b in _listening(walk, gateway)]
    step = f"its listeners: {', '.join(dict.fromkeys(others))}" if others else "add a listener"
    return walk.stop(
        Hop(kind=WORD, object=gateway.ref, address=address, rule="G4", says=says, next=step), "no-listener"
    )


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
    grpc = request.scheme == "grpc"
    answer = "UNIMPLEMENTED" if grpc else "404"
    hop = Hop(
        kind=WORD,
        object=gateway.ref,
        address=f"{request.authority}{request.path}",
        rule="G9" if grpc else "G5",
        says=f"No rule of the attached routes matches: the Gateway answers {answer}.{_near(request, attached or [])}",
        next="kubectl get httproute,grpcroute -A; compare host names and matches",
    )
    code = "UNIMPLEMENTED" if grpc else None
    return walk.stop(hop, "no-matching-rule", answer=Answer(status=None if grpc else NOT_FOUND, grpc_code=code))


def _near(request: Request, attached: Attached) -> str:
    """Which rule would take the request but for one thing."""
    asked = attached, request.authority, request.path, request.method, request.headers
    found = dict.fromkeys(f"{lack} ({route.kind} {route.name})" for route, _, lack in rules.near_misses(*asked))
    return f" Nearly: one asks for {', one for '.join(list(found)[:NEAR])}." if found else ""


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
        hop = Hop(kind=WORD, object=gateway.ref, address=host, rule="G10", says=says, next=step)
        return walk.stop(hop, "no-matching-sni" if by_name else "no-matching-rule", answer=Answer(action="REJECT"))
    best = max((rank for rank, _ in taken if rank is not None), default=None)
    route = next(route for rank, route in taken if not by_name or rank == best)
    if unread := unread_namespace(walk.state, gateway, bound, route):
        return _labels_decide(walk, gateway, bound, str(route.ref), unread)
    return _follow(walk, gateway, route, 0, RouteMatch(), f"{route.kind} {route.metadata.name}", bound, ())


def _follow(
    walk: Walk,
    gateway: Gateway,
    route: Route,
    index: int,
    match: RouteMatch,
    text: str,
    bound: rules.BoundListener,
    losers: Sequence[rules.RuleMatch],
) -> Trace:
    rule = route.spec.rules[index] if index < len(route.spec.rules) else RouteRule()
    note_policies(walk, gateway, bound.name, route, rule)
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
    rewrite = next((f.url_rewrite for f in rule.filters if f.url_rewrite), None)
    if rewrite and rewrite.path:
        rewritten = rules.rewritten_path(rewrite.path, match, walk.request.path)
        walk.proxied = replace(walk.proxied, path=rewritten)
    implementation = implementation_of(walk.state, gateway)
    reading = implementation.reading if implementation else None
    legs = legs_of(walk.state, route, rule, reading)
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
        lost=_losers(losers),
        ends_streams=route.kind in LAYER_4,
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


def _losers(losers: Sequence[rules.RuleMatch]) -> str:
    """Why the other rules that fit were not taken."""
    shown = [f"{m.route.name} {m.match.path.type} {m.match.path.value}" for m in losers[:3]]
    return f" Less specific: {'; '.join(shown)}." if shown else ""


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
