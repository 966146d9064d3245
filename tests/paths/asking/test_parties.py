"""Pods that one judgement stands for, and those that need one of their own (N6)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.trace import trace
from tests.conftest import state_of

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.0.1, selector: {app: web}, ports: [{port: 80, targetPort: web}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p}
spec: {podSelector: {}, ingress: [{ports: [{port: web}]}]}
---
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {{name: web-{ip}, labels: {{app: web}}, ownerReferences: [{{kind: ReplicationController, name: web}}]}}
spec: {{containers: [{{name: c, image: c, ports: [{ports}]}}]}}
status: {{phase: Running, podIP: 10.1.0.{ip}, podIPs: [{{ip: 10.1.0.{ip}}}], conditions: [{{type: Ready, status: "True"}}]}}
---
"""
OLD = "{name: web, containerPort: 8080}"
NEW = "{name: web, containerPort: 9090}"


@pytest.mark.parametrize("ports", [(OLD, NEW), (NEW, OLD), (OLD, OLD)])
def test_pods_of_one_owner_whose_named_ports_differ(ports: tuple[str, str]) -> None:
    """A controller in the middle of a change: each pod is judged by its own port of the name."""
    text = SERVICE + "".join(POD.format(ip=ip, ports=port) for ip, port in enumerate(ports, 1))
    found = trace(state_of(text), parse_request("http://10.96.0.1", parse_vantage("namespace:default")))
    assert found.verdict == "reachable"
    assert [e.address for e in found.endpoints] == ["10.1.0.1", "10.1.0.2"]


def test_a_policy_by_a_number_keeps_the_pods_of_the_other_number_out() -> None:
    text = SERVICE.replace("[{port: web}]", "[{port: 8080}]")
    text += POD.format(ip=1, ports=OLD) + POD.format(ip=2, ports=NEW)
    found = trace(state_of(text), parse_request("http://10.96.0.1", parse_vantage("namespace:default")))
    assert (found.verdict, [e.address for e in found.endpoints]) == ("partial", ["10.1.0.1"])


@pytest.mark.parametrize(
    "status", ["{phase: Pending}", "{phase: Succeeded, podIP: 10.1.0.7, podIPs: [{ip: 10.1.0.7}]}"]
)
def test_a_pod_that_asks_is_judged_by_its_labels_before_and_after_it_runs(status: str) -> None:
    caller = f"""
apiVersion: v1
kind: Pod
metadata: {{name: caller, labels: {{app: caller}}}}
spec: {{containers: [{{name: c, image: c}}]}}
status: {status}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: out}}
spec: {{podSelector: {{matchLabels: {{app: caller}}}}, policyTypes: [Egress]}}
---
"""
    text = SERVICE + POD.format(ip=1, ports=OLD) + caller
    found = trace(state_of(text), parse_request("http://10.96.0.1", parse_vantage("pod:default/caller")))
    assert (found.verdict, found.reason) == ("unreachable", "network-policy")
