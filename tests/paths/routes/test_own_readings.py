"""Cilium, Istio and HAProxy's controller read rules in their own way (CY-3, CY-5, CS-2, CS-3, CH-3, CH-4)."""

from __future__ import annotations

import pytest

from svcmap.paths.outcome import Trace
from tests import objects
from tests.paths.routes.test_controllers import ask, rules

OPEN = "ImplementationSpecific"


def to(found: Trace) -> str:
    return found.service.name if found.service else str(found.answer.status)


def path(value: str, kind: str = OPEN, backend: str = "web") -> str:
    return objects.path(f"'{value}'", backend, kind=kind)


@pytest.mark.parametrize(
    ("of", "written", "asked", "fits"),
    [
        ("cilium", "/api", "/api", True),
        ("cilium", "/api", "/api/x", False),
        ("cilium", "/v[0-9]+/.*", "/v1/x", True),
        ("istio", "/api", "/api/x", False),
        ("istio", "/api/*", "/api/x", True),
        ("istio", "/api/*", "/apis", False),
        ("istio", "/api.*", "/api/x", True),
        ("istio", "/api*", "/apis", False),
        ("istio", "/api*", "/api*", True),
        ("istio", "/*", "/x", True),
        ("istio", "", "/x", True),
        ("haproxy", "/api", "/apis", True),
        ("haproxy", "/api", "/ap", False),
    ],
)
def test_a_path_of_no_type(of: str, written: str, asked: str, fits: bool) -> None:
    assert to(ask(rules(of=of, paths=path(written)), f"http://a.example{asked}")) == ("web" if fits else "404")


@pytest.mark.parametrize(
    ("of", "first", "second", "asked"),
    [
        ("cilium", path("/api/x.*"), path("/api/x/y", "Prefix", "other"), "/api/x/y"),
        ("cilium", path("/api/x", "Exact"), path("/api/x.*", backend="other"), "/api/x"),
        ("istio", path("/api/x", "Exact"), path("/api/x", "Prefix", "other"), "/api/x"),
        ("istio", path("/api/x", "Prefix"), path("/api/*", backend="other"), "/api/x/y"),
        ("haproxy", path("/api/x", "Exact"), path("/api/x", "Prefix", "other"), "/api/x"),
        ("haproxy", path("/api/x", "Prefix"), path("/api/", backend="other"), "/api/x/y"),
    ],
)
def test_which_of_two_rules_goes_first(of: str, first: str, second: str, asked: str) -> None:
    for paths in (f"{first}, {second}", f"{second}, {first}"):
        assert to(ask(rules(of=of, paths=paths), f"http://a.example{asked}")) == "web"


@pytest.mark.parametrize("of", ["cilium", "istio", "haproxy"])
def test_a_named_host_never_falls_to_a_wider_one(of: str) -> None:
    wide = rules(of=of, name="j", host="'*.example'", paths=path("/", "Prefix", "other"))
    text = rules(of=of, paths=path("/a", "Prefix")) + wide
    assert to(ask(text, "http://a.example/b")) == "404"
    assert to(ask(text, "http://b.example/b")) == "other"


BACKEND = ", defaultBackend: {service: {name: other, port: {number: 80}}}"


@pytest.mark.parametrize(
    ("of", "named", "unnamed"), [("cilium", "404", "other"), ("istio", "404", "404"), ("haproxy", "other", "other")]
)
def test_whom_default_backends_are_for(of: str, named: str, unnamed: str) -> None:
    text = rules(of=of, paths=path("/a", "Prefix"), more=BACKEND)
    assert to(ask(text, "http://a.example/b")) == named
    assert to(ask(text, "http://c.example/")) == unnamed


def test_of_several_default_backends_haproxy_takes_one() -> None:
    second = rules(of="haproxy", name="j", host="b.example", more=BACKEND.replace("other", "web"))
    found = ask(rules(of="haproxy", paths=path("/a", "Prefix"), more=BACKEND) + second, "http://a.example/b")
    assert (found.verdict, [item.field for item in found.undecided]) == ("unknown", ["spec.defaultBackend"])


