"""no-selector-no-endpoints: nothing will ever be behind this Service."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.checks.check import Check
from svcmap.checks.finding import Finding, Spot
from svcmap.model.core import Service
from svcmap.model.group_kinds import ENDPOINTS
from svcmap.model.reads import reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.emptiness import emptiness
from svcmap.paths.known.look_ups import ITS_ENDPOINTS
from svcmap.paths.known.near_miss import edit_distance


def run(state: ClusterState, service: Service) -> Iterator[Finding]:
    """E1 (d): no selector, no EndpointSlice with its label, no Endpoints of its name."""
    empty = emptiness(state, service)
    if empty.cause != "no-selector" or service.spec.type == "ExternalName" or empty.found.source != "none":
        return
    name = service.name
    orphan = _orphan(state, name)
    near = f" Endpoints {orphan} belong to no Service; should they have this one's name?" if orphan else ""
    yield Finding(
        id=CHECK.id,
        severity=CHECK.severity,
        object=service.ref,
        message=f"{name.name} has no selector and no EndpointSlice or Endpoints. Nothing will ever answer.{near}",
        suggestion=orphan,
        next=f"rename Endpoints {orphan} to {name.name}"
        if orphan
        else f"add a selector, or an EndpointSlice with the label kubernetes.io/service-name: {name.name}",
        services=(name,),
        spot=Spot(kind="endpoints"),
    )


def _orphan(state: ClusterState, name: Name) -> str | None:
    """Endpoints of the namespace that no Service has the name of: the only ones, or of a similar name."""
    orphans = [n.name for n in state.endpoints if n.namespace == name.namespace and n not in state.services]
    if len(orphans) == 1:
        return orphans[0]
    return next((orphan for orphan in orphans if edit_distance(orphan, name.name) <= 3), None)


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
