"""lb-pending: a load balancer without an address."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.checks.finding import Finding, Spot
from svcmap.model.core import Service
from svcmap.model.state import ClusterState
from svcmap.semantics import load_balancer
from svcmap.semantics.service import was_applied

CODE = "lb-pending"


def check(state: ClusterState, service: Service) -> Iterator[Finding]:
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
        id=CODE,
        severity="warning" if live else "info",
        object=service.ref,
        path=("status", "loadBalancer"),
        message=f"No load balancer address yet. {by}; is a controller for it installed?",
        next=f"kubectl describe svc -n {name.namespace} {name.name}",
        services=(name,),
        spot=Spot(kind="entry", key="lb"),
    )
