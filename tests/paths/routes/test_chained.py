"""ALB in front of ingress-nginx: the load balancer's listeners and TLS come before the rules of the controller."""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request
from svcmap.paths.entries import traced_entries
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

ALB = "alb.ingress.kubernetes.io/"
CHART = "{app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller}"
PORTS = "[{name: http, containerPort: 80}, {name: https, containerPort: 443}]"
CONTROLLER = objects.pod("ctl-0", "10.1.0.9", labels=CHART, ports=PORTS, namespace="edge")
SETTINGS = objects.document(
    "ConfigMap", "ingress-nginx-controller", "data: {use-forwarded-headers: 'X'}", namespace="edge"
)
WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", "web")
BASE = WEB + objects.pod("web-0", "10.1.0.8") + CONTROLLER
BASE += objects.ingress_class("ingress.k8s.aws/alb", "alb") + objects.ingress_class("k8s.io/ingress-nginx", "nginx")
BOTH = '[{\\"HTTP\\": 80}, {\\"HTTPS\\": 443}]'


def front(kind: str = "NodePort", address: str = "") -> str:
    ports = "[{name: http, port: 80, targetPort: http, nodePort: 30080}, {name: https, port: 443, targetPort: https}]"
    return objects.service(
        f"{{type: {kind}, clusterIP: 10.96.0.9, selector: {CHART}, ports: {ports}}}",
        "ctl",
        namespace="edge",
        status=f"{{loadBalancer: {{ingress: [{address}]}}}}",
    )


def outer(listens: str = BOTH, more: str = "", scheme: str = "internet-facing", host: str = "") -> str:
    notes = f'{ALB}scheme: {scheme}, {ALB}listen-ports: "{listens}", {ALB}certificate-arn: arn{more}'
    return objects.ingress(
        objects.path(backend="ctl"),
        "alb",
        namespace="edge",
        of_class="alb",
        host=host,
        meta=f", annotations: {{{notes}}}",
    )


def inner(tls: str = "") -> str:
    return objects.ingress(objects.path(), "shop", host="a.example", of_class="nginx", more=tls)


TLS = "tls: [{hosts: [a.example], secretName: s}]"


def ask(text: str, to: str = "https://a.example/") -> Trace:
    return trace(state_of(BASE + text), parse_request(to))


@pytest.mark.parametrize(
    ("text", "to", "verdict", "reason"),
    [
        (outer() + inner(), "https://a.example/", "reachable", None),
        (outer() + inner(), "http://a.example/", "reachable", None),
        (outer('[{\\"HTTPS\\": 443}]') + inner(), "http://a.example/", "unreachable", "no-listener"),
        (outer() + inner(TLS), "https://a.example/", "unreachable", "redirect-loop"),
        (outer() + inner(TLS) + SETTINGS.replace("X", "true"), "https://a.example/", "reachable", None),
        (outer(more=f", {ALB}ssl-redirect: '443'") + inner(), "http://a.example/", "redirect", "redirect"),
        (outer(scheme="internal") + inner(), "https://a.example/", "unknown", None),
        (outer(host="b.example") + inner(TLS), "https://a.example/", "reachable", None),
    ],
)
def test_the_load_balancer_is_asked_first(text: str, to: str, verdict: str, reason: str | None) -> None:
    found = ask(front() + text, to)
    assert (found.verdict, found.reason) == (verdict, reason)
    if verdict == "reachable":
        assert found.service == Name("default", "web")
        assert any("ALB (Ingress edge/alb)" in line for line in found.assumed) is ("b.example" not in text)


def test_a_controller_with_a_load_balancer_of_its_own_has_that() -> None:
    own = front("LoadBalancer", "{ip: 203.0.113.9}")
    assert ask(own + outer() + inner(TLS)).verdict == "reachable"
    assert ask(front("LoadBalancer") + outer() + inner(TLS)).reason == "redirect-loop", "it has none yet"


def test_a_list_is_compared_with_an_address_of_the_load_balancer() -> None:
    listed = inner().replace("name: shop", "name: shop, annotations: {nginx.ingress.kubernetes.io/X: 10.0.0.0/8}")
    found = ask(front() + outer() + listed.replace("/X:", "/whitelist-source-range:"))
    assert (found.verdict, found.likely) == ("unknown", "reachable")


def test_the_ways_of_the_service_say_the_same() -> None:
    state = state_of(BASE + front() + outer() + inner(TLS))
    (way,) = [entry for entry in traced_entries(state, Name("default", "web")) if entry.entry.kind == "ingress"]
    assert [found.reason for _, found in way.traces] == ["redirect-loop"]
