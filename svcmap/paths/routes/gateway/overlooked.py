"""Routes that name a host and that no listener took: what a person should be told of them (G1, G2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from svcmap.model.gateway import Route
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.hosts import keys_of
from svcmap.paths.routes.gateway.attached import conditions_of, is_absent, parent_name
from svcmap.paths.routes.gateway.claims import listener_for
from svcmap.paths.routes.gateway.near_parents import why_not
from svcmap.paths.routes.gateway.status import RouteStatus, route_status
from svcmap.paths.routes.kind import Overlooked
from svcmap.semantics import gateway as rules


def unattached(state: ClusterState, host: str, at: Name | None = None) -> Overlooked | None:
    """The first route with a host that is attached nowhere, with why; only of a Gateway where that is given."""

    def index() -> Mapping[str, list[tuple[Route, RouteStatus]]]:
        found: dict[str, list[tuple[Route, RouteStatus]]] = {}
        for route in state.routes:
            is_of_gateway = any(parent_name(state, route, parent) for parent in route.spec.parent_refs)
            status = route_status(state, route) if route.spec.hostnames and is_of_gateway else None
            if status is not None and status.accepted is False:
                for hostname in route.spec.hostnames:
                    found.setdefault(hostname.lower(), []).append((route, status))
        return found

    by_name = state.remember("unattached_hosts", None, index)
    for route, status in (pair for key in keys_of(host) for pair in by_name.get(key, ())):
        if at in (None, status.parent):
            return _told(state, route, status)
    return None


def unattached_stream(state: ClusterState, at: Name, kinds: Sequence[str]) -> Overlooked | None:
    """The first route without host names that asks for a Gateway, and that no listener of it took, with why (G10)."""
    for route in state.routes:
        if route.kind not in kinds or not any(parent_name(state, route, one) == at for one in route.spec.parent_refs):
            continue
        status = route_status(state, route)
        if status.accepted is False and status.parent == at:
            return _told(state, route, status)
    return None


def without_route(state: ClusterState, host: str) -> Overlooked | None:
    """A listener with a host for which there is no route."""
    found = listener_for(state, host)
    if found is None:
        return None
    gateway, bound = found
    where = f"Listener {bound.name} of Gateway {gateway.name}"
    says = f"{where} is for {bound.listener.hostname}, and no route there has the host."
    step = f"attach a route with the host to Gateway {gateway.name}"
    is_wide = bound.listener.hostname.startswith("*")
    return Overlooked(gateway.ref, says, step, "no-matching-rule", is_wide=is_wide)


def _told(state: ClusterState, route: Route, status: RouteStatus) -> Overlooked:
    parent, step = status.parent or "of its parentRef", route.ref.kubectl("describe")
    why_not_taken = why_not(state, route, status.parent, status.reason or "") if status.parent else None
    known = why_not_taken.says if why_not_taken else ""
    asked = (item for item in route.spec.parent_refs if parent_name(state, route, item) == status.parent)
    refusals = (rules.refused(conditions_of(state, route, item), route.metadata.generation) for item in asked)
    if (refusal := next(filter(None, refusals), None)) is not None:
        told = refusal.message.strip().rstrip(".") or known or f"condition {refusal.type} is {refusal.status}"
        says = f"{route.kind} {route.name} has this host, and the controller of Gateway {parent} has not accepted it"
        return Overlooked(route.ref, f"{says} ({refusal.reason}): {told}.", step, "not-accepted")
    why = known or f"Gateway {parent} has not accepted it ({status.reason})"
    if status.reason == "parent-not-found" and status.parent and not is_absent(state, status.parent):
        says = f"{route.kind} {route.name} has this host, and its Gateway {parent} is not in the source."
        return Overlooked(route.ref, says, "read the Gateway too", "no-listener", is_open=True)
    reason = f" ({status.reason})" if known and status.reason != "parent-not-found" else ""
    what = "has this host" if route.spec.hostnames else "asks for the Gateway"
    says = f"{route.kind} {route.name} {what}, and is attached to no listener{reason}: {why}."
    return Overlooked(route.ref, says, why_not_taken.next if why_not_taken else step, "no-listener")
