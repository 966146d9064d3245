"""Which rule takes a request, by the controller that reads the rules (controllers.md 0.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from svcmap.clean_paths import cleaned
from svcmap.model.core import Service
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name
from svcmap.paths.known.class_params import as_served
from svcmap.paths.known.look_ups import find_service, served_by
from svcmap.paths.outcome import Undecided
from svcmap.paths.routes.ingress.claims import claimants
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.entry_points import entry_point_of
from svcmap.paths.routes.ingress.middlewares import off_because
from svcmap.paths.routes.ingress.tables import (
    is_routed,
    locations_of,
    merged_rules,
    table_of,
    with_best_rules,
)
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import alb, haproxy_ingress, kong, nginx, nginx_inc, nginx_servers, traefik
from svcmap.semantics.ingress.alb_conditions import Asked, annotation_of, takes


class Taken(NamedTuple):
    """The rule that takes a request. `main` are the Ingresses whose rules were asked, `left_out` says why one of the
    host was not, `step` what to do where none takes it. `server` is the host whose rules answer, where the request has
    another name of it.
    """

    main: Sequence[Ingress]
    match: rules.Match
    left_out: str = ""
    server: str = ""
    step: str = "check host and path of the rules"


def take(walk: Walk, candidates: Sequence[Ingress], served: rules.ServedBy) -> Taken:
    """The rule of some Ingresses of one controller that takes the request of a walk, as that controller reads them."""
    match rules.flavour(served):
        case "nginx":
            return _by_nginx(walk, candidates, served)
        case "contour":
            return _by_contour(walk, candidates)
        case "alb":
            return _by_alb(walk, candidates)
        case "traefik":
            return _by_traefik(walk, candidates, served)
        case "kong":
            return _by_kong(walk, candidates)
        case "nginx-inc":
            return _by_nginx_inc(walk, candidates)
        case "haproxy-ingress":
            return _by_haproxy_ingress(walk, candidates)
        case flavour:
            return _merged(walk, candidates, flavour)


def _merged(walk: Walk, main: Sequence[Ingress], flavour: rules.Flavour) -> Taken:
    path = _path(walk, main)
    return Taken(main, rules.match(merged_rules(walk.state, main, flavour), walk.request.authority, path, flavour))


def _path(walk: Walk, ingresses: Sequence[Ingress]) -> str:
    """The path of the request as the controller of some Ingresses compares it with rules."""
    by = served_by(walk.state, ingresses[0]).by if ingresses else None
    return cleaned(walk.request.path.partition("?")[0], by.cleaning if by else "unknown")


def _by_nginx(walk: Walk, candidates: Sequence[Ingress], served: rules.ServedBy) -> Taken:
    path = nginx.normalized(walk.request.path.partition("?")[0])
    host = nginx_servers.server_of(nginx_servers.in_order(candidates), walk.request.authority)
    if host != walk.request.authority:
        candidates = [*candidates, *_of_host(walk, host, candidates, served)]
    items = nginx_servers.in_order(candidates)
    main = [item for item in items if not nginx.is_canary(item)]
    regex = nginx.reads_regex(with_best_rules(walk.state, candidates, host))
    table = locations_of(walk.state, items, served.ingress_class)
    lone = next((item for item in items if not main), None)
    why = f"Ingress {lone.name} is a canary, and no other Ingress has its host" if lone else ""
    found = nginx_servers.match_location(table, items, host, path, regex=regex)
    _assume_order(walk, found)
    return Taken(main, found, why, host)


def _assume_order(walk: Walk, found: rules.Match) -> None:
    """CN-5: of equal rules the older Ingress has the path; of those that are not created yet nobody knows which."""
    first = walk.state.ingresses.get(found.target.owner) if found.target else None
    if first is None or first.metadata.creation_timestamp:
        return
    if other := next((name for name in found.equal if name != first.name), None):
        walk.assume(
            f"Ingress {first.name} is older than {other}, or created in the same second: the older one has the path"
            " (where the controller's webhook does not refuse the other)"
        )


def _of_host(walk: Walk, host: str, but: Sequence[Ingress], served: rules.ServedBy) -> list[Ingress]:
    """The Ingresses of a class that take a host, but for those that are known."""
    found = (item for _, item in claimants(walk.state, host) if item not in but)
    return [item for item in found if served_by(walk.state, item).ingress_class == served.ingress_class]


def _by_contour(walk: Walk, candidates: Sequence[Ingress]) -> Taken:
    """The rule that fits best, where it is a route; else the one that Contour takes instead of it, or where a host has
    none left and is any other host.
    """
    taken = _merged(walk, candidates, "contour")
    without = taken.match
    if without.target is not None and is_routed(walk.state, without.target):
        return taken
    routed = merged_rules(walk.state, candidates, "contour", routed_only=True)
    found = rules.match(routed, walk.request.authority, _path(walk, candidates), "contour")
    if found.target is None:
        return taken
    if without.target is None:
        return taken._replace(match=found)
    why = f"{without.target.text}: Contour leaves it out, as its Service or port cannot be used (I5)"
    return taken._replace(match=rules.Match(target=found.target, losers=(why, *found.losers)))


def _by_alb(walk: Walk, candidates: Sequence[Ingress]) -> Taken:
    """CA-6: the first rule of the load balancer that fits; one that redirects to what was asked for is left out."""
    request = walk.request
    url = url_of(walk)
    path, _, query = request.path.partition("?")
    addresses = () if walk.client.inside else tuple(walk.client.addresses)
    asked = Asked(request.authority, path, query, request.method or "GET", request.headers, addresses)
    members = alb.in_order(_group(walk, candidates))
    default = None
    for item in members:
        if alb.listens(item, request.scheme, request.port) is False:
            continue
        for target in alb.by_priority(table_of(walk.state, item).targets):
            action = alb.action_of(item, target, url)
            fits = takes(item.metadata.annotations, target, asked)
            if fits is not False and (action is None or action.location != url):
                if fits is None:
                    _doubt_conditions(walk, item, target)
                return Taken(members, rules.Match(target=target))
        default = default or next((t for t in table_of(walk.state, item).targets if t.is_default), None)
    return Taken(members, rules.Match(target=default))


def _doubt_conditions(walk: Walk, item: Ingress, target: rules.RuleTarget) -> None:
    field = f"metadata.annotations[{annotation_of(target)}]"
    could = "decides whether the rule takes the request: that, or the client's address, is not known"
    walk.doubt(Undecided(object=item.ref, field=field, could=could), WORD, "CA-A3", refuses=False)


def _by_traefik(walk: Walk, candidates: Sequence[Ingress], served: rules.ServedBy) -> Taken:
    """CT-4, CT-7: of all routers of the entry point the one with the highest priority; a path whose Service or port
    does not exist has none. A default backend is that of an Ingress without rules (CT-6).
    """
    takes_https, point = entry_point_of(walk)
    on = [i for i in candidates if traefik.is_on(i, walk.scheme, takes_https=takes_https, point=point) is not False]
    off = next((item for item in candidates if item not in on), None)
    why = (
        f"Ingress {off.name} has its routers on another entry point than {point or 'that of ' + walk.scheme}"
        if off
        else ""
    )
    host, path = walk.request.authority, _path(walk, candidates)
    found: list[tuple[int, rules.RuleTarget]] = []
    dropped: list[str] = []
    for item in on:
        for target in table_of(walk.state, item).targets:
            if target.is_default and item.spec.rules:
                continue
            if not (target.is_default or traefik.fits(item, target, host, path)):
                continue
            if fault := _off_because(walk, item, target, served):
                dropped.append(f"{target.text}: Traefik makes no router of it, for {fault}")
            else:
                found.append((0 if target.is_default else traefik.priority(item, target), target))
    best = max(found, key=lambda pair: pair[0], default=None)
    others = [(rank, target) for rank, target in found if best and target is not best[1]]
    lost = [f"{target.text}: a longer rule wins" for rank, target in others if best and rank < best[0]]
    equal = tuple(t.owner for rank, t in others if best and rank == best[0] and t.backend != best[1].backend)
    match = rules.Match(target=best[1] if best else None, losers=(*dropped, *lost)[: rules.NAMED], equal=equal)
    taken = Taken(on, match, left_out=why)
    if best is None and dropped:
        return taken._replace(step="mend what keeps Traefik from making a router of the rule")
    return taken._replace(step=f"change {traefik.PREFIX}router.entrypoints") if best is None and off else taken


def _by_kong(walk: Walk, candidates: Sequence[Ingress]) -> Taken:
    """CK-3: the route that is best as a whole, whichever of its paths fits; the default backend of the oldest Ingress
    that has one is behind all of them (CK-6).
    """
    host, path = walk.request.authority, _path(walk, candidates)
    oldest_first = sorted(candidates, key=lambda item: item.age)
    routes = [r for item in oldest_first for r in kong.routes_for(item, table_of(walk.state, item).targets, host)]
    request = walk.request
    server_name = host.lower() if request.scheme == "https" else ""
    routes = [
        route
        for route in routes
        if kong.conditions_of(route.owner.metadata.annotations).hold(request.method, request.headers, server_name)
    ]
    fitting = [(route, target) for route in routes if (target := route.taker(path)) is not None]
    if not fitting:
        every = (target for item in oldest_first for target in table_of(walk.state, item).targets)
        return Taken(candidates, rules.Match(target=next((t for t in every if t.is_default), None)))
    best, target = max(fitting, key=lambda pair: pair[0].rank)
    lost = [f"{other.text}: Kong puts the whole route of {target.text} before it (CK-3)" for _, other in fitting]
    losers = [text for text, (route, _) in zip(lost, fitting, strict=True) if route is not best]
    equal = tuple(route.owner.name for route, _ in fitting if route is not best and route.rank == best.rank)
    return Taken(candidates, rules.Match(target=target, losers=tuple(losers[: rules.NAMED]), equal=equal))


def _off_because(walk: Walk, item: Ingress, target: rules.RuleTarget, served: rules.ServedBy) -> str:
    """CT-7, CT-A4: why a path has no router; empty where it has one."""
    if not _has_port(walk, target, served):
        return "its Service, or the port, cannot be used"
    service = _service_of(walk, target)
    if traefik.matcher_of(item, target) not in traefik.MATCHERS:
        return f"{traefik.MATCHER}, which is none of {', '.join(traefik.MATCHERS)}"
    if service is not None and traefik.way_of(service) == "none":
        return f"{traefik.NATIVE} of Service {service.name}, which is headless"
    return off_because(walk.state, item, service)


def _has_port(walk: Walk, target: rules.RuleTarget, served: rules.ServedBy) -> bool:
    service = _service_of(walk, target)
    if service is not None and service.spec.type == "ExternalName":
        return False  # allowExternalNameServices is off by default (CT-10)
    return _exists(walk, target, served)


def _exists(walk: Walk, target: rules.RuleTarget, served: rules.ServedBy) -> bool:
    """Whether a rule leads to a Service and port that there are."""
    service, backend = _service_of(walk, target), target.backend.as_service
    return service is not None and backend is not None and rules.backend_port(service, backend, served)[0] is not None


def _service_of(walk: Walk, target: rules.RuleTarget) -> Service | None:
    backend = target.backend.as_service
    return find_service(walk.state, Name(target.owner.namespace, backend.name)) if backend else None


def url_of(walk: Walk) -> str:
    """The request's URL with its port, as ALB writes it."""
    request = walk.request
    return f"{request.scheme}://{request.authority}:{request.port}{request.path}"


