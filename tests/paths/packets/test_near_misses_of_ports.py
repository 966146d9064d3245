"""A number that was asked for in the place of another one: node ports, ports of pods, ports of Services (K11, K12)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

NODE = objects.node("n1", "192.0.2.11")
PORTS = "ports: [{port: 80, targetPort: 8080, nodePort: 30080}]"
WEB = objects.service(f"{{type: NodePort, clusterIP: 10.96.0.8, selector: {{app: web}}, {PORTS}}}", "web")
POD = objects.pod("web-0", "10.1.0.1", spec="nodeName: n1")
HIDDEN = objects.pod("agent", "192.0.2.11", labels="{app: agent}", ports="[]", spec="hostNetwork: true, nodeName: n1")
AGENT = objects.service("{clusterIP: 10.96.0.9, selector: {app: agent}, ports: [{port: 9100}]}", "agent")


def ask(text: str, to: str, who: str = "node:n1") -> Trace:
    return trace(state_of(NODE + text), parse_request(f"tcp://{to}", parse_vantage(who)))


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("10.96.0.8:30080", "30080 is the node port of its port 80: nodes have that, not the Service's addresses."),
        ("10.96.0.8:8080", "8080 is the port of its pods (targetPort): the Service has it as 80."),
        ("10.96.0.8:81", "The Service has no port 81/TCP; its ports: 80/TCP."),
        ("192.0.2.11:80", "Service default/web has port 80, and node port 30080 for it."),
        ("192.0.2.11:81", "is no node port, and no external IP of a Service."),
    ],
)
def test_the_number_that_was_meant_is_named(to: str, says: str) -> None:
    found = ask(WEB + POD, to)
    assert (found.verdict, found.reason) == ("unreachable", "port-not-in-service")
    assert found.stop is not None
    assert found.stop.says.endswith(says)


def test_of_several_services_none_is_named() -> None:
    other = WEB.replace("name: web", "name: other").replace("30080", "30081").replace("10.96.0.8", "10.96.0.7")
    found = ask(WEB + other + POD, "192.0.2.11:80")
    assert found.stop is not None
    assert "has port 80" not in found.stop.says


def test_a_pod_of_the_node_that_a_service_leads_to_is_met_at_the_node_too() -> None:
    """E9: a number is itself, whether a container declares it or not."""
    for to in ("10.96.0.9:9100", "192.0.2.11:9100"):
        assert ask(HIDDEN + AGENT, to).verdict == "reachable"
    assert ask(HIDDEN, "192.0.2.11:9100").verdict == "unreachable"


@pytest.mark.parametrize("pods", [POD, objects.workload()])
def test_a_port_that_no_container_declares_is_said_with_those_that_are(pods: str) -> None:
    wrong = WEB.replace("targetPort: 8080", "targetPort: 80")
    found = ask(wrong + pods.replace("[{name: http, containerPort: 8080}]", "[{containerPort: 8080}]"), "10.96.0.8:80")
    assert found.verdict == "reachable"
    assert any(hop.says.endswith("No container declares port 80; declared: 8080.") for hop in found.hops)


@pytest.mark.parametrize(
    ("pods", "verdict"),
    [(objects.workload(), "unknown"), (POD, "unreachable"), (objects.workload("DaemonSet", ""), "unknown")],
)
def test_a_hash_that_a_controller_gives_is_in_no_file(pods: str, verdict: str) -> None:
    """A selector that was copied from a cluster fits until the next rollout."""
    hashed = WEB.replace("{app: web}", "{app: web, pod-template-hash: 5f6}")
    found = ask(hashed + pods.replace("spec: {, ", "spec: {"), "10.96.0.8:80")
    assert found.verdict == verdict
    assert any("gives them pod-template-hash" in hop.says for hop in found.hops) is (verdict == "unknown")


@pytest.mark.parametrize(
    ("spec", "verdict"),
    [
        ("containers: [{name: c, ports: [{containerPort: 8080, hostPort: 80}]}]", "unknown"),
        ("hostNetwork: true, containers: [{name: c, ports: [{containerPort: 80}]}]", "unknown"),
        ("containers: [{name: c, ports: [{containerPort: 80}]}]", "unreachable"),
    ],
)
def test_a_pod_that_is_to_come_may_have_a_port_of_the_node(spec: str, verdict: str) -> None:
    """Files have the workload; on which nodes it runs is for the cluster to say."""
    made = objects.document("DaemonSet", "edge", f"spec: {{template: {{spec: {{{spec}}}}}}}", "apps/v1")
    found = ask(made, "192.0.2.11:80", "192.0.2.99")
    assert found.verdict == verdict
    if verdict == "unknown":
        assert "a pod of it on node n1 takes the connection, if there is one" in found.hops[-1].says
