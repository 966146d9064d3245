"""Requests through Ingresses and Gateways: redirects, canaries, backends that are missing, shares, listener sets (upstream:
ingress-nginx docs/user-guide/nginx-configuration/annotations.md, gateway-api conformance/tests)."""

from __future__ import annotations

from typing import Any

import pytest

from svcmap.expectations.questions import gateways, traces
from svcmap.model.assumptions import Assumptions
from svcmap.paths.trace import parse_via
from tests import objects
from tests.conftest import state_of
from tests.objects import document, path

API = "networking.k8s.io/v1"
GATEWAY_API = "gateway.networking.k8s.io/v1"


def service(name: str, number: int, ready: bool = True) -> str:
    endpoint = f"{{addresses: [10.1.0.{number}], conditions: {{ready: {str(ready).lower()}}}}}"
    spec = f"{{clusterIP: 10.96.0.{number}, ports: [{{port: 80, targetPort: 8080}}]}}"
    return objects.service(spec, name) + objects.slice_(endpoint, of=name)


SERVICES = service("web", 1) + service("new", 2) + service("down", 3, ready=False)


def ingress(
    name: str, paths: str, annotations: str = "", more: str = "", controller: str = "k8s.io/ingress-nginx"
) -> str:
    meta = f"annotations: {{{annotations}}}"
    return objects.ingress_class(controller) + objects.ingress(paths, name, host="a.example", meta=meta, more=more)


def ask(text: str, to: str, who: str = "internet", **more: Any) -> dict[str, Any]:
    return traces.ask(state_of(SERVICES + text), {"to": to, "from": who, **more}, Assumptions())


NGINX = "nginx.ingress.kubernetes.io/"
TLS = ", tls: [{hosts: [a.example], secretName: s}]"
RESOURCE = "{path: /, pathType: Prefix, backend: {resource: {apiGroup: example.com, kind: Bucket, name: b}}}"


@pytest.mark.parametrize(
    ("text", "to", "expected"),
    [
        (ingress("i", path("/")), "http://a.example/", {"verdict": "reachable", "service": "default/web"}),
        (
            ingress("i", path("/"), more=TLS),
            "http://a.example/x?q=1",
            {"verdict": "redirect", "status": 308, "location": "https://a.example/x?q=1", "locationPath": "/x"},
        ),
        (
            ingress("i", path("/"), f"{NGINX}ssl-redirect: 'false'", TLS),
            "http://a.example/",
            {"verdict": "reachable", "status": None},
        ),
        (
            ingress("i", path("/"), more=TLS, controller="example.com/own"),
            "http://a.example/",
            {"verdict": "reachable"},
        ),
        (
            ingress("i", path("/foo/")),
            "http://a.example/foo?q=1",
            {"verdict": "redirect", "status": 301, "location": "http://a.example/foo/?q=1"},
        ),
        (ingress("i", path("/", "gone")), "http://a.example/", {"reason": "service-not-found", "status": 503}),
        (
            ingress("i", path("/", "gone"), controller="projectcontour.io/ingress-controller"),
            "http://a.example/",
            {"reason": "service-not-found", "status": 404},
        ),
        (ingress("i", RESOURCE), "http://a.example/", {"reason": "resource-backend", "resource": "Bucket/b"}),
        (ingress("i", path("/", port="number: 81")), "http://a.example/", {"verdict": "unreachable"}),
        (
            ingress("i", path("/", port="number: 8080")),
            "http://a.example/",
            {"verdict": "reachable", "warnings": ["port-matched-by-target-port"]},
        ),
        (ingress("i", path("/", "down")), "http://a.example/", {"reason": "no-endpoints", "status": 503}),
        (ingress("i", path("/a")), "http://a.example/b", {"reason": "no-matching-rule", "status": 404}),
        (
            ingress("i", path("/api(/|$)(.*)", kind="ImplementationSpecific"), f"{NGINX}rewrite-target: /$2"),
            "http://a.example/api/users",
            {"verdict": "reachable", "backendPath": "/users"},
        ),
        (
            ingress("i", path("/"), f"{NGINX}backend-protocol: HTTPS"),
            "http://a.example/",
            {"verdict": "reachable", "backendProtocol": "HTTPS"},
        ),
        (
            ingress("i", path("/"), f"{NGINX}service-upstream: 'true'"),
            "http://a.example/",
            {"verdict": "reachable", "via": "clusterIP 10.96.0.1:80"},
        ),
    ],
)
def test_ways_through_an_ingress(text: str, to: str, expected: dict[str, Any]) -> None:
    answer = ask(text, to)
    assert {key: answer[key] for key in expected} == expected


CONTOUR = "projectcontour.io/ingress-controller"
WILD = document(
    "Ingress",
    "w",
    f"spec: {{ingressClassName: c, rules: [{{host: '*.b.example', http: {{paths: [{path('/')}]}}}}]}}",
    API,
)
REST = document(
    "Ingress", "r", "spec: {ingressClassName: c, defaultBackend: {service: {name: new, port: {number: 80}}}}", API
)