def test_cilium_leaves_plain_http_where_it_is_told_to() -> None:
    tls = ", tls: [{hosts: [a.example], secretName: s}]"
    assert ask(rules(of="cilium", more=tls)).verdict == "redirect"
    assert ask(rules("ingress.cilium.io/force-https: disabled", "cilium", more=tls)).verdict == "reachable"


@pytest.mark.parametrize(("written", "asked"), [("/a.b", "/axb"), ("/(a|b)", "/b")])
def test_a_pattern_of_cilium_is_found_among_many(written: str, asked: str) -> None:
    others = [path(f"/other-{number}", "Prefix", "other") for number in range(5)]
    text = rules(of="cilium", paths=", ".join([*others, path(written)]))
    assert to(ask(text, f"http://a.example{asked}")) == "web"


def test_a_pattern_that_cannot_be_read_is_a_question() -> None:
    found = ask(rules(of="cilium", paths=path("/a(b")), "http://a.example/ab")
    assert (found.verdict, [item.field for item in found.undecided]) == ("unknown", ["spec.rules.0.http.paths.0"])


def test_istio_makes_nothing_of_a_rule_without_paths() -> None:
    text = objects.document(
        "Ingress",
        "i",
        "spec: {ingressClassName: istio, rules: [{host: a.example}],"
        " defaultBackend: {service: {name: web, port: {number: 80}}}}",
    )
    assert to(ask(text)) == "404"


def test_default_backends_of_two_namespaces_are_two() -> None:
    more = BACKEND.replace("other", "web")
    second = rules(of="haproxy", name="j", host="b.example", more=more).replace("name: j", "name: j, namespace: shop")
    assert ask(rules(of="haproxy", paths=path("/a", "Prefix"), more=more) + second, "http://a.example/b").undecided


@pytest.mark.parametrize(
    ("of", "port", "taker"),
    [("haproxy", "number: 81", "other"), ("istio", "name: gone", "other"), ("istio", "number: 81", "web")],
)
def test_a_rule_without_its_port_is_left_out(of: str, port: str, taker: str) -> None:
    broken = objects.path("/a", "web", port=port)
    assert to(ask(rules(of=of, paths=f"{broken}, {path('/', 'Prefix', 'other')}"), "http://a.example/a")) == taker


@pytest.mark.parametrize(("value", "status"), [("'true'", 302), ("'false'", None)])
def test_haproxy_sends_to_https_what_is_told_to_without_tls(value: str, status: int | None) -> None:
    assert ask(rules(f"haproxy.org/ssl-redirect: {value}", of="haproxy")).answer.status == status


def test_what_haproxy_is_told_to_pass_through_may_change_http_too() -> None:
    found = ask(rules("haproxy.org/ssl-passthrough: 'true'", of="haproxy"))
    assert found.verdict == "unknown"


def of_mesh(kind: str, spec: str, namespace: str = "istio-system") -> str:
    return objects.document(kind, "gate", f"spec: {spec}", "security.istio.io/v1", namespace=namespace)


MEANS_IT = "{selector: {matchLabels: {istio: ingressgateway}}, action: DENY, rules: [{}]}"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (of_mesh("AuthorizationPolicy", MEANS_IT), "unknown"),
        (of_mesh("AuthorizationPolicy", MEANS_IT, "edge"), "unknown"),
        (of_mesh("AuthorizationPolicy", "{action: DENY, rules: [{}]}"), "unknown"),
        (of_mesh("AuthorizationPolicy", MEANS_IT.replace("istio: ingressgateway", "app: db"), "edge"), "reachable"),
        (of_mesh("AuthorizationPolicy", "{action: DENY, rules: [{}]}", "edge"), "reachable"),
        (
            of_mesh("PeerAuthentication", "{selector: {matchLabels: {istio: ingressgateway}}, mtls: {mode: STRICT}}"),
            "reachable",
        ),
    ],
)
def test_what_the_mesh_has_for_its_gateway_counts_without_its_pods(text: str, verdict: str) -> None:
    assert ask(rules(of="istio") + text).verdict == verdict
