"""Extended features of Gateway API: which of them a rule uses, and which an implementation does not claim (GW-60..72).

The names are those of `status.supportedFeatures` of a GatewayClass (pkg/features of kubernetes-sigs/gateway-api).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from svcmap.model.gateway import RequestRedirect, RouteMatch, RouteRule, URLRewrite
from svcmap.semantics.gateway.known import Implementation

FOUND, MOVED = 302, 301
"""Status codes of redirects that every implementation has."""


def unsupported(
    rule: RouteRule, match: RouteMatch, claimed: Collection[str], known: Implementation | None
) -> Iterator[str]:
    """The features that a rule and the match of it use, and that are not claimed: by the status of the class, where it
    lists any, else by what is known of the implementation.
    """
    for feature in _used(rule, match):
        if is_unclaimed(feature, claimed, known):
            yield feature


def is_unclaimed(feature: str, claimed: Collection[str], known: Implementation | None) -> bool:
    """Whether nobody says that an implementation has a feature, where somebody says what it has."""
    return feature not in claimed if claimed else known is not None and feature in known.unclaimed


def _used(rule: RouteRule, match: RouteMatch) -> Iterator[str]:
    """Those that decide which rule takes a request, and what becomes of it."""
    if isinstance(match.method, str):
        yield "HTTPRouteMethodMatching"
    if match.query_params:
        yield "HTTPRouteQueryParamMatching"
    for item in rule.filters:
        if item.url_rewrite:
            yield from _of_rewrite(item.url_rewrite)
        if item.request_redirect:
            yield from _of_redirect(item.request_redirect)


def _of_rewrite(rewrite: URLRewrite) -> Iterator[str]:
    if rewrite.hostname:
        yield "HTTPRouteHostRewrite"
    if rewrite.path:
        yield "HTTPRoutePathRewrite"


def _of_redirect(redirect: RequestRedirect) -> Iterator[str]:
    if redirect.path:
        yield "HTTPRoutePathRedirect"
    if redirect.port:
        yield "HTTPRoutePortRedirect"
    if redirect.scheme:
        yield "HTTPRouteSchemeRedirect"
    if redirect.status_code not in (FOUND, MOVED):
        yield f"HTTPRoute{redirect.status_code}RedirectStatusCode"
