"""Whom policies see behind a proxy that no Service leads to: its pods, by image or labels, and those of a node (N8)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

NODES = objects.node("n1", "192.0.2.11") + objects.node("n2", "192.0.2.12")
WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", "web")
SHOP = objects.ingress(
    objects.path(),
    "shop",
    host="a.example",
    of_class="nginx",
    status="{loadBalancer: {ingress: [{ip: 192.0.2.11}]}}",
)
CHART = "{app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller}"
EDGE = objects.document("Namespace", "edge", namespace="")


def controller(labels: str = CHART) -> str:
    return objects.pod("ctl-0", "192.0.2.11", labels=labels, namespace="edge", spec="hostNetwork: true, nodeName: n1")


def policy(peer: str) -> str:
    spec = f"spec: {{podSelector: {{}}, policyTypes: [Ingress], ingress: [{{from: [{peer}]}}]}}"
    return objects.document("NetworkPolicy", "from-edge", spec)


def ask(text: str, node: str = "n2") -> Trace:
    web = WEB + objects.pod("web-0", "10.1.0.8", spec=f"nodeName: {node}")
    given = NODES + EDGE + objects.ingress_class("k8s.io/ingress-nginx", "nginx") + SHOP + web + text
    return trace(state_of(given), parse_request("http://a.example/"))


BY_NAMESPACE = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: edge}}}"


@pytest.mark.parametrize(
    ("peer", "meant"),
    [
        (BY_NAMESPACE, "names its namespace"),
        ("{namespaceSelector: {}}", "names every namespace"),
        (f"{{namespaceSelector: {{}}, podSelector: {{matchLabels: {CHART}}}}}", "names its labels"),
    ],
)
def test_a_controller_of_the_host_network_is_its_node(peer: str, meant: str) -> None:
    found = ask(controller() + policy(peer))
    assert (found.verdict, found.reason) == ("unreachable", "network-policy")
    says = f"from-edge {meant}, but pod edge/ctl-0 is on the host network: policies see its node"
    assert found.stop is not None
    assert says in found.stop.says


def test_the_node_of_a_pod_gets_through_to_it() -> None:
    assert ask(controller() + policy(BY_NAMESPACE), node="n1").verdict == "reachable"


def test_a_controller_with_a_host_port_is_a_pod_of_its_namespace() -> None:
    ports = "[{containerPort: 80, hostPort: 80}]"
    pod = objects.pod("ctl-0", "10.1.0.9", labels=CHART, namespace="edge", ports=ports, spec="nodeName: n1")
    assert ask(pod + policy(BY_NAMESPACE)).verdict == "reachable"


def test_pods_that_are_nobodys_leave_it_open() -> None:
    assert ask(controller(labels="{app: x}") + policy(BY_NAMESPACE)).verdict == "unknown"


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        ("{from: [{namespaceSelector: {}}]}", "unreachable"),
        ("{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}", "unknown"),
        ("{}", "reachable"),
    ],
)
@pytest.mark.parametrize("kind", ["ingress", "gateway"])
def test_ciliums_proxy_is_no_pod(kind: str, rule: str, verdict: str) -> None:
    """Its identity is reserved:ingress, wherever it runs: selectors of pods and namespaces never match it."""
    spec = f"spec: {{podSelector: {{}}, policyTypes: [Ingress], ingress: [{rule}]}}"
    text = WEB + objects.pod("web-0", "10.1.0.8") + objects.document("NetworkPolicy", "np", spec)
    if kind == "ingress":
        text += objects.ingress(objects.path(), host="a.example", of_class="cilium")
        text += objects.ingress_class("cilium.io/ingress-controller", "cilium")
    else:
        of_class = "spec: {controllerName: io.cilium/gateway-controller}"
        text += objects.document("GatewayClass", "c", of_class, "gateway.networking.k8s.io/v1")
        text += objects.gateway() + objects.route("{backendRefs: [{name: web, port: 80}]}", host="a.example")
    found = trace(state_of(text), parse_request("http://a.example/"))
    assert found.verdict == verdict
    if verdict == "unreachable":
        assert found.stop is not None
        assert "no rule lets Cilium's proxy (entity ingress) reach them" in found.stop.says
