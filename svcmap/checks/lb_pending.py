"""lb-pending: a load balancer without an address."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.checks.check import Check
from svcmap.checks.finding import Finding, Spot
from svcmap.model.core import Service
from svcmap.model.group_kinds import EVENT, IP_ADDRESS_POOL, SERVICE
from svcmap.model.reads import reads
from svcmap.model.state import ClusterState
from svcmap.paths.known.events import last_warning
from svcmap.paths.known.look_ups import ITSELF
from svcmap.paths.known.metallb import why_pending
from svcmap.paths.known.providers import pending_svclb
from svcmap.semantics import load_balancer
from svcmap.semantics.service import was_applied


def run(state: ClusterState, service: Service) -> Iterator[Finding]:
    """S13, S19: only status counts: without an address nobody gets in this way.

    A manifest that was never applied has no status to wait for.
    """
    waits = state.is_of_cluster or was_applied(service)
    if service.spec.type != "LoadBalancer" or load_balancer.addresses(service) or not waits:
        return
    wanted = service.spec.load_balancer_class
    by = f"Class {wanted}" if wanted else "No class is set"
    name, event = service.name, last_warning(state, service.ref)
    why = pending_svclb(state, service) or (f"An Event says {event.text}" if event else "")
    why = why or why_pending(state, service) or f"{by}; is a controller for it installed?"
    yield Finding(
        id=CHECK.id,
        severity=CHECK.severity,
        object=service.ref,
        path=("status", "loadBalancer"),
        message=f"No load balancer address yet. {why}",
        next=f"kubectl describe svc -n {name.namespace} {name.name}",
        services=(name,),
        spot=Spot(kind="entry", key="lb"),
    )


CHECK = Check(
    id="lb-pending",
    title="The load balancer has no address",
    explain=(
        "S13, S19: only what status says is an address. Until a controller has written one, nobody gets in this "
        "way. A manifest that was never applied has no status yet, and nothing is missing."
    ),
    severity="warning",
    about="service",
    # the pods of ServiceLB are of files: a cluster is not asked for them
    reads=ITSELF | reads(EVENT, SERVICE, IP_ADDRESS_POOL),
    run=run,
)
