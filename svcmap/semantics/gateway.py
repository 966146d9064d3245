"""Gateway API: which listeners a route attaches to, which rule a request meets, and its weighted backends (G1-G12).

Upstream: apis/v1 type docs and conformance/tests of kubernetes-sigs/gateway-api.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from svcmap.model.base import Part
from svcmap.model.gateway import (
    AllowedRoutes,
    BackendRef,
    Gateway,
    Listener,
    MethodMatch,
    ParentReference,
    ReferenceGrant,
    Route,
    RouteMatch,
    RouteRule,
)
from svcmap.model.refs import Name

GROUP = "gateway.networking.k8s.io"
NO_LABELS: Mapping[str, str] = {}
DEFAULT_KINDS = {
    "HTTP": ("HTTPRoute", "GRPCRoute"),
    "HTTPS": ("HTTPRoute", "GRPCRoute"),
    "TLS": ("TLSRoute",),
    "TCP": ("TCPRoute",),
    "UDP": ("UDPRoute",),
}


class Attachment(Part, frozen=True):
    """A route's try to attach to one parentRef: the listeners that took it, or the reason none did (G2)."""

    parent: Name
    listeners: tuple[Listener, ...]
    reason: str | None = None


class RuleMatch(Part, frozen=True):
    """One (route, rule, match) that fits a request, and how specific it is (G5)."""

    route: Route
    rule_index: int
    match: RouteMatch
    rank: tuple[int, ...]

    @property
    def rule(self) -> RouteRule:
        return self.route.spec.rules[self.rule_index]


def attach(
    route: Route, parent: ParentReference, gateway: Gateway, namespace_labels: Mapping[str, Mapping[str, str]]
) -> Attachment:
    """G1: name, section and port, then kind and namespace, then host names."""
    name = gateway.name
    named = [
        listener
        for listener in gateway.spec.listeners
        if (not parent.section_name or listener.name == parent.section_name)
        and (not parent.port or listener.port == parent.port)
    ]
    if not named:
        return Attachment(parent=name, listeners=(), reason="NoMatchingParent")
    allowed = [
        listener
        for listener in named
        if _kind_allowed(route, listener)
        and _namespace_allowed(route.metadata.namespace, name.namespace, listener.allowed_routes, namespace_labels)
    ]
    if not allowed:
        return Attachment(parent=name, listeners=(), reason="NotAllowedByListeners")
    matching = tuple(listener for listener in allowed if effective_hostnames(listener, route))
    if not matching:
        return Attachment(parent=name, listeners=(), reason="NoMatchingListenerHostname")
    return Attachment(parent=name, listeners=matching)


def _kind_allowed(route: Route, listener: Listener) -> bool:
    kinds = listener.allowed_routes.kinds
    default = DEFAULT_KINDS.get(listener.protocol, ())
    if kinds:
        return route.kind in default and any(k.kind == route.kind and k.group in ("", GROUP) for k in kinds)
    return route.kind in default


def _namespace_allowed(
    route: str, gateway: str, allowed: AllowedRoutes, namespace_labels: Mapping[str, Mapping[str, str]]
) -> bool:
    match allowed.namespaces.from_:
        case "All":
            return True
        case "Selector":
            labels = {"kubernetes.io/metadata.name": route, **namespace_labels.get(route, NO_LABELS)}
            return allowed.namespaces.selector is not None and allowed.namespaces.selector.matches(labels)
        case "None":
            return False
    return route == gateway


def hostname_matches(pattern: str, host: str) -> bool:
    """G3: `*.x` stands for one or more labels, unlike in Ingress; an empty pattern matches everything."""
    pattern, host = pattern.lower(), host.lower().rstrip(".")
    if not pattern:
        return True
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return pattern == host


def effective_hostnames(listener: Listener, route: Route) -> list[str]:
    """G3: host names both the listener and the route have; [""] stands for all of them."""
    if route.kind in ("TCPRoute", "UDPRoute") or not route.spec.hostnames:
        return [listener.hostname]
    if not listener.hostname:
        return list(route.spec.hostnames)
    shared = (_intersection(listener.hostname, hostname) for hostname in route.spec.hostnames)
    return [hostname for hostname in shared if hostname]


def _intersection(one: str, other: str) -> str:
    """The narrower of two patterns if every name of it fits the wider one; empty if they share nothing."""
    for narrow, wide in ((other, one), (one, other)):
        if narrow.startswith("*."):
            fits = wide.startswith("*.") and narrow.lower().endswith(wide.lower()[1:])
        else:
            fits = hostname_matches(wide, narrow)
        if fits:
            return narrow
    return ""


