"""Policies that are named and not evaluated: they make unknown what they could decide, and nothing else (N9)."""

from __future__ import annotations

import pytest

from svcmap.model.kinds import is_foreign_policy
from svcmap.model.refs import GroupKind
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

PODS = "".join(
    objects.pod(name, f"10.244.0.{i}", labels=f"{{app: {name}}}", namespace=namespace, spec="nodeName: node-a")
    for i, (name, namespace) in enumerate([("web", "shop"), ("client", "shop"), ("batch", "jobs")], 1)
)
SPEC = "{clusterIP: 10.96.0.1, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}"
CLUSTER = objects.service(SPEC, namespace="shop") + objects.node("node-a") + PODS


def asked(policy: str, vantage: str = "pod:shop/client") -> Trace:
    return trace(state_of(CLUSTER + policy), parse_request("http://web.shop", parse_vantage(vantage)))


def cilium(selector: str, kind: str = "CiliumNetworkPolicy", namespace: str = "shop") -> str:
    where = namespace if kind == "CiliumNetworkPolicy" else ""
    return objects.document(kind, "p", f"spec: {selector}", "cilium.io/v2", namespace=where)


def calico(spec: str, kind: str = "GlobalNetworkPolicy", name: str = "p") -> str:
    return objects.document(kind, name, f"spec: {spec}", "projectcalico.org/v3", namespace="shop")


CLUSTERWIDE = "CiliumClusterwideNetworkPolicy"


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [
        (cilium("{endpointSelector: {}}"), "unknown"),
        (cilium("{endpointSelector: {matchLabels: {app: web}}}"), "unknown"),
        (cilium("{endpointSelector: {matchLabels: {app: client}}}"), "unknown"),
        (cilium("{endpointSelector: {matchLabels: {app: other}}}"), "reachable"),
        (cilium("{endpointSelector: {}}", namespace="jobs"), "reachable"),
        (cilium("{endpointSelector: {matchLabels: {app: other}}}", CLUSTERWIDE), "reachable"),
        (cilium("{endpointSelector: {matchLabels: {'k8s:app': web}}}", CLUSTERWIDE), "unknown"),
        (cilium("{nodeSelector: {}}", CLUSTERWIDE), "reachable"),
        (calico("{selector: app == 'web'}"), "unknown"),
        (calico("{selector: app == 'other'}"), "reachable"),
        (calico("{selector: all(), namespaceSelector: kubernetes.io/metadata.name == 'jobs'}"), "reachable"),
        (calico("{selector: all()}", "NetworkPolicy"), "unknown"),
        (calico("{selector: all()}", "NetworkPolicy", "knp.default.p"), "reachable"),
        (calico("{selector: all()}", "StagedGlobalNetworkPolicy"), "reachable"),
        (objects.document("CiliumLocalRedirectPolicy", "p", api="cilium.io/v2", namespace="shop"), "unknown"),
    ],
)
def test_a_policy_that_selects_neither_end_changes_nothing(policy: str, verdict: str) -> None:
    assert asked(policy + objects.namespace("shop")).verdict == verdict


def test_the_policy_that_could_decide_is_named_with_its_group() -> None:
    found = asked(cilium("{endpointSelector: {matchLabels: {app: web}}}"))
    assert found.stop is not None
    assert found.stop.says.startswith("CiliumNetworkPolicy (cilium.io) shop/p may forbid this")
    assert len(found.endpoints) == 1


@pytest.mark.parametrize(("vantage", "verdict"), [("node:node-a", "unknown"), ("pod:jobs/batch", "reachable")])
def test_a_policy_about_nodes_is_about_what_nodes_send(vantage: str, verdict: str) -> None:
    assert asked(cilium("{nodeSelector: {}}", CLUSTERWIDE), vantage).verdict == verdict


def test_a_pod_of_which_nothing_is_known_may_be_any_the_whole_cluster_has_a_policy_for() -> None:
    text = CLUSTER + cilium("{endpointSelector: {matchLabels: {app: client}}}", CLUSTERWIDE)
    assert (
        trace(
            state_of(text), parse_request("http://web.shop.svc.cluster.local", parse_vantage("namespace:jobs"))
        ).verdict
        == "unknown"
    )


@pytest.mark.parametrize(
    ("group", "kind", "expected"),
    [
        ("policy.networking.k8s.io", "ClusterNetworkPolicy", False),
        ("cilium.io", "CiliumLocalRedirectPolicy", True),
        ("cilium.io", "CiliumBGPPeeringPolicy", False),
        ("cilium.io", "CiliumNetworkPolicy", False),
        ("projectcalico.org", "StagedNetworkPolicy", False),
        ("kyverno.io", "ClusterPolicy", False),
    ],
)
def test_which_kinds_are_known_by_name_alone(group: str, kind: str, expected: bool) -> None:
    assert is_foreign_policy(GroupKind(group, kind)) is expected