@pytest.mark.parametrize(
    ("paths", "to", "expected"),
    [
        (f"{path('/')}, {path('/x', 'gone')}", "http://a.example/x", {"service": "default/web"}),
        (f"{path('/')}, {path('/x', port='number: 81')}", "http://a.example/x", {"service": "default/web"}),
        (path("/", "gone"), "http://a.example/", {"service": "default/new"}),
        (path("/x"), "http://a.example/", {"reason": "no-matching-rule", "status": 404}),
        (path("/"), "http://c.b.example/", {"service": "default/web"}),
        (path("/"), "http://d.c.b.example/", {"reason": "no-matching-rule", "status": 404}),
        (path("/"), "http://b.example/", {"service": "default/new"}),
    ],
)
def test_contour_makes_no_route_of_what_it_cannot_serve(paths: str, to: str, expected: dict[str, Any]) -> None:
    """As the real Contour did (tests/cluster/test_edge.py): what is no route leaves its requests to other rules."""
    answer = ask(ingress("i", paths, controller=CONTOUR) + WILD + REST, to)
    assert {key: answer[key] for key in expected} == expected


def with_pattern(pattern: str) -> str:
    """An Ingress with a regular expression between two other paths; YAML takes a backslash in single quotes as it is."""
    quoted = f"'{pattern}'"
    written = f"{path('/before')}, {path(quoted, kind='ImplementationSpecific')}, {path('/')}"
    return ingress("i", written, controller=CONTOUR)


@pytest.mark.parametrize(
    "broken", ["/[z-a]+", "/(?!x).*", r"/(a)[b]*\1", "/a*+", r"/[\1]+", "/(?#c)[x]", r"/[x]\Z", r"/[x]\C", "/[x]{1001}"]
)
def test_contour_leaves_a_rule_at_a_regular_expression_that_go_does_not_take(broken: str) -> None:
    text = with_pattern(broken)
    assert ask(text, "http://a.example/before")["verdict"] == "reachable"
    assert ask(text, "http://a.example/a")["status"] == 404


def test_contour_does_not_look_at_the_path_of_a_rule_that_is_no_route() -> None:
    """ingress_processor.go goes on to the next path where a Service is missing, before it reads this one."""
    broken = path("'/[z-a]+'", "gone", "ImplementationSpecific")
    written = f"{path('/')}, {broken}, {path('/x/y', 'down')}"
    found = ask(ingress("i", written, controller=CONTOUR), "http://a.example/x/y")
    assert (found["service"], found["status"]) == ("default/down", 503)


@pytest.mark.parametrize(
    "taken", ["/[*+]+", r"/a\++", "/(?:a|b)+", "/(?P<x>a)+", r"/\p{L}+", "/[[:alpha:]]+", "/[x]{1000}"]
)
def test_contour_goes_on_after_a_regular_expression_that_go_takes(taken: str) -> None:
    assert ask(with_pattern(taken), "http://a.example/z")["verdict"] == "reachable"


ANY_HOST = document(
    "Ingress", "any", f"spec: {{ingressClassName: c, rules: [{{http: {{paths: [{path('/')}]}}}}]}}", API
)


@pytest.mark.parametrize(
    ("text", "to", "expected"),
    [
        (ingress("i", path("/x", "gone"), controller=CONTOUR) + REST, "http://a.example/", {"service": "default/new"}),
        (ingress("i", path("/"), controller=CONTOUR) + WILD + ANY_HOST, "http://d.c.b.example/", {"status": 404}),
        (ingress("i", path("/"), controller=CONTOUR) + ANY_HOST, "http://d.c.b.example/", {"service": "default/web"}),
        (
            ingress("i", path("/"), controller=CONTOUR) + WILD.replace("name: web", "name: gone") + REST,
            "http://d.c.b.example/",
            {"service": "default/new"},
        ),
    ],
)
def test_contour_knows_hosts_by_their_routes(text: str, to: str, expected: dict[str, Any]) -> None:
    answer = ask(text, to)
    assert {key: answer[key] for key in expected} == expected


CANARY = ingress("i", path("/")) + ingress(
    "canary", path("/", "new"), f"{NGINX}canary: 'true', {NGINX}canary-by-header: X-New"
)


@pytest.mark.parametrize(("headers", "backend"), [({}, "default/web"), ({"x-new": "always"}, "default/new")])
def test_a_header_leads_to_the_canary(headers: dict[str, str], backend: str) -> None:
    assert ask(CANARY, "http://a.example/", headers=headers)["service"] == backend


def test_an_ingress_that_nobody_serves_is_named() -> None:
    text = ingress("i", path("/")).replace("ingressClassName: c", "ingressClassName: other")
    text += document("IngressClass", "c2", "spec: {controller: example.com/own}")
    assert ask(text, "http://a.example/")["verdict"] == "unreachable"


