"""no-selector-no-endpoints: nothing will ever be behind this Service."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.checks.check import Check
from svcmap.checks.finding import Finding, Spot
from svcmap.model.core import Service
from svcmap.model.group_kinds import ENDPOINTS
from svcmap.model.reads import reads
from svcmap.model.state import ClusterState
from svcmap.paths.known.emptiness import emptiness
from svcmap.paths.known.look_ups import ITS_ENDPOINTS


def run(state: ClusterState, service: Service) -> Iterator[Finding]:
    """E1 (d): no selector, no EndpointSlice with its label, no Endpoints of its name."""
    empty = emptiness(state, service)
    if empty.cause != "no-selector" or service.spec.type == "ExternalName" or empty.found.source != "none":
        return
    name = service.name
    near = f" {empty.stray.says}" if empty.stray else ""
    yield Finding(
        id=CHECK.id,
        severity=CHECK.severity,
        object=service.ref,
        message=f"{name.name} has no selector and no EndpointSlice or Endpoints. Nothing will ever answer.{near}",
        suggestion=(empty.stray.name or None) if empty.stray else None,
        next=empty.stray.next
        if empty.stray
        else f"add a selector, or an EndpointSlice with the label kubernetes.io/service-name: {name.name}",
        services=(name,),
        spot=Spot(kind="endpoints"),
    )


CHECK = Check(
    id="no-selector-no-endpoints",
    title="Nothing will ever be behind this Service",
    explain=(
        "E1: without a selector somebody has to write the EndpointSlices or the Endpoints. There is none with its "
        "label or its name."
    ),
    severity="error",
    about="service",
    reads=ITS_ENDPOINTS | reads(ENDPOINTS),
    run=run,
)
