"""What a new state of a cluster takes over from the one before: indexes and answers that nothing has changed for."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from svcmap.model.kinds import ROUTE_KINDS
from svcmap.model.refs import Name
from svcmap.model.state import WORKLOADS, ClusterState

INDEXES: dict[str, tuple[str, ...]] = {
    "services": ("Service",),
    "services_by_address": ("Service",),
    "services_by_node_port": ("Service",),
    "slices_by_service": ("EndpointSlice",),
    "pods": ("Pod",),
    "pods_by_address": ("Pod",),
    "pods_by_primary_address": ("Pod",),
    "label_classes": ("Pod", "Service", "NetworkPolicy"),
    "nodes": ("Node",),
    "nodes_by_address": ("Node",),
    "namespaces": ("Namespace",),
    "ingresses": ("Ingress",),
    "ingresses_by_backend": ("Ingress",),
    "ingress_classes": ("IngressClass",),
    "gateways": ("Gateway",),
    "routes": ROUTE_KINDS,
    "routes_by_parent": ROUTE_KINDS,
    "routes_by_backend": ROUTE_KINDS,
    "reference_grants": ("ReferenceGrant",),
    "network_policies": ("NetworkPolicy",),
    "network_policies_by_namespace": ("NetworkPolicy",),
    "workloads": WORKLOADS,
    "workloads_by_namespace": WORKLOADS,
    "_workloads_by_label": WORKLOADS,
    "namespaces_with_workloads": ("Pod", *WORKLOADS),
    "corefile": ("ConfigMap",),
    "service_cidrs": ("ServiceCIDR",),
}
"""Index of ClusterState → the kinds it is made of."""
OF_A_SERVICE = ("service", "endpoints", "service_findings")
"""Answers that are remembered under the name of a Service, and rest on what `services` of an update is about."""
NARROW = frozenset({"Service", "EndpointSlice", "Ingress", *ROUTE_KINDS})
"""Kinds whose changes concern the Services they name and no other answer of OF_A_SERVICE."""


def inherit(
    state: ClusterState, before: ClusterState, kinds: AbstractSet[str], services: AbstractSet[Name] | None
) -> ClusterState:
    """Give a state what still holds of the one before; `kinds` and `services` are those of a feed's Update."""
    for index, made_of in INDEXES.items():
        if index in before.__dict__ and not kinds & set(made_of):
            state.__dict__[index] = before.__dict__[index]
    if services is not None and kinds <= NARROW:
        state.take_answers(before, OF_A_SERVICE, services)
    return state
