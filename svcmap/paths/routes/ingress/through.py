"""From an Ingress to a Service: class, rule, backend, and how the controller reaches the pods."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from svcmap.model.addresses import canonical
from svcmap.model.core import Service
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import endpoints_of, find_service, host_rank, served_by
from svcmap.paths.outcome import Answer, Hop, Trace
from svcmap.paths.policies.egress import cannot_leave
from svcmap.paths.routes.certificates import note_missing
from svcmap.paths.routes.front import reach_front
from svcmap.paths.routes.ingress.alb_answers import before_rules, instead_of_service, turned_away
from svcmap.paths.routes.ingress.annotated import annotated_answer, refused_by_annotation
from svcmap.paths.routes.ingress.arguments import to_default_backend
from svcmap.paths.routes.ingress.canaries import Canary, canary_of
from svcmap.paths.routes.ingress.claims import claimants
from svcmap.paths.routes.ingress.controller import controller_service
from svcmap.paths.routes.ingress.doubts import near, note_annotations, note_of_service, note_reading
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.gke import at_front_end, through_backend_config
from svcmap.paths.routes.ingress.haproxy_ingress_answers import by_haproxy_ingress
from svcmap.paths.routes.ingress.kong_plugins import note_plugins
from svcmap.paths.routes.ingress.looked_at import looked_at
from svcmap.paths.routes.ingress.matching import Taken, take
from svcmap.paths.routes.ingress.middlewares import through_middlewares
from svcmap.paths.routes.ingress.nginx_backends import stand_in, to_nginx_backend
from svcmap.paths.routes.ingress.nginx_inc_answers import by_nginx_inc
from svcmap.paths.routes.ingress.own_answers import own_answer
from svcmap.paths.routes.ingress.proxied_path import set_path
from svcmap.paths.routes.ingress.reaching import answers_of, reach_backend
from svcmap.paths.routes.ingress.redirects import redirected, sent_to_https, to_counterpart
from svcmap.paths.routes.ingress.speech import note_speech
from svcmap.paths.routes.ingress.tables import table_of, with_best_rules
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx

NO_CLASS = "no IngressClass seen: rules read as the API text says"
WILDCARD = "a path ending in /* is a wildcard, as GKE and ALB read it (the controller is not known)"
MISSING_IS_503 = "a missing backend answers 503, as ingress-nginx does"
NOT_FOUND = 404


def through_ingress(walk: Walk, ingresses: Sequence[Ingress]) -> Trace:
    """A request that arrives at whatever serves these Ingresses: the rules of all of them count, and where one was
    named (`--via`) those of all that its controller merges with it.
    """
    if walk.request.via and not walk.request.via.node:
        ingresses = _with_merged(walk, ingresses)
    candidates = _of_one_controller(walk, sorted(ingresses, key=lambda item: item.age))
    first = candidates[0]
    served = served_by(walk.state, first)
    if served.served is False:
        walk.add(_entry_hop(walk, first, served))
        return _unserved(walk, first, served)
    if not _is_http(walk):
        return _no_http(walk, first)
    if served.placement != "outside" and (kept_out := reach_front(walk, _asked_address(walk, first), _port(walk))):
        return kept_out
    flavour = rules.flavour(served)
    read = looked_at(walk, candidates, flavour)
    if isinstance(read, Trace):
        return read
    candidates = read
    first = candidates[0]
    taken = take(walk, candidates, served)
    main, matched, server = taken.main, taken.match, taken.server
    target = matched.target
    of_host = with_best_rules(walk.state, main or candidates, server or walk.request.authority)
    naming = next(iter(of_host), first)
    item = next((i for i in main if target and i.name == target.owner), naming)
    walk.add(_entry_hop(walk, item, served_by(walk.state, item)))
    by_pods = served.placement != "outside"
    if stopped := cannot_leave(walk, _asked_address(walk, item), _port(walk), by_pods=by_pods):
        return stopped
    _assume(walk, item, served, target, flavour)
    shares_host = of_host if flavour == "nginx" else [item]
    note_annotations(walk, item, main if flavour == "alb" else shares_host, served)
    note_reading(walk, item, matched, main, served)
    canary = canary_of(walk, target, served) if flavour == "nginx" and target is not None else None
    if answered := _answered_first(walk, item, matched, main, of_host, served):
        return answered
    if target is None:
        return _no_rule(walk, item, taken, flavour)
    if flavour == "alb" and (answered := instead_of_service(walk, item, target)):
        return answered
    _warn(walk, item, shares_host)
    return _to_backend(walk, item, served, target, matched.losers, canary)


def _answered_first(
    walk: Walk,
    item: Ingress,
    matched: rules.Match,
    main: Sequence[Ingress],
    of_host: Sequence[Ingress],
    served: rules.ServedBy,
) -> Trace | None:
    """What the controller answers before any backend is looked at: redirects, listeners, TLS, requests of its own."""
    flavour, target = rules.flavour(served), matched.target
    if flavour == "nginx":
        return (
            own_answer(walk, item, target, main)
            or to_counterpart(walk, main)
            or redirected(walk, item, target, of_host, slash_added=matched.slash_added)
        )
    by = answers_of(walk, item)
    if flavour == "haproxy-ingress":
        return by_haproxy_ingress(walk, item, target, main, by)
    if flavour == "nginx-inc":
        refused = _without_tls(walk, item, main or [item], served)
        return refused or (by_nginx_inc(walk, item, main, by) if target is not None else None)
    if target is not None:
        others = [other for other in main if other is not item] if flavour == "alb" else []
        first = by.own.refuses_first or bool(others)
        refused = refused_by_annotation(walk, item, by, others) if first else None
        if answered := refused or sent_to_https(walk, item, by) or annotated_answer(walk, item, by):
            return answered
    if flavour == "alb":
        return before_rules(walk, main) or (turned_away(walk, item, target) if target is not None else None)
    if flavour == "gce":
        return at_front_end(walk, item)
    return _without_tls(walk, item, main or [item], served)


def _without_tls(walk: Walk, ingress: Ingress, main: Sequence[Ingress], served: rules.ServedBy) -> Trace | None:
    """CI-9, CC-8, CY-6, CS-4: controllers that take https for the hosts of tls sections alone."""
    by, host = served.by, walk.request.authority
    if by is None or not by.needs_tls or walk.scheme != "https":
        return None
    if any(table_of(walk.state, item).tls.covers(host) for item in main):
        return None
    hop = Hop(
        kind=WORD,
        object=ingress.ref,
        address=f"{host}:{_port(walk)}",
        rule="I6",
        says=f"No tls section has {host}, and {by.title} takes https for hosts of tls sections only: TLS fails.",
        next="add the host to spec.tls, with a Secret",
    )
    return walk.stop(hop, "tls")


def _is_http(walk: Walk) -> bool:
    """Ingress rules are about HTTP; a bare connection counts as that on the ports HTTP has."""
    request = walk.request
    return request.protocol == "TCP" and (request.scheme != "tcp" or request.port in (0, 80, 443))


def _no_http(walk: Walk, ingress: Ingress) -> Trace:
    request = walk.request
    says = f"Ingress rules say nothing of {request.protocol} port {request.port}: it depends on the Service in front."
    address = f"{_address(ingress) or '?'}:{request.port}"
    return walk.unknown(Hop(kind="load-balancer", object=ingress.ref, address=address, rule="I9", says=says))


def _of_one_controller(walk: Walk, ingresses: Sequence[Ingress]) -> list[Ingress]:
    """The Ingresses that share a controller with the one whose rules name the host best."""
    host = walk.request.authority
    best = max(ingresses, key=lambda item: _host_rank(walk.state, item, host))
    served = served_by(walk.state, best)
    return [item for item in ingresses if served_by(walk.state, item).ingress_class == served.ingress_class]


def _with_merged(walk: Walk, named: Sequence[Ingress]) -> Sequence[Ingress]:
    """The Ingresses of the class of those that were named which take the host too."""
    wanted = {served_by(walk.state, item).ingress_class for item in named} - {""}
    merged = {item.name: item for item in named}
    for _, item in claimants(walk.state, walk.request.authority):
        if served_by(walk.state, item).ingress_class in wanted:
            merged[item.name] = item
    return list(merged.values())


def _host_rank(state: ClusterState, item: Ingress, host: str) -> int:
    return host_rank(state, item, host) * 2 - (not item.spec.rules)


def _unserved(walk: Walk, ingress: Ingress, served: rules.ServedBy) -> Trace:
    says = f"There is no IngressClass {served.ingress_class}: no controller serves this Ingress."
    if served.reason == "no-ingress-class":
        says = "The Ingress names no class and none is the default: no controller serves it."
    step = "set spec.ingressClassName; kubectl get ingressclass"
    if served.by is not None and served.by.by_annotation:
        says = (
            f"{served.by.title} goes by the annotation {rules.CLASS_ANNOTATION} alone: none serves an Ingress that has"
            f" {served.ingress_class} in spec.ingressClassName."
        )
        step = f"set {rules.CLASS_ANNOTATION} to {served.ingress_class}, and remove spec.ingressClassName"
    hop = Hop(kind=WORD, object=ingress.ref, address=walk.request.authority, rule="I7", says=says, next=step)
    return walk.stop(hop, served.reason or "no-ingress-class")


def _assume(
    walk: Walk, ingress: Ingress, served: rules.ServedBy, target: rules.RuleTarget | None, flavour: rules.Flavour
) -> None:
    if not served.ingress_class and not ingress.status.load_balancer.ingress:
        walk.assume(NO_CLASS)
    if target is not None and rules.is_wildcard(target, flavour):
        walk.assume(WILDCARD)


def _entry_hop(walk: Walk, ingress: Ingress, served: rules.ServedBy) -> Hop:
    """The address clients connect to; with a controller in the cluster, the Service that has this address."""
    address, port = _address(ingress), _port(walk)
    front = controller_service(walk.state, ingress)
    title = rules.controller_title(served)
    if not address:
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
        address=f"{address}:{port}",
        rule="I9",
        basis="observed",
        says=f"The address of {title}, which serves this Ingress.",
    )


def _address(ingress: Ingress) -> str:
    """The first address in the Ingress' status; empty where it has none."""
    return next((item.ip or item.hostname for item in ingress.status.load_balancer.ingress), "")


