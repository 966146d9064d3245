"""The path behind Kong, HAProxy and NGINX Inc's controller (CK-A1 to CK-A3, CH-A2, CI-A4)."""

from __future__ import annotations

import pytest

from svcmap.model.networking import IngressBackend, IngressServiceBackend
from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.semantics.ingress.known import HAPROXY, KONG, NGINX_INC, TRAEFIK, Controller
from svcmap.semantics.ingress.rewrites import rewrite_of
from svcmap.semantics.ingress.tables import RuleTarget
from tests import objects
from tests.conftest import state_of


def target(path: str, kind: str = "Prefix") -> RuleTarget:
    backend = IngressBackend(service=IngressServiceBackend(name="web"))
    return RuleTarget(Name("default", "i"), "a.example", path, kind, backend, ("spec", "rules", 0, "paths", 0))


STRIP = {"konghq.com/strip-path": "true"}
API = {"konghq.com/path": "/api"}


@pytest.mark.parametrize(
    ("annotations", "of_service", "rule", "path", "seen"),
    [
        (STRIP, {}, target("/foo"), "/foo/bar", "/bar"),
        (STRIP, {}, target("/foo"), "/foo", "/"),
        (STRIP, {}, target("/foo/"), "/foo/bar", "/bar"),
        (STRIP, {}, target("/"), "/foo", "/foo"),
        (STRIP, {}, target("/foo", "Exact"), "/foo", "/"),
        (STRIP, {}, target("/foo", "ImplementationSpecific"), "/foobar", "/bar"),
        (STRIP, {}, target("/~/foo", "ImplementationSpecific"), "/foo", None),
        (STRIP, API, target("/foo"), "/foo/bar", "/api/bar"),
        ({"konghq.com/strip-path": "True"}, {"konghq.com/path": "v1"}, target("/foo"), "/foo/bar", "/bar"),
        ({}, API, target("/foo"), "/foo/bar", "/api/foo/bar"),
    ],
)
def test_kong_strips_what_matched(
    annotations: dict[str, str], of_service: dict[str, str], rule: RuleTarget, path: str, seen: str | None
) -> None:
    made = rewrite_of(KONG, annotations, of_service, rule, path)
    assert made is not None
    assert made.path == seen


@pytest.mark.parametrize(
    ("value", "path", "seen"),
    [
        ("/", "/foo/bar", "/"),
        (r"/foo/(.*) /\1", "/foo/bar", "/bar"),
        (r"^/foo/(.*) /\1", "/api/foo/bar", "/api/foo/bar"),
        (r"/foo/(.*) /\1", "/api/foo/bar", "/bar"),
        (r"(.*)/foo /new\1", "/api/foo/bar", "/new/api"),
        (r"/foo/(.*) /\2", "/foo/bar", None),
        ("/foo %[src]", "/foo/bar", None),
        ("/a /b /c", "/foo/bar", None),
        ("(unclosed /x", "/foo/bar", None),
        ("^/a|/bar /x", "/foo/bar", "/x"),
        ("/a\n/b", "/foo/bar", None),
    ],
)
def test_haproxy_replaces_the_whole_path(value: str, path: str, seen: str | None) -> None:
    for prefix in HAPROXY.prefixes:
        made = rewrite_of(HAPROXY, {f"{prefix}path-rewrite": value}, {}, target("/"), path)
        assert made is not None
        assert made.path == seen


@pytest.mark.parametrize(
    ("value", "rule", "path", "seen"),
    [
        ("serviceName=web rewrite=/", target("/foo/"), "/foo/bar", "/bar"),
        ("serviceName=other rewrite=/x/;serviceName=web rewrite=/beans/", target("/foo/"), "/foo/bar", "/beans/bar"),
        ("serviceName=web rewrite=/", target("/foo"), "/foo/bar", "//bar"),
        ("serviceName=web rewrite=/x", target("/foo", "Exact"), "/foo", "/x"),
    ],
)
def test_nginx_inc_replaces_what_its_location_has(value: str, rule: RuleTarget, path: str, seen: str | None) -> None:
    made = rewrite_of(NGINX_INC, {"nginx.org/rewrites": value}, {}, rule, path)
    assert made is not None
    assert made.path == seen


@pytest.mark.parametrize(
    ("controller", "annotations"),
    [
        (KONG, {"konghq.com/strip-path": "false"}),
        (NGINX_INC, {"nginx.org/rewrites": "serviceName=other rewrite=/x"}),
        (HAPROXY, {}),
        (HAPROXY, {"other/path-rewrite": "/x"}),
        (TRAEFIK, STRIP),
    ],
)
def test_others_leave_the_path_alone(controller: Controller, annotations: dict[str, str]) -> None:
    assert rewrite_of(controller, annotations, {}, target("/foo"), "/foo/bar") is None


WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web")


