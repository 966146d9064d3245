"""lb-pending: a load balancer without an address."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.checks.check import Check
from svcmap.checks.finding import Finding, Spot
from svcmap.model.core import Service
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import ITSELF
from svcmap.semantics import load_balancer
from svcmap.semantics.service import was_applied


def run(state: ClusterState, service: Service) -> Iterator[Finding]:
    """S13, S19: only status counts. In files it is worth knowing; in a cluster nobody can get in this way.

    A manifest that was never applied has no status to wait for.
    """
    live = state.is_of_cluster
    if service.spec.type != "LoadBalancer" or load_balancer.addresses(service) or not (live or was_applied(service)):
        return
    wanted = service.spec.load_balancer_class
    by = f"Class {wanted}" if wanted else "No class is set"
    name = service.name
    yield Finding(
        id=CHECK.id,
        severity="warning" if live else CHECK.severity,
        object=service.ref,
        path=("status", "loadBalancer"),
        message=f"No load balancer address yet. {by}; is a controller for it installed?",
        next=f"kubectl describe svc -n {name.namespace} {name.name}",
        services=(name,),
        spot=Spot(kind="entry", key="lb"),
    )


CHECK = Check(
    id="lb-pending",
    title="The load balancer has no address",
    explain=(
        "S13, S19: only what status says is an address. Until a controller has written one, nobody gets in this "
        "way. In files that were applied it is worth knowing; in a cluster something is missing."
    ),
    severity="info",
    about="service",
    reads=ITSELF,
    run=run,
)
