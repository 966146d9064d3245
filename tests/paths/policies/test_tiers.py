"""The tiers of administrators' policies around NetworkPolicies, as traces say them (N9)."""

from __future__ import annotations

import json

import pytest

from svcmap.model.coverage import Coverage
from svcmap.model.group_kinds import CLUSTER_NETWORK_POLICY
from svcmap.model.kinds import KINDS
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.sources.manifests import ManifestSource
from tests import objects
from tests.conftest import FIXTURES, state_of

CLUSTER = (FIXTURES / "policies" / "tiers.yaml").read_text()


def asked(to: str, vantage: str, *more: str) -> Trace:
    return trace(state_of("".join([CLUSTER, *more])), parse_request(to, parse_vantage(vantage)))


def administrators(kind: str, spec: str, version: str = "v1alpha2", name: str = "more") -> str:
    return objects.document(kind, name, f"spec: {spec}", f"policy.networking.k8s.io/{version}")


@pytest.mark.parametrize(
    ("to", "vantage", "says", "step"),
    [
        (
            "tcp://db.shop:5432",
            "pod:lab/try",
            "ClusterNetworkPolicy no-lab (Admin tier, priority 20): its ingress rule from-lab does not let pod lab/try "
            "reach them, and no NetworkPolicy can allow it.",
            "add an Accept or Pass rule before it: "
            "kubectl describe clusternetworkpolicies.policy.networking.k8s.io no-lab",
        ),
        (
            "http://web.shop",
            "pod:monitoring/prometheus",
            "ClusterNetworkPolicy apart (Baseline tier, priority 0): its ingress rule others does not let pod "
            "monitoring/prometheus reach them; this default holds where no NetworkPolicy is about the pods.",
            "add a NetworkPolicy that allows it, or an Accept rule before it: "
            "kubectl describe clusternetworkpolicies.policy.networking.k8s.io apart",
        ),
    ],
)
def test_a_tier_that_denies_says_why(to: str, vantage: str, says: str, step: str) -> None:
    found = asked(to, vantage)
    assert (found.reason, found.stop and found.stop.says, found.stop and found.stop.next) == (
        "network-policy",
        says,
        step,
    )
    assert str(found.stop and found.stop.object).startswith("ClusterNetworkPolicy/")


def test_endpoints_that_a_tier_takes_away_say_so() -> None:
    found = asked("http://web.shop", "pod:lab/try")
    assert [why for _, why in found.excluded] == ["ClusterNetworkPolicy no-lab: ingress not allowed"]


OTHER_WAY = objects.document(
    "NetworkPolicy",
    "outward",
    "spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{}]}",
    namespace="shop",
)


def test_a_pod_that_is_selected_for_the_other_direction_is_one_implementations_differ_in() -> None:
    found = asked("http://web.shop", "pod:monitoring/prometheus", OTHER_WAY)
    assert found.verdict == "unknown"
    assert "selects the pods for egress, and then implementations differ" in found.hops[-1].says
    assert asked("http://web", "pod:shop/db-0", OTHER_WAY).verdict == "reachable"


def test_policies_of_equal_priority_that_differ_make_it_unknown() -> None:
    spec = (
        "{tier: Admin, priority: 20, subject: {namespaces: {}}, ingress: [{action: Accept, from: [{namespaces: {}}]}]}"
    )
    found = asked("http://web.shop", "pod:lab/try", administrators("ClusterNetworkPolicy", spec))
    assert found.verdict == "unknown"
    assert "another of equal priority comes first, the API leaves open" in found.hops[-1].says


SHOP = "{namespaces: {matchLabels: {team: shop}}}"


@pytest.mark.parametrize(
    ("kind", "spec", "reached"),
    [
        ("AdminNetworkPolicy", "{priority: 5, subject: SHOP, ingress: [{action: Deny, from: [{namespaces: {}}]}]}", False),
        ("AdminNetworkPolicy", "{priority: 5, subject: SHOP, ingress: [{action: Allow, from: [{namespaces: {}}]}]}", True),
        ("BaselineAdminNetworkPolicy", "{subject: SHOP, ingress: [{action: Deny, from: [{namespaces: {}}]}]}", True),
    ],
)  # fmt: skip
def test_the_older_kinds_are_of_one_tier_each(kind: str, spec: str, reached: bool) -> None:
    """A NetworkPolicy lets everybody reach the database: what comes before it decides, what comes after does not."""
    found = asked(
        "tcp://db.shop:5432", "pod:monitoring/prometheus", administrators(kind, spec.replace("SHOP", SHOP), "v1alpha1")
    )
    assert (found.verdict == "reachable") is reached


def test_names_that_a_tier_keeps_from_resolving() -> None:
    deny = "{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{name: silence, action: Deny, to: [{pods: {podSelector: {matchLabels: {k8s-app: kube-dns}}}}]}]}"
    found = asked("http://web.shop", "pod:lab/try", administrators("ClusterNetworkPolicy", deny))
    assert (found.reason, found.stop and found.stop.says) == (
        "network-policy",
        "ClusterNetworkPolicy more (Admin tier, priority 1): its egress rule silence does not let pod lab/try reach the DNS "
        "pods, and no NetworkPolicy can allow it: no name resolves.",
    )


def test_a_list_that_was_refused_may_hold_one_that_forbids() -> None:
    state = ManifestSource([str(FIXTURES / "demo")]).load()
    refused = type(state)(
        state.source, state.objects, coverage=Coverage(partly={CLUSTER_NETWORK_POLICY: ()}, all_pods=True)
    )
    found = trace(refused, parse_request("http://web.shop", parse_vantage("namespace:shop")))
    assert found.verdict == "unknown"
    assert found.hops[-1].says == "The ClusterNetworkPolicies could not be read: one may forbid this."


def test_they_are_read_where_a_cluster_has_them() -> None:
    row = KINDS[CLUSTER_NETWORK_POLICY]
    assert (row.live, row.namespaced) == ("optional", False)


def test_a_namespace_in_the_metadata_of_one_is_none() -> None:
    """They are of the whole cluster, whatever their text says; a dump of another tool may say so."""
    text = administrators(
        "ClusterNetworkPolicy", json.dumps({"tier": "Admin", "priority": 1, "subject": {"namespaces": {}}})
    )
    state = state_of(text.replace("{name: more}", "{name: more, namespace: shop}"))
    assert [str(name) for name in state.objects[CLUSTER_NETWORK_POLICY]] == ["more"]
