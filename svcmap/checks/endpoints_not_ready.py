"""endpoints-not-ready: pods match, and none of them is ready."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from svcmap.checks.finding import Finding, Spot
from svcmap.model.core import Service
from svcmap.model.facts import UNREPORTED
from svcmap.model.state import ClusterState
from svcmap.paths.facts import endpoints_of
from svcmap.semantics.service import is_headless

CODE = "endpoints-not-ready"


def check(state: ClusterState, service: Service) -> Iterator[Finding]:
    """E6: only ready endpoints get traffic; terminating ones that still serve are the exception (K3)."""
    endpoints = endpoints_of(state, service.name).endpoints
    if not endpoints or any(e.ready or (e.serving and e.terminating) for e in endpoints):
        return
    if all(endpoint.reason == UNREPORTED for endpoint in endpoints):
        return
    reasons = Counter(endpoint.reason or "not ready" for endpoint in endpoints)
    why = ", ".join(f"{count}× {reason}" if count > 1 else reason for reason, count in reasons.most_common(3))
    count = len(endpoints)
    outcome = "the name does not resolve" if is_headless(service) else "clients get connection refused"
    pods = [endpoint.pod for endpoint in endpoints if endpoint.pod]
    yield Finding(
        id=CODE,
        severity="error",
        object=service.ref,
        message=f"{count} pod{'s' * (count != 1)} match{'es' * (count == 1)}, none is ready ({why}): {outcome}.",
        next=f"kubectl describe pod -n {pods[0].namespace} {pods[0].name}"
        if pods
        else "check what is behind the addresses",
        services=(service.name,),
        spot=Spot(kind="endpoints"),
    )
