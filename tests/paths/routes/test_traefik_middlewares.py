"""Middlewares of Traefik, and what else its annotations say (CT-3, CT-11, CT-14, CT-A4)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of
from tests.paths.routes.test_traefik_arguments import BASE, CHART, SECURE, ask, traefik

OF_ROUTER = "traefik.ingress.kubernetes.io/router"
REF = "default-m@kubernetescrd"


def middleware(name: str, spec: str, *, group: str = "traefik.io") -> str:
    return objects.document("Middleware", name, f"spec: {spec}", f"{group}/v1alpha1")


def rule(refs: str = REF, *, path: str = "/", kind: str = "Prefix", more: str = "") -> str:
    noted = f"'{OF_ROUTER}.middlewares': '{refs}'" if refs else ""
    both = ", ".join(part for part in (noted, more) if part)
    meta = f", annotations: {{{both}}}"
    return objects.ingress(objects.path(f"'{path}'", kind=kind), host="a.example", of_class="traefik", meta=meta)


def through(spec: str, to: str = "http://a.example/api/x?q=1", *, headers: dict[str, str] | None = None) -> Trace:
    text = BASE + rule() + middleware("m", spec)
    return trace(state_of(text), parse_request(to, parse_vantage("internet"), headers=headers or {}))


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ("{stripPrefix: {prefixes: [/other, /api]}}", "/x?q=1"),
        ("{stripPrefix: {prefixes: [/api/x]}}", "/?q=1"),
        ("{stripPrefix: {prefixes: [/none]}}", None),
        ("{stripPrefixRegex: {regex: ['/[a-z]+']}}", "/x?q=1"),
        ("{stripPrefixRegex: {regex: ['/x']}}", None),
        ("{addPrefix: {prefix: /v2}}", "/v2/api/x?q=1"),
        ("{replacePath: {path: /one}}", "/one?q=1"),
        ("{replacePathRegex: {regex: '^/api/(?P<rest>.*)', replacement: '/v2/$rest-${1}'}}", "/v2/x-x?q=1"),
        ("{headers: {customRequestHeaders: {X-A: b}}}", None),
        ("{rateLimit: {average: 1}}", None),
        ("{compress: {}}", None),
    ],
)
def test_the_pod_sees_the_path_that_they_make(spec: str, path: str | None) -> None:
    found = through(spec)
    assert (found.verdict, found.proxied.path) == ("reachable", path)


@pytest.mark.parametrize(
    ("spec", "to", "status", "location"),
    [
        ("{redirectScheme: {scheme: https}}", "http://a.example/x", 302, "https://a.example/x"),
        (
            "{redirectScheme: {scheme: https, permanent: true, port: 8443}}",
            "http://a.example/",
            301,
            "https://a.example:8443/",
        ),
        ("{redirectScheme: {scheme: https, port: '443'}}", "https://a.example/x", None, None),
        (
            "{redirectRegex: {regex: '^https?://a.example/(.*)', replacement: 'https://b.example/${1}'}}",
            "http://a.example/x",
            302,
            "https://b.example/x",
        ),
        (
            "{redirectRegex: {regex: '^https?://c.example/(.*)', replacement: 'https://b.example/${1}'}}",
            "http://a.example/x",
            None,
            None,
        ),
    ],
)
def test_they_may_send_a_request_elsewhere(spec: str, to: str, status: int | None, location: str | None) -> None:
    found = through(spec, to)
    assert (found.answer.status, found.answer.location) == (status, location)
    assert found.verdict == ("redirect" if status else "reachable")


def test_a_redirect_to_itself_is_a_loop() -> None:
    spec = "{redirectRegex: {regex: '^http://a.example/(.*)', replacement: 'http://a.example/$1/../x'}}"
    assert through(spec, "http://a.example/x").verdict == "redirect"
    assert through("{redirectScheme: {scheme: http}}", "http://a.example/x").verdict == "reachable"


@pytest.mark.parametrize(
    ("spec", "could"),
    [
        ("{forwardAuth: {address: 'http://auth'}}", "spec.forwardAuth asks another service"),
        ("{plugin: {waf: {}}}", "spec.plugin is a plugin"),
        ("{tap: {}}", "spec is of a kind that svcmap does not know"),
        ("{ipAllowList: {sourceRange: [10.0.0.0/8], ipStrategy: {depth: 1}}}", "spec.ipAllowList compares its list"),
        ("{ipWhiteList: {sourceRange: [198.51.100.0/24]}}", "spec.ipWhiteList may refuse"),
    ],
)
def test_what_nobody_evaluates_is_named(spec: str, could: str) -> None:
    found = through(spec)
    assert (found.verdict, found.likely) == ("unknown", "reachable")
    first = found.undecided[0]
    assert f"{first.field} {first.could}".startswith(could)
    assert first.object.name == "m"


def test_a_password_is_asked_for() -> None:
    found = through("{basicAuth: {secret: users}}")
    assert (found.verdict, found.reason, found.answer.status) == ("unreachable", "denied", None)
    assert through("{basicAuth: {secret: users}}", headers={"Authorization": "Basic x"}).verdict == "unknown"
    text = BASE + rule() + middleware("m", "{digestAuth: {secret: users}}") + objects.document("Secret", "users")
    assert ask(text.removeprefix(BASE)).answer.status == 401


def test_a_chain_is_its_parts_in_order() -> None:
    parts = middleware("s", "{stripPrefix: {prefixes: [/api]}}") + middleware("p", "{addPrefix: {prefix: /v2}}")
    chain = middleware("m", "{chain: {middlewares: [{name: s}, {name: p, namespace: default}]}}")
    found = ask(rule() + chain + parts, "http://a.example/api/x")
    assert found.proxied.path == "/v2/x"
    assert ask(rule() + chain, "http://a.example/api/x").undecided[0].could.startswith("names middleware default/s of")
    itself = middleware("m", "{chain: {middlewares: [{name: m}]}}")
    assert ask(rule() + itself).answer.status == 404


@pytest.mark.parametrize(
    ("refs", "verdict"),
    [
        (REF, "reachable"),
        ("m@kubernetescrd", "unreachable"),
        ("default-m", "unreachable"),
        ("default-other@kubernetescrd", "unknown"),
        ("gate@file", "unknown"),
    ],
)
def test_a_rule_with_a_middleware_that_is_not_there_has_no_router(refs: str, verdict: str) -> None:
    found = ask(rule(refs) + middleware("m", "{addPrefix: {prefix: /v2}}"))
    assert found.verdict == verdict
    if verdict == "unreachable":
        assert (found.reason, found.answer.status) == ("no-matching-rule", 404)
        says = found.stop.says if found.stop else ""
        assert f"middleware {refs} does not exist (default-m@kubernetescrd does)" in says


def test_one_that_cannot_be_made_takes_the_router_along() -> None:
    found = through("{stripPrefixRegex: {regex: ['(']}}")
    assert (found.verdict, found.answer.status) == ("unreachable", 404)
    assert "no regular expression of Go" in (found.stop.says if found.stop else "")


def test_an_entry_point_has_middlewares_of_its_own() -> None:
    args = (*CHART, SECURE, "--entryPoints.web.http.middlewares=default-m@kubernetescrd")
    text = rule("") + middleware("m", "{redirectScheme: {scheme: https}}") + traefik(*args)
    assert ask(text, "http://a.example/").answer.location == "https://a.example/"
    assert ask(text, "https://a.example/").verdict == "reachable"


def test_the_older_group_counts_too() -> None:
    old = middleware("m", "{stripPrefix: {prefixes: [/api]}}", group="traefik.containo.us")
    assert ask(rule() + old, "http://a.example/api/x").proxied.path == "/x"


@pytest.mark.parametrize(
    ("matcher", "path", "asked", "verdict"),
    [
        ("Path", "/api", "/api", "reachable"),
        ("Path", "/api", "/api/x", "unreachable"),
        ("PathPrefix", "/api", "/apis", "reachable"),
        ("PathRegexp", "/v[0-9]+/", "/v12/x", "reachable"),
        ("PathRegexp", "/v[0-9]+$", "/x/v1", "reachable"),
        ("PathRegexp", "^/v[0-9]+$", "/x/v1", "unreachable"),
        ("PathPrefixStrip", "/api", "/api", "unreachable"),
    ],
)
def test_an_annotation_says_how_paths_are_matched(matcher: str, path: str, asked: str, verdict: str) -> None:
    more = f"'{OF_ROUTER}.pathmatcher': '{matcher}'"
    text = rule("", path=path, kind="ImplementationSpecific", more=more)
    assert ask(text, f"http://a.example{asked}").verdict == verdict
    assert ask(rule("", path="/api", more=more), "http://a.example/api/x").verdict == "reachable"


@pytest.mark.parametrize(
    ("point", "to", "verdict"),
    [
        ("admin", "http://a.example/", "unreachable"),
        ("web", "http://a.example/", "reachable"),
        ("admin", "http://a.example:9000/", "reachable"),
        ("Admin, web", "http://a.example/", "reachable"),
    ],
)
def test_entry_points_have_the_ports_of_its_command_line(point: str, to: str, verdict: str) -> None:
    more = f"'{OF_ROUTER}.entrypoints': '{point}'"
    args = (*CHART, SECURE, "--entryPoints.admin.address=:9000")
    assert ask(rule("", more=more) + traefik(*args), to).verdict == verdict


def test_the_service_says_how_it_is_dialled() -> None:
    native = "'traefik.ingress.kubernetes.io/service.nativelb': 'true'"
    web = BASE.replace("metadata: {name: web", f"metadata: {{annotations: {{{native}}}, name: web", 1)
    assert native in web
    found = trace(state_of(web + rule("")), parse_request("http://a.example/", parse_vantage("internet")))
    assert found.proxied.via == "clusterIP 10.96.0.8:80"
    headless = web.replace("clusterIP: 10.96.0.8", "clusterIP: None")
    lost = trace(state_of(headless + rule("")), parse_request("http://a.example/", parse_vantage("internet")))
    assert (lost.verdict, lost.answer.status) == ("unreachable", 404)


@pytest.mark.parametrize(
    "spec",
    [
        "{addPrefix: {prefix: /a}, stripPrefix: {prefixes: [/api]}}",
        "{ipAllowList: {}}",
        "{ipAllowList: {sourceRange: [nowhere]}}",
        "{basicAuth: {}}",
        "{chain: {middlewares: [{name: m}]}}",
    ],
)
def test_a_broken_one_makes_a_router_of_no_use(spec: str) -> None:
    found = through(spec)
    assert (found.verdict, found.answer.status) == ("unreachable", 404)


@pytest.mark.parametrize(
    ("image", "group", "verdict"),
    [
        ("traefik:v3.5", "traefik.containo.us", "unreachable"),
        ("traefik:v3.5", "traefik.io", "reachable"),
        ("traefik:v2.11", "traefik.containo.us", "reachable"),
        ("traefik:latest", "traefik.containo.us", "reachable"),
    ],
)
def test_traefik_3_reads_no_objects_of_its_old_group(image: str, group: str, verdict: str) -> None:
    text = rule() + middleware("m", "{compress: {}}", group=group) + traefik(*CHART, SECURE)
    found = ask(text.replace("traefik:v3.5", image))
    assert found.verdict == verdict
    if found.stop is not None:
        assert "default/m of traefik.containo.us, which Traefik 3 does not read" in found.stop.says
