"""Why a route is attached to no listener, to the field, and what would attach it (G1, G2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from svcmap.model.gateway import Gateway, Listener, ParentReference, Route
from svcmap.model.labels import format_labels
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import namespace_labels
from svcmap.paths.routes.gateway.attached import listeners_of, parent_name
from svcmap.semantics import gateway as rules

METADATA_NAME = "kubernetes.io/metadata.name"


class Why(NamedTuple):
    """A sentence without its end, and the next step."""

    says: str
    next: str


def why_not(state: ClusterState, route: Route, parent: Name, reason: str) -> Why | None:
    """By the reason of the condition that fails; None for one of an implementation."""
    asked = next((ref for ref in route.spec.parent_refs if parent_name(state, route, ref) == parent), ParentReference())
    gateway = state.gateways.get(parent)
    if gateway is None:
        return _elsewhere(state, parent) if reason == "parent-not-found" else None
    listeners = [b.listener for b in listeners_of(state, gateway) if b.owner == asked.object_of(route.name.namespace)]
    match reason:
        case "NoMatchingParent" if not listeners and asked.kind != "Gateway":
            return _of_set(asked, gateway, route.name.namespace)
        case "NoMatchingParent":
            return _of_section(asked, parent, listeners)
        case "NotAllowedByListeners":
            named = [b for b in listeners_of(state, gateway) if rules.names_listener(asked, b)]
            return _not_allowed(state, route, gateway, [b.listener for b in named])
        case "NoMatchingListenerHostname":
            hosts = ", ".join(dict.fromkeys(item.hostname for item in listeners if item.hostname))
            says = f"it has no host name in common with a listener of Gateway {parent}, which are for {hosts}"
            return Why(says, f"give a listener the hostname, or the route one of {hosts}")
    return None


def _elsewhere(state: ClusterState, parent: Name) -> Why:
    says = f"Gateway {parent} does not exist (without a namespace a parentRef means the route's own)"
    other = next((name for name in state.gateways if name.name == parent.name), None)
    if other is None:
        return Why(says, "correct spec.parentRefs; kubectl get gateways -A")
    return Why(f"{says}; there is {other}", f"set namespace: {other.namespace} in spec.parentRefs")


def _of_set(asked: ParentReference, gateway: Gateway, home: str) -> Why:
    """GEP-1713: of itself a Gateway takes no listeners of others."""
    name, namespaces = Name(asked.namespace or home, asked.name), gateway.spec.allowed_listeners.namespaces
    says = f"Gateway {gateway.name} takes no listener of {asked.kind} {name}"
    says += f" (spec.allowedListeners.namespaces.from: {namespaces.from_ or 'None'})"
    return Why(says, f"let spec.allowedListeners of Gateway {gateway.name} take those of namespace {name.namespace}")


def _of_section(asked: ParentReference, parent: Name, listeners: Sequence[Listener]) -> Why:
    wanted = " and ".join(
        text
        for text in (
            f"sectionName {asked.section_name}" if asked.section_name else "",
            f"port {asked.port}" if asked.port else "",
        )
        if text
    )
    has = ", ".join(f"{item.name} ({item.protocol} {item.port})" for item in listeners) or "none"
    says = f"Gateway {parent} has no listener with {wanted}, as its parentRef asks for; its listeners: {has}"
    return Why(says, f"set spec.parentRefs[].sectionName to one of: {', '.join(item.name for item in listeners)}")


def _not_allowed(state: ClusterState, route: Route, gateway: Gateway, listeners: Sequence[Listener]) -> Why:
    """The first of the listeners that were meant: it takes no routes of the kind, or none of the namespace."""
    namespace, start = route.metadata.namespace, f"no listener of Gateway {gateway.name} takes it"
    for item in listeners:
        if route.kind not in rules.supported_kinds(item):
            kinds = ", ".join(rules.supported_kinds(item)) or "no kind"
            says = f"{start}: {item.name} ({item.protocol}) is for {kinds}, and not for {route.kind}s"
            if not rules.carries(item, route.kind):
                return Why(says, f"attach it to a listener of a protocol that carries {route.kind}s")
            return Why(f"{says} (allowedRoutes.kinds)", f"add {route.kind} to allowedRoutes.kinds of {item.name}")
        allowed = item.allowed_routes.namespaces
        if allowed.from_ == "Selector" and allowed.selector is not None:
            wanted = format_labels(allowed.selector.match_labels) or "the labels of its matchExpressions"
            labels = namespace_labels(state).get(namespace)
            has = f"which has {format_labels(labels) or 'none'}" if labels is not None else "whose labels are not known"
            says = f"{start}: {item.name} is for namespaces with {wanted} (allowedRoutes)"
            return Why(
                f"{says}, and not for {namespace}, {has}",
                f"kubectl label namespace {namespace} {wanted.replace(',', ' ')}",
            )
        says = f"{start}: {item.name} is for routes of namespace {gateway.metadata.namespace} alone"
        return Why(
            f"{says} (allowedRoutes.namespaces.from: {allowed.from_}), and the route is in {namespace}",
            f"set allowedRoutes.namespaces.from to All, or to Selector, on listener {item.name}",
        )
    return Why(start, "see allowedRoutes of its listeners")
