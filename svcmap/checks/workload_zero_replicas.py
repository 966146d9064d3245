"""workload-zero-replicas: the workload behind a Service is scaled to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.checks.check import Check
from svcmap.checks.finding import Finding, Spot
from svcmap.model.core import Service
from svcmap.model.state import ClusterState
from svcmap.paths.known.emptiness import emptiness
from svcmap.paths.known.look_ups import ITS_ENDPOINTS


def run(state: ClusterState, service: Service) -> Iterator[Finding]:
    """O1: replicas 0 makes no pods. A Job or CronJob that is not running is no fault."""
    empty = emptiness(state, service)
    idle = [p.workload for p in empty.found.predictions if p.count == 0 and not p.while_running]
    if empty.cause != "no-replicas" or not idle:
        return
    names = ", ".join(f"{ref.kind} {ref.name}" for ref in idle)
    first = idle[0]
    yield Finding(
        id=CHECK.id,
        severity=CHECK.severity,
        object=service.ref,
        message=f"{names} has replicas: 0, so {service.name.name} has no endpoints.",
        suggestion="1",
        next=f"kubectl scale -n {first.namespace} {first.kind.lower()}/{first.name} --replicas=1",
        services=(service.name,),
        spot=Spot(kind="endpoints"),
    )


CHECK = Check(
    id="workload-zero-replicas",
    title="The workload behind the Service is scaled to nothing",
    explain=(
        "O1: replicas 0 makes no pods, so there is nothing to send requests to. A Job or CronJob that is not "
        "running is no fault."
    ),
    severity="error",
    about="service",
    reads=ITS_ENDPOINTS,
    run=run,
)
