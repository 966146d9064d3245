"""Gateway API attachment and matching (upstream: conformance/tests of kubernetes-sigs/gateway-api)."""

from __future__ import annotations

import pytest

from svcmap.model.gateway import Gateway, Listener, Route
from svcmap.model.refs import Name
from svcmap.semantics.gateway import (
    BoundListener,
    attach,
    choose_listener,
    effective_hostnames,
    hostname_matches,
    match_rules,
    shares,
)
from tests.conftest import state_of


@pytest.mark.parametrize(
    ("pattern", "host", "expected"),
    [
        ("", "x.com", True),
        ("a.com", "A.com", True),
        ("*.a.com", "b.a.com", True),
        ("*.a.com", "c.b.a.com", True),
        ("*.a.com", "a.com", False),
        ("a.com", "b.a.com", False),
    ],
)
def test_host_names_are_suffix_matches(pattern: str, host: str, expected: bool) -> None:
    assert hostname_matches(pattern, host) is expected


@pytest.mark.parametrize(
    ("listener", "route", "expected"),
    [
        ("", ["a.com"], ["a.com"]),
        ("*.a.com", ["x.a.com", "b.com"], ["x.a.com"]),
        ("x.a.com", ["*.a.com"], ["x.a.com"]),
        ("*.a.com", ["*.b.a.com"], ["*.b.a.com"]),
        ("*.b.a.com", ["*.a.com"], ["*.b.a.com"]),
        ("a.com", ["b.com"], []),
        ("*.a.com", ["a.com"], []),
        ("a.com", [], ["a.com"]),
        ("", [], [""]),
    ],
)
def test_effective_host_names_are_the_intersection(listener: str, route: list[str], expected: list[str]) -> None:
    hostnames = f"hostnames: {route}" if route else "rules: []"
    state = state_of(
        f"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: r}}\nspec: {{{hostnames}}}\n"
    )
    assert effective_hostnames(Listener(hostname=listener), state.routes[0]) == expected


GATEWAY = """apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g}
spec:
  listeners:
  - {name: http, port: 80, protocol: HTTP}
  - {name: shop, port: 443, protocol: HTTPS, hostname: "*.shop.com", allowedRoutes: {namespaces: {from: All}}}
  - {name: tcp, port: 9000, protocol: TCP}
---
"""
ROUTE = """apiVersion: gateway.networking.k8s.io/v1
kind: %(kind)s
metadata: {name: r, namespace: %(ns)s}
spec: {parentRefs: [{name: g, namespace: default%(ref)s}], hostnames: [%(host)s], rules: [{backendRefs: [{name: s, port: 80}]}]}
"""


def bound(gateway: Gateway) -> list[BoundListener]:
    return [BoundListener(listener=item, owner=gateway.ref) for item in gateway.spec.listeners]


def parts(kind: str, ns: str, ref: str, host: str) -> tuple[Gateway, Route]:
    state = state_of(GATEWAY + ROUTE % {"kind": kind, "ns": ns, "ref": ref, "host": host})
    return state.gateways[Name("default", "g")], state.routes[0]


@pytest.mark.parametrize(
    ("kind", "ns", "ref", "host", "listeners", "reason"),
    [
        ("HTTPRoute", "default", "", "a.shop.com", ["http", "shop"], None),
        ("HTTPRoute", "other", "", "a.shop.com", ["shop"], None),
        ("HTTPRoute", "other", ", sectionName: http", "a.shop.com", [], "NotAllowedByListeners"),
        ("HTTPRoute", "default", ", sectionName: nothing", "", [], "NoMatchingParent"),
        ("HTTPRoute", "default", ", port: 443", "b.com", [], "NoMatchingListenerHostname"),
        ("TCPRoute", "default", "", "", ["tcp"], None),
        ("TCPRoute", "default", ", sectionName: http", "", [], "NotAllowedByListeners"),
    ],
)
def test_attachment(kind: str, ns: str, ref: str, host: str, listeners: list[str], reason: str | None) -> None:
    gateway, route = parts(kind, ns, ref, host)
    got = attach(route, route.spec.parent_refs[0], bound(gateway), {})
    assert ([listener.name for listener in got.listeners], got.reason) == (listeners, reason)


def test_a_listener_is_chosen_by_port_then_host() -> None:
    gateway, _ = parts("HTTPRoute", "default", "", "")
    https = [item for item in bound(gateway) if item.listener.port == 443]
    assert getattr(choose_listener(https, "a.shop.com"), "name", None) == "shop"
    assert choose_listener(https, "a.com") is None
    assert getattr(choose_listener(bound(gateway), "a.com"), "name", None) == "http"


def test_precedence_of_rules_and_shares() -> None:
    state = state_of(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\nspec:\n  rules:\n"
        "  - {matches: [{path: {value: /}}]}\n"
        "  - {matches: [{path: {value: /v2}}], backendRefs: [{name: a, port: 1, weight: 9}, {name: b, port: 1}]}\n"
        "  - {matches: [{path: {type: Exact, value: /v2}}]}\n"
        "  - {matches: [{path: {value: /v2}, headers: [{name: X-Env, value: test}]}]}\n"
        "  - {matches: [{path: {value: /v2}, method: POST}]}\n"
        "  - {matches: [{path: {value: /q}, queryParams: [{name: a, value: '1'}]}]}\n"
    )
    route = state.routes[0]

    def winner(path: str, method: str = "GET", **headers: str) -> int:
        return match_rules(
            [(route, [""])], "h.com", path, method, {k.replace("_", "-"): v for k, v in headers.items()}
        )[0].rule_index

    assert winner("/v2") == 2
    assert winner("/v2/x") == 1
    assert winner("/v2x") == 0
    assert winner("/v2/x", x_env="test") == 3
    assert winner("/v2/x", "POST", x_env="test") == 4
    assert winner("/q?a=1") == 5
    assert winner("/q?a=2") == 0
    assert [round(share, 2) for _, share in shares(route.spec.rules[1])] == [0.9, 0.1]