def gateway(listeners: str = "{name: http, port: 80, protocol: HTTP}", more: str = "") -> str:
    return objects.gateway(listeners, more=more, status="{addresses: [{value: 203.0.113.9}]}")


def route(backends: str, more: str = "", parent: str = "{name: g}") -> str:
    return objects.route(f"{{backendRefs: [{backends}]{more}}}", host="a.example", parent=parent)


def backend(name: str, weight: int = 1, port: int = 80) -> str:
    return f"{{name: {name}, port: {port}, weight: {weight}}}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (gateway() + route(backend("web")), {"verdict": "reachable", "service": "default/web"}),
        (
            gateway() + route(f"{backend('web', 3)}, {backend('new')}"),
            {
                "verdict": "reachable",
                "backends": [
                    {"service": "default/web", "share": 0.75, "status": None},
                    {"service": "default/new", "share": 0.25, "status": None},
                ],
            },
        ),
        (gateway() + route(f"{backend('web')}, {backend('down')}"), {"verdict": "partial", "reason": "no-endpoints"}),
        (gateway() + route(f"{backend('web')}, {backend('gone')}"), {"verdict": "partial"}),
        (
            gateway() + route(f"{backend('down')}, {backend('down')}"),
            {"verdict": "unreachable", "reason": "no-endpoints"},
        ),
        (gateway() + route(backend("web", port=81)), {"verdict": "unreachable"}),
        (gateway() + route(""), {"verdict": "unreachable", "status": 500}),
        (gateway("{name: tcp, port: 90, protocol: TCP}") + route(backend("web")), {"verdict": "unreachable"}),
        (
            gateway()
            + route("", ", filters: [{type: RequestRedirect, requestRedirect: {scheme: https, statusCode: 301}}]"),
            {"verdict": "redirect", "status": 301, "location": "https://a.example/"},
        ),
    ],
)
def test_ways_through_a_gateway(text: str, expected: dict[str, Any]) -> None:
    answer = ask(text, "http://a.example/")
    assert {key: answer[key] for key in expected} == expected


SET = document(
    "ListenerSet",
    "more",
    "spec: {parentRef: {name: g}, listeners: [{name: more, port: 81, protocol: HTTP}]}",
    GATEWAY_API,
)
IN_SET = "{name: more, kind: ListenerSet}"


@pytest.mark.parametrize(
    ("allowed", "accepted"),
    [
        ("", False),
        (", allowedListeners: {namespaces: {from: Same}}", True),
        (", allowedListeners: {namespaces: {from: None}}", False),
    ],
)
def test_listener_sets_need_leave_of_the_gateway(allowed: str, accepted: bool) -> None:
    text = SERVICES + gateway(more=allowed) + SET + route(backend("web"), parent=IN_SET)
    answer = gateways.route(state_of(text), {"route": "default/r"}, Assumptions())
    assert answer["accepted"] is accepted
    found = ask(
        gateway(more=allowed) + SET + route(backend("web"), parent=IN_SET),
        "http://a.example:81/",
        via=parse_via("gateway:default/g"),
    )
    assert (found["verdict"] == "reachable") is accepted


DEPLOYMENT = document(
    "Deployment",
    "job",
    "spec: {selector: {matchLabels: {app: job}}, template: {metadata: {labels: {app: job}}, spec: {containers: [{name: a}]}}}",
    "apps/v1",
)
POLICY = document(
    "NetworkPolicy",
    "p",
    "spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: job}}}]}]}",
    API,
)


@pytest.mark.parametrize(
    ("who", "verdict"),
    [
        ("workload:default/Deployment/job", "reachable"),
        ("namespace:default", "unknown"),
        ("namespace:other", "unreachable"),
        ("internet", "unreachable"),
    ],
)
def test_a_workload_stands_for_its_pods(who: str, verdict: str) -> None:
    pod = document(
        "Pod",
        "w",
        "spec: {containers: [{name: a}]}\nstatus: {phase: Running, podIP: 10.1.0.9, podIPs: [{ip: 10.1.0.9}]}",
    )
    text = (
        DEPLOYMENT
        + POLICY
        + pod
        + document("Namespace", "other", "")
        + document(
            "Service", "guarded", "spec: {clusterIP: 10.96.0.9, externalIPs: [203.0.113.7], ports: [{port: 80}]}"
        )
        + document(
            "EndpointSlice",
            "guarded-1",
            "addressType: IPv4\nports: [{port: 80}]\nendpoints: [{addresses: [10.1.0.9], targetRef: {kind: Pod, name: w}}]",
            "discovery.k8s.io/v1",
            ", labels: {kubernetes.io/service-name: guarded}",
        )
    )
    to = "tcp://203.0.113.7:80" if who == "internet" else "tcp://guarded.default:80"
    assert ask(text, to, who)["verdict"] == verdict
