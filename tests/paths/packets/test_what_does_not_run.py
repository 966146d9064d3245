"""Facts about nodes that could decide: a kube-proxy that is not ready, a label that takes a node out of balancers."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

OUT = "labels: {node.kubernetes.io/exclude-from-external-load-balancers: ''}"
PODS = objects.pod("web-0", "10.1.0.1", spec="nodeName: n1") + objects.pod(
    "client", "10.1.0.9", labels="{app: c}", spec="nodeName: n2"
)


def service(spec: str = "") -> str:
    own = f"type: LoadBalancer, clusterIP: 10.96.0.8, selector: {{app: web}}, {spec}ports: [{{port: 80, nodePort: 30080}}]"
    return objects.service(f"{{{own}}}", "web", status="{loadBalancer: {ingress: [{ip: 203.0.113.9}]}}")


def proxy(node: str, ready: str = "True") -> str:
    return objects.pod(
        f"kube-proxy-{node}",
        "192.0.2.1",
        labels="{k8s-app: kube-proxy}",
        namespace="kube-system",
        ready=ready,
        spec=f"hostNetwork: true, nodeName: {node}",
    )


def ask(text: str, to: str, who: str) -> Trace:
    return trace(state_of(PODS + text), parse_request(to, parse_vantage(who)))


PLAIN = objects.node("n1", "192.0.2.11") + objects.node("n2", "192.0.2.12")


@pytest.mark.parametrize(
    ("proxies", "who", "verdict"),
    [
        (proxy("n1") + proxy("n2"), "pod:default/client", "reachable"),
        (proxy("n1") + proxy("n2", "False"), "pod:default/client", "unknown"),
        (proxy("n1", "False") + proxy("n2"), "pod:default/client", "reachable"),
        (proxy("n1", "False") + proxy("n2"), "pod", "reachable"),
        (proxy("n1", "False") + proxy("n2", "False"), "pod", "unknown"),
        ("", "pod:default/client", "reachable"),
    ],
)
def test_rules_of_a_node_are_as_old_as_its_kube_proxy(proxies: str, who: str, verdict: str) -> None:
    found = ask(PLAIN + service() + proxies, "tcp://10.96.0.8:80", who)
    assert found.verdict == verdict
    if verdict == "unknown":
        assert found.likely == "reachable"
        assert "kube-proxy-" in str(found.undecided[0].object)


@pytest.mark.parametrize(
    ("first", "second", "spec", "verdict"),
    [
        ("", "", "", "reachable"),
        (OUT, "", "", "reachable"),
        (OUT, OUT, "", "unknown"),
        (OUT, "", "externalTrafficPolicy: Local, ", "unknown"),
        ("", OUT, "externalTrafficPolicy: Local, ", "reachable"),
        (OUT, OUT, "loadBalancerClass: kube-vip.io/x, ", "reachable"),
    ],
)
def test_a_load_balancer_needs_a_node_that_is_not_left_out(first: str, second: str, spec: str, verdict: str) -> None:
    nodes = objects.node("n1", "192.0.2.11", meta=first) + objects.node("n2", "192.0.2.12", meta=second)
    found = ask(nodes + service(spec), "tcp://203.0.113.9:80", "internet")
    assert found.verdict == verdict
    if verdict == "unknown":
        assert "exclude-from-external-load-balancers" in found.undecided[0].field
