"""selector-other-namespace: the pods a Service selects run in another namespace."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.checks.check import Check
from svcmap.checks.finding import Finding, Spot
from svcmap.model.core import Service
from svcmap.model.state import ClusterState
from svcmap.paths.known.emptiness import emptiness
from svcmap.paths.known.look_ups import ITS_ENDPOINTS


def run(state: ClusterState, service: Service) -> Iterator[Finding]:
    """E3: selection never crosses namespaces."""
    name, empty = service.name, emptiness(state, service)
    if empty.elsewhere is None or empty.found.source.startswith("made by"):
        return
    owner, namespace = empty.elsewhere
    yield Finding(
        id=CHECK.id,
        severity=CHECK.severity,
        object=service.ref,
        path=("metadata", "namespace"),
        message=f"The pods with {empty.selector} ({owner.kind} {owner.name}) run in namespace {namespace}. "
        f"A Service only selects pods of its own namespace {name.namespace}.",
        suggestion=namespace,
        next=f"move the Service to namespace {namespace}, or the workload to {name.namespace}",
        services=(name,),
        spot=Spot(kind="endpoints"),
    )


CHECK = Check(
    id="selector-other-namespace",
    title="The pods that the Service selects run in another namespace",
    explain="E3: selection never crosses namespaces. The pods are there, and this Service cannot have them.",
    severity="error",
    about="service",
    reads=ITS_ENDPOINTS,
    run=run,
)
