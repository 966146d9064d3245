"""Services of type ExternalName behind proxies of layer 7 (CN-27, GW-31 to GW-33, D11)."""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

URL = "http://a.example/"
HERE = objects.service(
    "{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", "web", namespace="shop"
)
HERE += objects.pod("web-0", "10.1.0.8", namespace="shop")
HEADLESS = objects.service(
    "{clusterIP: None, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", "pods", namespace="shop"
)


def alias(target: str, port: str = "port: 80") -> str:
    return objects.service(f"{{type: ExternalName, externalName: {target}, ports: [{{{port}}}]}}", "alias")


def running(tag: str) -> str:
    image = f"registry.k8s.io/ingress-nginx/controller:{tag}"
    pods = f"template: {{metadata: {{labels: {{app: ctl}}}}, spec: {{containers: [{{name: c, image: {image}}}]}}}}"
    return objects.document("Deployment", "ctl", f"spec: {{{pods}}}", namespace="edge")


def ask(text: str, controller: str = "k8s.io/ingress-nginx") -> Trace:
    item = objects.ingress(objects.path("/", "alias"), host="a.example")
    return trace(state_of(HERE + HEADLESS + item + objects.ingress_class(controller) + text), parse_request(URL))


@pytest.mark.parametrize(
    ("target", "port", "verdict", "status"),
    [
        ("web.shop.svc.cluster.local", "port: 80", "reachable", None),
        ("web.shop.svc.cluster.local.", "port: 80", "reachable", None),
        ("web.shop", "port: 80", "reachable", None),
        ("web.shop.svc.cluster.local", "port: 80, targetPort: 81", "unreachable", None),
        ("gone.shop.svc.cluster.local", "port: 80", "unreachable", 503),
        ("pods.shop.svc.cluster.local", "port: 80", "unreachable", None),
        ("pods.shop.svc.cluster.local", "port: 80, targetPort: 8080", "reachable", None),
        ("example.net", "port: 80", "reachable", None),
        ("example.net", "port: 80, targetPort: http", "unreachable", 502),
        ("localhost", "port: 80", "unreachable", 503),
        ("127.0.0.1", "port: 80", "unreachable", 503),
        ("192.0.2.7", "port: 80", "unknown", None),
    ],
)
def test_ingress_nginx_looks_aliases_up(target: str, port: str, verdict: str, status: int | None) -> None:
    """CN-27: with a search list, and on the target port."""
    found = ask(alias(target, port))
    assert (found.verdict, found.answer.status, found.service) == (verdict, status, Name("default", "alias"))


@pytest.mark.parametrize(
    ("tag", "verdict"),
    [("v1.10.9", "reachable"), ("v1.11.4", "reachable"), ("v1.11.5", "unreachable"), ("v1.12.0", "reachable"),
     ("v1.12.1", "unreachable"), ("v1.13.0", "unreachable")],
)  # fmt: skip
def test_the_release_says_whether_an_address_is_dialled(tag: str, verdict: str) -> None:
    assert ask(alias("192.0.2.7") + running(tag)).verdict == verdict


def test_other_controllers_look_whole_names_up() -> None:
    """CK-7: on the port of the Service."""
    kong = "ingress-controllers.konghq.com/kong"
    assert ask(alias("web.shop.svc.cluster.local"), kong).verdict == "reachable"
    assert ask(alias("gone.shop.svc.cluster.local"), kong).reason == "no-endpoints"


@pytest.mark.parametrize(
    ("controller", "verdict", "status"),
    [
        ("gateway.envoyproxy.io/gatewayclass-controller", "unreachable", 500),
        ("traefik.io/gateway-controller", "unreachable", 500),
        ("gateway.nginx.org/nginx-gateway-controller", "unreachable", 500),
        ("projectcontour.io/gateway-controller", "unreachable", 500),
        ("istio.io/gateway-controller", "reachable", None),
    ],
)
def test_some_gateways_send_nothing_to_aliases(controller: str, verdict: str, status: int | None) -> None:
    of_class = objects.document("GatewayClass", "c", f"spec: {{controllerName: {controller}}}")
    gateway = objects.gateway("{name: http, port: 80, protocol: HTTP}")
    route = objects.route("{backendRefs: [{name: alias, port: 80}]}", host="a.example")
    found = trace(state_of(HERE + of_class + gateway + route + alias("example.net")), parse_request(URL))
    assert (found.verdict, found.answer.status) == (verdict, status)


def test_a_gateway_follows_an_alias_inside_the_cluster() -> None:
    gateway = objects.gateway("{name: http, port: 80, protocol: HTTP}")
    route = objects.route("{backendRefs: [{name: alias, port: 80}]}", host="a.example")
    for target, verdict in (("web", "reachable"), ("gone", "unreachable")):
        text = HERE + gateway + route + alias(f"{target}.shop.svc.cluster.local")
        assert trace(state_of(text), parse_request(URL)).verdict == verdict
