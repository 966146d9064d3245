"""Gateways of a state: their listeners, those of their ListenerSets, and the routes each of them took (G1-G3, G11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from svcmap.model.core import Secret
from svcmap.model.gateway import (
    Gateway,
    GatewayClass,
    ListenerSet,
    Observed,
    ParentReference,
    ReferenceGrant,
    Route,
    SecretReference,
)
from svcmap.model.group_kinds import GATEWAY, GATEWAY_CLASS, LISTENER_SETS, REFERENCE_GRANT, ROUTES, SECRET
from svcmap.model.reads import reads
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import namespace_labels
from svcmap.semantics import gateway as rules

OF_SOME = "ListenersNotValid"
"""The reason of a Gateway some of whose listeners are at fault: what each of them says decides."""
TLS_SECRET = "kubernetes.io/tls"
Attached = list[tuple[Route, list[str]]]
"""Routes with the host names they share with a listener, the oldest first."""


def listeners_of(state: ClusterState, gateway: Gateway) -> list[rules.BoundListener]:
    """The listeners of a Gateway and of the ListenerSets it allows, with their conflicts."""

    def bind() -> list[rules.BoundListener]:
        sets = list(_sets_of(state, gateway))
        own = [rules.BoundListener(listener=item, owner=gateway.ref) for item in gateway.spec.listeners]
        added = [
            rules.BoundListener(listener=item, owner=listener_set.ref, is_unsure=is_unsure)
            for listener_set, is_unsure in sets
            for item in listener_set.spec.listeners
        ]
        owners: dict[ObjectRef, Gateway | ListenerSet] = {gateway.ref: gateway} | {item.ref: item for item, _ in sets}
        observed = (_as_observed(owners[bound.owner], bound) for bound in rules.with_conflicts([*own, *added]))
        return [bound if bound.conflict else _with_certificate(state, gateway, bound) for bound in observed]

    return state.remember("listeners_of", gateway.name, bind)


def _as_observed(owner: Gateway | ListenerSet, bound: rules.BoundListener) -> rules.BoundListener:
    """A listener as the controller of its Gateway says it is: off where that has not accepted it, and on where it has,
    although another seems to have its port.
    """
    generation, status = owner.metadata.generation, owner.status
    said = [item.conditions for item in status.listeners if item.name == bound.name]
    refused = (rules.refused(item, generation) or rules.without_certificate(item, generation) for item in said)
    found = next((condition for condition in refused if condition), None)
    whole = rules.refused(status.conditions, generation)
    is_whole = found is None and whole is not None and whole.reason != OF_SOME
    found = whole if is_whole else found
    if found is not None:
        return replace(bound, conflict=found.reason or "NotAccepted", refusal=rules.quoted(found), is_whole=is_whole)
    if any(rules.said(item, generation, "Accepted", "True") for item in said):
        return replace(bound, conflict=None)
    return bound


def _with_certificate(state: ClusterState, gateway: Gateway, bound: rules.BoundListener) -> rules.BoundListener:
    """A listener, off where none of its certificates can be used: in a namespace that lets nobody refer to it, or no
    certificate at all. A Secret that is not in the source may exist.
    """
    tls = bound.listener.tls
    lacks_tls = tls is None and bound.listener.protocol == "HTTPS"
    has_refs = tls is not None and tls.certificate_refs and tls.mode != "Passthrough"
    if not (lacks_tls or has_refs) or rules.is_taken_up(gateway.status.conditions):
        return bound
    implementation = implementation_of(state, gateway)
    if implementation and implementation.reading and not implementation.reading.certificates:
        return bound
    if tls is None:
        return replace(bound, conflict="InvalidCertificateRef")
    reasons = [_unusable(state, bound, ref) for ref in tls.certificate_refs]
    return replace(bound, conflict=reasons[0]) if all(reasons) else bound


def _unusable(state: ClusterState, bound: rules.BoundListener, ref: SecretReference) -> str | None:
    if not rules.is_secret_permitted(bound.owner, ref, state.all(REFERENCE_GRANT, ReferenceGrant).values()):
        return "RefNotPermitted"
    found = state.objects.get(SECRET, {}).get(Name(ref.namespace or bound.owner.namespace, ref.name))
    is_other = isinstance(found, Secret) and found.type not in ("", TLS_SECRET)
    return "InvalidCertificateRef" if is_other else None


def refusal_of(state: ClusterState, route: Route, asked: ParentReference) -> str | None:
    """The reason for which the controller of a parent has not accepted a route as it is now; None where it says nothing
    of the kind.
    """
    found = rules.refused(conditions_of(state, route, asked), route.metadata.generation)
    return (found.reason or "NotAccepted") if found else None


def conditions_of(state: ClusterState, route: Route, asked: ParentReference) -> Iterator[Observed]:
    """What the controller of a parent says of a route in its conditions, whether it is about what the route is now or
    not. What another controller says of it is of no account.
    """
    namespace = route.metadata.namespace
    wanted = asked.object_of(namespace), asked.section_name, asked.port
    controller = _controller_of(state, route, asked)
    for parent in route.status.parents:
        ref = parent.parent_ref
        if (ref.object_of(namespace), ref.section_name, ref.port) != wanted:
            continue
        if not controller or not parent.controller_name or parent.controller_name == controller:
            yield from parent.conditions


def _controller_of(state: ClusterState, route: Route, parent: ParentReference) -> str:
    """The controller of the class of a parent's Gateway; empty where the source does not say."""
    name = parent_name(state, route, parent)
    gateway = state.gateways.get(name) if name else None
    classes = state.all(GATEWAY_CLASS, GatewayClass)
    found = classes.get(Name("", gateway.spec.gateway_class_name)) if gateway else None
    return found.spec.controller_name if found else ""


