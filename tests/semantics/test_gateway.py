"""Gateway API attachment and matching (upstream: conformance/tests of kubernetes-sigs/gateway-api)."""

from __future__ import annotations

import msgspec
import pytest
import yaml

from svcmap.model import group_kinds
from svcmap.model.base import Metadata
from svcmap.model.gateway import (
    BackendRef,
    Gateway,
    Listener,
    PathMatch,
    PathModifier,
    ReferenceGrant,
    RequestRedirect,
    Route,
    RouteMatch,
    RouteNamespaces,
    SecretReference,
)
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
from svcmap.semantics.gateway.attach import is_allowed, kinds_are_valid, supported_kinds, with_conflicts
from svcmap.semantics.gateway.backends import is_permitted, is_secret_permitted, redirect_location, rewritten_path
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


def modifier(text: str) -> PathModifier:
    return msgspec.convert(yaml.safe_load(text), PathModifier)


@pytest.mark.parametrize(
    ("text", "prefix", "path", "expected"),
    [
        ("{type: ReplaceFullPath, replaceFullPath: /one}", "/foo", "/foo/bar", "/one"),
        ("{type: ReplaceFullPath, replaceFullPath: ''}", "/foo", "/foo", "/"),
        ("{type: ReplacePrefixMatch, replacePrefixMatch: /xyz}", "/foo", "/foo/bar", "/xyz/bar"),
        ("{type: ReplacePrefixMatch, replacePrefixMatch: /xyz/}", "/foo", "/foo/bar", "/xyz/bar"),
        ("{type: ReplacePrefixMatch, replacePrefixMatch: /xyz}", "/foo/", "/foo/bar", "/xyz/bar"),
        ("{type: ReplacePrefixMatch, replacePrefixMatch: /xyz}", "/foo", "/foo", "/xyz"),
        ("{type: ReplacePrefixMatch, replacePrefixMatch: ''}", "/foo", "/foo", "/"),
        ("{type: ReplacePrefixMatch, replacePrefixMatch: /}", "/foo", "/foo/bar?q=1", "/bar?q=1"),
    ],
)
def test_rewritten_paths(text: str, prefix: str, path: str, expected: str) -> None:
    """G8: the table of HTTPPathModifier.replacePrefixMatch (apis/v1/httproute_types.go)."""
    rule = RouteMatch(path=PathMatch(type="PathPrefix", value=prefix))
    assert rewritten_path(modifier(text), rule, path) == expected


@pytest.mark.parametrize(
    ("text", "scheme", "port", "expected"),
    [
        ("{scheme: https}", "http", 80, "https://a.example/x"),
        ("{hostname: b.example}", "http", 80, "http://b.example/x"),
        ("{port: 8443}", "https", 443, "https://a.example:8443/x"),
        ("{}", "http", 8080, "http://a.example:8080/x"),
        ("{scheme: https}", "http", 8080, "https://a.example/x"),
        ("{scheme: https, port: 80}", "http", 80, "https://a.example:80/x"),
        ("{path: {type: ReplaceFullPath, replaceFullPath: /y}}", "http", 80, "http://a.example/y"),
    ],
)
def test_redirects(text: str, scheme: str, port: int, expected: str) -> None:
    redirect = msgspec.convert(yaml.safe_load(text), RequestRedirect)
    url, path = redirect_location(redirect, RouteMatch(), scheme=scheme, host="a.example", port=port, path="/x")
    assert url == expected
    assert url.endswith(path)


@pytest.mark.parametrize(
    ("ports", "conflicts"),
    [
        (["{name: a, port: 80, protocol: HTTP}", "{name: b, port: 80, protocol: HTTP}"], [None, "HostnameConflict"]),
        (
            ["{name: a, port: 80, protocol: HTTP, hostname: a.example}", "{name: b, port: 80, protocol: HTTP}"],
            [None, None],
        ),
        (
            ["{name: a, port: 443, protocol: TLS}", "{name: b, port: 443, protocol: HTTPS, hostname: x.example}"],
            [None, None],
        ),
        (["{name: a, port: 80, protocol: HTTP}", "{name: b, port: 80, protocol: TCP}"], ["ProtocolConflict"] * 2),
        (["{name: a, port: 53, protocol: TCP}", "{name: b, port: 53, protocol: UDP}"], [None, None]),
        (["{name: a, port: 53, protocol: UDP}", "{name: b, port: 53, protocol: UDP}"], [None, "HostnameConflict"]),
    ],
)
def test_listeners_in_conflict(ports: list[str], conflicts: list[str | None]) -> None:
    """G11: ListenerConditionConflicted in apis/v1/gateway_types.go."""
    owner = group_kinds.GATEWAY.ref("default", "g")
    bound = [BoundListener(listener=msgspec.convert(yaml.safe_load(p), Listener), owner=owner) for p in ports]
    assert [item.conflict for item in with_conflicts(bound)] == conflicts


