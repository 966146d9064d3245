"""What a person is told of rules, canaries and annotations that do nothing for a request (I1, CN-14, CN-18, CN-29)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web")
WEB += objects.pod("web-0", "10.1.0.8") + objects.service("{clusterIP: 10.96.0.9, ports: [{port: 80}]}", "other")
NEW = objects.service("{clusterIP: 10.96.0.10, selector: {app: new}, ports: [{port: 80}]}", "new")
NEW += objects.pod("new-0", "10.1.0.10", labels="{app: new}")
NGINX = objects.ingress_class("k8s.io/ingress-nginx", "nginx")
N = "nginx.ingress.kubernetes.io/"


def rule(path: str = "/", name: str = "i", notes: str = "", host: str = "a.example", **more: str) -> str:
    return objects.ingress(
        objects.path(f"'{path}'", more.get("backend", "web"), more.get("kind", "Prefix")),
        name,
        host=f"'{host}'",
        of_class=more.get("of_class", "nginx"),
        meta=f", annotations: {{{notes}}}" if notes else "",
        status=more.get("status", ""),
    )


def ask(text: str, to: str = "http://a.example/") -> Trace:
    return trace(state_of(WEB + NGINX + text), parse_request(to))


def said(found: Trace) -> str:
    return "\n".join([*(hop.says for hop in found.hops), *found.assumed, *(hop.next for hop in found.hops)])


@pytest.mark.parametrize(
    ("text", "to", "verdict", "says"),
    [
        (rule(host="*.example"), "http://a.b.example/", "unreachable", "default/i has *.example, which stands for one"),
        (
            rule(status="{loadBalancer: {ingress: [{ip: 203.0.113.9}]}}"),
            "http://203.0.113.9/",
            "unreachable",
            "The rules are for a.example.",
        ),
        (
            rule() + rule("/.well-known/acme-challenge/x", "solver", of_class="gone"),
            "http://a.example/.well-known/acme-challenge/x",
            "reachable",
            "Ingress default/solver, which has the path as well, gets no requests: no controller serves it"
            " (ingress-class-not-found)",
        ),
        (rule(of_class="gone"), "http://a.example/", "unreachable", "set spec.ingressClassName to nginx"),
        (
            rule(notes=f"{N}rewrite-target: /x"),
            "http://a.example/y",
            "reachable",
            f"The pod sees /x ({N}rewrite-target).",
        ),
        (
            rule(notes=f"{N}temporal-redirect: 'https://b.example'"),
            "http://a.example/",
            "redirect",
            f"{N}temporal-redirect of Ingress default/i has ingress-nginx answer 302",
        ),
        (
            rule(notes=f"{N}permanent-redirect: 'https://b.example'"),
            "http://a.example/",
            "redirect",
            f"{N}permanent-redirect of Ingress default/i has ingress-nginx answer 301",
        ),
        (
            rule(notes="ingress.kubernetes.io/rewrite-target: /"),
            "http://a.example/",
            "reachable",
            "does nothing: ingress-nginx reads nginx.ingress.kubernetes.io/ since 0.9",
        ),
        (
            rule("/a(/|$)(.*)", notes=f"{N}rewrite-target: /$2, {N}use-regex: 'true'"),
            "http://a.example/a/b",
            "reachable",
            "of type Prefix, and such signs are for ImplementationSpecific",
        ),
        (
            rule() + rule("/v2", "canary", f"{N}canary: 'true', {N}canary-weight: '50'", backend="other"),
            "http://a.example/v2",
            "reachable",
            "canary Ingress default/canary gets nothing: no rule has its host, path and pathType",
        ),
        (
            rule() + rule("/", "canary", f"{N}canary: 'true', {N}canary-weight: '100'", backend="new") + NEW,
            "http://a.example/",
            "reachable",
            "Canary Ingress default/canary takes all of these requests: to default/new, port 80.",
        ),
        (
            rule() + rule("/", "canary", f"{N}canary: 'true', {N}canary-by-header: x-new", backend="other"),
            "http://a.example/",
            "reachable",
            "canary Ingress default/canary takes requests with the header x-new: always alone",
        ),
        (
            rule(notes=f"{N}ssl-passthrough: 'true'"),
            "https://a.example/",
            "reachable",
            "has no --enable-ssl-passthrough: the annotation ssl-passthrough does nothing",
        ),
    ],
)
def test_what_decides_is_named(text: str, to: str, verdict: str, says: str) -> None:
    found = ask(text, to)
    assert found.verdict == verdict
    assert says in said(found)


def test_kong_says_what_the_pod_sees() -> None:
    kong = objects.ingress_class("ingress-controllers.konghq.com/kong", "kong")
    found = ask(rule("/api", notes="konghq.com/strip-path: 'true'", of_class="kong") + kong, "http://a.example/api/x")
    assert "The pod sees /x (konghq.com/strip-path)." in said(found)


TRAEFIK, KONG = "traefik.io/ingress-controller", "ingress-controllers.konghq.com/kong"
DEFAULT = "defaultBackend: {service: {name: web, port: {number: 80}}}"


@pytest.mark.parametrize(
    ("controller", "path", "kind", "says", "step"),
    [
        (
            "k8s.io/ingress-nginx",
            "/api/.*",
            "Prefix",
            "Path /api/.* of Ingress default/i is read",
            f"set {N}use-regex: 'true'",
        ),
        (
            "k8s.io/ingress-nginx",
            "/*",
            "Prefix",
            "Path /* of Ingress default/i is read",
            "write / with pathType Prefix",
        ),
        (TRAEFIK, "/api(/|$)(.*)", "Prefix", "is read as it is written", "set traefik.ingress.kubernetes.io/router"),
        (KONG, "/api/[a-z]+", "Prefix", "is read as it is written", "begin the path with /~"),
        ("k8s.io/ingress-nginx", "/other/.*", "Prefix", "", "check host and path of the rules"),
    ],
)
def test_a_path_that_was_meant_as_a_pattern_is_named(
    controller: str, path: str, kind: str, says: str, step: str
) -> None:
    item = objects.ingress(objects.path(f"'{path}'", kind=kind), host="a.example", of_class="x")
    found = ask(item + objects.ingress_class(controller, "x"), "http://a.example/api/x")
    assert found.reason == "no-matching-rule"
    assert found.stop is not None
    assert says in found.stop.says
    assert found.stop.next.startswith(step)
    assert ("not as a pattern" in found.stop.says) is bool(says)


def test_traefik_leaves_a_default_backend_beside_rules_out() -> None:
    """CT-6."""
    item = objects.ingress(objects.path("/api"), host="a.example", of_class="x", more=DEFAULT)
    found = ask(item + objects.ingress_class(TRAEFIK, "x"), "http://a.example/other")
    assert found.stop is not None
    assert "Traefik takes no defaultBackend beside rules" in found.stop.says


def test_a_service_of_another_namespace_is_named() -> None:
    item = rule(backend="far") + objects.service(
        "{clusterIP: 10.96.0.40, ports: [{port: 80}]}", "far", namespace="other"
    )
    found = ask(item)
    assert found.reason == "service-not-found"
    assert found.stop is not None
    assert "There is other/far: an Ingress leads to Services of its own namespace alone." in found.stop.says


def test_an_action_of_alb_is_for_a_port_of_its_own_name() -> None:
    notes = "alb.ingress.kubernetes.io/actions.moved: '{}', alb.ingress.kubernetes.io/scheme: internet-facing"
    item = rule(backend="moved", of_class="alb", notes=notes) + objects.ingress_class("ingress.k8s.aws/alb", "alb")
    found = ask(item)
    assert found.reason == "service-not-found"
    assert found.stop is not None
    assert "is for rules whose port is called use-annotation" in found.stop.says
