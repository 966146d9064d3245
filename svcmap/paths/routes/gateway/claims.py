"""Which Gateways have a route for a host, or an address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from svcmap.model.addresses import canonical
from svcmap.model.gateway import Gateway
from svcmap.model.state import ClusterState
from svcmap.paths.known.hosts import keys_of
from svcmap.paths.routes.gateway.attached import attached_routes, listeners_of, parents_at, routes_naming
from svcmap.semantics import gateway as rules

Found = TypeVar("Found")
Rank = tuple[int, int]
"""How specific a host name is: exact 2, wildcard 1; then its length."""


def claimants(state: ClusterState, host: str) -> tuple[Rank, Sequence[Gateway]] | None:
    """The Gateways with the most specific host name for a host, in the order of the source."""

    def index() -> Mapping[str, list[tuple[int, Gateway]]]:
        found: dict[str, dict[int, Gateway]] = {}
        for number, item in enumerate(state.gateways.values()):
            for bound in listeners_of(state, item):
                for _, hostnames in attached_routes(state, item, bound):
                    for hostname in filter(None, hostnames):
                        found.setdefault(hostname.lower(), {})[number] = item
        return {hostname: list(items.items()) for hostname, items in found.items()}

    by_name = state.remember("gateway_hosts", None, index)
    named = [(rules.host_rank(key), number, item) for key in keys_of(host) for number, item in by_name.get(key, ())]
    if not named:
        return None
    best = max(rank for rank, _, _ in named)
    of_number = {number: item for rank, number, item in named if rank == best}
    return best, [of_number[number] for number in sorted(of_number)]


def with_listener_off(state: ClusterState, host: str) -> Gateway | None:
    """The Gateway of a listener that is off, at which a route would have a host."""

    def index() -> Mapping[str, Gateway]:
        found: dict[str, Gateway] = {}
        for item, bound in _bound(state):
            for route in routes_naming(state, bound.owner) if bound.conflict else ():
                if any(rules.names_listener(parent, bound) for parent in parents_at(route, bound)):
                    for hostname in rules.effective_hostnames(bound.listener, route):
                        found.setdefault(hostname.lower(), item)
        return found

    return _most_specific(state.remember("hosts_of_listeners_off", None, index), host)


def listener_for(state: ClusterState, host: str) -> tuple[Gateway, rules.BoundListener] | None:
    """The listener that names a host best, whether a route does or not, and its Gateway."""

    def index() -> Mapping[str, tuple[Gateway, rules.BoundListener]]:
        found: dict[str, tuple[Gateway, rules.BoundListener]] = {}
        for item, bound in _bound(state):
            found.setdefault(bound.listener.hostname.lower(), (item, bound))
        return found

    return _most_specific(state.remember("hosts_of_listeners", None, index), host)


def _bound(state: ClusterState) -> Iterator[tuple[Gateway, rules.BoundListener]]:
    return ((item, bound) for item in state.gateways.values() for bound in listeners_of(state, item))


def _most_specific(by_name: Mapping[str, Found], host: str) -> Found | None:
    return next((by_name[key] for key in keys_of(host) if key in by_name), None)


def at_address(state: ClusterState, address: str) -> Gateway | None:
    """The first Gateway that has an address, or asks for it."""
    for item in state.gateways.values():
        if any(canonical(place.value) == address for place in (*item.status.addresses, *item.spec.addresses)):
            return item
    return None
