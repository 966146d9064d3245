"""The first leg: what keeps packets from a controller keeps every request from the rules it reads."""

from __future__ import annotations

import pytest

from svcmap.model.coverage import Coverage
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.routes.behind import with_those_behind
from svcmap.paths.trace import parse_via, trace
from tests import objects
from tests.conftest import state_of

WWW = "http://www.example.net/"
PORTS = "[{name: http, port: 80, targetPort: http, nodePort: 31080}, {name: https, port: 443, targetPort: https}]"
DECLARED = "[{name: http, containerPort: 80}, {name: https, containerPort: 443}]"
AWS = "service.beta.kubernetes.io/aws-load-balancer-"
NODES = objects.node("n1", "192.0.2.11") + objects.node("n2", "192.0.2.12")
WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", "web")
POD = objects.pod("web-0", "10.1.0.8")
NGINX = objects.ingress_class("k8s.io/ingress-nginx")
CLOSED = objects.document(
    "NetworkPolicy", "closed", "spec: {podSelector: {}, policyTypes: [Ingress]}", namespace="edge"
)


def rules(meta: str = "") -> str:
    """An Ingress that the controller behind 203.0.113.9 serves."""
    address = "{loadBalancer: {ingress: [{ip: 203.0.113.9}]}}"
    return objects.ingress(objects.path(), "shop", host="www.example.net", meta=meta, status=address)


def front(more: str = "", ports: str = PORTS, meta: str = "") -> str:
    spec = f"{{type: LoadBalancer, clusterIP: 10.96.0.9, selector: {{app: ctl}}, {more}ports: {ports}}}"
    address = "{loadBalancer: {ingress: [{ip: 203.0.113.9}]}}"
    return objects.service(spec, "ctl", namespace="edge", meta=meta, status=address)


def controller(ready: str = "True") -> str:
    return objects.pod(
        "ctl-0", "10.1.0.9", labels="{app: ctl}", ports=DECLARED, ready=ready, namespace="edge", spec="nodeName: n1"
    )


def ask(text: str, to: str = WWW, who: str = "internet", via: str | None = None) -> Trace:
    return trace(state_of(NODES + NGINX + WEB + POD + text), parse_request(to, parse_vantage(who), parse_via(via)))


@pytest.mark.parametrize(
    ("text", "verdict", "reason"),
    [
        (front() + controller(), "reachable", None),
        (front() + controller("False"), "unreachable", "no-endpoints"),
        (front() + controller() + CLOSED, "unreachable", "network-policy"),
        (front("loadBalancerSourceRanges: [198.51.100.0/24], ") + controller(), "unknown", None),
        (front(ports="[{port: 443, targetPort: https}]") + controller(), "unreachable", "port-not-in-service"),
        (front(ports="[{port: 80, targetPort: gone}]") + controller(), "unreachable", "no-endpoints"),
    ],
)
@pytest.mark.parametrize("to", [WWW, "http://203.0.113.9/"])
def test_packets_come_before_rules(text: str, verdict: str, reason: str | None, to: str) -> None:
    by_host = rules().replace("host: www.example.net, ", "") if to != WWW else rules()
    found = ask(by_host + text, to)
    assert (found.verdict, found.reason) == (verdict, reason)
    served = verdict == "reachable"
    assert (found.service == Name("default", "web")) is served
    assert served or any(hop.object and hop.object.namespace == "edge" for hop in found.hops)


def test_a_node_without_the_controller_drops_where_the_policy_is_local() -> None:
    text = rules() + front("externalTrafficPolicy: Local, ") + controller()
    assert ask(text, via="node:n1").verdict == "reachable"
    assert (ask(text, via="node:n2").verdict, ask(text, via="node:n2").reason) == ("unreachable", "no-local-endpoints")
    assert ask(text).verdict == "reachable", "health checks leave that node out"


def test_a_pod_gets_to_the_controller_through_kube_proxy() -> None:
    """K2: packets for the load balancer's address stay in the cluster, and meet the policies of the controller."""
    text = rules() + front() + controller()
    assert ask(text, who="namespace:default").verdict == "reachable"
    assert ask(text + CLOSED, who="namespace:default").reason == "network-policy"
    by_name = text.replace("ip: 203.0.113.9", "hostname: lb.example.net")
    assert ask(by_name, who="namespace:default").verdict == "reachable"
    assert ask(by_name.replace("'True'", "'False'"), who="namespace:default").reason == "no-endpoints"


