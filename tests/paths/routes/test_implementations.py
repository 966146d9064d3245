"""Gateway API as each implementation reads it, where the API leaves it a choice (controllers.md 11.2).

Contour, Envoy Gateway and Istio are asked the same in tests/cluster.
"""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of
from tests.objects import document, gateway, route

CONTROLLERS = {
    "envoy": "gateway.envoyproxy.io/gatewayclass-controller",
    "istio": "istio.io/gateway-controller",
    "cilium": "io.cilium/gateway-controller",
    "ngf": "gateway.nginx.org/nginx-gateway-controller",
    "contour": "projectcontour.io/gateway-controller",
    "alb": "gateway.k8s.aws/alb",
    "kgateway": "kgateway.dev/kgateway",
    "nobody": "example.com/nobody",
}
NEARBY = parse_vantage("10.9.8.7")
"""A client that load balancers of private networks take."""
SERVICES = "".join(
    objects.service(f"{{type: NodePort, clusterIP: 10.0.0.{number}, ports: [{{port: 80, targetPort: 8080}}]}}", name)
    + objects.slice_(f"{{addresses: [10.1.0.{number}]}}", "[{port: 8080, name: ''}]", of=name)
    for number, name in enumerate(("web", "api", "other"), 1)
)
"""Three Services with an endpoint each."""


def ask(controller: str, routes: str, path: str = "/", method: str = "GET", **headers: str) -> Trace:
    of_class = document("GatewayClass", "c", f"spec: {{controllerName: {CONTROLLERS[controller]}}}")
    state = state_of(SERVICES + of_class + gateway() + routes)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return trace(state, parse_request(f"http://a.x.io{path}", NEARBY, method=method, headers=given))


def to(service: str, match: str = "", weight: int = 1, more: str = "") -> str:
    matches = f"matches: [{{{match}}}], " if match else ""
    return f"{{{matches}backendRefs: [{{name: {service}, port: 80, weight: {weight}}}{more}]}}"


def name_of(found: Trace) -> str | None:
    return found.service.name if found.service else None


LONG = to("web", "path: {value: /item/long/prefix}")
REGEX = to("api", "path: {type: RegularExpression, value: /item/.*}")


@pytest.mark.parametrize(
    ("controller", "winner"),
    [("envoy", "api"), ("ngf", "api"), ("contour", "api"), ("istio", "web"), ("alb", "web"), ("cilium", "web")],
)
def test_patterns_go_before_prefixes_or_after_them(controller: str, winner: str) -> None:
    found = ask(controller, route(f"{LONG}, {REGEX}", host="a.x.io"), "/item/long/prefix/1")
    assert (found.verdict, name_of(found)) == ("reachable", winner)


@pytest.mark.parametrize("controller", ["kgateway", "nobody"])
def test_where_nobody_knows_the_class_decides(controller: str) -> None:
    found = ask(controller, route(f"{LONG}, {REGEX}", host="a.x.io"), "/item/long/prefix/1")
    assert (found.verdict, found.likely) == ("unknown", "reachable")
    (undecided,) = found.undecided
    assert (str(undecided.object), undecided.field) == ("GatewayClass/c", "spec.controllerName")
    assert "PathPrefix /item/long/prefix" in undecided.could
    assert "RegularExpression /item/.*" in undecided.could
    agreed = ask(controller, route(f"{LONG}, {REGEX}", host="a.x.io"), "/item/1")
    assert (agreed.verdict, name_of(agreed)) == ("reachable", "api")


@pytest.mark.parametrize(("controller", "winner"), [("envoy", "web"), ("istio", "api"), ("cilium", "web")])
def test_a_method_counts_before_headers_or_as_one(controller: str, winner: str) -> None:
    by_header = to("web", "headers: [{name: x-a, value: b}]")
    by_method = to("api", "method: POST")
    found = ask(controller, route(f"{by_header}, {by_method}", host="a.x.io"), method="POST", x_a="b")
    assert name_of(found) == winner