def implementation_of(state: ClusterState, gateway: Gateway) -> rules.Implementation | None:
    """What serves a Gateway, by the controller of its class, or by the name of the class."""
    wanted = gateway.spec.gateway_class_name
    of_class = state.all(GATEWAY_CLASS, GatewayClass).get(Name("", wanted))
    return rules.implementation_of(of_class.spec.controller_name if of_class else "", wanted)


def _sets_of(state: ClusterState, gateway: Gateway) -> Iterator[tuple[ListenerSet, bool]]:
    """ListenerSets that name a Gateway, from namespaces it allows (default none), the oldest first; with whether labels
    that were not read decide about it.
    """
    found = [item for kind in LISTENER_SETS for item in state.all(kind, ListenerSet).values()]
    for item in sorted(found, key=lambda item: item.age):
        parent, namespace = item.spec.parent_ref, item.metadata.namespace
        allowed = gateway.spec.allowed_listeners.namespaces
        if Name(parent.namespace or namespace, parent.name) == gateway.name:
            verdict = rules.is_allowed(namespace, gateway.metadata.namespace, allowed, namespace_labels(state))
            if verdict is not False:
                yield item, verdict is None


def attached_routes(state: ClusterState, gateway: Gateway, bound: rules.BoundListener) -> Attached:
    """The routes that a listener took, the oldest first, with the host names they have in common; those too that it may
    have taken (`unread_namespace`).
    """
    key = gateway.name, bound.owner, bound.name
    return state.remember("attached_routes", key, lambda: _attached_routes(state, gateway, bound))


def _attached_routes(state: ClusterState, gateway: Gateway, bound: rules.BoundListener) -> Attached:
    # Without a certificate a listener has its routes, and serves none.
    if bound.conflict and bound.conflict not in rules.UNUSABLE:
        return []
    found = []
    for route in routes_naming(state, bound.owner):
        for parent in parents_at(route, bound):
            if refusal_of(state, route, parent) is not None:
                continue
            if any(taken.name == bound.name for taken in attachment(state, route, parent, gateway).listeners):
                found.append((route, rules.effective_hostnames(bound.listener, route)))
                break
    return sorted(found, key=lambda pair: pair[0].age)


def routes_naming(state: ClusterState, parent: ObjectRef) -> Sequence[Route]:
    """The routes that name a Gateway or ListenerSet as a parent."""

    def index() -> Mapping[ObjectRef, list[Route]]:
        found: dict[ObjectRef, dict[ObjectRef, Route]] = {}
        for route in state.routes:
            for item in route.spec.parent_refs:
                if owner := item.object_of(route.metadata.namespace):
                    found.setdefault(owner, {})[route.ref] = route
        return {owner: list(routes.values()) for owner, routes in found.items()}

    return state.remember("routes_by_parent", None, index, reads(*ROUTES)).get(parent, ())


def routes_to(state: ClusterState, service: Name) -> Sequence[Route]:
    """The routes that name a Service as a backend."""

    def index() -> Mapping[Name, list[Route]]:
        found: dict[Name, dict[ObjectRef, Route]] = {}
        for route in state.routes:
            for backend in route.backend_services:
                found.setdefault(backend, {})[route.ref] = route
        return {name: list(routes.values()) for name, routes in found.items()}

    return state.remember("routes_by_backend", None, index, reads(*ROUTES)).get(service, ())


def unread_namespace(state: ClusterState, gateway: Gateway, bound: rules.BoundListener, route: Route) -> str:
    """The namespace whose labels, which were not read, decide whether a listener took a route; empty if it did."""
    tries = [attachment(state, route, parent, gateway) for parent in parents_at(route, bound)]
    if any(taken.name == bound.name and taken not in tried.unsure for tried in tries for taken in tried.listeners):
        return ""
    return bound.owner.namespace if bound.is_unsure else route.metadata.namespace


def parents_at(route: Route, bound: rules.BoundListener) -> list[ParentReference]:
    """The parentRefs of a route that name the object of a listener."""
    namespace = route.metadata.namespace
    return [parent for parent in route.spec.parent_refs if parent.object_of(namespace) == bound.owner]


def attachment(state: ClusterState, route: Route, parent: ParentReference, gateway: Gateway) -> rules.Attachment:
    """A route's try to attach to one of its parents, a Gateway or a ListenerSet of it."""
    owner = parent.object_of(route.metadata.namespace)
    listeners = [bound for bound in listeners_of(state, gateway) if bound.owner == owner]
    accepted = rules.said(conditions_of(state, route, parent), route.metadata.generation, "Accepted", "True")
    return rules.attach(route, parent, listeners, namespace_labels(state), is_accepted=accepted is not None)


def parent_name(state: ClusterState, route: Route, parent: ParentReference) -> Name | None:
    """The Gateway behind a parentRef, that of its ListenerSet too; None if it is something else."""
    owner = parent.object_of(route.metadata.namespace)
    if owner is None:
        return None
    name = owner.own_name
    if owner.of_kind == GATEWAY:
        return name
    found = state.all(owner.of_kind, ListenerSet).get(name)
    if found is None:
        return None
    ref = found.spec.parent_ref
    return Name(ref.namespace or name.namespace, ref.name)


def is_absent(state: ClusterState, gateway: Name) -> bool:
    """Whether there is no such Gateway: files may leave it to others, but for one of this name in another namespace."""
    return state.is_of_cluster or any(name.name == gateway.name for name in state.gateways)


def is_parent(state: ClusterState, gateway: Name, route: Route) -> bool:
    """Whether a route names this Gateway as a parent."""
    return any(parent_name(state, route, parent) == gateway for parent in route.spec.parent_refs)
