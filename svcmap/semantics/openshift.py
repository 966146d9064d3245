"""What OpenShift's router makes of Routes (CO-1; openshift/router, its package and file beside each rule)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import EndpointSet
from svcmap.model.openshift import Route, TargetReference
from svcmap.model.refs import Name

MAX_WEIGHT = 256
DECIDING = ("haproxy.router.openshift.io/ip_allowlist", "haproxy.router.openshift.io/ip_whitelist")
REWRITES = "haproxy.router.openshift.io/rewrite-target"
IDLED_AT = "idling.alpha.openshift.io/idled-at"
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class Admission(NamedTuple):
    """Whether a router serves a Route: None where none has said so. `why` is its message where it does not."""

    admitted: bool | None
    why: str = ""


def admission(route: Route) -> Admission:
    """The conditions of type Admitted: one router that admits a Route serves it."""
    said = [
        condition
        for item in route.status.ingress
        for condition in item.conditions
        if condition.type == "Admitted" and condition.status in ("True", "False")
    ]
    if not said:
        return Admission(None)
    if any(condition.status == "True" for condition in said):
        return Admission(True)
    return Admission(False, said[0].message or said[0].reason)


def deciding_annotations(route: Route) -> list[str]:
    """The annotations that let some clients in only, which nothing here evaluates (haproxy-config.template)."""
    return [name for name in DECIDING if name in route.metadata.annotations]


def is_idled(service: Service) -> bool:
    """Whether OpenShift has taken the pods of a Service away until it is asked: the router then dials its cluster IP
    (createRouterEndpoints, template/plugin).
    """
    return IDLED_AT in service.metadata.annotations and service.spec.cluster_ip not in ("", "None")


def is_wildcard(route: Route) -> bool:
    return route.spec.wildcard_policy == "Subdomain"


def host_key(route: Route) -> str:
    """The host a Route is looked up by: `*.apps.example.com` where it takes the subdomain that its host is of."""
    domain = route.host.partition(".")[2]
    return f"*.{domain}" if is_wildcard(route) and domain else route.host


def is_host(host: str) -> bool:
    """Whether the router takes a host: labels of DNS in lower case (ValidateHostName, controller/unique_host)."""
    return len(host) <= 253 and all(LABEL.fullmatch(label) for label in host.split("."))


def host_keys(host: str) -> tuple[str, str]:
    """The keys of Routes that take a host, the exact one first: a wildcard stands for one label
    (generateRouteHostRegexp, template/util).
    """
    host = host.lower().rstrip(".")
    return host, f"*.{host.partition('.')[2]}"


def is_older(one: Route, other: Route) -> bool:
    """Whether the source tells that one Route is older than another; of two without an age nobody knows."""
    return precedence(one)[:2] < precedence(other)[:2]


def precedence(route: Route) -> tuple[str, str, str]:
    """The oldest first, then by UID (RouteLessThan, routeapihelpers); one not created yet is last."""
    return route.metadata.creation_timestamp or "~", route.metadata.uid, str(route.name)


def holders(routes: Iterable[Route]) -> Mapping[Name, Route]:
    """Each Route that gets nothing, with the older one that has what it wants. Without a host yet it wants nothing."""
    of_host: dict[str, list[Route]] = {}
    of_domain: dict[str, list[Route]] = {}
    admitted_first = sorted(routes, key=lambda route: (admission(route).admitted is not True, precedence(route)))
    for route in (route for route in admitted_first if route.host):
        of_host.setdefault(host_key(route), []).append(route)
        of_domain.setdefault(route.host.partition(".")[2], []).append(route)
    held: dict[Name, Route] = {}
    for some in of_host.values():
        held.update(_held_by_host(some))
    for some in of_domain.values():
        for name, holder in _held_by_wildcard(some):
            held.setdefault(name, holder)
    return held


def _held_by_wildcard(routes: Sequence[Route]) -> Iterator[tuple[Name, Route]]:
    """Of the Routes of a domain, the oldest first: a wildcard keeps the hosts below it from other namespaces, and hosts
    keep a wildcard from them (HostAdmitter.displacedRoutes, controller).
    """
    below = [route for route in routes if not is_wildcard(route)]
    for wildcard in filter(is_wildcard, routes):  # few, where there are any
        for route in below:
            if route.metadata.namespace != wildcard.metadata.namespace:
                older, younger = sorted((route, wildcard), key=precedence)
                yield younger.name, older


def _held_by_host(routes: Sequence[Route]) -> Mapping[Name, Route]:
    """Of the Routes of a host, the oldest first: its namespace has the host, and in it the oldest has a path; next to
    passthrough there is no other TLS (SameNamespace and hasExistingMatch, controller/hostindex).
    """
    active: list[Route] = []
    held: dict[Name, Route] = {}
    for route in routes:
        if active and active[0].metadata.namespace != route.metadata.namespace:
            held[route.name] = active[0]
        elif holder := next((other for other in active if _excludes(other, route)), None):
            held[route.name] = holder
        else:
            active.append(route)
    return held


def _excludes(older: Route, newer: Route) -> bool:
    if older.spec.path == newer.spec.path:
        return True
    both = older.spec.tls is not None and newer.spec.tls is not None
    return both and "passthrough" in (older.termination, newer.termination)


def takes_path(route: Route, path: str) -> bool:
    """Whether a request's path (without its query) is at or below that of a Route (GenerateRouteRegexp, template/util).

    A path that ends in a slash takes what is below it alone; none, and `/`, take everything.
    """
    wanted = route.spec.path
    if not wanted.strip("/"):
        return True
    if wanted.endswith("/"):
        return path.startswith(wanted)
    return path == wanted or path.startswith(f"{wanted}/")


def best_first(routes: Iterable[Route]) -> list[Route]:
    """The order of the router's maps: wildcards last, and of paths that take one request the longest first (what the
    reverse order of SortMapPaths comes to, template/util).
    """
    return sorted(routes, key=lambda route: (is_wildcard(route), -_length(route.spec.path), precedence(route)))


def _length(path: str) -> int:
    """One of slashes alone is none."""
    return len(path) if path.strip("/") else 0


def takes_http(route: Route) -> bool:
    """Whether plain http is sent to the pods (generateHttpMapEntry, template/util/haproxy)."""
    if not route.termination:
        return True
    return route.termination in ("edge", "reencrypt") and route.insecure_policy == "Allow"


def redirects(route: Route) -> bool:
    """Whether plain http is sent to https (insecureEdgeTerminationPolicy)."""
    return bool(route.termination) and route.insecure_policy == "Redirect"


def taker_of_tls(matching: Iterable[Route], served: Iterable[Route]) -> Route | None:
    """Which Route gets a TLS connection: of those that a host is `served` by the one that passes it through, as that is
    chosen by server name, before there is a path; else the first that ends TLS, of those `matching` the path.
    """
    passing = (route for route in served if route.termination == "passthrough" and not route.spec.path)
    ending = (route for route in matching if route.termination in ("edge", "reencrypt"))
    return next(passing, None) or next(ending, None)


def ports_of(route: Route, service: Service, found: EndpointSet) -> Sequence[ServicePort]:
    """The ports of a Service whose endpoints a Route uses: those that port.targetPort names, by the name of the port or
    by the number endpoints have; without one all of them (endpointsForAlias, template/template_helper).
    """
    tcp = [port for port in service.spec.ports if port.protocol != "UDP"]
    if route.spec.port is None or route.spec.port.target_port == "":
        return tcp
    wanted = str(route.spec.port.target_port)
    named = [port for port in tcp if port.name == wanted]
    numbered = [port for port in tcp if wanted in _numbers(port, found)]
    # A number that a port of a name may have on pods nobody has seen.
    hidden = [port for port in tcp if not _numbers(port, found)] if wanted.isdecimal() else []
    return named or numbered or hidden[:1]


def _numbers(port: ServicePort, found: EndpointSet) -> set[str]:
    bound = {str(b.port) for e in found.endpoints if (b := e.port_for(port.name, port.protocol))}
    return bound or ({str(port.target_port)} if isinstance(port.target_port, int) else set())


def weights(route: Route) -> Mapping[str, tuple[TargetReference, int]]:
    """The Services a Route names, each once and with the weight the router reads: the last one counts, of 0 to 256
    (getServiceUnits and getServiceUnitWeight, template/router).
    """
    return {target.name: (target, min(max(target.weight, 0), MAX_WEIGHT)) for target in route.targets}


def shares(weighed: Sequence[tuple[int, bool]]) -> list[float]:
    """The share of each Service, by its weight and whether it has an endpoint: one without has no server in the
    router's backend, so the weights of the others count (calculateServiceWeights, template/router). Only where none
    has, each is left with the share of its weight, to say why.
    """
    alive = sum(weight for weight, has_endpoint in weighed if has_endpoint)
    total = alive or sum(weight for weight, _ in weighed) or 1
    return [weight / total if has_endpoint or not alive else 0.0 for weight, has_endpoint in weighed]
