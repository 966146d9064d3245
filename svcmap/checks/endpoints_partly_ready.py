"""endpoints-partly-ready: some of the pods that match are ready, and others get nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from svcmap.checks.check import Check
from svcmap.checks.finding import Finding, Spot
from svcmap.model.core import Service
from svcmap.model.facts import UNREPORTED
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import ITS_ENDPOINTS, endpoints_of

ROLLING = 4
"""A rolling update may take a quarter of the pods away at a time (maxUnavailable 25% is the default)."""


def run(state: ClusterState, service: Service) -> Iterator[Finding]:
    """E6: only ready endpoints get traffic. One that terminates is on its way out and is no fault; a few of many are
    worth knowing; none of a workload, or more than an update takes away, is a fault.
    """
    endpoints = endpoints_of(state, service.name).endpoints
    idle = [e for e in endpoints if not e.ready and not e.terminating and e.reason != UNREPORTED]
    if not idle or len(idle) == len(endpoints) or not any(e.ready for e in endpoints):
        return
    reasons = Counter((endpoint.owner, endpoint.reason or "not ready") for endpoint in idle)
    why = "; ".join(f"{owner}: {f'{count}× ' if count > 1 else ''}{text}" for (owner, text), count in reasons.items())
    count, pods = len(idle), [endpoint.pod for endpoint in idle if endpoint.pod]
    working = {endpoint.owner for endpoint in endpoints if endpoint.ready}
    is_much = len(idle) * ROLLING > len(endpoints) or any(endpoint.owner not in working for endpoint in idle)
    yield Finding(
        id=CHECK.id,
        severity=CHECK.severity if is_much else "info",
        object=service.ref,
        message=f"{count} of {len(endpoints)} endpoints {'is' if count == 1 else 'are'} not ready and "
        f"get{'s' * (count == 1)} no traffic: {why}.",
        next=f"kubectl describe pod -n {pods[0].namespace} {pods[0].name}"
        if pods
        else "check what is behind the addresses",
        services=(service.name,),
        spot=Spot(kind="endpoints"),
    )


CHECK = Check(
    id="endpoints-partly-ready",
    title="Some of the pods that match get no traffic",
    explain=(
        "E6: a Service sends connections to ready endpoints only. The others take no part: after a roll-out that stops "
        "half-way, or with a canary that crashes, fewer pods than wanted carry all of the traffic."
    ),
    severity="warning",
    about="service",
    reads=ITS_ENDPOINTS,
    run=run,
)