@pytest.mark.parametrize(("controller", "winner"), [("envoy", None), ("contour", None), ("alb", "web")])
def test_a_host_that_a_rule_names_is_its_own_or_falls_back(controller: str, winner: str | None) -> None:
    wild = route(to("web"), "wild", host='"*.x.io"')
    own = route(to("api", "path: {value: /x}"), "own", host="a.x.io")
    found = ask(controller, wild + own, "/other")
    assert (name_of(found), found.reason) == (winner, None if winner else "no-matching-rule")


@pytest.mark.parametrize(("pattern", "reached"), [("/item/[0-9]+", True), ("tem/.*", False)])
def test_nginx_asks_of_a_pattern_only_how_a_path_begins(pattern: str, reached: bool) -> None:
    rule = to("api", f"path: {{type: RegularExpression, value: '{pattern}'}}")
    assert (ask("ngf", route(rule, host="a.x.io"), "/item/7/more").verdict == "reachable") is reached
    assert ask("envoy", route(rule, host="a.x.io"), "/item/7/more").verdict == "unreachable"


@pytest.mark.parametrize(
    ("controller", "verdict"), [("contour", "reachable"), ("envoy", "partial"), ("nobody", "partial")]
)
def test_what_an_invalid_backend_would_get_is_lost_or_goes_to_the_others(controller: str, verdict: str) -> None:
    found = ask(controller, route(to("web", more=", {name: gone, port: 80}"), host="a.x.io"))
    assert found.verdict == verdict
    assert bool(found.assumed and any("answered 500" in text for text in found.assumed)) is (controller == "nobody")


@pytest.mark.parametrize(("controller", "status"), [("envoy", 500), ("alb", 503), ("contour", 404), ("nobody", 500)])
def test_a_rule_without_backends(controller: str, status: int) -> None:
    assert ask(controller, route("{matches: [{path: {value: /}}]}", host="a.x.io")).answer.status == status


def test_without_its_object_a_class_is_known_by_its_name() -> None:
    of_name = gateway().replace("gatewayClassName: c", "gatewayClassName: eg")
    state = state_of(SERVICES + of_name + route(f"{LONG}, {REGEX}", host="a.x.io"))
    found = trace(state, parse_request("http://a.x.io/item/long/prefix/1"))
    assert found.service == Name("default", "api")


HTTPS = "{{name: {name}, port: 443, protocol: HTTPS, hostname: '{host}', tls: {{certificateRefs: [{{name: {secret}{more}}}]}}}}"
OFF = document("Secret", "s", "type: kubernetes.io/tls") + document("Secret", "opaque", "type: Opaque")
OFF += document("Secret", "s", "type: kubernetes.io/tls", namespace="other")


def listener(secret: str, name: str = "own", host: str = "a.x.io", more: str = "") -> str:
    return HTTPS.format(name=name, host=host, secret=secret, more=more)


def over_tls(listeners: str, secrets: str = OFF, controller: str = "envoy") -> Trace:
    of_class = document("GatewayClass", "c", f"spec: {{controllerName: {CONTROLLERS[controller]}}}")
    state = state_of(SERVICES + of_class + secrets + gateway(listeners) + route(to("web"), host="a.x.io"))
    return trace(state, parse_request("https://a.x.io/", NEARBY))


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        (listener("s"), None),
        (listener("gone"), None),
        (listener("opaque"), "no-listener"),
        (listener("s", more=", namespace: other"), "ref-not-permitted"),
    ],
)
def test_a_listener_needs_a_certificate_it_may_use(own: str, reason: str | None) -> None:
    """A Secret that is not in the source may exist."""
    found = over_tls(own)
    assert (found.reason, found.verdict) == (reason, "unreachable" if reason else "reachable")
    assert over_tls(own, controller="alb").verdict == "reachable", "which takes its certificates from elsewhere"


def test_no_other_listener_serves_the_host_of_one_without_a_certificate() -> None:
    found = over_tls(f"{listener('opaque')}, {listener('s', 'wide', '*.x.io')}")
    assert (found.reason, found.answer.status) == ("no-listener", 404)
    assert "listener wide takes the connection and answers 404" in found.hops[-1].says