def _group(walk: Walk, candidates: Sequence[Ingress]) -> list[Ingress]:
    """The Ingresses that share a load balancer with the one that names the host best."""
    best = next(iter(with_best_rules(walk.state, candidates, walk.request.authority)), candidates[0])
    best = as_served(walk.state, best)
    name = alb.group_of(best)
    if not name:
        return [best]
    wanted = served_by(walk.state, best).ingress_class
    of_class = (i for i in walk.state.ingresses.values() if served_by(walk.state, i).ingress_class == wanted)
    return [item for item in (as_served(walk.state, item) for item in of_class) if alb.group_of(item) == name]


def _by_nginx_inc(walk: Walk, candidates: Sequence[Ingress]) -> Taken:
    """CI-3, CI-4: a host is that of one Ingress, or of a master with its minions."""
    held: dict[str, Ingress] = {}
    reasons: list[str] = []
    for host in rules.host_keys(walk.request.authority, deep=True):
        holders, lost = nginx_inc.holders(candidates, host)
        held.update((str(item.name), item) for item in holders)
        reasons += [lost] if lost else []
    others = [item for item in candidates if not any(rule.host for rule in item.spec.rules)]
    main = [item for item in candidates if str(item.name) in held or item in others]
    taken = _merged(walk, main, "nginx-inc")._replace(left_out=next(iter(reasons), ""))
    if any(nginx_inc.pattern_of(item) for item in main):
        return taken._replace(match=_with_patterns(walk, main, taken.match))
    return taken


