"""The backends of a route's rule: which of them can be used, with which share, and where each leads (G6, G7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from svcmap.model.gateway import BackendRef, ReferenceGrant, Route, RouteRule
from svcmap.model.group_kinds import REFERENCE_GRANT
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import endpoints_of, find_service
from svcmap.paths.outcome import Reason
from svcmap.paths.routes.backends import Leg, leg_to
from svcmap.semantics import gateway as rules
from svcmap.semantics.service import find_port

LAYER_4 = ("TCPRoute", "UDPRoute", "TLSRoute")
INVALID = 500
UNAVAILABLE = 503


class Problem(NamedTuple):
    """Why a backend cannot be used: a sentence, what to do, and the port that is not there."""

    reason: Reason
    says: str
    step: str = ""
    wanted: str = ""


def target_of(route: Route, ref: BackendRef) -> Name:
    """The object a backendRef names."""
    return Name(ref.namespace or route.metadata.namespace, ref.name)


def protocol_of(route: Route) -> str:
    """The protocol a Service port must have to be a backend of a route (G10)."""
    return "UDP" if route.kind == "UDPRoute" else "TCP"


def backend_problem(state: ClusterState, route: Route, ref: BackendRef) -> Problem | None:
    """Why a backend cannot be used; None if it can."""
    name = target_of(route, ref)
    if ref.kind != "Service" or ref.group not in ("", "core"):
        return Problem("invalid-kind", f"The backend {ref.kind} {ref.name} is no Service.")
    grants = state.all(REFERENCE_GRANT, ReferenceGrant).values()
    if not rules.is_permitted(route, ref, grants):
        says = f"No ReferenceGrant in {name.namespace} lets {route.kind} refer to Service {name}."
        origin = f"{route.kind} of {route.metadata.namespace}"
        step = f"create a ReferenceGrant in {name.namespace}: from {origin}, to Service"
        return Problem("ref-not-permitted", f"{says}{_near_grant(route, name, grants)}", step)
    service = find_service(state, name)
    if service is None:
        says = f"The rule leads to Service {name}, which does not exist."
        other = next((known for known in state.services if known.name == name.name), None)
        step = f"set namespace: {other.namespace} in its backendRef" if other else f"create Service {name}"
        return Problem("backend-not-found", f"{says} There is {other}." if other else says, step)
    if ref.port is None:
        return Problem("backend-port-missing", f"The backendRef to {name} has no port.", "set its port")
    if find_port(service, ref.port, protocol_of(route)) is None:
        has = ", ".join(f"{p.port}/{p.protocol}" for p in service.spec.ports) or "none"
        wanted = f"{ref.port}/{protocol_of(route)}"
        says = f"The rule leads to port {wanted} of {name}, which has ports {has}."
        return Problem("backend-port-not-found", says, f"set its port to one of: {has}", wanted)
    return None


def _near_grant(route: Route, name: Name, grants: Iterable[ReferenceGrant]) -> str:
    """A ReferenceGrant that was probably meant to let a route refer to a Service."""
    for grant in grants:
        names_service = any(to.kind == "Service" and to.name in ("", name.name) for to in grant.spec.to)
        froms = [(item.kind, item.namespace) for item in grant.spec.from_]
        if not names_service or not froms:
            continue
        if (route.kind, route.metadata.namespace) in froms and grant.metadata.namespace != name.namespace:
            where = "in the namespace of what is referred to"
            return f" ReferenceGrant {grant.name} is in {grant.metadata.namespace}, and one counts {where} alone."
        if grant.metadata.namespace == name.namespace:
            kind, namespace = froms[0]
            mine = f"{route.kind} of {route.metadata.namespace}"
            return f" ReferenceGrant {grant.name} is for {kind} of {namespace}, not for {mine}."
    return ""


def legs_of(state: ClusterState, route: Route, rule: RouteRule, by: rules.Implementation | None = None) -> list[Leg]:
    """Every backend of a rule, those with share 0 too, in the order they are written. What a backend would get that
    cannot be used is answered 500, or goes to the others where the implementation is one that does so (GW-25).
    """
    legs = [_leg(state, route, ref, share) for ref, share in rules.shares(rule)]
    if by is not None and not by.external_names:
        legs = [_without_external(leg, by.title) for leg in legs]
    reading = by.reading if by else None
    kept = sum(leg.share for leg in legs if not is_invalid(leg))
    if reading is None or route.kind in LAYER_4:
        return legs
    if not kept:
        return [replace(leg, status=reading.none_left) if leg.status == INVALID else leg for leg in legs]
    if not reading.spreads:
        return legs
    return [
        replace(leg, share=0.0, status=None) if is_invalid(leg) else replace(leg, share=leg.share / kept)
        for leg in legs
    ]


def _without_external(leg: Leg, title: str) -> Leg:
    if leg.service is None or leg.service.spec.type != "ExternalName":
        return leg
    says = f"Service {leg.name} is of type ExternalName, to which {title} sends nothing by its defaults."
    status = INVALID if leg.share else None
    return replace(leg, reason="no-endpoints", says=says, rule="GW-33", status=status, port=None)


def is_invalid(leg: Leg) -> bool:
    """Whether it is no backend at all, other than one without a ready endpoint."""
    return leg.status == INVALID or (leg.reason is not None and leg.reason != "no-endpoints")


def _leg(state: ClusterState, route: Route, ref: BackendRef, share: float) -> Leg:
    name, layer_7 = target_of(route, ref), route.kind not in LAYER_4
    service = find_service(state, name)
    if problem := backend_problem(state, route, ref):
        status = INVALID if layer_7 and share else None
        service = None if problem.reason in ("invalid-kind", "backend-not-found") else service
        return Leg(
            name=name,
            share=share,
            reason=problem.reason,
            says=problem.says,
            step=problem.step,
            rule="G7" if problem.reason == "ref-not-permitted" else "G6",
            wanted=problem.wanted,
            status=status,
            service=service,
        )
    port = find_port(service, ref.port or 0, protocol_of(route)) if service else None
    if service is None or port is None:
        raise AssertionError("a backend without problems has a Service and a port")
    leg = leg_to(service, port, endpoints_of(state, name), "G6")
    return replace(leg, share=share, status=UNAVAILABLE if leg.reason and layer_7 and share else None)
