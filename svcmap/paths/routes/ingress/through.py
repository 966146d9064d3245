"""From an Ingress to a Service: class, rule, backend, and how the controller reaches the pods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from svcmap.model.addresses import canonical
from svcmap.model.core import Service, ServicePort
from svcmap.model.group_kinds import SECRET
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import endpoints_of, find_service, host_rank, served_by
from svcmap.paths.outcome import Answer, Hop, Trace
from svcmap.paths.packets.endpoints import to_endpoints
from svcmap.paths.packets.kube_proxy import through_proxy
from svcmap.paths.packets.node_port import through_node_port
from svcmap.paths.policies.egress import cannot_leave
from svcmap.paths.routes.front import reach_front
from svcmap.paths.routes.ingress.controller import controller_client, controller_service
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.tables import is_routed, merged_rules, table_of, with_best_rules
from svcmap.paths.routes.senders import sources_at
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx

NO_CLASS = "no IngressClass seen: rules read as the API text says"
WILDCARD = "a path ending in /* is a wildcard, as GKE and ALB read it (the controller is not known)"
MISSING_IS_503 = "a missing backend answers 503, as ingress-nginx does"
PERMANENT_REDIRECT, HTTPS_REDIRECT = 301, 308
NOT_FOUND, UNAVAILABLE = 404, 503


def through_ingress(walk: Walk, ingresses: Sequence[Ingress]) -> Trace:
    """A request that arrives at whatever serves these Ingresses: the rules of all of them count."""
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
    request, path = walk.request, walk.request.path.partition("?")[0]
    if flavour == "nginx":
        path = nginx.normalized(path)
    main = [item for item in candidates if not (flavour == "nginx" and nginx.is_canary(item))]
    regex = flavour == "nginx" and nginx.reads_regex(with_best_rules(walk.state, candidates, request.authority))
    matched = rules.match(merged_rules(walk.state, main, flavour), request.authority, path, flavour, regex=regex)
    if flavour == "contour" and (matched.target is None or not is_routed(walk.state, matched.target)):
        matched = _instead(walk, main, matched, path)
    target = matched.target
    item = next((i for i in main if target and i.name == target.owner), first)
    walk.add(_entry_hop(walk, item, served_by(walk.state, item)))
    by_pods = served.placement != "outside"
    if stopped := cannot_leave(walk, _asked_address(walk, item), _port(walk), by_pods=by_pods):
        return stopped
    _assume(walk, item, served, target, flavour)
    if target is not None and flavour == "nginx":
        item, target = _canary(walk, candidates, item, target)
    shares_host = with_best_rules(walk.state, candidates, request.authority) if flavour == "nginx" else [item]
    if redirect := _redirect(walk, item, target, flavour, shares_host, slash_added=matched.slash_added):
        return redirect
    if target is None:
        return _no_rule(walk, item, matched.losers)
    walk.warn(*_warnings(walk, item, shares_host))
    return _to_backend(walk, item, served, target, matched.losers)


def _instead(walk: Walk, main: Sequence[Ingress], without: rules.Match, path: str) -> rules.Match:
    """The rule that Contour takes where the one that fits best is no route, or where a host has none left and is any
    other host; `without` where there is no other.
    """
    routed = merged_rules(walk.state, main, "contour", routed_only=True)
    found = rules.match(routed, walk.request.authority, path, "contour")
    if found.target is None:
        return without
    if without.target is None:
        return found
    why = f"{without.target.text}: Contour leaves it out, as its Service or port cannot be used (I5)"
    return rules.Match(target=found.target, losers=(why, *found.losers))


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


def _host_rank(state: ClusterState, item: Ingress, host: str) -> int:
    return host_rank(state, item, host) * 2 - (not item.spec.rules)


def _unserved(walk: Walk, ingress: Ingress, served: rules.ServedBy) -> Trace:
    says = f"There is no IngressClass {served.ingress_class}: no controller serves this Ingress."
    if served.reason == "no-ingress-class":
        says = "The Ingress names no class and none is the default: no controller serves it."
    hop = Hop(
        kind=WORD,
        object=ingress.ref,
        address=walk.request.authority,
        rule="I7",
        says=says,
        next="set spec.ingressClassName; kubectl get ingressclass",
    )
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


def _canary(
    walk: Walk, candidates: Sequence[Ingress], item: Ingress, target: rules.RuleTarget
) -> tuple[Ingress, rules.RuleTarget]:
    """A canary Ingress takes a request over by a header; a share of the others is only named."""
    for other in candidates:
        if not nginx.is_canary(other):
            continue
        for mine in table_of(walk.state, other).targets:
            if (mine.host, mine.path) == (target.host, target.path):
                if nginx.takes_by_header(other, walk.request.headers):
                    return other, mine
                walk.assume(f"the share of canary Ingress {other.name} is not followed")
    return item, target


def _redirect(
    walk: Walk,
    ingress: Ingress,
    target: rules.RuleTarget | None,
    flavour: rules.Flavour,
    shares_host: Sequence[Ingress],
    *,
    slash_added: bool,
) -> Trace | None:
    """ingress-nginx sends http of a host with TLS to https, and a path without its final slash to the one with it.

    `shares_host` are the Ingresses that make the host's server together: the certificate may be in another of them.
    """
    request = walk.request
    path, mark, query = request.path.partition("?")
    annotations = ingress.metadata.annotations
    if flavour != "nginx" or walk.scheme not in ("http", "https"):
        return None
    has_tls = any(table_of(walk.state, item).tls.covers(request.authority, exact=True) for item in shares_host)
    if walk.scheme == "http" and target and nginx.redirects_to_https(annotations, has_tls=has_tls):
        status, location = HTTPS_REDIRECT, f"https://{request.authority}{request.path}"
        why = "The host has TLS" if has_tls else "The Ingress has force-ssl-redirect"
        says = f"{why}, so ingress-nginx answers http with {status} to https."
        if request.scheme == "https":
            return _loop(walk, ingress, status, location, says)
    elif slash_added:
        status, location = PERMANENT_REDIRECT, f"{request.scheme}://{request.authority}{path}/{mark}{query}"
        says = f"The rule's path ends in a slash, so ingress-nginx answers {status} to {path}/."
    else:
        return None
    walk.add(Hop(kind=WORD, object=ingress.ref, address=f"{request.authority}{path}", rule="I6", says=says))
    where = location.partition("://")[2]
    path = "/" + where.partition("/")[2].partition("?")[0]
    return walk.end("redirect", reason="redirect", answer=Answer(status=status, location=location, location_path=path))


def _loop(walk: Walk, ingress: Ingress, status: int, location: str, says: str) -> Trace:
    """CF-15: who follows the redirect asks for the same again."""
    hop = Hop(
        kind=WORD,
        object=ingress.ref,
        address=location.partition("://")[2],
        rule="CF-15",
        says=f"{says} The client asked for https: {walk.tls_ended}, so it comes back as http, for ever.",
        next="send port 443 to the controller's https port, or set use-forwarded-headers behind an HTTP load balancer",
    )
    return walk.stop(hop, "redirect-loop", answer=Answer(status=status, location=location))


def _no_rule(walk: Walk, ingress: Ingress, losers: Sequence[str]) -> Trace:
    lost = f" Not taken: {'; '.join(losers[:3])}." if losers else ""
    hop = Hop(
        kind=WORD,
        object=ingress.ref,
        address=f"{walk.request.authority}{walk.request.path}",
        rule="I4",
        says=f"No rule matches and no default backend is for this host: the controller answers 404.{lost}",
        next="check host and path of the rules",
    )
    return walk.stop(hop, "no-matching-rule", answer=Answer(status=NOT_FOUND))


def _to_backend(
    walk: Walk, ingress: Ingress, served: rules.ServedBy, target: rules.RuleTarget, losers: Sequence[str]
) -> Trace:
    walk.proxied = replace(walk.proxied, via="defaultBackend" if target.to_default else None)
    backend = target.backend.as_service
    flavour = rules.flavour(served)
    if backend is None:
        return _resource(walk, ingress, target, flavour)
    name = Name(ingress.metadata.namespace, backend.name)
    service = find_service(walk.state, name)
    if service is None:
        return _missing(walk, ingress, target, flavour, name)
    port, warning = rules.backend_port(service, backend, served)
    wanted = backend.port.name or str(backend.port.number or "?")
    if port is None:
        return _no_port(walk, ingress, target, flavour, service, wanted)
    if warning:
        walk.warn(warning)
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
    if flavour == "nginx":
        annotations = ingress.metadata.annotations
        walk.proxied = replace(
            walk.proxied,
            path=nginx.rewritten(annotations, target.path or "/", walk.request.path.partition("?")[0]),
            protocol=nginx.backend_protocol(annotations),
        )
    return _reach_backend(walk, ingress, served, service, port)


def _warnings(walk: Walk, ingress: Ingress, shares_host: Sequence[Ingress]) -> Iterator[str]:
    """What a person should know although traffic passes (I6, I8)."""
    if rules.is_removed_api(ingress):
        yield "removed-api"
    if walk.request.scheme != "https":
        return
    host = walk.request.authority
    if not any(table_of(walk.state, item).tls.covers(host) for item in shares_host):
        yield "tls-host-not-listed"
        return
    secrets = walk.state.objects.get(SECRET, {})
    names = {
        Name(item.metadata.namespace, name)
        for item in shares_host
        for name in table_of(walk.state, item).tls.secrets_of(host)
    }
    if names - secrets.keys():
        yield "tls-secret-not-found"


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
    status = NOT_FOUND if flavour == "contour" else UNAVAILABLE
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
    status = NOT_FOUND if flavour == "contour" else UNAVAILABLE
    return walk.stop(hop, "service-port-not-found", answer=Answer(status=status))


def _meant(walk: Walk, service: Service, wanted: str) -> int | None:
    """The Service port that leads to what was named: a target port, or the number it stands for on a pod."""
    endpoints = endpoints_of(walk.state, service.name).endpoints
    for port in service.spec.ports:
        bindings = (endpoint.port_for(port.name, port.protocol) for endpoint in endpoints)
        if str(port.target_port) == wanted or any(b and str(b.port) == wanted for b in bindings):
            return port.port
    return None


def _reach_backend(walk: Walk, ingress: Ingress, served: rules.ServedBy, service: Service, port: ServicePort) -> Trace:
    """How the controller gets to the pods (the table of section 6): endpoints, a node port, or the cluster IP."""
    way = rules.way_to_pods(ingress, served, service)
    title = rules.controller_title(served)
    outside = title if served.placement == "outside" else ""
    if way != "endpoints":
        walk.hand_over(controller_client(walk.state, ingress, outside))
    if way == "node-port":
        walk.at_service(service, port)
        return through_node_port(walk, service, port)
    if way == "cluster-ip":
        walk.proxied = replace(walk.proxied, via=f"clusterIP {service.spec.cluster_ip}:{port.port}")
        return through_proxy(walk, service, port, "cluster-ip", service.spec.cluster_ip)
    sources = sources_at(walk, controller_service(walk.state, ingress), outside=outside)
    return to_endpoints(walk, service, port, title, sources)
