"""A cluster of which not everything was read: what is unknown, what is proved all the same, and what would have to be
read to know more.
"""

from __future__ import annotations

import pytest

from svcmap.checks.registry import findings_of
from svcmap.errors import NotFoundError
from svcmap.model.coverage import Coverage, PodScope, pod_at, pod_named, pods_on, pods_with
from svcmap.model.group_kinds import ENDPOINT_SLICE, NAMESPACE, NETWORK_POLICY, SERVICE
from svcmap.model.refs import GroupKind, Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.destination.dig import dig
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.paths.views import needs
from svcmap.picture.lanes import path_view
from tests.conftest import state_of

CLUSTER = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Node
metadata: {name: a}
status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: NodePort, clusterIP: 10.96.0.1, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{port: 8080}]
endpoints:
- {addresses: [10.244.0.5], nodeName: a, targetRef: {kind: Pod, name: web-0, namespace: shop}}
---
apiVersion: v1
kind: Service
metadata: {name: empty, namespace: shop}
spec: {clusterIP: 10.96.0.2, selector: {app: empty}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: alias, namespace: shop}
spec: {type: ExternalName, externalName: db.example.org}
"""
POLICY = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: only-cart, namespace: shop}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: cart}}}]}]}
"""
WEB, EMPTY = Name("shop", "web"), Name("shop", "empty")
PODS_OF_WEB, PODS_OF_EMPTY = pods_with("shop", {"app": "web"}), pods_with("shop", {"app": "empty"})


def cluster(text: str = CLUSTER, **coverage: object) -> ClusterState:
    found = state_of(text)
    return ClusterState(found.source, found.objects, coverage=Coverage(**coverage))  # type: ignore[arg-type]


def asked(state: ClusterState, url: str, who: str = "namespace:shop") -> Trace:
    return trace(state, parse_request(url, parse_vantage(who)))


def test_slices_prove_where_traffic_goes_without_any_pod() -> None:
    found = asked(cluster(), "http://web")
    assert (found.verdict, [str(e.pod) for e in found.endpoints]) == ("reachable", ["shop/web-0"])
    assert needs.of_trace(cluster(), found) == [PODS_OF_WEB]


def test_no_slice_is_no_endpoint_and_its_box_does_not_count_pods_it_never_saw() -> None:
    state = cluster()
    found = asked(state, "http://empty")
    assert (found.verdict, found.reason, found.answer.status) == ("unreachable", "no-endpoints", None)
    view = path_view(state, EMPTY)
    assert view is not None
    assert view.groups["workload"][0].lines == ("selector app=empty", "no EndpointSlice has an endpoint")


