"""Whom policies of Cilium and Calico select: true, false, and None where nobody here can tell."""

from __future__ import annotations

import msgspec
import pytest
import yaml

from svcmap.model.base import Metadata
from svcmap.model.plugin_policies import CalicoPolicy, CalicoSpec, CiliumPolicy
from svcmap.semantics import calico, cilium

WEB = {"app": "web", "tier": "front"}


def cilium_policy(text: str, namespace: str = "") -> CiliumPolicy:
    found = msgspec.convert(yaml.safe_load(text), CiliumPolicy)
    return msgspec.structs.replace(found, metadata=Metadata(name="p", namespace=namespace))


def endpoint_selector(selector: str) -> CiliumPolicy:
    return cilium_policy(f"spec: {{endpointSelector: {selector}}}")


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("{}", True),
        ("{matchLabels: {app: web}}", True),
        ("{matchLabels: {'k8s:app': web}}", True),
        ("{matchLabels: {'any:app': api}}", False),
        ("{matchLabels: {'k8s:io.kubernetes.pod.namespace': shop}}", True),
        ("{matchLabels: {io.kubernetes.pod.namespace: other}}", False),
        ("{matchLabels: {io.cilium.k8s.namespace.labels.team: a}}", True),
        ("{matchLabels: {'k8s:io.cilium.k8s.namespace.labels.team': b}}", False),
        ("{matchLabels: {io.cilium.k8s.policy.serviceaccount: web}}", None),
        ("{matchLabels: {io.cilium.k8s.policy.serviceaccount: web, app: api}}", False),
        ("{matchLabels: {'reserved:host': ''}}", None),
        ("{matchExpressions: [{key: app, operator: In, values: [web, api]}]}", True),
        ("{matchExpressions: [{key: 'k8s:app', operator: NotIn, values: [web]}]}", False),
        ("{matchExpressions: [{key: gone, operator: DoesNotExist}]}", True),
    ],
)
def test_an_endpoint_selector_of_cilium(selector: str, expected: bool | None) -> None:
    assert cilium.selects_pod(endpoint_selector(selector), "shop", WEB, {"team": "a"}) is expected


@pytest.mark.parametrize(
    ("selector", "expected"),
    [("{}", True), ("{matchLabels: {app: web}}", None), ("{matchLabels: {io.kubernetes.pod.namespace: a}}", False)],
)
def test_labels_nobody_read_decide_nothing(selector: str, expected: bool | None) -> None:
    assert cilium.selects_pod(endpoint_selector(selector), "shop", None, None) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", None),
        ("spec: {}", None),
        ("spec: {nodeSelector: {}}", False),
        ("specs: [{endpointSelector: {matchLabels: {app: api}}}, {endpointSelector: {}}]", True),
        ("specs: [{endpointSelector: {matchLabels: {app: api}}}]", False),
    ],
)
def test_one_rule_that_selects_is_enough(text: str, expected: bool | None) -> None:
    assert cilium.selects_pod(cilium_policy(text), "shop", WEB, {}) is expected


def test_a_policy_of_a_namespace_stays_in_it() -> None:
    policy = cilium_policy("spec: {endpointSelector: {}}", "shop")
    assert cilium.selects_pod(policy, "shop", WEB, {}) is True
    assert cilium.selects_pod(policy, "other", WEB, {}) is False
    inside = CalicoPolicy(metadata=Metadata(name="p", namespace="shop"))
    assert calico.selects_pod(inside, "shop", WEB, {}) is True
    assert calico.selects_pod(inside, "other", WEB, {}) is False


@pytest.mark.parametrize(
    ("text", "expected"), [("spec: {nodeSelector: {}}", True), ("spec: {endpointSelector: {}}", False)]
)
def test_a_policy_of_cilium_is_about_pods_or_nodes(text: str, expected: bool) -> None:
    assert cilium.selects_nodes(cilium_policy(text)) is expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", True),
        ("all()", True),
        ("global()", False),
        ("app == 'web'", True),
        ('app == "api"', False),
        ("app=='web'&&tier=='front'", True),
        ("app == 'api' || tier == 'front'", True),
        ("app == 'api' || tier == 'front' && app == 'api'", False),
        ("(app == 'api' || tier == 'front') && has(app)", True),
        ("!has(gone)", True),
        ("!(app == 'web')", False),
        ("!!has(app)", True),
        ("app != 'web'", False),
        ("gone != 'web'", True),
        ("app in {'api', 'web'}", True),
        ("app in {}", False),
        ("app not in {'api'}", True),
        ("gone not in {'api'}", True),
        ("app contains 'e'", True),
        ("app starts with 'w'", True),
        ("app ends with 'x'", False),
        ("gone contains 'e'", False),
        ("in in {'a'}", False),
        ("projectcalico.org/namespace == 'shop'", True),
        ("projectcalico.org/orchestrator == 'k8s'", True),
        ("pcns.team == 'a'", None),
        ("has(pcsa.role)", None),
        ("pcns.team == 'a' && app == 'api'", False),
        ("app = 'web'", None),
        ("app == web", None),
        ("app == 'web' tier", None),
        ("has(app", None),
        ("nobody(app)", None),
        ("app like 'w'", None),
        ("app ==", None),
        ("&&", None),
        ("app in {'web' 'api'}", None),
        ("app in {'web',}", True),
        ("!" * 5_000 + "has(app)", None),
        ("(" * 5_000, None),
    ],
)
def test_a_selector_of_calico(expression: str, expected: bool | None) -> None:
    policy = CalicoPolicy(spec=CalicoSpec(selector=expression))
    assert calico.selects_pod(policy, "shop", WEB, {}) is expected


@pytest.mark.parametrize(
    ("namespace_selector", "service_accounts", "expected"),
    [
        ("team == 'a'", "", True),
        ("team == 'b'", "", False),
        ("projectcalico.org/name == 'shop'", "", True),
        ("kubernetes.io/metadata.name in {'other'}", "", False),
        ("", "role == 'x'", None),
        ("team == 'b'", "role == 'x'", False),
    ],
)
def test_a_global_policy_of_calico_selects_namespaces_too(
    namespace_selector: str, service_accounts: str, expected: bool | None
) -> None:
    spec = CalicoSpec(namespace_selector=namespace_selector, service_account_selector=service_accounts)
    assert calico.selects_pod(CalicoPolicy(spec=spec), "shop", WEB, {"team": "a"}) is expected


def test_calico_cannot_tell_of_labels_nobody_read() -> None:
    assert calico.matches("has(app)", None) is None
    assert calico.matches("all()", None) is True
    assert calico.matches("has(app) || all()", None) is True


@pytest.mark.parametrize(
    ("name", "expected"),
    [("knp.default.deny", True), ("kanp.adminnetworkpolicy.a", True), ("default.deny", False), ("deny", False)],
)
def test_what_calico_makes_of_other_policies_is_none_of_its_own(name: str, expected: bool) -> None:
    assert calico.is_copy(CalicoPolicy(metadata=Metadata(name=name))) is expected
