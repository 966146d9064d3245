"""Which rule of the attached routes a request meets (G5, G9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from svcmap.model.base import Part
from svcmap.model.gateway import MethodMatch, Route, RouteMatch, RouteRule
from svcmap.patterns import matched_groups
from svcmap.semantics.gateway.attach import host_rank, hostname_matches


class RuleMatch(Part, frozen=True):
    """One (route, rule, match) that fits a request, and how specific it is (G5)."""

    route: Route
    rule_index: int
    match: RouteMatch
    rank: tuple[int, ...]

    @property
    def rule(self) -> RouteRule:
        return self.route.spec.rules[self.rule_index]


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
                    rank = (*max(ranks), *_match_rank(match), _longest(route, host), -order, -index)
                    found.append(RuleMatch(route=route, rule_index=index, match=match, rank=rank))
    return sorted(found, key=lambda item: item.rank, reverse=True)


def _longest(route: Route, host: str) -> int:
    """The tie-breaker of 1.7: the longest host name as the route itself has it."""
    return max((len(name) for name in route.spec.hostnames if hostname_matches(name, host)), default=0)


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
    first = {header.name.lower(): header for header in reversed(match.headers)}  # of a repeated name the first counts
    if any(not _value_fits(h.type, h.value, lowered.get(name)) for name, h in first.items()):
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
    return matched_groups(pattern, text, whole=True) is not None
