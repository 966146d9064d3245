"""The kinds svcmap reads, a row each: the struct, whether it is in a namespace, whether a cluster is asked for it, and
whose answers its objects change. What belongs to kinds is read off this table, here and in sources.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from svcmap.model import (
    cluster_network_policy,
    config_maps,
    controller_objects,
    core,
    gateway,
    metallb,
    networking,
    openshift,
    plugin_policies,
    workloads,
)
from svcmap.model.base import KubernetesObject
from svcmap.model.group_kinds import (
    ADVERTISEMENTS,
    BACKEND_CONFIG,
    BACKEND_TLS_POLICY,
    CALICO,
    CALICO_GLOBAL_NETWORK_POLICIES,
    CALICO_NETWORK_POLICIES,
    CILIUM,
    CILIUM_CLUSTERWIDE_NETWORK_POLICY,
    CILIUM_NETWORK_POLICY,
    CLUSTER_NETWORK_POLICIES,
    CONFIG_MAP,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    ENDPOINTS,
    EVENT,
    FRONTEND_CONFIG,
    GATEWAY,
    GATEWAY_CLASS,
    INGRESS,
    INGRESS_CLASS,
    INGRESS_CLASS_PARAMS,
    IP_ADDRESS_POOL,
    JOB,
    KONG_CLUSTER_PLUGIN,
    KONG_PLUGIN,
    LISTENER_SETS,
    MIDDLEWARES,
    NAMESPACE,
    NETWORK_POLICY,
    NGINX_POLICY,
    NODE,
    OPENSHIFT_ROUTE,
    POD,
    POLICY_API,
    REFERENCE_GRANT,
    REPLICA_SET,
    REPLICATION_CONTROLLER,
    ROUTES,
    SECRET,
    SERVICE,
    SERVICE_CIDR,
    STATEFUL_SET,
)
from svcmap.model.refs import GroupKind, Name, new_tuple

OF_CONTROLLERS = (
    *("nginx.org", "nginx.com", "appprotect.f5.com", "appprotectdos.f5.com", "konghq.com", "projectcontour.io"),
    *("haproxy.org", "haproxy.com", "haproxy-ingress.github.io", "ingress.cilium.io"),
    *("cloud.google.com", "beta.cloud.google.com", "networking.gke.io"),
)
"""Owners of annotations that controllers read of Ingresses and of the Services behind them."""
OF_BALANCERS = (
    *("load-balancer.hetzner.cloud", "loadbalancer.openstack.org", "metallb.io", "metallb.universe.tf", "kube-vip.io"),
    *("io.cilium", "lbipam.cilium.io"),
)
"""Those that load balancers in front of Services read."""
Live = Literal["always", "optional", "on demand", "never"]
"""Whether a cluster is asked for a kind: always, where it has it, where an answer needs some of it, or not at all."""


class Kind(NamedTuple):
    """How a kind is read. `services` gives the Services that one of its objects is about, and whose own answers are
    all that it can change; None where it may change any. `only` are the objects of the kind that a cluster is asked
    for, where that is not all of them, `annotations` the owners of annotations that an answer may rest on, beside
    Kubernetes, `short` kubectl's short name.
    """

    type: type[KubernetesObject]
    namespaced: bool = True
    live: Live = "never"
    services: Callable[[Any], Iterable[Name]] | None = None
    only: tuple[Name, ...] = ()
    annotations: tuple[str, ...] = ()
    short: str = ""


def _itself(item: KubernetesObject) -> Iterable[Name]:
    return (item.name,)


def _of_slice(item: core.EndpointSlice) -> Iterable[Name]:
    return (new_tuple(Name, (item.metadata.namespace, item.service_name)),)


def _backends(item: networking.Ingress | gateway.Route | openshift.Route) -> Iterable[Name]:
    return item.backend_services


_MADE_BY_OTHERS = Kind(workloads.Workload)  # a Deployment's ReplicaSets, and Jobs: EndpointSlices have their pods
_ROUTE = Kind(gateway.Route, live="optional", services=_backends)

KINDS: dict[GroupKind, Kind] = {
    SERVICE: Kind(
        core.Service,
        live="always",
        services=_itself,
        annotations=(*OF_CONTROLLERS, *OF_BALANCERS, "idling.alpha.openshift.io"),
    ),
    NODE: Kind(core.Node, namespaced=False, live="always", annotations=("k3s.io", "rke2.io")),
    NAMESPACE: Kind(core.Namespace, namespaced=False, live="always"),
    CONFIG_MAP: Kind(core.ConfigMap, live="always", only=config_maps.BY_NAME),
    ENDPOINT_SLICE: Kind(core.EndpointSlice, live="always", services=_of_slice),
    INGRESS: Kind(networking.Ingress, live="always", services=_backends, short="ing", annotations=OF_CONTROLLERS),
    INGRESS_CLASS: Kind(networking.IngressClass, namespaced=False, live="always"),
    NETWORK_POLICY: Kind(networking.NetworkPolicy, live="always"),
    DEPLOYMENT: Kind(workloads.Workload, live="always"),
    STATEFUL_SET: Kind(workloads.Workload, live="always"),
    DAEMON_SET: Kind(workloads.Workload, live="always"),
    SERVICE_CIDR: Kind(networking.ServiceCIDR, namespaced=False, live="optional"),
    **dict.fromkeys(ROUTES, _ROUTE),
    GATEWAY_CLASS: Kind(gateway.GatewayClass, namespaced=False, live="optional"),
    GATEWAY: Kind(gateway.Gateway, live="optional"),
    **dict.fromkeys(LISTENER_SETS, Kind(gateway.ListenerSet, live="optional")),
    REFERENCE_GRANT: Kind(gateway.ReferenceGrant, live="optional"),
    BACKEND_TLS_POLICY: Kind(gateway.BackendTLSPolicy, live="optional"),
    OPENSHIFT_ROUTE: Kind(
        openshift.Route, live="optional", services=_backends, annotations=("haproxy.router.openshift.io",)
    ),
    **dict.fromkeys(
        CLUSTER_NETWORK_POLICIES,
        Kind(cluster_network_policy.ClusterNetworkPolicy, namespaced=False, live="optional"),
    ),
    CILIUM_NETWORK_POLICY: Kind(plugin_policies.CiliumPolicy, live="optional"),
    CILIUM_CLUSTERWIDE_NETWORK_POLICY: Kind(plugin_policies.CiliumPolicy, namespaced=False, live="optional"),
    **dict.fromkeys(CALICO_NETWORK_POLICIES, Kind(plugin_policies.CalicoPolicy, live="optional")),
    **dict.fromkeys(
        CALICO_GLOBAL_NETWORK_POLICIES, Kind(plugin_policies.CalicoPolicy, namespaced=False, live="optional")
    ),
    **dict.fromkeys(MIDDLEWARES, Kind(controller_objects.Middleware, live="optional")),
    FRONTEND_CONFIG: Kind(controller_objects.FrontendConfig, live="optional"),
    INGRESS_CLASS_PARAMS: Kind(controller_objects.IngressClassParams, namespaced=False, live="optional"),
    NGINX_POLICY: Kind(controller_objects.NginxPolicy, live="optional"),
    KONG_PLUGIN: Kind(controller_objects.KongPlugin, live="optional"),
    KONG_CLUSTER_PLUGIN: Kind(controller_objects.KongPlugin, namespaced=False, live="optional"),
    BACKEND_CONFIG: Kind(controller_objects.BackendConfig, live="optional"),
    IP_ADDRESS_POOL: Kind(metallb.IPAddressPool, live="optional"),
    **dict.fromkeys(ADVERTISEMENTS, Kind(metallb.Advertisement, live="optional")),
    # Whose pods they are depends on which of them were read: the live store says what a pod touches.
    POD: Kind(workloads.Pod, live="on demand"),
    ENDPOINTS: Kind(core.Endpoints),
    SECRET: Kind(core.Secret),
    EVENT: Kind(core.Event),
    REPLICA_SET: _MADE_BY_OTHERS,
    REPLICATION_CONTROLLER: _MADE_BY_OTHERS,
    JOB: _MADE_BY_OTHERS,
    CRON_JOB: _MADE_BY_OTHERS,
}
"""In the order in which a cluster is read: a screen waits for Services alone."""

POLICY_GROUPS = (POLICY_API, CILIUM, *CALICO)
PLURAL_ALREADY = ("endpoints", "ingressclassparams")
FORBID_NOTHING = ("CiliumBGPPeeringPolicy", "CiliumL2AnnouncementPolicy")
"""Policies of other things than connections; those that Calico calls staged are only looked at."""
_BY_TEXT = {kind.kind: kind for kind in KINDS} | {str(kind): kind for kind in KINDS}


def parse_kind(text: str) -> GroupKind:
    """What `str` of a GroupKind stands for: a bare name is that of a kind that is read, else one of the core group."""
    if text in _BY_TEXT:
        return _BY_TEXT[text]
    kind, _, group = text.partition(".")
    return GroupKind(group, kind)


def title_of(kind: GroupKind) -> str:
    """What people call a kind."""
    return kind.title


def short_name(kind: GroupKind) -> str:
    """What kubectl takes for a kind, as short as it goes: `ing`, `httproute`."""
    known = KINDS.get(kind)
    return known.short if known and known.short else kind.kind.lower()


def tally(counts: Mapping[GroupKind, int], name: Callable[[GroupKind], str] = str) -> dict[str, int]:
    """Counts by what kinds are called, in alphabetical order; kinds that are called alike are counted together."""
    found = Counter[str]()
    for kind, count in counts.items():
        found[name(kind)] += count
    return dict(sorted(found.items()))


def plural(kind: str) -> str:
    """What the API calls the resource of a kind: `endpointslices`, `ingresses`, `networkpolicies`."""
    lower = kind.lower()
    return lower if lower in PLURAL_ALREADY else many(lower)


def many(kind: str) -> str:
    """Objects of a kind, in a sentence: `HTTPProxies`, `Ingresses`."""
    if kind.endswith(("s", "x")):
        return f"{kind}es"
    if kind.endswith("y") and kind[-2] not in "aeiou":
        return f"{kind[:-1]}ies"
    return f"{kind}s"


def is_foreign_policy(kind: GroupKind) -> bool:
    """Whether objects of a kind are policies about connections of which svcmap reads the names only (N9)."""
    if kind in KINDS or kind.kind.startswith("Staged") or kind.kind in FORBID_NOTHING:
        return False
    return kind.group in POLICY_GROUPS and kind.kind.endswith("Policy")