def _asked_address(walk: Walk, ingress: Ingress) -> str:
    """The address the client connects to: the one it asked for, else the first of the Ingress."""
    host = walk.request.host
    asked = any(host in (canonical(item.ip), item.hostname) for item in ingress.status.load_balancer.ingress)
    return host if asked else _address(ingress)


def _port(walk: Walk) -> int:
    return walk.request.port or (443 if walk.request.scheme == "https" else 80)


def _no_rule(
    walk: Walk,
    ingress: Ingress,
    taken: Taken,
    flavour: rules.Flavour,
) -> Trace:
    if flavour == "nginx" and (answered := to_default_backend(walk, ingress)):
        return answered
    losers = taken.match.losers
    lost = f" Not taken: {'; '.join(losers[:3])}." if losers else ""
    lost += f" {taken.left_out}." if taken.left_out else ""
    if flavour == "nginx" and (
        hostless := next(near(taken.main, nginx.normalized(walk.request.path.partition("?")[0])), None)
    ):
        lost += (
            f" Ingress {hostless.name} has a rule for every host, not tried for one that Ingress {ingress.name} names."
        )
    hop = Hop(
        kind=WORD,
        object=ingress.ref,
        address=f"{walk.request.authority}{walk.request.path}",
        rule="I4",
        says=f"No rule matches and no default backend is for this host: the controller answers 404.{lost}",
        next=taken.step,
    )
    return walk.stop(hop, "no-matching-rule", answer=Answer(status=NOT_FOUND))


