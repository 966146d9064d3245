"""What `--assume` and `options:` say of clients and controllers (product.md, expectation files)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from svcmap.errors import UsageError
from svcmap.model.assumptions import DEFAULT, from_options
from svcmap.model.controllers import CALLED
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.known.assumptions import settle
from svcmap.paths.known.look_ups import served_by
from svcmap.paths.trace import trace
from svcmap.semantics.gateway import known as gateway
from svcmap.semantics.ingress import known as ingress
from svcmap.semantics.resolv_conf import ResolvConf, goes_on, search_names
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web", namespace="till")
BASE = WEB + objects.pod("web-0", "10.1.0.8", namespace="till")
CONF = ResolvConf(searches=("a.test", "b.test"), options=("ndots:2",))


@pytest.mark.parametrize(
    ("name", "libc", "tries"),
    [
        ("web", "glibc", ["web.a.test", "web.b.test", "web"]),
        ("web", "musl", ["web.a.test", "web.b.test", "web"]),
        ("a.b.c", "glibc", ["a.b.c", "a.b.c.a.test", "a.b.c.b.test"]),
        ("a.b.c", "musl", ["a.b.c"]),
        ("web.", "musl", ["web"]),
    ],
)
def test_musl_does_not_search_for_names_with_many_dots(name: str, libc: str, tries: list[str]) -> None:
    """R4."""
    assert search_names(name, CONF, libc) == tries


def test_musl_goes_on_after_nxdomain_alone() -> None:
    codes = ("NXDOMAIN", "NOERROR", "SERVFAIL", "REFUSED")
    assert [goes_on(code, has_data=False, libc="musl") for code in codes] == [True, False, False, False]
    assert all(goes_on(code, has_data=False) for code in codes)
    assert not goes_on("NOERROR", has_data=True)


@pytest.mark.parametrize(("libc", "verdict"), [("glibc", "reachable"), ("musl", "unreachable")])
def test_which_libc_a_client_has_may_decide(libc: str, verdict: str) -> None:
    """A name with as many dots as ndots is searched for by glibc alone."""
    config = 'dnsConfig: {options: [{name: ndots, value: "1"}]}'
    client = objects.pod("client", "10.1.0.9", labels="{app: c}", namespace="other", spec=config)
    request = parse_request("http://web.till/", parse_vantage("pod:other/client"))
    found = trace(state_of(BASE + client), request, from_options({"libc": libc}, DEFAULT))
    assert found.verdict == verdict
    assert any("glibc" in text for text in found.assumed) is (libc == "glibc")


def test_options_that_cannot_be_are_refused() -> None:
    bad: list[tuple[dict[str, Any], str]] = [
        ({"libc": "other"}, "libc is one of"),
        ({"proxy": {"mode": "other"}}, "proxy.mode is one of"),
        ({"controller": {}}, "no key controller"),
        ({"dns": {"zones": []}}, "dns.zones: name a zone"),
        ({"controllers": ["ingress-nginx"]}, "controllers: expected a mapping"),
        ({"controllers": {"ingres-nginx": {}}}, "ingres-nginx is none of ingress-nginx"),
        ({"controllers": {"traefik": "x"}}, "controllers.traefik: expected a mapping, got 'x'"),
        ({"controllers": {"traefik": {"a": {"b": 1}}}}, "controllers.traefik.a: expected a text"),
        ({"controllers": {"traefik": {"a": None}}}, "controllers.traefik.a: expected a text"),
    ]
    for options, says in bad:
        with pytest.raises(UsageError, match=re.escape(says)):
            from_options(options, DEFAULT)


REQUEST = parse_request("http://a.example/")
TLS = "tls: [{secretName: s}]"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({}, 308),
        ({"ingress-nginx": {"ssl-redirect": False}}, None),
        ({"ingress-nginx": {"http-redirect-code": 301}}, 301),
        ({"ingress-nginx": {"watch-namespace": "other"}}, None),
        ({"ingress-nginx": {"denylist-source-range": ["0.0.0.0/0"]}}, 308),
    ],
)
def test_options_of_ingress_nginx_are_those_of_its_config_map_and_arguments(
    options: dict[str, Any], status: int | None
) -> None:
    text = objects.ingress(objects.path(), host="a.example", of_class="nginx", more=TLS, namespace="till")
    given = from_options({"controllers": options}, DEFAULT)
    found = trace(state_of(BASE + text), parse_request("http://a.example/"), given)
    assert found.answer.status == status
    assert (found.reason == "not-accepted") is ("watch-namespace" in str(options))


@pytest.mark.parametrize(
    ("of_class", "name", "verdict"),
    [
        ("traefik", "traefik", "unknown"),
        ("nginx-inc", "nginx-inc", "unknown"),
        ("alb", "aws-load-balancer-controller", "unknown"),
        ("traefik", "kong", "reachable"),
    ],
)
def test_options_of_other_controllers_are_a_doubt(of_class: str, name: str, verdict: str) -> None:
    text = objects.ingress(objects.path(), host="a.example", of_class=of_class, namespace="till")
    text += objects.ingress_class("nginx.org/ingress-controller", "nginx-inc") if of_class == "nginx-inc" else ""
    given = from_options({"controllers": {name: {"allowEmptyServices": True}}}, DEFAULT)
    found = trace(state_of(BASE + text), parse_request("http://a.example/"), given)
    assert found.verdict == verdict
    assert any("allowEmptyServices" in item.could for item in found.undecided) is (verdict == "unknown")


def test_options_of_the_implementation_of_a_gateway_are_a_doubt() -> None:
    text = objects.gateway().replace("gatewayClassName: c", "gatewayClassName: eg")
    text += objects.route("{backendRefs: [{name: web, namespace: till, port: 80}]}", host="a.example")
    given = from_options({"controllers": {"envoy-gateway": {"enableBackend": True}}}, DEFAULT)
    found = trace(state_of(BASE + text), parse_request("http://a.example/"), given)
    assert any("enableBackend" in item.could for item in found.undecided)


def test_names_of_controllers_are_those_of_their_tables() -> None:
    titles = {item.title for item in ingress.CONTROLLERS if not item.is_closed} | {
        item.title for item in gateway.IMPLEMENTATIONS
    }
    named = {title for called in CALLED.values() for title in called}
    assert named == titles


@pytest.mark.parametrize("settle_first", [True, False])
def test_options_say_whether_ingresses_without_a_class_are_served(settle_first: bool) -> None:
    text = objects.ingress(objects.path(), host="a.example", of_class="", namespace="till")
    state = state_of(BASE + text + objects.ingress_class("k8s.io/ingress-nginx", "own"))
    given = from_options({"controllers": {"ingress-nginx": {"watch-ingress-without-class": True}}}, DEFAULT)
    found = trace(settle(state, given) if settle_first else state, parse_request("http://a.example/"), given)
    assert (found.reason == "no-ingress-class") is not settle_first


CONTROLLER = """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller, namespace: edge}
spec:
  template:
    metadata: {labels: {app: x}}
    spec:
      containers:
      - {name: c, image: registry.example/ingress-nginx/controller:v1, args: [--controller-class=k8s.io/own-ingress-nginx]}
