"""What a new state of a cluster takes over from the one before: indexes and answers that nothing has changed for."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from svcmap.model.addresses import ByAddress
from svcmap.model.core import EndpointSlice, Service
from svcmap.model.feed import Update
from svcmap.model.group_kinds import (
    CONFIG_MAP,
    ENDPOINT_SLICE,
    GATEWAY,
    INGRESS,
    INGRESS_CLASS,
    NAMESPACE,
    NETWORK_POLICY,
    NODE,
    POD,
    REFERENCE_GRANT,
    ROUTES,
    SERVICE,
    SERVICE_CIDR,
    WORKLOADS,
)
from svcmap.model.refs import GroupKind, Name
from svcmap.model.state import ClusterState, addresses_of, with_owner

NAMES, SELECTORS = "names of Services", "selectors of Services"
"""Changes of Services that go further than a change of one Service."""
NAMESPACES_OF_PODS = "namespaces of pods"
"""A change of pods that goes further than their namespace: one that nothing was known to exist of."""
Part = GroupKind | str
INDEXES: dict[str, tuple[Part, ...]] = {
    "services": (SERVICE,),
    "services_by_address": (SERVICE,),
    "services_by_node_port": (SERVICE,),
    "slices_by_service": (ENDPOINT_SLICE,),
    "pods": (POD,),
    "pods_by_address": (POD,),
    "pods_by_primary_address": (POD,),
    "mentioned_labels": (SELECTORS, NETWORK_POLICY),
    "label_classes": (POD, SELECTORS, NETWORK_POLICY),
    "nodes": (NODE,),
    "nodes_by_address": (NODE,),
    "namespaces": (NAMESPACE,),
    "existing_namespaces": (NAMESPACE, NAMESPACES_OF_PODS, NAMES),
    "ingresses": (INGRESS,),
    "ingresses_by_backend": (INGRESS,),
    "ingress_classes": (INGRESS_CLASS,),
    "gateways": (GATEWAY,),
    "routes": ROUTES,
    "routes_by_parent": ROUTES,
    "routes_by_backend": ROUTES,
    "reference_grants": (REFERENCE_GRANT,),
    "network_policies": (NETWORK_POLICY,),
    "network_policies_by_namespace": (NETWORK_POLICY,),
    "workloads": WORKLOADS,
    "workloads_by_namespace": WORKLOADS,
    "_workloads_by_label": WORKLOADS,
    "namespaces_with_workloads": (POD, *WORKLOADS),
    "corefile": (CONFIG_MAP,),
    "service_cidrs": (SERVICE_CIDR,),
}
"""Index of ClusterState → the kinds, or parts of them, that it is made of."""
ANSWERS: dict[str, tuple[Part, ...]] = {
    "state_findings": (NAMES, SELECTORS, INGRESS, *WORKLOADS),
    "state_findings_by_service": (NAMES, SELECTORS, INGRESS, *WORKLOADS),
    "isolation": (POD, SELECTORS, NETWORK_POLICY),
    "served_by": (INGRESS, INGRESS_CLASS),
}
"""What is remembered for a whole state → what it is made of."""
OF_A_SERVICE = ("service", "endpoints", "service_findings")
"""Answers that are remembered under the name of a Service, and rest on what `services` of an update is about."""
Owners = ByAddress[tuple[tuple[str, Name], ...]]
Slices = dict[Name, tuple[EndpointSlice, ...]]
NARROW = frozenset({SERVICE, ENDPOINT_SLICE, POD, INGRESS, *ROUTES})
"""Kinds whose changes concern the Services they name and no other answer of OF_A_SERVICE."""


def follow_on(update: Update, before: ClusterState) -> ClusterState:
    """The state of an update with all that still holds of the one before, if the update is about what came after it."""
    if update.base is not before:
        return update.state
    return inherit(update.state, before, update.kinds, update.services)


def inherit(
    state: ClusterState, before: ClusterState, kinds: AbstractSet[GroupKind], services: AbstractSet[Name] | None
) -> ClusterState:
    """Give a state what still holds of the one before; `kinds` and `services` say what changed between the two."""
    changed = {*kinds, *_aspects(state, before, kinds, services)}
    for index, made_of in INDEXES.items():
        if index in before.__dict__ and not changed & set(made_of):
            # Handed on, not shared: the next update may change it.
            state.__dict__[index] = before.__dict__.pop(index)
    whole = {what for what, made_of in ANSWERS.items() if not changed & set(made_of)}
    narrow = services is not None and kinds <= NARROW
    state.take_answers(before, whole, OF_A_SERVICE if narrow else (), services or ())
    if services is not None:
        _patch(state, before, kinds, services)
    return state


def _aspects(
    state: ClusterState, before: ClusterState, kinds: AbstractSet[GroupKind], services: AbstractSet[Name] | None
) -> Iterator[str]:
    """How far the changes of pods and Services go."""
    known = before.__dict__.get("existing_namespaces", frozenset())
    if POD in kinds and not known >= {name.namespace for name in state.objects.get(POD, {})}:
        yield NAMESPACES_OF_PODS
    if SERVICE not in kinds:
        return
    if services is None:
        yield from (NAMES, SELECTORS)
        return
    old, new = before.objects.get(SERVICE, {}), state.objects.get(SERVICE, {})
    for name in services:
        one, other = old.get(name), new.get(name)
        if (one is None) is not (other is None):
            yield from (NAMES, SELECTORS)
            return
        if isinstance(one, Service) and isinstance(other, Service) and one.spec.selector != other.spec.selector:
            yield SELECTORS


def _patch(
    state: ClusterState, before: ClusterState, kinds: AbstractSet[GroupKind], services: AbstractSet[Name]
) -> None:
    """Indexes that are the old ones but for a few Services. The old state makes its own again, if anybody asks it."""
    if SERVICE in kinds and "services_by_address" in before.__dict__:
        state.__dict__["services_by_address"] = _addresses(state, before, services)
    if ENDPOINT_SLICE in kinds and "slices_by_service" in before.__dict__:
        state.__dict__["slices_by_service"] = _slices(state, before, services)


def _addresses(state: ClusterState, before: ClusterState, services: AbstractSet[Name]) -> Owners:
    index: Owners = before.__dict__.pop("services_by_address")
    for name in services:
        old, new = before.services.get(name), state.services.get(name)
        if old is new or (old and new and _has_the_addresses_of(old, new)):
            continue
        for _, address in addresses_of(old) if old else ():
            if left := tuple(pair for pair in index.pop(address, ()) if pair[1] != name):
                index[address] = left
        for role, address in addresses_of(new) if new else ():
            index[address] = with_owner(index.get(address, ()), role, name)
    return index


def _has_the_addresses_of(one: Service, other: Service) -> bool:
    """Whether two versions of a Service have the same: all that `addresses_of` looks at."""
    a, b = one.spec, other.spec
    return (
        a.cluster_ip == b.cluster_ip
        and a.cluster_ips == b.cluster_ips
        and a.external_ips == b.external_ips
        and one.status.load_balancer == other.status.load_balancer
    )


def _slices(
    state: ClusterState, before: ClusterState, services: AbstractSet[Name]
) -> dict[Name, tuple[EndpointSlice, ...]]:
    """The slices of each touched Service: those any of them had, and new ones, by the Service they name now."""
    table, known = state.all(ENDPOINT_SLICE, EndpointSlice), before.all(ENDPOINT_SLICE, EndpointSlice)
    index: Slices = before.__dict__.pop("slices_by_service")
    had = {service: slices for service in services if (slices := index.pop(service, ()))}
    now = {service: tuple(table[item.name] for item in slices if item.name in table) for service, slices in had.items()}
    stayed = all(len(now[service]) == len(slices) for service, slices in had.items())
    stayed &= all(item.service_name == service.name for service, slices in now.items() for item in slices)
    # Of every slice that is gone the Service is touched: without one, and with as many as before, none is new.
    # One that named no Service may name one now.
    if stayed and len(table) == len(known) and all(service.name for service in services):
        index.update(now)
        return index
    candidates = {item.name for slices in now.values() for item in slices} | (table.keys() - known.keys())
    if not all(service.name for service in services):
        candidates |= table.keys()
    for name in sorted(candidates):
        owner = Name(name.namespace, table[name].service_name)
        if owner.name and owner in services:
            index[owner] = (*index.get(owner, ()), table[name])
    return index
