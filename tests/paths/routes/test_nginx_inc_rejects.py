"""NGINX Inc's controller rejects an Ingress whole for one value that is wrong (CI-5)."""

from __future__ import annotations

import pytest

from svcmap.model.core import ConfigMap
from svcmap.model.group_kinds import CONFIG_MAP
from svcmap.paths.asking.request import parse_request
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web")
BASE = WEB + objects.pod("web-0", "10.1.0.8") + objects.ingress_class("nginx.org/ingress-controller", "inc")


def ingress(annotation: str, name: str = "i", path: str = "/") -> str:
    meta = f", annotations: {{{annotation}}}" if annotation else ""
    return objects.ingress(objects.path(path), name, host="a.example", of_class="inc", meta=meta)


def ask(text: str, to: str = "http://a.example/") -> Trace:
    return trace(state_of(BASE + text), parse_request(to))


@pytest.mark.parametrize(
    ("annotation", "says"),
    [
        ("nginx.org/rewrites: serviceName=web rewrite=v1", "not serviceName=SERVICE rewrite=/PATH"),
        ("nginx.org/rewrites: serviceName=web rewrite=/$1", "not serviceName=SERVICE rewrite=/PATH"),
        ("nginx.org/rewrites: rewrite=/ serviceName=web", "not serviceName=SERVICE rewrite=/PATH"),
        ("nginx.org/ssl-redirect: 'yes'", "no boolean"),
        ("ingress.kubernetes.io/ssl-redirect: 'on'", "no boolean"),
        ("nginx.org/listen-ports: '80, 81'", "no list of ports"),
        (f"nginx.org/listen-ports: '{'9' * 5000}'", "no list of ports"),
        ("nginx.org/http-redirect-code: '303'", "none of 301"),
        ("nginx.org/app-root: home", "no path that it takes"),
        ("nginx.org/app-root: /home/", "no path that it takes"),
        ("nginx.org/mergeable-ingress-type: master", "it is a master, and has paths"),
        ("nginx.org/rewrites: serviceName=nope rewrite=/", "names Service 'nope'"),
        ("nginx.org/ssl-redirect: maybe", "no boolean"),
        ("nginx.org/mergeable-ingress-type: both", "neither master nor minion"),
        ("nginx.org/grpc-services: 'web, gone'", "names Service ' gone'"),
        ("nginx.org/rewrites: serviceName=web rewrite=/v1/", ""),
        ("nginx.org/ssl-redirect: 'False'", ""),
        ("nginx.org/websocket-services: web", ""),
        ("", ""),
    ],
)
def test_one_wrong_value_rejects_the_whole_ingress(annotation: str, says: str) -> None:
    found = ask(ingress(annotation))
    assert (found.verdict, found.reason) == (("unreachable", "not-accepted") if says else ("reachable", None))
    if found.stop is not None:
        assert says in found.stop.says


@pytest.mark.parametrize(
    ("name", "data", "verdict"),
    [
        ("nginx-config", "{server-snippets: 'return 403;'}", "unknown"),
        ("nginx-config", "{proxy-read-timeout: 5s}", "reachable"),
        ("haproxy-config", "{server-snippets: x}", "reachable"),
    ],
)
def test_settings_that_may_be_its_own_are_a_doubt(name: str, data: str, verdict: str) -> None:
    settings = objects.document("ConfigMap", name, f"data: {data}", namespace="edge")
    found = ask(ingress("") + settings)
    assert found.verdict == verdict
    if verdict == "unknown":
        assert [(str(i.object), i.field) for i in found.undecided] == [
            (f"ConfigMap/edge/{name}", "data.server-snippets")
        ]
        (kept,) = state_of(settings).all(CONFIG_MAP, ConfigMap).values()
        assert "403" not in str(kept)


def test_others_of_the_host_stay() -> None:
    text = ingress("nginx.org/ssl-redirect: maybe", "bad", "/bad") + ingress("", "good")
    found = ask(text)
    assert found.verdict == "reachable"
    assert any("rejects Ingress default/bad" in line for line in found.assumed)


HOSTLESS = ingress("").replace("host: a.example, ", "")


def controller(*flags: str) -> str:
    args = f"containers: [{{name: c, image: 'nginx/nginx-ingress:5', args: [{', '.join(flags)}]}}]"
    return objects.document("Pod", "ctl-0", f"spec: {{{args}}}", namespace="edge", meta="labels: {app: ctl}")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HOSTLESS, "a rule of it has no host (--allow-empty-ingress-host would let it)"),
        (HOSTLESS + controller(), "runs without --allow-empty-ingress-host"),
        (HOSTLESS + controller("-allow-empty-ingress-host"), ""),
        (ingress("nginx.org/server-snippets: 'return 403;'") + controller(), "runs without --enable-snippets"),
        (ingress("", path="'/a b'"), "path '/a b' has signs that it takes in no path"),
        (ingress("", path="'/a;b'"), "path '/a;b' has signs that it takes in no path"),
        (ingress("nginx.org/path-regex: case_sensitive", path="'/a{1,2}'"), ""),
    ],
)
def test_what_its_arguments_let_it_take(text: str, says: str) -> None:
    found = ask(text, "http://a.example/aa")
    assert (found.reason == "not-accepted") is bool(says)
    if found.stop is not None and says:
        assert says in found.stop.says


def test_an_address_shows_that_it_took_a_rule_without_host() -> None:
    """It writes none for what it rejects (internal/k8s/status.go)."""
    status = objects.ingress(
        objects.path(), of_class="inc", host="", status="{loadBalancer: {ingress: [{ip: 203.0.113.9}]}}"
    )
    found = ask(status, "http://203.0.113.9/")
    assert found.verdict == "reachable"
    assert any("runs with --allow-empty-ingress-host" in text for text in found.assumed)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("defaultBackend: {service: {name: web, port: {number: 80}}}", "it has no rules"),
        ("rules: [{host: a.example}, {host: a.example}]", "two of its rules are for a.example"),
        (
            "rules: [{host: a.example, http: {paths: [{path: /, pathType: Prefix, backend: {resource: {kind: B, name: b}}}]}}]",
            "a backend of it is a resource",
        ),
    ],
)
def test_specs_that_it_does_not_take(spec: str, says: str) -> None:
    found = ask(objects.document("Ingress", "i", f"spec: {{ingressClassName: inc, {spec}}}"))
    assert found.reason == "not-accepted"
    assert found.stop is not None
    assert says in found.stop.says
