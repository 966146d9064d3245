"""What the engine asks of a state again and again: Services with their defaults, their endpoints. Worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from svcmap.model.assumptions import DNSAssumptions
from svcmap.model.core import Service
from svcmap.model.facts import EndpointSet
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.semantics import dns, endpoints, ingress, service

NOTHING = EndpointSet(source="none")


def find_service(state: ClusterState, name: Name) -> Service | None:
    """A Service with its defaults applied; None if there is none of that name."""
    raw = state.services.get(name)
    return None if raw is None else state.remember("service", name, lambda: service.with_defaults(raw))


def endpoints_of(state: ClusterState, name: Name) -> EndpointSet:
    """The endpoints of a Service; none for a Service that is not there."""
    found = find_service(state, name)
    return NOTHING if found is None else state.remember("endpoints", name, lambda: endpoints.endpoint_set(state, found))


def ask_dns(state: ClusterState, name: str, type_: str, options: DNSAssumptions) -> dns.Answer:
    """What the cluster's DNS answers one query."""
    return dns.answer(state, name, type_, options, partial(find_service, state), partial(endpoints_of, state))


def served_by(state: ClusterState, item: Ingress) -> ingress.ServedBy:
    """The class and controller of an Ingress."""
    return state.remember("served_by", item.name, lambda: ingress.served_by(item, state.ingress_classes))


def namespace_labels(state: ClusterState) -> Mapping[str, Mapping[str, str]]:
    """Labels of every namespace that is in the source as an object."""
    return {name: item.metadata.labels for name, item in state.namespaces.items()}
