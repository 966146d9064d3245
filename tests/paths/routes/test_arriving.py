"""Requests with a Host header that come to an Ingress controller, or a Gateway, by an address of its Service."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

IMAGE = "registry.example/ingress-nginx/controller:v1.11.0"
DECLARED = "[{name: http, containerPort: 80}, {name: https, containerPort: 443}, {name: metrics, containerPort: 10254}]"
TLS_ENDS = "service.beta.kubernetes.io/aws-load-balancer-ssl-cert: arn:aws:acm:x"
SHOP = f"{{host: shop.example, http: {{paths: [{objects.path()}]}}}}"
PORTS = (
    "[{name: http, port: 80, targetPort: http, nodePort: 30080}, {name: https, port: 443, targetPort: https,"
    " nodePort: 30443}, {name: metrics, port: 10254, targetPort: metrics, nodePort: 30254}]"
)
SOURCE = (
    objects.document("IngressClass", "nginx", "spec: {controller: k8s.io/ingress-nginx}")
    + objects.document("Ingress", "shop", f"spec: {{ingressClassName: nginx, rules: [{SHOP}]}}")
    + objects.service("{clusterIP: 10.96.0.20, selector: {app: web}, ports: [{port: 80}]}", "web")
    + objects.pod("web-0", "10.1.0.20", labels="{app: web}")
    + objects.node("n1", "192.0.2.11")
)


def controller(meta: str = "", *args: str) -> str:
    spec = f"{{type: LoadBalancer, clusterIP: 10.96.0.9, selector: {{app: ctl}}, ports: {PORTS}}}"
    words = ", ".join(f"'{word}'" for word in ("/nginx-ingress-controller", *args))
    container = f"{{name: controller, image: {IMAGE}, args: [{words}], ports: {DECLARED}}}"
    template = f"{{metadata: {{labels: {{app: ctl}}}}, spec: {{containers: [{container}]}}}}"
    return (
        objects.service(spec, "ctl", namespace="edge", meta=meta)
        + objects.document("Deployment", "ctl", f"spec: {{template: {template}}}", namespace="edge")
        + objects.pod("ctl-0", "10.1.0.9", labels="{app: ctl}", ports=DECLARED, namespace="edge")
    )


def ask(to: str, host: str = "shop.example", who: str = "pod", text: str = "") -> Trace:
    headers = {"Host": host} if host else {}
    return trace(state_of(SOURCE + (text or controller())), parse_request(to, parse_vantage(who), headers=headers))


@pytest.mark.parametrize(
    ("to", "who"),
    [
        ("http://10.96.0.9/", "pod"),
        ("http://ctl.edge/", "pod"),
        ("https://10.96.0.9/", "pod"),
        ("http://192.0.2.11:30080/", "node"),
    ],
)
def test_the_rules_count_whatever_address_of_the_front_is_asked(to: str, who: str) -> None:
    found = ask(to, who=who)
    assert found.verdict == "reachable"
    assert found.service is not None
    assert found.service.name == "web"
    assert [hop.object.name for hop in found.hops if hop.kind == "ingress" and hop.object] == ["shop"]


def test_a_host_that_no_rule_has_gets_404() -> None:
    found = ask("http://192.0.2.11:30080/", host="other.example", who="node")
    assert (found.verdict, found.reason, found.answer.status) == ("unreachable", "no-matching-rule", 404)


def test_without_a_host_of_its_own_a_request_ends_at_the_controller() -> None:
    found = ask("http://10.96.0.9/", host="")
    assert found.verdict == "reachable"
    assert found.service is not None
    assert found.service.name == "ctl"


def test_a_port_that_serves_no_requests_of_clients_has_no_rules() -> None:
    found = ask("http://10.96.0.9:10254/metrics")
    assert found.service is not None
    assert found.service.name == "ctl"


def test_plain_http_to_the_https_port_is_of_another_protocol() -> None:
    assert ask("http://10.96.0.9:443/").reason == "tls"


def test_what_the_load_balancer_ends_nobody_ends_by_the_cluster_ip() -> None:
    found = ask("https://10.96.0.9/", text=controller(meta=f"annotations: {{{TLS_ENDS}}}"))
    assert found.verdict == "reachable"


def test_packets_that_do_not_get_to_the_controller_meet_no_rule() -> None:
    found = ask("http://10.96.0.9:81/")
    assert found.reason == "port-not-in-service"


NAMED_HTTP = "{name: http, containerPort: 10080}"
TRAEFIK_API = "traefik.io/v1alpha1"
LISTENERS = "[{name: http, port: 80, protocol: HTTP}]"
GATEWAY = (
    objects.document("Gateway", "gw", f"spec: {{gatewayClassName: eg, listeners: {LISTENERS}}}", namespace="infra")
    + objects.document(
        "HTTPRoute",
        "shop",
        "spec: {parentRefs: [{name: gw, namespace: infra}], hostnames: [shop.example],"
        " rules: [{backendRefs: [{name: web, port: 80}]}]}",
        namespace="infra",
    )
    + objects.service("{clusterIP: 10.96.0.21, selector: {app: web}, ports: [{port: 80}]}", "web", namespace="infra")
    + objects.pod("web-0", "10.1.0.21", labels="{app: web}", namespace="infra")
    + objects.service(
        "{type: NodePort, clusterIP: 10.96.0.9, selector: {app: envoy}, ports: [{port: 80, targetPort: 10080,"
        " nodePort: 30080}, {port: 19001, targetPort: 19001}]}",
        "envoy",
        namespace="envoy",
        meta="labels: {gateway.envoyproxy.io/owning-gateway-name: gw, gateway.envoyproxy.io/owning-gateway-namespace:"
        " infra}",
    )
    + objects.pod("envoy-0", "10.1.0.9", labels="{app: envoy}", ports="[{containerPort: 10080}]", namespace="envoy")
)


@pytest.mark.parametrize(
    ("to", "who"), [("http://10.96.0.9/", "pod"), ("http://envoy.envoy/", "pod"), ("http://192.0.2.11:30080/", "node")]
)
def test_listeners_and_rules_count_by_an_address_of_the_gateways_service(to: str, who: str) -> None:
    found = ask(to, who=who, text=GATEWAY)
    assert (found.verdict, str(found.service)) == ("reachable", "infra/web")
    assert ask(to, who=who, host="other.example", text=GATEWAY).reason == "no-matching-rule"


def test_a_port_without_a_listener_is_not_the_gateways() -> None:
    assert str(ask("http://10.96.0.9:19001/", text=GATEWAY).service) == "envoy/envoy"


def test_a_host_that_an_unread_object_names_is_not_known_at_a_controller_and_nothing_to_an_application() -> None:
    match = "match: Host(`api.example`), services: [{name: web, port: 80}]"
    unread = objects.document("IngressRoute", "api", f"spec: {{routes: [{{kind: Rule, {match}}}]}}", TRAEFIK_API)
    found = ask("http://10.96.0.9/", host="api.example", text=controller() + unread)
    assert (found.verdict, found.hops[-1].object and found.hops[-1].object.kind) == ("unknown", "IngressRoute")
    assert found.hops[-2].kind == "endpoint", "the packets get to the controller all the same"
    assert ask("http://web/", host="api.example", text=controller() + unread).verdict == "reachable"


def test_of_two_kinds_of_routes_behind_one_service_that_with_a_rule_counts() -> None:
    named = GATEWAY.replace("targetPort: 10080", "targetPort: http").replace("{containerPort: 10080}", NAMED_HTTP)
    address = "{loadBalancer: {ingress: [{ip: 192.0.2.9}]}}"
    both = named.replace("hostnames: [shop.example]", "hostnames: [gw.example]").replace(
        "{type: NodePort,", "{type: LoadBalancer, externalIPs: [192.0.2.9],"
    )
    ingress = f"spec: {{ingressClassName: nginx, rules: [{SHOP}]}}\nstatus: {address}"
    text = both + objects.document("Ingress", "both", ingress)
    assert str(ask("http://10.96.0.9/", host="shop.example", text=text).service) == "default/web"
    assert str(ask("http://10.96.0.9/", host="gw.example", text=text).service) == "infra/web"
    assert ask("http://10.96.0.9/", host="other.example", text=text).reason == "no-matching-rule"


PAIR = "[{name: http, port: 80, targetPort: http}, {name: https, port: 443, targetPort: https}]"
ROUTER_PORTS = "[{name: http, containerPort: 80}, {name: https, containerPort: 443}]"
ROUTER = (
    objects.service(
        f"{{clusterIP: 10.96.0.9, selector: {{app: router}}, ports: {PAIR}}}",
        "router-internal-default",
        namespace="openshift-ingress",
    )
    + objects.pod("router-0", "10.1.0.9", labels="{app: router}", ports=ROUTER_PORTS, namespace="openshift-ingress")
    + objects.document("Route", "shop", "spec: {host: shop.example, tls: {termination: edge}, to: {name: web}}")
)


def test_the_routes_of_openshift_count_by_the_service_of_the_router() -> None:
    found = ask("https://10.96.0.9/", text=ROUTER)
    assert (found.verdict, str(found.service)) == ("reachable", "default/web")
    assert ask("http://10.96.0.9/", text=ROUTER).answer.status == 503, "the Route is for https alone"
    other = ask("https://10.96.0.9/", host="other.example", text=ROUTER)
    assert (other.reason, other.answer.status) == ("no-matching-rule", 503)


def test_of_gateways_that_share_a_service_the_one_with_the_host_has_the_request() -> None:
    owner = "gateway.envoyproxy.io/owning-gateway-"
    other = objects.document(
        "Gateway",
        "before",
        f"spec: {{gatewayClassName: eg, addresses: [{{value: envoy.envoy.svc.cluster.local}}], listeners: {LISTENERS}}}",
        namespace="envoy",
    )
    assert owner in GATEWAY
    assert str(ask("http://10.96.0.9/", text=other + GATEWAY).service) == "infra/web"


def test_a_controller_on_ports_of_its_own_is_one_all_the_same() -> None:
    own = PORTS.replace("targetPort: http,", "targetPort: 5001,").replace("targetPort: https,", "targetPort: 5002,")
    text = controller("", "--http-port=5001", "--https-port=5002").replace(PORTS, own)
    assert own in text
    found = ask("http://10.96.0.9/", text=text)
    assert str(found.service) == "default/web"
