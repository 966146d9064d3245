"""All selectors and all policies of a cluster of 150,000 pods, beside one pass that indexes the same pods by label."""

from __future__ import annotations

from collections.abc import Callable

from svcmap.model.base import Metadata
from svcmap.model.connection import Party
from svcmap.model.core import Service, ServiceSpec
from svcmap.model.group_kinds import NETWORK_POLICY, POD, SERVICE
from svcmap.model.labels import LabelSelector, LabelSelectorRequirement
from svcmap.model.networking import NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicySpec
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState, Source
from svcmap.model.workloads import Pod
from svcmap.paths.policies.network_policy import isolation_of

NAMESPACES, APPS, REPLICAS = 500, 19, 16
"""19 apps of 16 pods in each of 500 namespaces: 152,000 pods, 9,500 Services, 3,000 policies with 7,000 peers."""


def crowd() -> ClusterState:
    """The pods carry what a Helm chart and a Deployment put on them."""
    pods, services, policies = {}, {}, {}
    for number in range(NAMESPACES):
        namespace = f"team-{number}"
        for app in range(APPS):
            selector = {"app.kubernetes.io/name": f"app-{app}", "app.kubernetes.io/instance": f"app-{app}-{number}"}
            name = Name(namespace, f"app-{app}")
            services[name] = Service(metadata=_named(name), spec=ServiceSpec(selector=selector))
            for replica in range(REPLICAS):
                pod = Name(namespace, f"app-{app}-5d4f8c7b9-{replica:05d}")
                pods[pod] = Pod(metadata=_named(pod, {**selector, **_others(app)}))
        for policy in range(6):
            name = Name(namespace, f"policy-{policy}")
            policies[name] = NetworkPolicy(metadata=_named(name), spec=_policy(policy))
    source = Source("manifests", "crowd", "2026-01-01T00:00:00Z")
    return ClusterState(source, {POD: pods, SERVICE: services, NETWORK_POLICY: policies})


def _named(name: Name, labels: dict[str, str] | None = None) -> Metadata:
    return Metadata(name=name.name, namespace=name.namespace, labels=labels or {})


def _others(app: int) -> dict[str, str]:
    return {
        "pod-template-hash": "5d4f8c7b9",
        "app.kubernetes.io/version": f"1.{app}",
        "app.kubernetes.io/part-of": "shop",
    }


def _policy(number: int) -> NetworkPolicySpec:
    chosen = LabelSelector(match_labels={"app.kubernetes.io/name": f"app-{number}"})
    several = LabelSelectorRequirement(key="app.kubernetes.io/name", operator="In", values=["app-1", "app-2"])
    peers = [NetworkPolicyPeer(pod_selector=chosen), NetworkPolicyPeer(pod_selector=LabelSelector())]
    peers += [NetworkPolicyPeer(pod_selector=LabelSelector(match_expressions=[several]))] if number % 3 == 0 else []
    return NetworkPolicySpec(pod_selector=chosen, ingress=(NetworkPolicyIngressRule(from_=tuple(peers)),))


def matching_all(crowd: ClusterState) -> Callable[[], None]:
    """Work out, from nothing, every Service's pods, every pod's policies and every peer's pods."""

    def all_of_them() -> None:
        state = ClusterState(crowd.source, crowd.objects)
        for name, service in state.services.items():
            state.pods_with(name.namespace, service.spec.selector)
        isolation = isolation_of(state)
        for namespace in state.network_policies_by_namespace:
            for item in state.label_classes.of(namespace):
                party = Party(is_pod=True, namespace=namespace, labels=item.labels)
                isolation(party, "ingress")
                isolation(party, "egress")
        for name, policy in state.network_policies.items():
            for peer in policy.spec.peers:
                if peer.pod_selector:
                    state.label_classes.selected(name.namespace, peer.pod_selector)

    return all_of_them


def one_pass(crowd: ClusterState) -> Callable[[], None]:
    """The limit: the pods by namespace and label, in plain dicts."""

    def index() -> None:
        found: dict[tuple[str, str, str], list[Pod]] = {}
        for name, pod in crowd.pods.items():
            for key, value in pod.metadata.labels.items():
                found.setdefault((name.namespace, key, value), []).append(pod)

    return index
