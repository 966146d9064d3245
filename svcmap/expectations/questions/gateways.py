"""`route`, `gateway` and `ingress`: what controllers say of these objects, before any request."""

from __future__ import annotations

from typing import Any

from svcmap.errors import NotFoundError
from svcmap.expectations.questions import asked
from svcmap.model.assumptions import Assumptions
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import served_by
from svcmap.paths.routes.gateway.status import gateway_status, route_status

Json = dict[str, Any]


def route(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """Whether a route attaches to its parent and its references resolve."""
    del assumptions
    asked.only(question, "route")
    wanted = asked.name(question, "route")
    found = next((item for item in state.routes if item.name == wanted), None)
    if found is None:
        raise NotFoundError(f"no route {wanted} in {state.source.name}")
    status = route_status(state, found)
    return {
        "parent": str(status.parent) if status.parent else None,
        "accepted": status.accepted,
        "resolvedRefs": status.resolved_refs,
        "reason": status.reason,
    }


def gateway(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """Attached routes by listener, and the condition of the first listener that has a bad one (else of the first)."""
    del assumptions
    asked.only(question, "gateway")
    wanted = asked.name(question, "gateway")
    found = state.gateways.get(wanted)
    if found is None:
        raise NotFoundError(f"no Gateway {wanted} in {state.source.name}")
    listeners = gateway_status(state, found)
    shown = next((item for item in listeners if item.reason), listeners[0] if listeners else None)
    return {
        "attachedRoutes": {item.name: item.attached for item in listeners},
        "listener": shown.name if shown else None,
        "resolvedRefs": shown.resolved_refs if shown else None,
        "reason": shown.reason if shown else None,
        "supportedKinds": list(shown.supported_kinds) if shown else [],
    }


def ingress(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """The class of an Ingress, and how it is known."""
    del assumptions
    asked.only(question, "ingress")
    wanted: Name = asked.name(question, "ingress")
    found = state.ingresses.get(wanted)
    if found is None:
        raise NotFoundError(f"no Ingress {wanted} in {state.source.name}")
    served = served_by(state, found)
    return {"ingressClass": served.ingress_class or None, "classSource": served.source}
