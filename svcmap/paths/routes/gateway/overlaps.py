"""Routes at other listeners, or other ports, that an implementation may have answer all the same (GW-72)."""

from __future__ import annotations

from svcmap.model.gateway import Gateway
from svcmap.paths.routes.gateway.attached import attached_routes, listeners_of, routes_naming
from svcmap.paths.routes.gateway.conditions import claims_of, note_feature
from svcmap.paths.walk import Walk
from svcmap.semantics import gateway as rules


def note_overlaps(walk: Walk, gateway: Gateway, bound: rules.BoundListener) -> None:
    """Where no rule of a listener takes a request: what would, if listeners were not apart, or the port of a parentRef
    were not looked at.
    """
    claimed, known = claims_of(walk, gateway)
    if rules.is_unclaimed(rules.ISOLATION, claimed, known):
        _note_beside(walk, gateway, bound)
    if rules.is_unclaimed(rules.PARENT_PORT, claimed, known):
        _note_ports(walk, gateway, bound)


def _note_beside(walk: Walk, gateway: Gateway, bound: rules.BoundListener) -> None:
    host = walk.request.authority
    for other in listeners_of(walk.state, gateway):
        is_beside = other.listener.port == bound.listener.port and other.name != bound.name and not other.conflict
        if not is_beside or not rules.hostname_matches(other.listener.hostname, host):
            continue
        for route, names in attached_routes(walk.state, gateway, other):
            if any(rules.hostname_matches(name, host) for name in names):
                says = f"is about listener {other.name}, and to keep listeners apart is {rules.ISOLATION}"
                note_feature(walk, gateway, route.ref, "spec.parentRefs", says)
                return


def _note_ports(walk: Walk, gateway: Gateway, bound: rules.BoundListener) -> None:
    host = walk.request.authority
    for route in routes_naming(walk.state, gateway.ref):
        asked = (ref for ref in route.spec.parent_refs if ref.object_of(route.metadata.namespace) == gateway.ref)
        port = next((ref.port for ref in asked if ref.port not in (0, bound.listener.port)), 0)
        hosts = route.spec.hostnames
        if port and (not hosts or any(rules.hostname_matches(name, host) for name in hosts)):
            says = f"is {port}, and to look at it is {rules.PARENT_PORT}"
            note_feature(walk, gateway, route.ref, "spec.parentRefs[].port", says)
            return
