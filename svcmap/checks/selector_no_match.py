"""selector-no-match: no pod of the namespace has the labels a Service selects."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.checks.finding import Finding, Spot
from svcmap.model.core import Service
from svcmap.model.labels import format_labels
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.known.near_miss import closest, elsewhere
from svcmap.semantics.service import has_selector

CODE = "selector-no-match"


def selects_nothing(state: ClusterState, service: Service) -> bool:
    """The selector matches neither a pod nor a workload, and everything it could match was read."""
    found = endpoints_of(state, service.name)
    namespace, selector = service.name.namespace, service.spec.selector
    nothing = not found.endpoints and not found.predictions and found.basis != "unknown"
    # A pod that has no address yet is in no EndpointSlice: what was not read may be there.
    unread = state.lacks_pods_with(namespace, selector)
    return nothing and has_selector(service) and not unread and not state.pods_with(namespace, selector)


def check(state: ClusterState, service: Service) -> Iterator[Finding]:
    """E3: a Service selects pods of its own namespace that carry every pair of its selector."""
    name, selector = service.name, service.spec.selector
    if not selects_nothing(state, service) or elsewhere(state, name.namespace, selector):
        return
    near = closest(state, name.namespace, selector)
    hint = f" Closest: {near.owner.kind} {near.owner.name} has {near.text}." if near else ""
    yield Finding(
        id=CODE,
        severity="error",
        object=service.ref,
        path=("spec", "selector"),
        message=f"Service {name.name} selects {format_labels(selector)}, but no pod in {name.namespace} has these "
        f"labels.{hint}",
        suggestion=near.text if near else None,
        next=f"set the selector to {near.text}" if near else f"kubectl get pods -n {name.namespace} --show-labels",
        services=(name,),
        spot=Spot(kind="endpoints"),
    )