@pytest.mark.parametrize(("programmed", "verdict"), [("False", "unreachable"), ("True", "reachable")])
def test_what_the_controller_says_of_a_certificate_decides(programmed: str, verdict: str) -> None:
    conditions = (
        "{type: ResolvedRefs, status: 'False', reason: InvalidCertificateRef, message: no key}, "
        f"{{type: Programmed, status: '{programmed}', reason: Invalid}}"
    )
    said = f"{{listeners: [{{name: own, conditions: [{conditions}]}}]}}"
    of_class = document("GatewayClass", "c", f"spec: {{controllerName: {CONTROLLERS['envoy']}}}")
    objects_ = SERVICES + of_class + gateway(listener("s"), status=said) + route(to("web"), host="a.x.io")
    found = trace(state_of(objects_), parse_request("https://a.x.io/"))
    assert (found.verdict, found.reason) == (verdict, "not-accepted" if verdict == "unreachable" else None)
    assert ("no key" in found.hops[-1].says) is (verdict == "unreachable")


@pytest.mark.parametrize(
    ("match", "said"),
    [
        ("path: {value: /x}, method: POST", "method POST (HTTPRoute default/r)"),
        ("path: {value: /x}, headers: [{name: x-new, value: '1'}]", "header x-new: 1 (HTTPRoute default/r)"),
        ("path: {value: /x}, queryParams: [{name: beta, value: '1'}]", "query beta=1 (HTTPRoute default/r)"),
        ("path: {type: Exact, value: /x/y}", "path /x/y (Exact) (HTTPRoute default/r)"),
        ("path: {value: /z}, method: POST", ""),
    ],
)
def test_a_rule_that_would_match_but_for_one_thing_is_named(match: str, said: str) -> None:
    found = ask("envoy", route(to("web", match), host="a.x.io"), "/x")
    assert found.reason == "no-matching-rule"
    assert (f"Nearly: one asks for {said}." in found.hops[-1].says) if said else "Nearly" not in found.hops[-1].says


def test_a_class_that_its_controller_has_not_accepted_serves_no_gateway() -> None:
    """GW-13; what the controller says of the Gateway itself goes first."""
    refused = "status: {conditions: [{type: Accepted, status: 'False', reason: InvalidParameters, message: no}]}"
    of_class = document("GatewayClass", "c", f"spec: {{controllerName: {CONTROLLERS['envoy']}}}\n{refused}")
    routes = route(to("web"), host="a.x.io")
    found = trace(state_of(SERVICES + of_class + gateway() + routes), parse_request("http://a.x.io/"))
    assert (found.reason, found.hops[-1].says.endswith("default/g: no.")) == ("not-accepted", True)
    accepted = gateway(status="{conditions: [{type: Accepted, status: 'True'}]}")
    known = trace(state_of(SERVICES + of_class + accepted + routes), parse_request("http://a.x.io/"))
    assert known.verdict == "reachable"


@pytest.mark.parametrize(("method", "verdict"), [("OPTIONS", "unknown"), ("GET", "reachable")])
def test_a_preflight_may_be_answered_by_the_gateway(method: str, verdict: str) -> None:
    with_filter = route(to("web", more="], filters: [{type: CORS}").replace("}]}", "}]}"), host="a.x.io")
    assert ask("envoy", with_filter, method=method).verdict == verdict


@pytest.mark.parametrize("there", [True, False])
def test_settings_of_an_implementation_could_decide_where_they_are_in_the_source(there: bool) -> None:
    ref = "{group: gateway.envoyproxy.io, kind: EnvoyProxy, name: own}"
    of_class = document("GatewayClass", "c", f"spec: {{controllerName: {CONTROLLERS['envoy']}}}")
    named = gateway(more=f"infrastructure: {{parametersRef: {ref}}}")
    settings = document("EnvoyProxy", "own", "spec: {preserveRouteOrder: true}", "gateway.envoyproxy.io/v1alpha1")
    state = state_of(SERVICES + of_class + named + route(to("web"), host="a.x.io") + (settings if there else ""))
    found = trace(state, parse_request("http://a.x.io/"))
    assert found.verdict == ("unknown" if there else "reachable")
    assert any("EnvoyProxy own" in text for text in found.assumed) is not there
