"""What a Gateway API controller writes into the status of routes and listeners (G1, G2, G6, G7, G10, G11)."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.base import Part
from svcmap.model.gateway import Gateway, ReferenceGrant, Route
from svcmap.model.group_kinds import REFERENCE_GRANT
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.outcome import Reason
from svcmap.paths.routes.gateway.attached import (
    attached_routes,
    attachment,
    listeners_of,
    parent_name,
    refusal_of,
    unread_namespace,
)
from svcmap.paths.routes.gateway.backends import backend_problem
from svcmap.semantics import gateway as rules

REASONS: dict[Reason, str] = {
    "backend-not-found": "BackendNotFound",
    "backend-port-not-found": "BackendNotFound",
    "backend-port-missing": "BackendNotFound",
    "invalid-kind": "InvalidKind",
    "ref-not-permitted": "RefNotPermitted",
}


class RouteStatus(Part, frozen=True):
    """The status of a route at the first parent that took it, else at its first. `reason` of a failing condition;
    `accepted` None where labels that were not read decide.
    """

    parent: Name | None
    accepted: bool | None
    resolved_refs: bool
    reason: str | None


class ListenerStatus(Part, frozen=True):
    """The status of one listener."""

    name: str
    attached: int
    resolved_refs: bool
    reason: str | None
    supported_kinds: tuple[str, ...]


def route_status(state: ClusterState, route: Route) -> RouteStatus:
    """Whether a route is Accepted and its references are resolved (G2, G6)."""
    resolved = _unresolved(state, route)
    first: RouteStatus | None = None
    for parent in route.spec.parent_refs:
        name = parent_name(state, route, parent)
        if name is None:
            continue
        gateway = state.gateways.get(name)
        if gateway is None:
            status = RouteStatus(parent=name, accepted=False, resolved_refs=resolved is None, reason="parent-not-found")
        else:
            tried = attachment(state, route, parent, gateway)
            certain = len(tried.listeners) > len(tried.unsure)
            accepted = True if certain else None if tried.unsure else False
            said = refusal_of(state, route, parent)
            if said is not None:
                accepted, tried = False, replace(tried, reason=said)
            status = RouteStatus(
                parent=name,
                accepted=accepted,
                resolved_refs=resolved is None,
                reason=tried.reason if accepted is False else resolved,
            )
        if status.accepted:
            return status
        first = first or status
    return first or RouteStatus(parent=None, accepted=False, resolved_refs=resolved is None, reason="parent-not-found")


def _unresolved(state: ClusterState, route: Route) -> str | None:
    """The reason ResolvedRefs is False: that of the first backend that cannot be used."""
    for rule in route.spec.rules:
        for ref in rule.backend_refs:
            if problem := backend_problem(state, route, ref):
                return REASONS[problem.reason]
    return None


def gateway_status(state: ClusterState, gateway: Gateway) -> list[ListenerStatus]:
    """Every listener with the number of routes it took."""
    return [_listener_status(state, gateway, bound) for bound in listeners_of(state, gateway)]


def _listener_status(state: ClusterState, gateway: Gateway, bound: rules.BoundListener) -> ListenerStatus:
    valid = rules.kinds_are_valid(bound.listener)
    reason = bound.conflict or (None if valid else "InvalidRouteKinds")
    if reason is None and not _secrets_are_permitted(state, bound):
        reason = "RefNotPermitted"
    return ListenerStatus(
        name=bound.name,
        attached=sum(
            not unread_namespace(state, gateway, bound, route) for route, _ in attached_routes(state, gateway, bound)
        ),
        resolved_refs=valid and reason != "RefNotPermitted",
        reason=reason,
        supported_kinds=tuple(rules.supported_kinds(bound.listener)),
    )


def _secrets_are_permitted(state: ClusterState, bound: rules.BoundListener) -> bool:
    """G7: a certificate in another namespace needs a ReferenceGrant there too."""
    tls = bound.listener.tls
    return all(
        rules.is_secret_permitted(bound.owner, ref, state.all(REFERENCE_GRANT, ReferenceGrant).values())
        for ref in (tls.certificate_refs if tls else ())
    )