PENDING = """
---
apiVersion: v1
kind: Pod
metadata: {name: late, namespace: shop, labels: {app: empty}}
spec: {containers: [{name: c}]}
status: {phase: Pending}
"""
SLICE_WITHOUT_ENDPOINTS = """
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: empty-1, namespace: shop, labels: {kubernetes.io/service-name: empty}}
addressType: IPv4
"""
IDLE = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: idle, namespace: shop}
spec: {replicas: 0, selector: {matchLabels: {app: empty}}, template: {metadata: {labels: {app: empty}}, spec: {containers: [{name: c}]}}}
"""


@pytest.mark.parametrize("slices", ["", SLICE_WITHOUT_ENDPOINTS])
@pytest.mark.parametrize(
    ("more", "pods", "id_", "says"),
    [
        ("", (), "endpoints-not-ready", "No pod with app=empty has an address"),
        ("", (PODS_OF_EMPTY,), "selector-no-match", "matches no pod"),
        (PENDING, (PODS_OF_EMPTY,), "endpoints-not-ready", "one pod matches, without an address yet"),
        (IDLE, (), "workload-zero-replicas", "Deployment idle runs no pods"),
    ],
)
def test_why_nothing_answers_is_said_as_far_as_pods_were_read(
    slices: str, more: str, pods: tuple[PodScope, ...], id_: str, says: str
) -> None:
    """A pod that waits for its address is in no slice: "no pod has these labels" is for who has read the pods."""
    state = cluster(CLUSTER + slices + more, pods=pods)
    assert [finding.id for finding in findings_of(state, EMPTY)] == [id_]
    assert says in asked(state, "http://empty").hops[-1].says


@pytest.mark.parametrize(
    ("name", "rcode"),
    [
        ("api.other.svc.cluster.local", "NXDOMAIN"),
        ("api.default.svc.cluster.local", ""),
        ("nobody.shop.svc.cluster.local", "NXDOMAIN"),
        ("10.96.0.77", ""),
        ("web.shop.svc.cluster.local", "NOERROR"),
        ("x.wrong.cluster.local", "NXDOMAIN"),
        ("example.org", ""),
    ],
)
def test_a_name_is_not_denied_where_services_were_not_read(name: str, rcode: str) -> None:
    answer = dig(cluster(partly={SERVICE: ("shop",)}), name).answer
    assert (answer.rcode, answer.basis == "unknown") == (rcode, not rcode)
    assert dig(cluster(partly={SERVICE: ("shop",), NAMESPACE: ()}), "api.other.svc.cluster.local").answer.rcode == ""


def test_a_pod_that_could_not_be_read_is_not_said_to_be_missing() -> None:
    found = asked(cluster(), "http://web", "pod:shop/caller")
    assert (found.verdict, found.hops[-1].kind) == ("unknown", "client")
    assert "Pod shop/caller could not be read" in found.hops[-1].says
    assert dig(cluster(), "web", vantage=parse_vantage("pod:shop/caller")).answer.rcode == ""
    with pytest.raises(NotFoundError, match="Pod shop/caller is not in"):
        asked(cluster(pods=(pod_named(Name("shop", "caller")),)), "http://web", "pod:shop/caller")


def test_slices_that_could_not_be_listed_leave_the_endpoints_unknown() -> None:
    text = CLUSTER.replace("kind: EndpointSlice", "kind: Ignored")
    state = cluster(text, partly={ENDPOINT_SLICE: ()})
    found = asked(state, "http://web")
    assert found.verdict == "unknown"
    assert PODS_OF_WEB in needs.of_trace(state, found)
    assert endpoints_of(state, WEB).source == "EndpointSlices of shop could not be read"


def test_pods_say_what_the_endpoints_are_where_slices_may_not_be_listed() -> None:
    pod = """
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {nodeName: a, containers: [{name: c}]}
status: {phase: Running, podIP: 10.244.0.5, conditions: [{type: Ready, status: "True"}]}
"""
    text = CLUSTER.replace("kind: EndpointSlice", "kind: Ignored") + pod
    state = cluster(text, partly={ENDPOINT_SLICE: ()}, pods=(PODS_OF_WEB,))
    found = endpoints_of(state, WEB)
    assert (found.basis, [e.address for e in found.endpoints]) == ("computed", ["10.244.0.5"])


def test_policies_that_could_not_be_listed_may_forbid_anything() -> None:
    found = asked(cluster(partly={NETWORK_POLICY: ()}), "http://web")
    assert found.verdict == "unknown"
    assert "NetworkPolicies of namespace shop could not be read" in found.hops[-1].says
    assert asked(cluster(partly={NETWORK_POLICY: ("shop",)}), "http://web").verdict == "reachable"
    found = asked(cluster(partly={GroupKind("cilium.io", "CiliumNetworkPolicy"): ()}), "http://web")
    assert (found.verdict, found.hops[-1].next) == (
        "unknown",
        "kubectl auth can-i list ciliumnetworkpolicies.cilium.io -n shop",
    )


def test_a_policy_that_selects_by_labels_needs_the_pods() -> None:
    state = cluster(CLUSTER + POLICY)
    found = asked(state, "http://web")
    assert found.verdict == "unknown"
    assert found.hops[-1].needs == (PODS_OF_WEB,)
    assert [str(need) for need in needs.unread(state, needs.of_trace(state, found))] == ["pods of shop with app=web"]


BY_SELECTOR = "endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io"
OTHER = "\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n"
BY_HAND = "endpointslice.kubernetes.io/managed-by: somebody.example.com"


@pytest.mark.parametrize(
    ("managed_by", "selected", "verdict"),
    [
        (BY_SELECTOR, "{app: web}", "unreachable"),
        (BY_SELECTOR, "{app: api}", "reachable"),
        (BY_SELECTOR, "{app: web, tier: front}", "unknown"),
        (BY_SELECTOR, "{tier: front}", "unknown"),
        (BY_HAND, "{app: web}", "unknown"),
        (BY_HAND, "{app: api}", "unknown"),
    ],
)
def test_the_controller_found_the_labels_of_the_selector_on_the_pods(
    managed_by: str, selected: str, verdict: str
) -> None:
    """Pods nobody read: a policy about other labels than those cannot be about them."""
    made = CLUSTER.replace("service-name: web}", f"service-name: web, {managed_by}}}")
    assert made != CLUSTER
    policy = POLICY.replace("{matchLabels: {app: web}}", f"{{matchLabels: {selected}}}", 1)
    assert asked(cluster(made + policy + OTHER), "http://web.shop", "namespace:other").verdict == verdict


def test_a_pod_at_the_address_of_its_node_is_not_in_any_policy() -> None:
    """N8: nothing of it was read but its address, which is that of the host network."""
    text = CLUSTER.replace("addresses: [10.244.0.5]", "addresses: [192.0.2.1]") + POLICY
    assert asked(cluster(text + OTHER), "http://web.shop", "namespace:other").verdict == "reachable"


def test_of_an_address_that_a_pod_may_have_an_egress_policy_needs_the_pod() -> None:
    isolated = (
        "\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: out, namespace: shop}\n"
        "spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]}\n"
    )
    state = cluster(CLUSTER + isolated)
    found = asked(state, "tcp://10.244.9.9:80")
    assert (found.verdict, found.hops[-1].needs) == ("unknown", (pod_at("10.244.9.9"),))


def test_an_address_that_a_pod_may_have() -> None:
    state = cluster()
    found = asked(state, "tcp://10.244.9.9:80")
    assert (found.verdict, found.hops[-1].needs) == ("unknown", (pod_at("10.244.9.9"),))
    known = cluster(pods=(pod_at("10.244.9.9"),))
    assert asked(known, "tcp://10.244.9.9:80").reason == "not-a-cluster-address"
    found = asked(state, "tcp://10.244.0.5:8080")
    assert (found.verdict, found.hops[-1].needs) == ("unknown", (pod_named(Name("shop", "web-0")),))


def test_a_port_of_a_node_that_a_pod_may_have() -> None:
    found = asked(cluster(), "tcp://192.0.2.1:9000", "10.0.0.9")
    assert (found.verdict, found.hops[-1].needs) == ("unknown", (pods_on("a"),))
    known = cluster(pods=(pods_on("a"),))
    assert asked(known, "tcp://192.0.2.1:9000", "10.0.0.9").reason == "port-not-in-service"


@pytest.mark.parametrize(
    ("who", "wanted"),
    [
        ("pod:shop/web-0", [pod_named(Name("shop", "web-0"))]),
        ("workload:shop/Pod/web-0", [pod_named(Name("shop", "web-0"))]),
        ("workload:shop/Deployment/web", []),
        ("10.244.0.5", [pod_at("10.244.0.5")]),
        ("internet", []),
        ("namespace:shop", []),
    ],
)
def test_who_asks_may_have_to_be_read_first(who: str, wanted: list[PodScope]) -> None:
    assert needs.of_vantage(parse_vantage(who)) == wanted


def test_what_a_list_and_a_service_need() -> None:
    state = cluster()
    assert needs.of_list(state, state.services) == [PODS_OF_EMPTY]
    assert needs.of_list(cluster(pods=(PodScope("shop"),)), state.services) == []
    assert needs.unread(state, needs.of_service(state, WEB)) == [PODS_OF_WEB]
    assert needs.of_service(state, Name("shop", "alias")) == []
    assert needs.of_text("10.244.0.5") == [pod_at("10.244.0.5")]
    assert needs.of_text("shop.example.com") == []
    assert needs.of_vantage(None) == []


def test_files_need_nothing() -> None:
    state = state_of(CLUSTER)
    assert needs.unread(state, [PODS_OF_WEB, pod_at("10.0.0.1")]) == []


def test_a_pod_without_an_address_is_a_problem_of_the_cluster_it_waits_in() -> None:
    (finding,) = findings_of(cluster(CLUSTER + PENDING, pods=(PODS_OF_EMPTY,)), EMPTY)
    assert finding.message == "Selector app=empty: one pod matches, without an address yet."
