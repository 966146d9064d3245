"""The kinds svcmap reads, by API group. A kind of the same name in another group is another kind, and is skipped."""

from __future__ import annotations

from typing import NamedTuple

from svcmap.model import core, gateway, networking, workloads
from svcmap.model.base import KubernetesObject


class Kind(NamedTuple):
    """How one kind is decoded, and whether its objects live in a namespace."""

    type: type[KubernetesObject]
    namespaced: bool = True


GATEWAY_GROUPS = ("gateway.networking.k8s.io", "gateway.networking.x-k8s.io")
ROUTE_KINDS = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
WORKLOAD_KINDS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet")

POLICY_GROUPS = ("policy.networking.k8s.io", "cilium.io", "crd.projectcalico.org", "projectcalico.org")
CLUSTER_POLICIES = (
    *("AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"),
    *("CiliumClusterwideNetworkPolicy", "GlobalNetworkPolicy"),
)

KINDS: dict[tuple[str, str], Kind] = {
    ("", "Service"): Kind(core.Service),
    ("", "Pod"): Kind(workloads.Pod),
    ("", "Endpoints"): Kind(core.Endpoints),
    ("", "Node"): Kind(core.Node, namespaced=False),
    ("", "Namespace"): Kind(core.Namespace, namespaced=False),
    ("", "ConfigMap"): Kind(core.ConfigMap),
    ("", "Secret"): Kind(core.Secret),
    ("", "ReplicationController"): Kind(workloads.Workload),
    ("discovery.k8s.io", "EndpointSlice"): Kind(core.EndpointSlice),
    ("batch", "Job"): Kind(workloads.Workload),
    ("batch", "CronJob"): Kind(workloads.Workload),
    ("networking.k8s.io", "Ingress"): Kind(networking.Ingress),
    ("extensions", "Ingress"): Kind(networking.Ingress),
    ("networking.k8s.io", "IngressClass"): Kind(networking.IngressClass, namespaced=False),
    ("networking.k8s.io", "NetworkPolicy"): Kind(networking.NetworkPolicy),
    ("extensions", "NetworkPolicy"): Kind(networking.NetworkPolicy),
    ("networking.k8s.io", "ServiceCIDR"): Kind(networking.ServiceCIDR, namespaced=False),
    **{(group, kind): Kind(workloads.Workload) for group in ("apps", "extensions") for kind in WORKLOAD_KINDS},
}
for _group in GATEWAY_GROUPS:
    KINDS |= {(_group, kind): Kind(gateway.Route) for kind in ROUTE_KINDS}
    KINDS |= {
        (_group, "GatewayClass"): Kind(gateway.GatewayClass, namespaced=False),
        (_group, "Gateway"): Kind(gateway.Gateway),
        (_group, "ListenerSet"): Kind(gateway.ListenerSet),
        (_group, "XListenerSet"): Kind(gateway.ListenerSet),
        (_group, "ReferenceGrant"): Kind(gateway.ReferenceGrant),
    }
KIND_NAMES = frozenset(kind for _, kind in KINDS)


def plural(kind: str) -> str:
    """What the API calls the resource of a kind: `endpointslices`, `ingresses`, `networkpolicies`."""
    lower = kind.lower()
    if lower.endswith(("s", "x")) and lower != "endpoints":
        return f"{lower}es"
    if lower.endswith("y") and lower[-2] not in "aeiou":
        return f"{lower[:-1]}ies"
    return lower if lower == "endpoints" else f"{lower}s"


def group_of(api_version: str) -> str:
    """The API group of an apiVersion; the core group is the empty one, and so is what has no `/`."""
    group, slash, _ = api_version.partition("/")
    return group if slash else ""


def kind_of(api_version: str, kind: str) -> Kind | None:
    """How to read an object, or None if svcmap has no use for it."""
    return KINDS.get((group_of(api_version), kind))


def is_custom(api_version: str) -> bool:
    """Whether a group is not one of Kubernetes itself: a custom resource, of which an operator may make pods."""
    group = group_of(api_version)
    return "." in group and not group.endswith("k8s.io")


def is_foreign_policy(api_version: str, kind: str) -> bool:
    """Whether an object is a network policy of an API that svcmap names but does not evaluate (N9)."""
    return group_of(api_version) in POLICY_GROUPS and kind.endswith("Policy")
