"""selector-no-match: no pod of the namespace has the labels a Service selects."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.checks.check import Check
from svcmap.checks.finding import Finding, Spot
from svcmap.model.core import Service
from svcmap.model.state import ClusterState
from svcmap.paths.known.emptiness import emptiness
from svcmap.paths.known.look_ups import ITS_ENDPOINTS


def run(state: ClusterState, service: Service) -> Iterator[Finding]:
    """E3: a Service selects pods of its own namespace that carry every pair of its selector."""
    name, empty = service.name, emptiness(state, service)
    if empty.cause != "no-match" or empty.elsewhere:
        return
    near = empty.near
    hint = f" Closest: {near.owner.kind} {near.owner.name} has {near.text}." if near else ""
    hint = f" {empty.stray.says}" if empty.stray and not near else hint
    yield Finding(
        id=CHECK.id,
        severity=CHECK.severity,
        object=service.ref,
        path=("spec", "selector"),
        message=f"Service {name.name} selects {empty.selector}, but no pod in {name.namespace} has these labels.{hint}",
        suggestion=near.text if near else None,
        next=f"set the selector to {near.text}" if near else empty.next,
        services=(name,),
        spot=Spot(kind="endpoints"),
    )


CHECK = Check(
    id="selector-no-match",
    title="No pod has the labels that the Service selects",
    explain=(
        "E3: a Service selects the pods of its own namespace that carry every pair of its selector. No pod and no "
        "workload of the namespace does, so the Service has no endpoints and refuses connections."
    ),
    severity="error",
    about="service",
    reads=ITS_ENDPOINTS,
    run=run,
)
