"""The tiers of administrators' policies around NetworkPolicies, as traces say them (N9)."""

from __future__ import annotations

import json

import pytest

from svcmap.model.coverage import Coverage
from svcmap.model.group_kinds import CLUSTER_NETWORK_POLICY, NETWORK_POLICY
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import ANY_POD, parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.policies.engines import ENGINES
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import FIXTURES, state_of

CLUSTER = (FIXTURES / "policies" / "tiers.yaml").read_text()


WITHOUT = CLUSTER[: CLUSTER.index("apiVersion: policy.networking")]
"""Without policies of administrators."""


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


SLICES = "".join(
    objects.slice_(
        f"{{addresses: [{address}], targetRef: {{kind: Pod, name: {pod}, namespace: {namespace}}}}}",
        ports,
        of=name,
        namespace=namespace,
    )
    for name, namespace, address, pod, ports in (
        ("web", "shop", "10.244.1.10", "web-0", "[{name: http, port: 8080}]"),
        ("db", "shop", "10.244.1.11", "db-0", "[{port: 5432}]"),
        ("kube-dns", "kube-system", "10.244.0.2", "coredns", "[{name: dns, port: 53, protocol: UDP}]"),
    )
)


def partly_read(*more: str, **partly: tuple[str, ...]) -> ClusterState:
    """The cluster, as if some kinds could be listed in some namespaces only."""
    state = state_of("".join([CLUSTER, SLICES, *more]))
    kinds = {"cluster": CLUSTER_NETWORK_POLICY, "policies": NETWORK_POLICY}
    coverage = Coverage(partly={kinds[name]: namespaces for name, namespaces in partly.items()}, all_pods=True)
    return ClusterState(state.source, state.objects, state.issues, coverage=coverage)


CLOSED = objects.document("NetworkPolicy", "closed", "spec: {podSelector: {matchLabels: {app: web}}}", namespace="shop")


@pytest.mark.parametrize(
    ("state", "to", "vantage", "verdict"),
    [
        (partly_read(cluster=()), "http://web", "pod:shop/db-0", "unknown"),
        (partly_read(CLOSED, cluster=()), "http://web", "pod:shop/db-0", "unknown"),
        (partly_read(CLOSED), "http://web", "pod:shop/db-0", "unreachable"),
        (partly_read(policies=()), "tcp://db.shop:5432", "pod:lab/try", "unreachable"),
        (partly_read(policies=()), "http://web.shop", "pod:monitoring/prometheus", "unknown"),
        (partly_read(policies=("shop",)), "http://web.shop", "pod:monitoring/prometheus", "unreachable"),
    ],
    ids=["may-forbid", "may-allow", "both-read", "first-tier-decides", "may-overrule-default", "read-where-it-matters"],
)
def test_what_was_not_read_leaves_open_what_it_could_change(
    state: ClusterState, to: str, vantage: str, verdict: str
) -> None:
    """A denial is certain where no policy that has its say before it, or with it, can be missing."""
    assert trace(state, parse_request(to, parse_vantage(vantage))).verdict == verdict


def test_of_whichever_kind_a_list_was_refused_it_may_hold_one_that_forbids() -> None:
    state = state_of(CLUSTER + SLICES)
    for kind in (kind for engine in ENGINES for kind in engine.kinds):
        coverage = Coverage(partly={kind: ()}, all_pods=True)
        refused = ClusterState(state.source, state.objects, state.issues, coverage=coverage)
        found = trace(refused, parse_request("http://web", parse_vantage("pod:shop/db-0")))
        assert (kind, found.verdict) == (kind, "unknown")
        assert "could not be read: one may forbid this." in found.hops[-1].says


NOT_SYSTEM = (
    "{namespaces: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system]}]}}"
)
TO_WEB = "egress: [{action: Deny, to: [{pods: {podSelector: {matchLabels: {app: web}}}}]}]"
TO_DNS = "egress: [{action: Deny, to: [{namespaces: {}}], protocols: [{udp: {destinationPort: {number: 53}}}]}]"


@pytest.mark.parametrize(
    ("spec", "verdict"),
    [
        (f"{{tier: Admin, priority: 1, subject: {NOT_SYSTEM}, {TO_WEB}}}", "unknown"),
        (f"{{tier: Admin, priority: 1, subject: {{namespaces: {{}}}}, {TO_WEB}}}", "unreachable"),
        (f"{{tier: Admin, priority: 1, subject: {{namespaces: {{}}}}, {TO_DNS}}}", "unreachable"),
        (f"{{tier: Admin, priority: 1, subject: {NOT_SYSTEM}, egress: []}}", "reachable"),
    ],
)
def test_a_pod_that_may_be_any_may_be_one_a_policy_is_about(spec: str, verdict: str) -> None:
    text = WITHOUT + administrators("ClusterNetworkPolicy", spec)
    assert trace(state_of(text), parse_request("http://web.shop", ANY_POD)).verdict == verdict


def test_an_entry_of_no_known_address_may_be_a_node() -> None:
    """A controller on the host network, as on bare metal."""
    ingress = objects.ingress(host="shop.example.com", of_class="", namespace="shop") + objects.node("n1", "192.0.2.1")
    spec = "{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{nodes: {}}]}]}"
    closed = administrators("ClusterNetworkPolicy", spec)
    request = parse_request("http://shop.example.com", parse_vantage("pod:lab/try"))
    assert trace(state_of(WITHOUT + ingress), request).verdict == "reachable"
    assert trace(state_of(WITHOUT + ingress + closed), request).verdict == "unknown"


def test_of_two_apis_a_plugin_reads_one() -> None:
    spec = "{priority: 0, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}"
    found = asked(
        "http://10.96.20.3:9090", "pod:monitoring/prometheus", administrators("AdminNetworkPolicy", spec, "v1alpha1")
    )
    assert found.verdict == "unknown"
    assert "a plugin reads one API" in found.hops[-1].says
    both_deny = asked("tcp://10.96.20.2:5432", "pod:lab/try", administrators("AdminNetworkPolicy", spec, "v1alpha1"))
    assert both_deny.verdict == "unreachable"


def test_networks_that_catch_a_pod_are_an_assumption() -> None:
    spec = "{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [10.244.1.0/24]}]}]}"
    found = asked("http://web.shop", "pod:lab/try", administrators("ClusterNetworkPolicy", spec))
    assert found.verdict == "unreachable"
    assert "networks of a ClusterNetworkPolicy also match addresses of pods (Cilium's do not)" in found.assumed


def test_a_namespace_in_the_metadata_of_one_is_none() -> None:
    """They are of the whole cluster, whatever their text says; a dump of another tool may say so."""
    text = administrators(
        "ClusterNetworkPolicy", json.dumps({"tier": "Admin", "priority": 1, "subject": {"namespaces": {}}})
    )
    state = state_of(text.replace("{name: more}", "{name: more, namespace: shop}"))
    assert [str(name) for name in state.objects[CLUSTER_NETWORK_POLICY]] == ["more"]