@pytest.mark.parametrize(
    ("protocol", "kinds", "supported", "valid"),
    [
        ("HTTP", "", ["HTTPRoute", "GRPCRoute"], True),
        ("HTTP", "{kind: HTTPRoute}", ["HTTPRoute"], True),
        ("HTTP", "{kind: TCPRoute}", [], False),
        ("TLS", "", ["TLSRoute"], True),
        ("TCP", "{kind: TCPRoute}, {kind: HTTPRoute}", ["TCPRoute"], False),
        ("HTTP", "{kind: HTTPRoute, group: example.com}", [], False),
        ("example.com/own", "", [], True),
    ],
)
def test_kinds_a_listener_takes(protocol: str, kinds: str, supported: list[str], valid: bool) -> None:
    text = f"{{name: a, port: 1, protocol: {protocol}, allowedRoutes: {{kinds: [{kinds}]}}}}"
    listener = msgspec.convert(yaml.safe_load(text), Listener)
    assert sorted(supported_kinds(listener)) == sorted(supported)
    assert kinds_are_valid(listener) is valid


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        ("{from: All}", True),
        ("{from: Same}", False),
        ("{from: None}", False),
        ("{from: Selector}", False),
        ("{from: Selector, selector: {matchLabels: {team: web}}}", True),
        ("{from: Selector, selector: {matchLabels: {kubernetes.io/metadata.name: shop}}}", True),
        ("{from: Selector, selector: {matchLabels: {team: db}}}", False),
    ],
)
def test_namespaces_a_listener_takes(allowed: str, expected: bool) -> None:
    given = msgspec.convert(yaml.safe_load(allowed), RouteNamespaces)
    assert is_allowed("shop", "infra", given, {"shop": {"team": "web"}}) is expected


GRANT = """apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: {{name: g, namespace: data}}
spec: {{from: [{{group: gateway.networking.k8s.io, kind: {kind}, namespace: {ns}}}], to: [{{group: "", kind: {to}{name}}}]}}
"""


@pytest.mark.parametrize(
    ("kind", "ns", "to", "name", "permitted"),
    [
        ("HTTPRoute", "shop", "Service", "", True),
        ("HTTPRoute", "shop", "Service", ", name: db", True),
        ("HTTPRoute", "shop", "Service", ", name: other", False),
        ("GRPCRoute", "shop", "Service", "", False),
        ("HTTPRoute", "other", "Service", "", False),
        ("HTTPRoute", "shop", "Secret", "", False),
    ],
)
def test_grants(kind: str, ns: str, to: str, name: str, permitted: bool) -> None:
    state = state_of(GRANT.format(kind=kind, ns=ns, to=to, name=name))
    route = Route(kind="HTTPRoute", metadata=Metadata(name="r", namespace="shop"))
    grants = list(state.all(group_kinds.REFERENCE_GRANT, ReferenceGrant).values())
    assert is_permitted(route, BackendRef(name="db", namespace="data"), grants) is permitted
    assert is_permitted(route, BackendRef(name="db"), grants)
    gateway = group_kinds.GATEWAY.ref("shop", "g")
    assert is_secret_permitted(gateway, SecretReference(name="cert"), grants)
    assert not is_secret_permitted(gateway, SecretReference(name="cert", namespace="data"), grants)


@pytest.mark.parametrize(
    ("match", "request_path", "method", "headers", "fits"),
    [
        ("path: {type: RegularExpression, value: '/v[0-9]+'}", "/v12", "GET", {}, True),
        ("path: {type: RegularExpression, value: '/v[0-9]+'}", "/v12/x", "GET", {}, False),
        ("path: {type: RegularExpression, value: '/('}", "/(", "GET", {}, False),
        ("path: {type: Exact, value: /a}", "/a?q=1", "GET", {}, True),
        ("method: POST", "/", "GET", {}, False),
        ("headers: [{name: X-A, value: '1'}]", "/", "GET", {"x-a": "1"}, True),
        ("headers: [{name: X-A, value: '1'}]", "/", "GET", {}, False),
        ("headers: [{name: X-A, value: '1.*', type: RegularExpression}]", "/", "GET", {"X-A": "12"}, True),
        ("headers: [{name: X-A, value: '1'}, {name: x-a, value: '2'}]", "/", "GET", {"X-A": "1"}, True),
        ("queryParams: [{name: q, value: '1'}]", "/?q=1&q=2", "GET", {}, True),
        ("queryParams: [{name: q, value: '2'}]", "/?q=1&q=2", "GET", {}, False),
    ],
)
def test_what_a_match_asks_for(match: str, request_path: str, method: str, headers: dict[str, str], fits: bool) -> None:
    text = f"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: r}}\nspec: {{rules: [{{matches: [{{{match}}}]}}]}}\n"
    found = match_rules([(state_of(text).routes[0], [""])], "h.example", request_path, method, headers)
    assert bool(found) is fits


@pytest.mark.parametrize(
    ("method", "path", "fits"),
    [
        ("{service: a.B, method: C}", "/a.B/C", True),
        ("{service: a.B}", "/a.B/D", True),
        ("{method: C}", "/x.Y/C", True),
        ("{service: a.B, method: C}", "/a.B/D", False),
        ("{type: RegularExpression, service: 'a\\..*'}", "/a.B/C", True),
    ],
)
def test_grpc_methods(method: str, path: str, fits: bool) -> None:
    text = f"apiVersion: gateway.networking.k8s.io/v1\nkind: GRPCRoute\nmetadata: {{name: r}}\nspec: {{rules: [{{matches: [{{method: {method}}}]}}]}}\n"
    found = match_rules([(state_of(text).routes[0], [""])], "h.example", path, "POST", {})
    assert bool(found) is fits