TLS = f", annotations: {{{AWS}ssl-cert: arn, {AWS}ssl-ports: https}}"
TO_PLAIN = "[{name: http, port: 80, targetPort: http}, {name: https, port: 443, targetPort: http}]"
TO_TLS = "[{name: http, port: 80, targetPort: https}]"
FORCED = ", annotations: {nginx.ingress.kubernetes.io/force-ssl-redirect: 'true'}"


@pytest.mark.parametrize(
    ("to", "meta", "ports", "annotations", "expected"),
    [
        ("https", TLS, TO_PLAIN, "", ("reachable", None, None)),
        ("https", TLS, TO_PLAIN, FORCED, ("unreachable", "redirect-loop", 308)),
        ("http", TLS, TO_PLAIN, FORCED, ("redirect", "redirect", 308)),
        ("https", TLS, PORTS, "", ("unreachable", "tls", None)),
        (
            "https",
            f", annotations: {{{AWS}ssl-cert: arn, {AWS}backend-protocol: ssl}}",
            PORTS,
            "",
            ("reachable", None, None),
        ),
        ("https", "", TO_PLAIN, "", ("unreachable", "tls", None)),
        ("http", "", TO_TLS, "", ("unreachable", "tls", None)),
        ("https", "", PORTS, FORCED, ("reachable", None, None)),
    ],
)
def test_the_target_port_decides_what_the_controller_is_spoken_to(
    to: str, meta: str, ports: str, annotations: str, expected: tuple[str, str | None, int | None]
) -> None:
    """CF-15, CF-16."""
    found = ask(rules(annotations) + front(ports=ports, meta=meta) + controller(), f"{to}://www.example.net/")
    assert (found.verdict, found.reason, found.answer.status) == expected
    if to == "https" and meta and expected[1]:
        assert "aws-load-balancer-ssl-ports" in str([hop.says for hop in found.hops])


BEHIND_HTTP = TLS.replace("{", f"{{{AWS}backend-protocol: http, ", 1)
DIGITAL_OCEAN = ", annotations: {service.beta.kubernetes.io/do-loadbalancer-certificate-id: c}"
OPENSTACK = ", annotations: {loadbalancer.openstack.org/default-tls-container-ref: c}"


@pytest.mark.parametrize(
    ("meta", "believes", "verdict"),
    [
        (BEHIND_HTTP, "true", "reachable"),
        (BEHIND_HTTP, "false", "unreachable"),
        (BEHIND_HTTP.replace("{", f"{{{AWS}type: nlb, ", 1), "true", "unreachable"),
        (TLS, "true", "unreachable"),
        (DIGITAL_OCEAN, "true", "reachable"),
        (OPENSTACK, "true", "unknown"),
    ],
)
def test_a_controller_that_believes_the_load_balancer_redirects_no_https(
    meta: str, believes: str, verdict: str
) -> None:
    """CN-19: X-Forwarded-Proto, which balancers that speak HTTP write."""
    settings = objects.document(
        "ConfigMap", "ingress-nginx-controller", f"data: {{use-forwarded-headers: '{believes}'}}", namespace="edge"
    )
    found = ask(rules(FORCED) + front(ports=TO_PLAIN, meta=meta) + controller() + settings, "https://www.example.net/")
    assert found.verdict == verdict
    assert "tls-host-not-listed" not in found.warnings


def test_a_gateway_is_reached_as_any_address_is() -> None:
    status = "{addresses: [{type: IPAddress, value: 203.0.113.9}]}"
    gateway = objects.gateway("{name: http, port: 80, protocol: HTTP}", status=status)
    route = objects.route("{backendRefs: [{name: web, port: 80}]}", host="www.example.net")
    assert ask(gateway + route + front() + controller()).service == Name("default", "web")
    assert ask(gateway + route + front() + controller("False")).reason == "no-endpoints"
    assert ask(gateway + route + front() + controller() + CLOSED).reason == "network-policy"
    assert ask(gateway + route).verdict == "reachable", "whatever is in front is not in the source"


