"""NGINX Inc's controller: patterns of paths, targets of rewrites, ports, Policies, and what masters say (CI-7 to CI-A11)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

WEB = "{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}"
BASE = objects.service(WEB, "web") + objects.service(WEB.replace("0.8", "0.9"), "other")
BASE += objects.pod("web-0", "10.1.0.8") + objects.ingress_class("nginx.org/ingress-controller", "inc")
MERGE = "nginx.org/mergeable-ingress-type"


def rule(annotations: str = "", *paths: str, name: str = "i", more: str = "") -> str:
    meta = f", annotations: {{{annotations}}}" if annotations else ""
    joined = ", ".join(paths) or objects.path()
    return objects.ingress(joined, name, host="a.example", of_class="inc", meta=meta, more=more)


def policy(name: str, spec: str) -> str:
    return objects.document("Policy", name, f"spec: {spec}", "k8s.nginx.org/v1")


def ask(text: str, path: str = "/", *, scheme: str = "http", port: int = 0, **headers: str) -> Trace:
    to = f"{scheme}://a.example{f':{port}' if port else ''}{path}"
    return trace(state_of(BASE + text), parse_request(to, parse_vantage("internet"), headers=headers))


@pytest.mark.parametrize(
    ("kind", "asked", "service"),
    [
        ("case_sensitive", "/api/12", "web"),
        ("case_sensitive", "/API/12", "other"),
        ("case_insensitive", "/API/12", "web"),
        ("case_sensitive", "/api/x", "other"),
        ("exact", "/api/[0-9]+", "web"),
        ("exact", "/api/12", "other"),
    ],
)
def test_paths_may_be_regular_expressions(kind: str, asked: str, service: str) -> None:
    minion = rule(f"{MERGE}: minion, nginx.org/path-regex: {kind}", objects.path("'/api/[0-9]+'"), name="m")
    plain = rule(f"{MERGE}: minion", objects.path("/", "other"), objects.path("/api/", "other"), name="p")
    master = objects.document(
        "Ingress",
        "master",
        "spec: {ingressClassName: inc, rules: [{host: a.example}]}",
        meta=f"annotations: {{{MERGE}: master}}",
    )
    found = ask(minion + plain + master, asked.replace("[", "%5B").replace("]", "%5D").replace("+", "%2B"))
    assert found.service is not None
    assert found.service.name == service


def test_they_are_no_prefixes() -> None:
    found = ask(rule("nginx.org/path-regex: case_sensitive", objects.path("/api/$")), "/api/x")
    assert (found.verdict, found.answer.status) == ("unreachable", 404)
    rejected = ask(rule("nginx.org/path-regex: loose"))
    assert rejected.reason == "not-accepted"


@pytest.mark.parametrize(
    ("annotations", "path", "asked", "seen"),
    [
        (
            "nginx.org/path-regex: case_sensitive, nginx.org/rewrite-target: /v1/$1",
            "'/api/(.*)'",
            "/api/x?q=1",
            "/v1/x?q=1",
        ),
        ("nginx.org/path-regex: case_insensitive, nginx.org/rewrite-target: /v1/$1", "'/api/(.*)'", "/API/x", "/v1/x"),
        ("nginx.org/rewrite-target: /v1", "/api", "/api/x", "/v1"),
        ("nginx.org/rewrite-target: /v1, nginx.org/rewrites: serviceName=web rewrite=/v2", "/api", "/api/x", "/v2/x"),
        ("nginx.org/rewrite-target: /v1/$2", "'/api'", "/api/x", None),
    ],
)
def test_a_target_takes_the_place_of_the_whole_path(annotations: str, path: str, asked: str, seen: str | None) -> None:
    found = ask(rule(annotations, objects.path(path)), asked)
    assert (found.verdict, found.proxied.path) == ("reachable", seen)


def test_it_may_dial_the_cluster_ip() -> None:
    assert ask(rule("nginx.org/use-cluster-ip: 'true'")).proxied.via == "clusterIP 10.96.0.8:80"


@pytest.mark.parametrize(
    ("annotation", "scheme", "port", "verdict"),
    [
        ("nginx.org/listen-ports: '8080,9090'", "http", 0, "unreachable"),
        ("nginx.org/listen-ports: '8080,9090'", "http", 9090, "reachable"),
        ("nginx.org/listen-ports-ssl: '8443'", "http", 0, "reachable"),
    ],
)
def test_hosts_are_served_on_ports_of_their_own(annotation: str, scheme: str, port: int, verdict: str) -> None:
    assert ask(rule(annotation), scheme=scheme, port=port).verdict == verdict


TLS = ", tls: [{hosts: [a.example], secretName: s}]"


def test_the_master_says_what_is_for_the_whole_host() -> None:
    spec = "spec: {ingressClassName: inc, tls: [{hosts: [a.example], secretName: s}], rules: [{host: a.example}]}"
    meta = f"annotations: {{{MERGE}: master, nginx.org/http-redirect-code: '308'}}"
    master = objects.document("Ingress", "master", spec, meta=meta)
    found = ask(master + rule(f"{MERGE}: minion"))
    assert (found.verdict, found.answer.status, found.answer.location) == ("redirect", 308, "https://a.example:443/")
    assert ask(master + rule(f"{MERGE}: minion"), scheme="https").verdict == "reachable"


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [({}, "unknown"), ({"X-Forwarded-Proto": "http"}, "redirect"), ({"X-Forwarded-Proto": "https"}, "reachable")],
)
def test_what_came_by_http_to_a_proxy_in_front_is_sent_to_https(headers: dict[str, str], verdict: str) -> None:
    found = trace(
        state_of(BASE + rule("nginx.org/redirect-to-https: 'true'")),
        parse_request("http://a.example/", parse_vantage("internet"), headers=headers),
    )
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("spec", "verdict", "status"),
    [
        ("{accessControl: {allow: [0.0.0.0/0]}}", "reachable", None),
        ("{accessControl: {deny: [0.0.0.0/0]}}", "unreachable", 403),
        ("{accessControl: {allow: [10.0.0.0/8]}}", "unknown", None),
        ("{accessControl: {allow: [office]}}", "unknown", None),
        ("{basicAuth: {secret: users}}", "unreachable", 401),
        ("{rateLimit: {rate: 10r/s}}", "reachable", None),
        ("{jwt: {secret: key}}", "unknown", None),
        ("{ingressMTLS: {}}", "unknown", None),
        ("", "unknown", None),
    ],
)
def test_policies_turn_clients_away(spec: str, verdict: str, status: int | None) -> None:
    found = ask(rule("nginx.org/policies: default/gate") + (policy("gate", spec) if spec else ""))
    assert (found.verdict, found.answer.status) == (verdict, status)


def test_a_policy_of_the_own_namespace_needs_no_other_name() -> None:
    text = (
        rule("nginx.org/policies: 'one, gate'") + policy("one", "{rateLimit: {}}") + policy("gate", "{basicAuth: {}}")
    )
    assert ask(text).reason == "denied"
    asked = ask(text, Authorization="Basic x")
    assert (asked.verdict, [item.field for item in asked.undecided]) == ("unknown", ["spec.basicAuth"])


def test_policies_of_the_other_prefix_count_too() -> None:
    assert ask(rule("nginx.com/policies: gate") + policy("gate", "{basicAuth: {}}")).answer.status == 401


@pytest.mark.parametrize(
    ("annotation", "status", "location"),
    [
        ("", 301, "https://a.example:443/x"),
        ("nginx.org/listen-ports-ssl: '8443,9443'", 301, "https://a.example:8443/x"),
        ("nginx.org/http-redirect-code: '308'", 308, "https://a.example:443/x"),
        ("nginx.org/ssl-redirect: 'false'", None, None),
        ("ingress.kubernetes.io/ssl-redirect: 'false'", None, None),
    ],
)
def test_http_of_a_host_with_tls_is_sent_to_https(annotation: str, status: int | None, location: str | None) -> None:
    found = ask(rule(annotation, more=", tls: [{hosts: [a.example], secretName: s}]"), "/x")
    assert (found.answer.status, found.answer.location) == (status, location)


@pytest.mark.parametrize(
    ("hosts", "verdict"), [("[a.example]", "reachable"), ("['*.example']", "unreachable"), ("[]", "unreachable")]
)
def test_tls_is_for_hosts_that_its_section_has_as_the_rules_do(hosts: str, verdict: str) -> None:
    assert ask(rule(more=f", tls: [{{hosts: {hosts}, secretName: s}}]"), scheme="https").verdict == verdict


@pytest.mark.parametrize(
    ("paths", "to", "location"),
    [
        ([objects.path("/foo/")], "/foo?q=1", "http://a.example/foo/?q=1"),
        ([objects.path("/foo/"), objects.path("/", "other")], "/foo", "http://a.example/foo/"),
        ([objects.path("/foo/"), objects.path("/foo", "other")], "/foo", None),
        ([objects.path("/foo/")], "/foo/x", None),
    ],
)
def test_a_missing_slash_is_added(paths: list[str], to: str, location: str | None) -> None:
    found = ask(rule("", *paths), to)
    assert found.answer.location == location
    assert found.answer.status == (301 if location else None)