def choose_listener(listeners: Iterable[Listener], port: int | None, host: str) -> Listener | None:
    """G4: by port, then the most specific host name."""
    fitting = [
        listener
        for listener in listeners
        if (port is None or listener.port == port) and hostname_matches(listener.hostname, host)
    ]
    return max(fitting, key=lambda item: host_rank(item.hostname), default=None)


def host_rank(pattern: str) -> tuple[int, int]:
    """Exact before wildcard before none, longer before shorter."""
    return (0 if not pattern else 1 if pattern.startswith("*.") else 2), len(pattern)


def match_rules(
    routes: Iterable[tuple[Route, list[str]]], host: str, path: str, method: str, headers: Mapping[str, str]
) -> list[RuleMatch]:
    """Every rule of HTTPRoutes (with their effective host names) that fits a request, the winner first (G5)."""
    found = []
    for order, (route, hostnames) in enumerate(routes):
        ranks = [host_rank(hostname) for hostname in hostnames if hostname_matches(hostname, host)]
        if not ranks:
            continue
        for index, rule in enumerate(route.spec.rules):
            for match in rule.matches or [RouteMatch()]:
                if _fits(match, path, method, headers):
                    rank = (*max(ranks), *_match_rank(match), -order, -index)
                    found.append(RuleMatch(route=route, rule_index=index, match=match, rank=rank))
    return sorted(found, key=lambda item: item.rank, reverse=True)


def _match_rank(match: RouteMatch) -> tuple[int, ...]:
    exact = match.path.type == "Exact"
    if isinstance(match.method, MethodMatch):  # GRPCRoute: service length, then method length (G9)
        return len(match.method.service), len(match.method.method), 0, len(match.headers), 0
    return exact, len(match.path.value), bool(match.method), len(match.headers), len(match.query_params)


def _fits(match: RouteMatch, path: str, method: str, headers: Mapping[str, str]) -> bool:
    target, _, query = path.partition("?")
    if isinstance(match.method, MethodMatch):
        if not _method_fits(match.method, target):
            return False
    elif not _path_fits(match, target) or (match.method and match.method != method):
        return False
    lowered = {name.lower(): value for name, value in headers.items()}
    if any(not _value_fits(h.type, h.value, lowered.get(h.name.lower())) for h in match.headers):
        return False
    given = dict(reversed([pair.partition("=")[::2] for pair in query.split("&") if pair]))
    return all(_value_fits(q.type, q.value, given.get(q.name)) for q in match.query_params)


def _method_fits(match: MethodMatch, path: str) -> bool:
    """G9: the path of a gRPC call is /service/method."""
    service, _, method = path.lstrip("/").partition("/")
    kind = match.type
    return (not match.service or _value_fits(kind, match.service, service)) and (
        not match.method or _value_fits(kind, match.method, method)
    )


def _path_fits(match: RouteMatch, path: str) -> bool:
    if match.path.type == "Exact":
        return match.path.value == path
    if match.path.type == "RegularExpression":
        return _value_fits("RegularExpression", match.path.value, path)
    stem = match.path.value.rstrip("/")
    return not stem or path == stem or path.startswith(stem + "/")


def _value_fits(type_: str, wanted: str, given: str | None) -> bool:
    if given is None:
        return False
    return fits_whole(wanted, given) if type_ == "RegularExpression" else given == wanted


def fits_whole(pattern: str, text: str) -> bool:
    """Whether a regular expression takes all of `text` (Envoy's safe_regex); one that cannot be read takes nothing."""
    import re
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # `[[:alpha:]]` is for the reader of the route, not for stderr
        try:
            return re.fullmatch(pattern, text) is not None
        except re.error:
            return False


def shares(rule: RouteRule) -> Iterator[tuple[BackendRef, float]]:
    """G6: each backend and its share of the requests, weight over the sum of weights."""
    total = sum(backend.weight for backend in rule.backend_refs)
    for backend in rule.backend_refs:
        yield backend, backend.weight / total if total else 0.0


def is_permitted(route: Route, backend: BackendRef, grants: Iterable[ReferenceGrant]) -> bool:
    """G7: a backend in another namespace needs a ReferenceGrant there."""
    namespace = backend.namespace or route.metadata.namespace
    if namespace == route.metadata.namespace:
        return True
    return any(
        grant.metadata.namespace == namespace
        and any(
            f.group == GROUP and f.kind == route.kind and f.namespace == route.metadata.namespace
            for f in grant.spec.from_
        )
        and any(not t.group and t.kind == "Service" and t.name in ("", backend.name) for t in grant.spec.to)
        for grant in grants
    )