def test_the_pods_behind_see_the_controller() -> None:
    """A policy in front of the backend that lets in the controller's namespace alone."""
    only = objects.document(
        "NetworkPolicy",
        "only",
        "spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: "
        "{matchLabels: {kubernetes.io/metadata.name: edge}}}]}]}",
    )
    status = "{addresses: [{type: IPAddress, value: 203.0.113.9}]}"
    gateway = objects.gateway("{name: http, port: 80, protocol: HTTP}", status=status)
    route = objects.route("{backendRefs: [{name: web, port: 80}]}", host="www.example.net")
    for text in (rules(), gateway + route):
        assert ask(text + front() + controller() + only).verdict == "reachable"
        assert ask(text + front() + controller() + only.replace("name: edge", "name: x")).reason == "network-policy"


def test_whoever_is_behind_a_front_is_touched_by_what_changes_it() -> None:
    status = "{addresses: [{type: IPAddress, value: 203.0.113.9}]}"
    gateway = objects.gateway("{name: http, port: 80, protocol: HTTP}", status=status)
    route = objects.route("{backendRefs: [{name: other, port: 80}]}")
    state = state_of(rules() + gateway + route + front() + WEB)
    ctl, web, other = Name("edge", "ctl"), Name("default", "web"), Name("default", "other")
    assert with_those_behind(state, {ctl}) == {ctl, web, other}
    assert with_those_behind(state, {web}) == {web}
    assert with_those_behind(state, None) is None


@pytest.mark.parametrize(
    ("who", "listens", "of_cluster", "assumed"),
    [
        ("node:n2", True, True, ""),
        ("node:n2", True, False, ""),
        ("node:n2", False, False, "the proxy listens on port 80 of node n1: nothing in the source does"),
        ("internet", True, True, "internet gets to 192.0.2.11, an address of node n1"),
    ],
)
def test_a_front_may_be_a_node(who: str, listens: bool, of_cluster: bool, assumed: str) -> None:
    """An Ingress whose address is a node's: whoever listens there takes the packets, or nobody is known to."""
    found = asked_at_a_node(who, listens=listens, of_cluster=of_cluster)
    assert (found.verdict, found.service) == ("reachable", Name("default", "web"))
    assert [text for text in found.assumed if "node n1" in text] == ([assumed] if assumed else [])


def test_a_node_where_nobody_listens_takes_nothing() -> None:
    found = asked_at_a_node("internet", listens=False, of_cluster=True)
    assert (found.verdict, found.reason) == ("unreachable", "port-not-in-service")
    assert found.hops[-1].kind == "load-balancer"
    assert "Node n1, whose address the proxy is said to have" in found.hops[-1].says


def asked_at_a_node(who: str, *, listens: bool, of_cluster: bool) -> Trace:
    """A controller on the network of node n1, or on its own, and an Ingress whose address is that of n1."""
    spec = f"nodeName: n1, hostNetwork: {str(listens).lower()}"
    address = "192.0.2.11" if listens else "10.1.0.9"
    proxy = objects.pod("ctl-0", address, labels="{app: ctl}", ports=DECLARED, namespace="edge", spec=spec)
    backends = objects.slice_("{addresses: ['10.1.0.8'], conditions: {ready: true}}")
    text = NODES + NGINX + WEB + POD + backends + rules().replace("203.0.113.9", "192.0.2.11") + proxy
    state = state_of(text)
    if of_cluster:
        state = ClusterState(state.source, state.objects, coverage=Coverage(all_pods=True))
    return trace(state, parse_request(WWW, parse_vantage(who), None))


# -- fronts without an address in a status ----------------------------------------------------------------------------

IMAGE = "registry.k8s.io/ingress-nginx/controller:v1.11.0"
OPEN_RULES = objects.ingress(objects.path(), "shop", host="www.example.net")
LED = "www.example.net leads to Service edge/ctl, in front of the proxy"


def running(replicas: int = 1, more: str = "") -> str:
    """The Deployment of the controller."""
    template = f"{{metadata: {{labels: {{app: ctl}}}}, spec: {{containers: [{{name: c, image: {IMAGE}, ports: {DECLARED}}}]{more}}}}}"
    spec = f"spec: {{replicas: {replicas}, template: {template}}}"
    return objects.document("Deployment", "ctl", spec, namespace="edge")


def scaled(name: str, replicas: int, namespace: str = "") -> str:
    """A Deployment of other proxies."""
    return objects.workload(
        "Deployment", f"replicas: {replicas}", name, labels="{app: ctl}", ports=DECLARED, namespace=namespace
    )


def unassigned(kind: str = "LoadBalancer", more: str = "", name: str = "ctl") -> str:
    return objects.service(f"{{type: {kind}, selector: {{app: ctl}}, {more}ports: {PORTS}}}", name, namespace="edge")


