"""What stands around a route and is not evaluated: policies, filters and backends of implementations (GW-50)."""

from __future__ import annotations

from svcmap.model.gateway import Gateway, GatewayClass, Route, RouteRule
from svcmap.model.group_kinds import GATEWAY_CLASS, SERVICE
from svcmap.model.kinds import many
from svcmap.model.refs import Name
from svcmap.paths.known.controller_arguments import traefik_arguments
from svcmap.paths.known.unread import handling, targeting
from svcmap.paths.outcome import Hop, Trace, Undecided
from svcmap.paths.policies.mesh import note_gateway_pods
from svcmap.paths.routes.certificates import note_missing
from svcmap.paths.routes.gateway.attached import implementation_of
from svcmap.paths.routes.gateway.backends import target_of
from svcmap.paths.routes.gateway.entries import WORD
from svcmap.paths.routes.gateway.listening import TLS_SCHEMES
from svcmap.paths.routes.said import note_options, note_warning
from svcmap.paths.walk import Walk
from svcmap.semantics import gateway as rules
from svcmap.semantics.ingress.traefik_arguments import CHART, GATEWAY

CORE = ("", "core")
KNOWN_FILTERS = frozenset(
    {
        *("RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "RequestRedirect", "URLRewrite", "CORS"),
        *("ExtensionRef", ""),
    }
)
"""Those that are evaluated, or change nothing about who answers (httproute_types.go); ExternalAuth is none of them."""


def note_policies(walk: Walk, gateway: Gateway, listener: str, route: Route, rule: RouteRule) -> None:
    """Policies on the Gateway, the route or a Service of the rule, and filters that are the implementation's own. One
    that is about a section of its target alone says nothing of another listener or rule.
    """
    for named in (gateway.ref, route.ref):
        note_warning(walk, named, WORD)
    sections = {gateway.ref: listener, route.ref: rule.name}
    services = [(target_of(route, ref), ref) for ref in rule.backend_refs if ref.kind == "Service"]
    of_class = GATEWAY_CLASS.ref("", gateway.spec.gateway_class_name)
    backends = [SERVICE.ref(*name) for name, _ in services]
    for target in (gateway.ref, route.ref, of_class, *backends):
        for found in targeting(walk.state, target):
            if found.mention.value and sections.get(target, found.mention.value) != found.mention.value:
                continue
            could = f"targets {target.kind} {target.own_name} and may refuse or change its requests"
            undecided = Undecided(object=found.ref, field=found.mention.field, could=could)
            walk.doubt(undecided, WORD, "GW-50", refuses=False)
    known = implementation_of(walk.state, gateway)
    for name, _ in services if known and known.title == "Istio" else ():
        for found in handling(walk.state, name):
            could = f"says which TLS the proxy speaks to {name}, and requests fail where the pods do not"
            undecided = Undecided(object=found.ref, field=found.mention.field, could=could)
            walk.doubt(undecided, WORD, "GW-41", refuses=True)
    if known and known.title == "Istio":
        note_gateway_pods(walk, gateway.name, gateway.spec.infrastructure.labels)
    for index, item in enumerate(rule.filters):
        if item.type == "CORS" and walk.request.method == "OPTIONS":
            could = "is answered to a preflight by the Gateway itself, where it has that filter"
            field = f"spec.rules[].filters[{index}].cors"
            walk.doubt(Undecided(object=route.ref, field=field, could=could), WORD, "GW-50", refuses=False)
        elif item.extension_ref is not None:
            ref = item.extension_ref
            could = f"is {ref.kind} {ref.name} of the implementation, and may answer or change requests"
            field = f"spec.rules[].filters[{index}].extensionRef"
            walk.doubt(Undecided(object=route.ref, field=field, could=could), WORD, "GW-50", refuses=False)
        elif item.type not in KNOWN_FILTERS:
            could = f"is {item.type}, which may refuse or change requests"
            field = f"spec.rules[].filters[{index}].type"
            walk.doubt(Undecided(object=route.ref, field=field, could=could), WORD, "GW-50", refuses=True)


def note_parameters(walk: Walk, gateway: Gateway) -> None:
    """Settings of the implementation, for the class or the Gateway: order of rules, scope, clients (GW-33, GW-48).
    Where the source has them they could decide; else the defaults are assumed.
    """
    of_class = walk.state.all(GATEWAY_CLASS, GatewayClass).get(Name("", gateway.spec.gateway_class_name))
    known = implementation_of(walk.state, gateway)
    if known is None and of_class is not None:
        name = of_class.spec.controller_name
        walk.assume(f"controller {name} of the Gateway is not known: it does what the API text says")
    if options := walk.assumptions.options_of(known.title) if known else {}:
        note_options(walk, gateway.ref, options, WORD)
    named = [(gateway.ref, "spec.infrastructure.parametersRef", gateway.spec.infrastructure.parameters_ref)]
    if of_class is not None:
        named.append((of_class.ref, "spec.parametersRef", of_class.spec.parameters_ref))
    for ref, field, parameters in named:
        if parameters is None:
            continue
        is_there = any(
            (item.kind, item.name, item.group) == (parameters.kind, parameters.name, parameters.group)
            and item.namespace in ("", parameters.namespace or ref.namespace)
            for item in walk.state.custom
        )
        if is_there or walk.state.is_of_cluster:
            could = f"names {parameters.kind} {parameters.name}, whose settings may change what the Gateway does"
            walk.doubt(Undecided(object=ref, field=field, could=could), WORD, "GW-50", refuses=False)
        else:
            walk.assume(f"{parameters.kind} {parameters.name}, which is not in the source, has the defaults")


def note_client_certificates(walk: Walk, gateway: Gateway, bound: rules.BoundListener) -> None:
    """GEP-91: a client without a certificate that the Gateway asks for is refused, in the handshake or after it."""
    if walk.scheme != "https" or bound.listener.protocol != "HTTPS":
        return
    frontend = gateway.spec.tls.frontend
    own = next((item.tls for item in frontend.per_port if item.port == bound.listener.port), frontend.default)
    written = bound.listener.tls.frontend_validation if bound.listener.tls else None
    validation, field = own.validation, "spec.tls.frontend"
    if validation is None and written is not None:
        validation, field = written, "spec.listeners[].tls.frontendValidation"
    if validation is not None and validation.mode != "AllowInsecureFallback":
        could = "asks clients for a certificate, and refuses those without one"
        walk.doubt(Undecided(object=gateway.ref, field=field, could=could), WORD, "G4", refuses=True)


def note_certificates(walk: Walk, bound: rules.BoundListener) -> None:
    """The Secrets of the listener that takes a request."""
    tls = bound.listener.tls
    if tls is not None and walk.request.scheme in TLS_SCHEMES:
        note_missing(walk, (Name(ref.namespace or bound.owner.namespace, ref.name) for ref in tls.certificate_refs))


def unknown_backend(walk: Walk, route: Route, rule: RouteRule, text: str) -> Trace | None:
    """A backend that gets requests and is of a kind of some implementation: nobody here knows what becomes of them."""
    for index, ref in enumerate(rule.backend_refs):
        if (ref.kind == "Service" and ref.group in CORE) or ref.group in CORE or ref.weight == 0:
            continue
        field = f"spec.rules[].backendRefs[{index}]"
        could = f"is {ref.kind} {target_of(route, ref)}, a kind of some implementation"
        walk.noted.append(Undecided(object=route.ref, field=field, could=could))
        says = (
            f"The backend {ref.kind} {ref.name} ({ref.group}) is no Service; svcmap does not evaluate {many(ref.kind)}."
        )
        return walk.unknown(Hop(kind=WORD, object=route.ref, address=text, rule="GW-50", says=says))
    return None


def note_port(walk: Walk, gateway: Gateway, bound: rules.BoundListener) -> None:
    """A listener at a port for which Traefik may have no entry point; a controller that has taken it has one."""
    conditions = [item.conditions for item in gateway.status.listeners if item.name == bound.name]
    generation, port = gateway.metadata.generation, bound.listener.port
    if any(rules.said(item, generation, "Accepted", "True") for item in conditions):
        return
    known = traefik_arguments(walk.state)
    if known is not None and not known[1].reads_gateways:
        could = "is not among the arguments: Traefik then looks at no Gateway"
        undecided = Undecided(object=known[0].ref, field=f"--{GATEWAY}", could=could)
        walk.doubt(undecided, WORD, "GW-13", refuses=True, why="")
    ports = sorted(point.port for point in known[1].entry_points.values()) if known else sorted(CHART.values())
    if port not in ports:
        whose = f"{known[0].ref} has" if known else "Traefik's chart has"
        could = (
            f"is {port}, and {whose} entry points at {', '.join(map(str, ports)) or 'no port'}: there is none for it"
        )
        undecided = Undecided(object=bound.owner, field=f"spec.listeners[{bound.name}].port", could=could)
        walk.doubt(undecided, WORD, "GW-13", refuses=True)