def _to_backend(
    walk: Walk,
    ingress: Ingress,
    served: rules.ServedBy,
    target: rules.RuleTarget,
    losers: Sequence[str],
    canary: Canary | None = None,
) -> Trace:
    walk.proxied = replace(walk.proxied, via="defaultBackend" if target.to_default else None)
    backend = target.backend.as_service
    flavour = rules.flavour(served)
    if backend is None:
        return _resource(walk, ingress, target, flavour)
    name = Name(ingress.metadata.namespace, backend.name)
    service = find_service(walk.state, name)
    if service is None and flavour == "nginx" and (other := stand_in(walk, ingress, name)) is not None:
        return reach_backend(walk, ingress, served, *other)
    if service is None:
        return _missing(walk, ingress, target, flavour, name)
    port, warning = rules.backend_port(service, backend, served)
    wanted = backend.port.name or str(backend.port.number or "?")
    if port is None:
        return _no_port(walk, ingress, target, flavour, service, wanted)
    if warning:
        walk.warn(warning)
    if served.by is not None:
        set_path(walk, ingress, served.by, service, target)
    if flavour == "traefik" and (answered := through_middlewares(walk, ingress, service)):
        return answered
    if flavour == "kong":
        note_plugins(walk, ingress, service)
    if flavour == "gce" and (answered := through_backend_config(walk, ingress, service, port)):
        return answered
    lost = f" Not taken: {'; '.join(losers[:3])}." if losers else ""
    walk.add(
        Hop(
            kind=WORD,
            object=ingress.ref,
            address=f"{target.text} →{wanted}",
            rule="I3",
            basis="observed",
            says=f"The rule {target.text} leads to {name} port {port.port}.{lost}",
        )
    )
    note_speech(walk, ingress, service, port, flavour)
    if flavour == "nginx":
        return to_nginx_backend(walk, ingress, served, target, service, port, canary)
    if (refused := _external_name(walk, ingress, service, flavour)) is not None:
        return refused
    note_of_service(walk, service.ref, service.metadata.annotations, served)
    return reach_backend(walk, ingress, served, service, port)