@pytest.mark.parametrize(
    ("text", "is_led", "verdict", "reason"),
    [
        (front() + running(), True, "reachable", None),
        (front() + running(0), True, "unreachable", "no-endpoints"),
        (front() + running() + controller("False"), True, "unreachable", "no-endpoints"),
        (front() + running() + controller() + CLOSED, True, "unreachable", "network-policy"),
        (unassigned() + running(), True, "reachable", None),
        (unassigned() + running(0), True, "unreachable", "no-endpoints"),
        (unassigned(more="clusterIP: 10.96.0.9, ") + running(), True, "unreachable", "no-address"),
        (unassigned("NodePort") + running(), True, "reachable", None),
        (unassigned("NodePort") + running(0), True, "unreachable", "no-endpoints"),
        (unassigned("ClusterIP") + running(0), False, "reachable", None),
        (unassigned() + unassigned(name="inner") + running(0), False, "reachable", None),
        (unassigned(), False, "reachable", None),
    ],
)
def test_the_pods_of_a_controller_tell_its_front(text: str, is_led: bool, verdict: str, reason: str | None) -> None:
    """CN-3: an Ingress without an address, and the controller with its Service beside it; of several none is it."""
    found = ask(text + OPEN_RULES)
    assert (found.verdict, found.reason, LED in found.assumed) == (verdict, reason, is_led)


def test_a_change_of_that_front_touches_whoever_is_behind() -> None:
    state = state_of(NGINX + WEB + unassigned() + running() + OPEN_RULES)
    assert with_those_behind(state, {Name("edge", "ctl")}) == {Name("edge", "ctl"), Name("default", "web")}


@pytest.mark.parametrize(("more", "verdict"), [("", "unreachable"), (", hostNetwork: true", "reachable")])
def test_a_node_has_the_ports_that_the_controller_takes_there(more: str, verdict: str) -> None:
    """CN-3: a controller behind node ports says that its address is the node's, which listens on these alone."""
    at_node = rules().replace("203.0.113.9", "192.0.2.11")
    assert ask(unassigned("NodePort") + running(more=more) + at_node).verdict == verdict


def test_services_of_gateways_are_known_by_their_labels() -> None:
    gateway = objects.gateway("{name: http, port: 80, protocol: HTTP}")
    route = objects.route("{backendRefs: [{name: web, port: 80}]}", host="www.example.net")
    labels = ", labels: {gateway.networking.k8s.io/gateway-name: g}"
    made = objects.service("{type: LoadBalancer, selector: {app: ctl}, ports: [{port: 80}]}", "g-proxy", meta=labels)
    assert ask(gateway + route + made + scaled("proxy", 0)).reason == "no-endpoints"
    assert ask(gateway + route + made + scaled("proxy", 1)).verdict == "reachable"
    assert ask(gateway + route + made.replace("name: g}", "name: other}") + scaled("proxy", 0)).verdict == "reachable"
    state = state_of(gateway + route + made)
    proxy = Name("default", "g-proxy")
    assert with_those_behind(state, {proxy}) == {proxy, Name("default", "web")}


def test_a_router_of_openshift_is_known_by_its_name() -> None:
    route = """---
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: r, namespace: default}
spec: {host: www.example.net, to: {kind: Service, name: web}}
status: {ingress: [{host: www.example.net, routerName: default, routerCanonicalHostname: router.example.net}]}
"""
    spec, namespace = f"{{type: LoadBalancer, selector: {{app: ctl}}, ports: {PORTS}}}", "openshift-ingress"
    service = objects.service(spec, "router-default", namespace=namespace)
    assert ask(route + service + scaled("router-default", 0, namespace)).reason == "no-endpoints"
    assert ask(route + service + scaled("router-default", 1, namespace)).verdict == "reachable"
    assert ask(route).verdict == "reachable"


def test_nobody_ends_tls_for_a_pod_that_kube_proxy_answers_in_place_of_the_load_balancer() -> None:
    """CF-16: the short cut of an address; a host name of the load balancer has none."""
    text = rules() + front(ports=TO_PLAIN, meta=DIGITAL_OCEAN) + controller()
    assert ask(text, "https://www.example.net/").verdict == "reachable"
    found = ask(text, "https://www.example.net/", who="pod")
    assert (found.verdict, found.reason) == ("unreachable", "tls")
    assert found.stop is not None
    assert "is not on this way" in found.stop.says