def _by_haproxy_ingress(walk: Walk, candidates: Sequence[Ingress]) -> Taken:
    """CH-21 to CH-23; a path whose Service or port does not exist is left out (CH-24)."""
    request, oldest_first = walk.request, sorted(candidates, key=lambda item: item.age)
    written = [(item, target) for item in oldest_first for target in table_of(walk.state, item).targets]
    served = served_by(walk.state, candidates[0])
    kept = [(item, target) for item, target in written if _exists(walk, target, served)]
    asked = haproxy_ingress.Asked(request.authority, _path(walk, candidates), request.headers)
    found, lost = haproxy_ingress.taker(kept, asked), haproxy_ingress.taker(written, asked)
    why = f"{lost.text}: haproxy-ingress leaves it out, as its Service or port does not exist" if lost else ""
    return Taken(candidates, rules.Match(target=found or lost, losers=(why,) if found and lost is not found else ()))


def _with_patterns(walk: Walk, main: Sequence[Ingress], plain: rules.Match) -> rules.Match:
    """CI-7: regular expressions go before prefixes, and are none themselves."""
    path, keys = _path(walk, main), [*rules.host_keys(walk.request.authority, deep=True), ""]
    written = [(item, target) for item in main for target in table_of(walk.state, item).targets]
    host = next((key for key in keys if any(target.host.lower() == key for _, target in written)), "")
    mine = [(item, target) for item, target in written if target.host.lower() == host]
    if (target := nginx_inc.by_pattern(mine, path)) is not None:
        lost = plain.target
        losers = (f"{lost.text}: a regular expression goes before it (CI-7)",) if lost and lost is not target else ()
        return rules.Match(target=target, losers=losers)
    plainly = [target for item, target in written if target.to_default or not nginx_inc.pattern_of(item)]
    found = rules.match(rules.RuleTable(plainly, deep=True), walk.request.authority, path, "nginx-inc")
    return found if found.target or not plain.target else rules.Match(target=None, losers=plain.losers)