def _external_name(walk: Walk, ingress: Ingress, service: Service, flavour: rules.Flavour) -> Trace | None:
    """Controllers that by default send nothing to a Service of type ExternalName (CI-11, CC-7)."""
    refusing = {"nginx-inc": 502, "contour": NOT_FOUND}
    if service.spec.type != "ExternalName" or flavour not in refusing:
        return None
    title = answers_of(walk, ingress).title
    walk.assume(f"{title} has its default settings: it does not resolve Services of type ExternalName")
    hop = Hop(
        kind=WORD,
        object=ingress.ref,
        address=service.spec.external_name,
        rule="I5",
        says=f"Service {service.name} is of type ExternalName, to which {title} sends nothing unless it is told to.",
        next="use a Service with endpoints, or turn such Services on in the controller",
    )
    return walk.stop(hop, "no-endpoints", answer=Answer(status=refusing[flavour]))


def _warn(walk: Walk, ingress: Ingress, shares_host: Sequence[Ingress]) -> None:
    """What a person should know although traffic passes (I6, I8)."""
    if rules.is_removed_api(ingress):
        walk.warn("removed-api")
    if walk.request.scheme != "https":
        return
    host = walk.request.authority
    if rules.flavour(served_by(walk.state, ingress)) != "gce" and not any(
        table_of(walk.state, item).tls.covers(host) for item in shares_host
    ):
        walk.warn("tls-host-not-listed")
        return
    secrets = ((item, name) for item in shares_host for name in table_of(walk.state, item).tls.secrets_of(host))
    note_missing(walk, [Name(item.metadata.namespace, name) for item, name in secrets])


def _resource(walk: Walk, ingress: Ingress, target: rules.RuleTarget, flavour: rules.Flavour) -> Trace:
    resource = target.backend.resource
    name = f"{resource.kind}/{resource.name}" if resource else "nothing at all"
    says = f"The backend is {name}, which is no Service: not followed."
    hop = Hop(kind=WORD, object=ingress.ref, address=target.text, rule="I5", says=says)
    status = NOT_FOUND if flavour == "nginx" else None
    walk.resource = name
    return walk.stop(hop, "resource-backend", answer=Answer(status=status))


def _missing(walk: Walk, ingress: Ingress, target: rules.RuleTarget, flavour: rules.Flavour, name: Name) -> Trace:
    """I5: without the Service nginx answers 503 and Contour drops the path [impl]."""
    status = answers_of(walk, ingress).missing
    if not flavour:
        walk.assume(MISSING_IS_503)
    hop = Hop(
        kind=WORD,
        object=ingress.ref,
        address=target.text,
        rule="I5",
        says=f"The rule leads to Service {name}, which does not exist: the controller answers {status}.",
        next=f"create Service {name}, or name one that exists",
    )
    return walk.stop(hop, "service-not-found", answer=Answer(status=status))


def _no_port(
    walk: Walk,
    ingress: Ingress,
    target: rules.RuleTarget,
    flavour: rules.Flavour,
    service: Service,
    wanted: str,
) -> Trace:
    has = ", ".join(str(p.port) + (f" ({p.name})" if p.name else "") for p in service.spec.ports) or "none"
    walk.at_service(service, None)
    if not flavour:
        walk.assume(MISSING_IS_503)
    hop = Hop(
        kind=WORD,
        object=ingress.ref,
        address=target.text,
        rule="I5",
        says=f"The rule leads to port {wanted} of {service.name}, which has ports {has}.",
        wanted=wanted,
        next=f"set backend.service.port to one of: {has}",
    )
    meant = _meant(walk, service, wanted)
    walk.invalid, walk.suggest = rules.invalid_field(target), str(meant) if meant else None
    status = answers_of(walk, ingress).missing
    return walk.stop(hop, "service-port-not-found", answer=Answer(status=status))


def _meant(walk: Walk, service: Service, wanted: str) -> int | None:
    """The Service port that leads to what was named: a target port, or the number it stands for on a pod."""
    endpoints = endpoints_of(walk.state, service.name).endpoints
    for port in service.spec.ports:
        bindings = (endpoint.port_for(port.name, port.protocol) for endpoint in endpoints)
        if str(port.target_port) == wanted or any(b and str(b.port) == wanted for b in bindings):
            return port.port
    return None