def ask(annotations: str, to: str = "http://a.example/foo/bar?q=1") -> Trace:
    of = objects.ingress_class("haproxy.org/ingress-controller", "haproxy")
    text = objects.ingress(
        objects.path("/foo"), host="a.example", of_class="haproxy", meta=f", annotations: {{{annotations}}}"
    )
    return trace(state_of(WEB + objects.pod("web-0", "10.1.0.8") + of + text), parse_request(to))


def test_a_trace_says_the_path_that_the_pod_sees() -> None:
    found = ask(r"haproxy.org/path-rewrite: '/foo/(.*) /\1'")
    assert (found.verdict, found.proxied.path, found.undecided) == ("reachable", "/bar?q=1", ())
    found = ask("haproxy.org/path-rewrite: '/foo %[src]'")
    assert (found.verdict, found.proxied.path) == ("reachable", None)
    assert [item.field for item in found.undecided] == ["metadata.annotations[haproxy.org/path-rewrite]"]


def test_haproxy_reads_no_rewrite_of_a_service() -> None:
    assert rewrite_of(HAPROXY, {}, {"haproxy.org/path-rewrite": "/x"}, target("/"), "/foo") is None


@pytest.mark.parametrize(
    ("of_class", "annotations", "to"),
    [
        ("kong", "konghq.com/strip-path: 'true', konghq.com/rewrite: /x", "http://a.example/foo/bar"),
        ("nginx-inc", "nginx.org/rewrites: serviceName=web rewrite=/x", "http://a.example/foo/a%3Fb"),
    ],
)
def test_a_path_that_something_else_changes_too_is_not_said(of_class: str, annotations: str, to: str) -> None:
    values = {"kong": "ingress-controllers.konghq.com/kong", "nginx-inc": "nginx.org/ingress-controller"}
    text = objects.ingress(
        objects.path("/foo"), host="a.example", of_class=of_class, meta=f", annotations: {{{annotations}}}"
    )
    of = objects.ingress_class(values[of_class], of_class)
    found = trace(state_of(WEB + objects.pod("web-0", "10.1.0.8") + of + text), parse_request(to))
    assert found.proxied.path is None
    assert len(found.undecided) == 1


@pytest.mark.parametrize(
    ("annotations", "status"),
    [
        ("haproxy.org/deny-list: 0.0.0.0/0", 403),
        ("haproxy.org/auth-type: basic-auth", 401),
        ("haproxy.org/auth-type: basic", 302),
        ("haproxy.org/ssl-redirect: 'false'", None),
        ("ingress.kubernetes.io/ssl-redirect: 'false'", None),
        ("haproxy.com/ssl-redirect: 'false'", None),
        ("haproxy.org/server-ssl: 'true'", 302),
    ],
)
def test_haproxy_refuses_before_it_redirects(annotations: str, status: int | None) -> None:
    """CH-6: rules of type REQ_DENY and REQ_AUTH are before REQ_REDIRECT (pkg/haproxy/rules/types.go)."""
    of = objects.ingress_class("haproxy.org/ingress-controller", "haproxy")
    text = objects.ingress(
        objects.path(),
        host="a.example",
        of_class="haproxy",
        meta=f", annotations: {{{annotations}}}",
        more="tls: [{secretName: s}]",
    )
    asked = parse_request("http://a.example/", parse_vantage("203.0.113.9"))
    state = state_of(WEB + objects.pod("web-0", "10.1.0.8") + of + text)
    assert trace(state, asked).answer.status == status


@pytest.mark.parametrize(("code", "verdict"), [("308", "redirect"), ("426", "unreachable")])
def test_kong_may_redirect_where_it_takes_https_alone(code: str, verdict: str) -> None:
    of = objects.ingress_class("ingress-controllers.konghq.com/kong", "kong")
    annotations = f"konghq.com/protocols: https, konghq.com/https-redirect-status-code: '{code}'"
    text = objects.ingress(objects.path(), host="a.example", of_class="kong", meta=f", annotations: {{{annotations}}}")
    found = trace(state_of(WEB + objects.pod("web-0", "10.1.0.8") + of + text), parse_request("http://a.example/"))
    assert (found.verdict, found.answer.status) == (verdict, int(code))


@pytest.mark.parametrize(
    ("annotations", "verdict", "location"),
    [
        ("haproxy.org/request-redirect: b.example", "redirect", "http://b.example/foo/bar?q=1"),
        ("haproxy.org/request-redirect: 'https://b.example:8443'", "redirect", "https://b.example:8443/foo/bar?q=1"),
        ("haproxy.org/request-redirect: a.example", "unreachable", "http://a.example/foo/bar?q=1"),
        ("haproxy.org/request-redirect: '%[hdr(host)]'", "unknown", None),
        ("haproxy.org/request-redirect: b.example, haproxy.org/request-redirect-code: 'x'", "unknown", None),
        ("haproxy.org/request-redirect-code: '301'", "reachable", None),
    ],
)
def test_haproxy_sends_every_request_to_another_host(annotations: str, verdict: str, location: str | None) -> None:
    found = ask(annotations)
    assert (found.verdict, found.answer.location) == (verdict, location)
