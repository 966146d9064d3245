"""Which rule of the attached routes a request meets (G5, G9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from svcmap.model.base import Part
from svcmap.model.gateway import MethodMatch, Route, RouteMatch, RouteRule
from svcmap.patterns import matched_groups
from svcmap.semantics.gateway.attach import host_rank, hostname_matches
from svcmap.semantics.gateway.known import AS_WRITTEN, Reading

AGE_AND_PLACE = 2
"""The parts of a rank that say which of equal rules is first."""


class RuleMatch(Part, frozen=True):
    """One (route, rule, match) that fits a request, and how specific it is (G5)."""

    route: Route
    rule_index: int
    match: RouteMatch
    rank: tuple[int, ...]

    @property
    def rule(self) -> RouteRule:
        return self.route.spec.rules[self.rule_index]

    def is_as_specific(self, other: RuleMatch) -> bool:
        """Whether only the age and name of the routes, or the place of the rules, tell them apart."""
        return self.rank[:-AGE_AND_PLACE] == other.rank[:-AGE_AND_PLACE]


def match_rules(
    routes: Iterable[tuple[Route, list[str]]],
    host: str,
    path: str,
    method: str,
    headers: Mapping[str, str],
    reading: Reading = AS_WRITTEN,
) -> list[RuleMatch]:
    """Every rule of HTTPRoutes (with their effective host names) that fits a request, the winner first (G5, GW-21)."""
    found = []
    taking = [(route, ranks) for route, hostnames in routes if (ranks := _host_ranks(hostnames, host))]
    best = max((max(ranks) for _, ranks in taking), default=(0, 0))
    for order, (route, ranks) in enumerate(taking):
        if reading.own_host and max(ranks) < best:
            continue
        for index, rule in enumerate(route.spec.rules):
            if reading.skips_empty and not rule.backend_refs and not any(f.request_redirect for f in rule.filters):
                continue
            for match in rule.matches or [RouteMatch()]:
                if _fits(match, path, method, headers, reading):
                    rank = (*max(ranks), *_match_rank(match, reading), _longest(route, host), -order, -index)
                    found.append(RuleMatch(route=route, rule_index=index, match=match, rank=rank))
    return sorted(found, key=lambda item: item.rank, reverse=True)


def _host_ranks(hostnames: Iterable[str], host: str) -> list[tuple[int, int]]:
    return [host_rank(hostname) for hostname in hostnames if hostname_matches(hostname, host)]


def _longest(route: Route, host: str) -> int:
    """The tie-breaker of 1.7: the longest host name as the route itself has it."""
    return max((len(name) for name in route.spec.hostnames if hostname_matches(name, host)), default=0)


TYPES = {
    "longest": {"Exact": 1},
    "regex": {"Exact": 2, "RegularExpression": 1},
    "prefix": {"Exact": 2, "PathPrefix": 1},
}


def _match_rank(match: RouteMatch, reading: Reading) -> tuple[int, ...]:
    if isinstance(match.method, MethodMatch):  # GRPCRoute: service length, then method length (G9)
        return len(match.method.service), len(match.method.method), 0, len(match.headers), 0
    path = TYPES[reading.after_exact].get(match.path.type, 0), len(match.path.value)
    as_header = reading.method == "header" and bool(match.method)
    first = reading.method == "first" and bool(match.method)
    return *path, first, len(match.headers) + as_header, len(match.query_params)


def near_misses(
    routes: Iterable[tuple[Route, list[str]]], host: str, path: str, method: str, headers: Mapping[str, str]
) -> Iterator[tuple[Route, RouteMatch, str]]:
    """Rules that would take a request but for one thing: each with its match, and what the match asks for."""
    for route, hostnames in routes:
        if not _host_ranks(hostnames, host):
            continue
        for match in (match for rule in route.spec.rules for match in rule.matches):
            lacks = list(_lacks(match, path, method, headers, AS_WRITTEN))
            if len(lacks) == 1:
                yield route, match, lacks[0]


def _fits(match: RouteMatch, path: str, method: str, headers: Mapping[str, str], reading: Reading) -> bool:
    return next(_lacks(match, path, method, headers, reading), None) is None


def _lacks(match: RouteMatch, path: str, method: str, headers: Mapping[str, str], reading: Reading) -> Iterator[str]:
    """What a request lacks to be one that a match asks for."""
    target, _, query = path.partition("?")
    if isinstance(match.method, MethodMatch):
        if not _method_fits(match.method, target):
            yield f"service {match.method.service or 'any'}, method {match.method.method or 'any'}"
    else:
        if not _path_fits(match, target, reading):
            yield f"path {match.path.value} ({match.path.type})"
        if match.method and match.method != method:
            yield f"method {match.method}"
    lowered = {name.lower(): value for name, value in headers.items()} if match.headers else {}
    first = {header.name.lower(): header for header in reversed(match.headers)}  # of a repeated name the first counts
    yield from (
        f"header {h.name}: {h.value}"
        for name, h in first.items()
        if not _value_fits(h.type, h.value, lowered.get(name))
    )
    if match.query_params:
        given = dict(reversed([pair.partition("=")[::2] for pair in query.split("&") if pair]))
        yield from (
            f"query {q.name}={q.value}"
            for q in match.query_params
            if not _value_fits(q.type, q.value, given.get(q.name))
        )


def _method_fits(match: MethodMatch, path: str) -> bool:
    """G9: the path of a gRPC call is /service/method."""
    service, _, method = path.lstrip("/").partition("/")
    kind = match.type
    return (not match.service or _value_fits(kind, match.service, service)) and (
        not match.method or _value_fits(kind, match.method, method)
    )


def _path_fits(match: RouteMatch, path: str, reading: Reading) -> bool:
    if match.path.type == "Exact":
        return match.path.value == path
    if match.path.type == "RegularExpression" and reading.anchored == "start":
        return matched_groups(match.path.value, path) is not None
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
    return matched_groups(pattern, text, whole=True) is not None
