"""What the API server refuses of Gateways and routes that are still to be created: the rules of their definitions
(kubernetes-sigs/gateway-api, apis/v1/gateway_types.go and httproute_types.go, XValidation).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from svcmap.model.gateway import Gateway, Listener, Route, RouteMatch

PLAIN, STREAMS = ("HTTP", "TCP", "UDP"), ("TCP", "UDP")
BROKEN, ENDINGS = ("//", "/./", "/../", "%2f", "%2F", "#"), ("/..", "/.")
"""What no path of type Exact or PathPrefix may have, and what it may not end with."""


class Refusal(NamedTuple):
    """The field for which an object is refused, and why."""

    field: str
    why: str


def of_gateway(gateway: Gateway) -> Refusal | None:
    """The first one; None where the API server takes the Gateway."""
    return next(_of_listeners(gateway.spec.listeners), None)


def _of_listeners(listeners: tuple[Listener, ...]) -> Iterator[Refusal]:
    names: set[str] = set()
    places: dict[tuple[int, str, str], str] = {}
    for index, item in enumerate(listeners):
        at = f"spec.listeners[{index}]"
        if item.name in names:
            yield Refusal(f"{at}.name", f"another listener is called {item.name}")
        place = item.port, item.protocol, item.hostname
        if (other := places.get(place)) is not None:
            yield Refusal(at, f"listener {other} has its port, protocol and hostname")
        if item.protocol in PLAIN and item.tls is not None:
            yield Refusal(f"{at}.tls", f"no listener of protocol {item.protocol} has tls")
        if item.protocol == "HTTPS" and item.tls is not None and item.tls.mode == "Passthrough":
            yield Refusal(
                f"{at}.tls.mode",
                "HTTPS ends TLS itself: Passthrough is for protocol TLS, with a TLSRoute",
            )
        if item.protocol in STREAMS and item.hostname:
            yield Refusal(f"{at}.hostname", f"no listener of protocol {item.protocol} has a hostname")
        names.add(item.name)
        places.setdefault(place, item.name)


def of_route(route: Route) -> Refusal | None:
    """The first one; None where the API server takes the route."""
    return next(_of_rules(route), None) if route.kind == "HTTPRoute" else None


def _of_rules(route: Route) -> Iterator[Refusal]:
    for index, rule in enumerate(route.spec.rules):
        at = f"spec.rules[{index}]"
        if rule.backend_refs and any(item.request_redirect for item in rule.filters):
            yield Refusal(f"{at}.filters", "a rule with a RequestRedirect has no backendRefs")
        for number, match in enumerate(rule.matches):
            yield from _of_path(match, f"{at}.matches[{number}].path.value")


def _of_path(match: RouteMatch, at: str) -> Iterator[Refusal]:
    value = match.path.value
    if match.path.type not in ("Exact", "PathPrefix"):
        return
    if not value.startswith("/"):
        yield Refusal(at, f"{value!r} does not begin with a slash")
    found = next((text for text in BROKEN if text in value), "")
    found = found or next((text for text in ENDINGS if value.endswith(text)), "")
    if found:
        yield Refusal(at, f"{value!r} has {found!r}, which no path of type {match.path.type} may have")
