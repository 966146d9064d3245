"""What a Gateway speaks to pods: BackendTLSPolicy (GEP-1897), and features that nobody claims (GW-72)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

GROUP = "gateway.networking.k8s.io"
PORTS = "[{name: https, port: 443, targetPort: 8080}, {name: grpc, port: 9000, targetPort: 8080}]"
WEB = objects.service(f"{{clusterIP: 10.96.0.8, selector: {{app: web}}, ports: {PORTS}}}", "web")
BASE = WEB + objects.pod("web-0", "10.1.0.8") + objects.gateway("{name: http, port: 80, protocol: HTTP}")
PLAIN, SECURE = "tls-backend-plain-http", "plain-backend-tls"


def policy(target: str = "name: web", more: str = "", namespace: str = "default", version: str = "v1") -> str:
    refs = f"targetRefs: [{{group: '', kind: Service, {target}}}]"
    spec = f"spec: {{{refs}, validation: {{hostname: web.example{more}}}}}"
    return objects.document("BackendTLSPolicy", "p", spec, f"{GROUP}/{version}", namespace=namespace)


def ask(text: str, port: int = 443, of_class: str = "") -> Trace:
    classes = objects.document("GatewayClass", "c", f"spec: {{controllerName: {of_class}}}") if of_class else ""
    route = objects.route(f"{{backendRefs: [{{name: web, port: {port}}}]}}", host="a.example")
    return trace(state_of(BASE + classes + route + text), parse_request("http://a.example/"))


@pytest.mark.parametrize(
    ("text", "port", "protocol", "warnings"),
    [
        ("", 443, None, [PLAIN]),
        (policy(), 443, "HTTPS", []),
        (policy("name: web, sectionName: https"), 443, "HTTPS", []),
        (policy("name: web, sectionName: grpc"), 443, None, [PLAIN]),
        (policy("name: other"), 443, None, [PLAIN]),
        (policy(namespace="other"), 443, None, [PLAIN]),
        (policy(version="v1alpha3"), 443, "HTTPS", []),
    ],
)
def test_the_policy_says_what_is_spoken_to_pods(
    text: str, port: int, protocol: str | None, warnings: list[str]
) -> None:
    found = ask(text, port)
    assert (found.verdict, found.proxied.protocol, list(found.warnings)) == ("reachable", protocol, warnings)


def test_tls_to_a_port_of_plain_http_is_a_warning() -> None:
    plain = objects.service("{selector: {app: web}, ports: [{name: http, port: 443, targetPort: 8080}]}", "web")
    route = objects.route("{backendRefs: [{name: web, port: 443}]}", host="a.example")
    gateway = objects.gateway("{name: http, port: 80, protocol: HTTP}")
    pod = objects.pod("web-0", "10.1.0.8")
    found = trace(state_of(plain + pod + gateway + route + policy()), parse_request("http://a.example/"))
    assert list(found.warnings) == [SECURE]


def test_an_implementation_without_it_speaks_plain_http() -> None:
    found = ask(policy(), of_class="konghq.com/kic-gateway-controller")
    assert list(found.warnings) == [PLAIN]
    assert "Kong does not support BackendTLSPolicy: default/p has no effect" in found.assumed


@pytest.mark.parametrize(
    ("namespaces", "verdict"),
    [((), "reachable"), (("default",), "reachable"), (("other",), "unknown"), (("default", "other"), "reachable")],
)
def test_a_ca_certificate_that_is_only_elsewhere_may_be_missing(namespaces: tuple[str, ...], verdict: str) -> None:
    maps = [objects.document("ConfigMap", "ca", "data: {ca.crt: x}", namespace=name) for name in namespaces]
    more = ", caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]"
    found = ask("".join(maps) + policy(more=more))
    assert found.verdict == verdict
    if verdict == "unknown":
        assert "ConfigMap ca, and there is one in other alone" in found.undecided[0].could


def test_a_policy_that_is_not_accepted_may_fail_every_request() -> None:
    conditions = "[{type: Accepted, status: 'False', reason: NoValidCACertificate, message: broken}]"
    ancestor = f"{{ancestorRef: {{kind: Gateway, group: {GROUP}, name: g}}, conditions: {conditions}}}"
    found = ask(policy() + f"status: {{ancestors: [{ancestor}]}}\n")
    assert (found.verdict, found.likely) == ("unknown", "reachable")
    assert "broken" in found.undecided[0].could
    other = ancestor.replace("name: g}", "name: other}")
    assert ask(policy() + f"status: {{ancestors: [{other}]}}\n").verdict == "reachable"


CILIUM, TRAEFIK = "io.cilium/gateway-controller", "traefik.io/gateway-controller"
LISTENERS = "{name: a, port: 80, protocol: HTTP, hostname: a.example}, {name: any, port: 80, protocol: HTTP}"


@pytest.mark.parametrize(
    ("controller", "parent", "listeners", "verdict"),
    [
        (TRAEFIK, "{name: g, sectionName: any}", LISTENERS, "unknown"),
        (CILIUM, "{name: g, sectionName: any}", LISTENERS, "unreachable"),
        (CILIUM, "{name: g, port: 8080}", f"{LISTENERS}, {{name: o, port: 8080, protocol: HTTP}}", "unknown"),
        (TRAEFIK, "{name: g, port: 8080}", f"{LISTENERS}, {{name: o, port: 8080, protocol: HTTP}}", "unreachable"),
    ],
)
def test_what_keeps_routes_apart_is_a_feature(controller: str, parent: str, listeners: str, verdict: str) -> None:
    of_class = objects.document("GatewayClass", "c", f"spec: {{controllerName: {controller}}}")
    route = objects.route("{backendRefs: [{name: web, port: 443}]}", host="a.example", parent=parent)
    gateway = objects.gateway(listeners)
    text = WEB + objects.pod("web-0", "10.1.0.8") + of_class + gateway + route
    found = trace(state_of(text), parse_request("http://a.example/"))
    assert (found.likely or found.verdict, found.verdict) == ("unreachable", verdict)


def test_who_ends_tls_for_a_tls_route_is_a_feature() -> None:
    listener = "{name: t, port: 443, protocol: TLS, tls: {mode: Terminate, certificateRefs: [{name: c}]}}"
    route = objects.route("{backendRefs: [{name: web, port: 443}]}", kind="TLSRoute", host="a.example")
    for controller, verdict in ((CILIUM, "unknown"), ("gateway.envoyproxy.io/gatewayclass-controller", "reachable")):
        of_class = objects.document("GatewayClass", "c", f"spec: {{controllerName: {controller}}}")
        text = WEB + objects.pod("web-0", "10.1.0.8") + of_class + objects.gateway(listener) + route
        assert trace(state_of(text), parse_request("https://a.example/")).verdict == verdict


def test_a_filter_that_nobody_knows_may_refuse() -> None:
    route = objects.route(
        "{filters: [{type: ExternalAuth, externalAuth: {protocol: HTTP}}], backendRefs: [{name: web, port: 443}]}",
        host="a.example",
    )
    found = trace(state_of(BASE + route), parse_request("http://a.example/"))
    assert (found.verdict, found.likely) == ("unknown", "reachable")
    assert "ExternalAuth" in found.undecided[0].could


def test_what_a_policy_names_in_vain_is_said() -> None:
    """A section is the name of a port; a certificate that is not in the source is assumed."""
    found = ask(policy("name: web, sectionName: '443'"))
    assert any("says nothing of port 443: it has sectionName 443, and ports of default/web" in a for a in found.assumed)
    named = ask(policy(more=", caCertificateRefs: [{kind: ConfigMap, group: '', name: ca}]"))
    assert any("ConfigMap default/ca, which BackendTLSPolicy default/p names" in text for text in named.assumed)
