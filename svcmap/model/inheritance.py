"""What a new state of a cluster takes over from the one before: indexes and answers that nothing has changed for."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from svcmap.model.addresses import ByAddress
from svcmap.model.core import EndpointSlice, Service
from svcmap.model.feed import Update
from svcmap.model.group_kinds import ENDPOINT_SLICE, SERVICE
from svcmap.model.memory import Index
from svcmap.model.reads import NAMES, SELECTORS, USED_NAMESPACES, Aspect, Part
from svcmap.model.refs import GroupKind, Name
from svcmap.model.state import ClusterState, addresses_of, with_owner

INDEXES = {name: value for name, value in vars(ClusterState).items() if isinstance(value, Index)}
Owners = ByAddress[tuple[tuple[str, Name], ...]]
Slices = dict[Name, tuple[EndpointSlice, ...]]


def follow_on(update: Update, before: ClusterState) -> ClusterState:
    """The state of an update with all that still holds of the one before, if the update is about what came after it."""
    if update.base is not before:
        return update.state
    return inherit(update.state, before, update.kinds, update.services)


def inherit(
    state: ClusterState, before: ClusterState, kinds: AbstractSet[GroupKind], services: AbstractSet[Name] | None
) -> ClusterState:
    """Give a state what still holds of the one before; `kinds` and `services` say what changed between the two."""
    changed: set[Part] = {*kinds, *_aspects(state, before, kinds, services)}
    for name, index in INDEXES.items():
        if name in before.__dict__ and index.rests_on.parts.isdisjoint(changed):
            # Handed on, not shared: the next update may change it.
            state.__dict__[name] = before.__dict__.pop(name)
    state.memory.take_over(before.memory, changed, services)
    if services is not None:
        _patch(state, before, kinds, services)
    return state


def _aspects(
    state: ClusterState, before: ClusterState, kinds: AbstractSet[GroupKind], services: AbstractSet[Name] | None
) -> Iterator[Aspect]:
    """How far changes go."""
    if "existing_namespaces" in before.__dict__ and any(_moved(state, before, kind, services) for kind in kinds):
        yield USED_NAMESPACES
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
        if isinstance(one, Service) and isinstance(other, Service) and _selects(one) != _selects(other):
            yield SELECTORS


def _selects(service: Service) -> tuple[dict[str, str], bool]:
    return service.spec.selector, service.spec.cluster_ip == "None"


def _moved(state: ClusterState, before: ClusterState, kind: GroupKind, services: AbstractSet[Name] | None) -> bool:
    """Whether objects of a kind are in other namespaces than before."""
    old, new = before.objects.get(kind, {}), state.objects.get(kind, {})
    of_known = services is not None and all(name.namespace in before.existing_namespaces for name in services)
    if kind == ENDPOINT_SLICE and of_known and len(old) == len(new):
        return False  # thousands of them, in the namespaces of their Services
    return {name.namespace for name in old} != {name.namespace for name in new}


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
