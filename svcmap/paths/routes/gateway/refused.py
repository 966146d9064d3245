"""Gateways and routes that the API server does not take: such an object is not there."""

from __future__ import annotations

from svcmap.model.gateway import Gateway, Route
from svcmap.model.state import ClusterState
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.routes.gateway.entries import WORD
from svcmap.paths.walk import Walk
from svcmap.semantics.gateway import admission


def refusal_of(state: ClusterState, item: Gateway | Route) -> admission.Refusal | None:
    """Why the API server does not take an object; None where it does, or has."""
    if state.is_of_cluster or item.metadata.uid:
        return None
    return admission.of_gateway(item) if isinstance(item, Gateway) else admission.of_route(item)


def not_there(walk: Walk, item: Gateway | Route) -> Trace | None:
    """The finished trace of a request that would meet such an object; None for any other."""
    found = refusal_of(walk.state, item)
    if found is None:
        return None
    walk.invalid = found.field
    says = f"The API server refuses {item.kind} {item.name} ({found.field}: {found.why}): such an object is not there."
    step = f"correct {found.field}"
    address = f"{walk.request.authority}{walk.request.path}"
    hop = Hop(kind=WORD, object=item.ref, address=address, rule="G1", says=says, next=step)
    return walk.stop(hop, "object-refused")
