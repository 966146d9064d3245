"""selector-other-namespace: the pods a Service selects run in another namespace."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.checks.finding import Finding, Spot
from svcmap.model.core import Service
from svcmap.model.labels import format_labels
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.known.near_miss import elsewhere
from svcmap.semantics.service import has_selector

CODE = "selector-other-namespace"


def check(state: ClusterState, service: Service) -> Iterator[Finding]:
    """E3: selection never crosses namespaces."""
    name, selector = service.name, service.spec.selector
    found = endpoints_of(state, name)
    if found.endpoints or found.predictions or found.source.startswith("made by") or not has_selector(service):
        return
    if state.pods_with(name.namespace, selector) or not (match := elsewhere(state, name.namespace, selector)):
        return
    owner, namespace = match
    yield Finding(
        id=CODE,
        severity="error",
        object=service.ref,
        path=("metadata", "namespace"),
        message=f"The pods with {format_labels(selector)} ({owner.kind} {owner.name}) run in namespace {namespace}. "
        f"A Service only selects pods of its own namespace {name.namespace}.",
        suggestion=namespace,
        next=f"move the Service to namespace {namespace}, or the workload to {name.namespace}",
        services=(name,),
        spot=Spot(kind="endpoints"),
    )