"""


def test_options_go_over_the_arguments_of_the_controller_that_is_there() -> None:
    text = objects.ingress(objects.path(), host="a.example", of_class="", namespace="till") + CONTROLLER
    text += objects.ingress_class("k8s.io/own-ingress-nginx", "own") + objects.ingress_class(
        "k8s.io/ingress-nginx", "a"
    )
    given = from_options({"controllers": {"ingress-nginx": {"watch-ingress-without-class": True}}}, DEFAULT)
    state = settle(state_of(BASE + text), given)
    assert served_by(state, next(iter(state.ingresses.values()))).ingress_class == "own"


@pytest.mark.parametrize(("options", "field"), [({"controller-class": "k8s.io/x"}, "--controller-class")])
def test_options_of_another_class_are_a_doubt(options: dict[str, str], field: str) -> None:
    text = objects.ingress(objects.path(), host="a.example", of_class="nginx", namespace="till")
    given = from_options({"controllers": {"ingress-nginx": options}}, DEFAULT)
    found = trace(state_of(BASE + text + objects.ingress_class("k8s.io/ingress-nginx", "nginx")), REQUEST, given)
    assert field in [item.field for item in found.undecided]


def test_the_config_map_may_be_named_by_an_option() -> None:
    settings = objects.document("ConfigMap", "nginx-own", "data: {denylist-source-range: 0.0.0.0/0}", namespace="edge")
    other = settings.replace("nginx-own", "nginx-other").replace("0.0.0.0/0", "192.0.2.0/24")
    text = objects.ingress(objects.path(), host="a.example", of_class="nginx", namespace="till") + settings + other
    given = from_options({"controllers": {"ingress-nginx": {"configmap": "edge/nginx-own"}}}, DEFAULT)
    assert trace(state_of(BASE + text), REQUEST, given).answer.status == 403


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_a_state_was_settled_on_before_is_forgotten(order: tuple[int, int]) -> None:
    text = objects.ingress(objects.path(), host="a.example", of_class="", namespace="till")
    state = state_of(BASE + text + objects.ingress_class("k8s.io/ingress-nginx", "own"))
    options: tuple[dict[str, Any], ...] = (
        {},
        {"controllers": {"ingress-nginx": {"watch-ingress-without-class": True}}},
    )
    for index in order:
        given = from_options(options[index], DEFAULT)
        found = trace(settle(state, given), REQUEST, given)
        assert (found.reason == "no-ingress-class") is (index == 0)


def test_an_option_that_changes_nothing_is_named() -> None:
    text = objects.ingress(objects.path(), host="a.example", of_class="nginx", namespace="till")
    given = from_options({"controllers": {"ingress-nginx": {"ssl-redirekt": False}}}, DEFAULT)
    found = trace(state_of(BASE + text), parse_request("http://a.example/"), given)
    assert any("ssl-redirekt" in line for line in found.assumed)


def test_given_options_go_key_by_key_over_what_is_found() -> None:
    found_ = objects.document(
        "ConfigMap", "ingress-nginx-controller", "data: {ssl-redirect: 'false'}", namespace="edge"
    )
    text = objects.ingress(objects.path(), host="a.example", of_class="nginx", more=TLS, namespace="till") + found_
    for options, status, verdict in (
        ({"http-redirect-code": 301}, None, "reachable"),
        ({"ssl-redirect": True, "http-redirect-code": 301}, 301, "redirect"),
        ({"server-snippet": "return 403;"}, None, "unknown"),
        ({"enable-modsecurity": False}, None, "reachable"),
    ):
        given = from_options({"controllers": {"ingress-nginx": options}}, DEFAULT)
        found = trace(state_of(BASE + text), parse_request("http://a.example/"), given)
        assert (found.answer.status, found.verdict) == (status, verdict), options
