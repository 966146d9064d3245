"""endpoints-not-ready: pods match, and none of them is ready; in a cluster also: none of them has an address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec.structs import replace

from svcmap.checks.check import Check
from svcmap.checks.finding import Finding, Spot
from svcmap.model.core import Service
from svcmap.model.state import ClusterState
from svcmap.paths.known.emptiness import emptiness, without_address
from svcmap.paths.known.look_ups import ITS_ENDPOINTS, endpoints_of
from svcmap.semantics.endpoints.predicted import predict, selected_workloads
from svcmap.semantics.service import is_headless


def run(state: ClusterState, service: Service) -> Iterator[Finding]:
    """E6: only ready endpoints get traffic; terminating ones that still serve are the exception (K3)."""
    endpoints = endpoints_of(state, service.name).endpoints
    if not endpoints and state.is_of_cluster:
        yield from _without_address(state, service)
    if not endpoints or any(e.ready or (e.serving and e.terminating) for e in endpoints):
        return
    if emptiness(state, service).cause != "none-ready":
        return
    reasons = Counter(endpoint.reason or "not ready" for endpoint in endpoints)
    why = ", ".join(f"{count}× {reason}" if count > 1 else reason for reason, count in reasons.most_common(3))
    count = len(endpoints)
    outcome = "the name does not resolve" if is_headless(service) else "clients get connection refused"
    pods = [endpoint.pod for endpoint in endpoints if endpoint.pod]
    yield Finding(
        id=CHECK.id,
        severity=CHECK.severity,
        object=service.ref,
        message=f"{count} pod{'s' * (count != 1)} match{'es' * (count == 1)}, none is ready ({why}): {outcome}.",
        next=f"kubectl describe pod -n {pods[0].namespace} {pods[0].name}"
        if pods
        else "check what is behind the addresses",
        services=(service.name,),
        spot=Spot(kind="endpoints"),
    )


def _without_address(state: ClusterState, service: Service) -> Iterator[Finding]:
    """E4: a pod without an address is in no EndpointSlice. Where pods were not read, there may be one or none."""
    name, selector, empty = service.name, service.spec.selector, emptiness(state, service)
    if empty.cause not in ("pods-not-read", "without-address"):
        return
    unread = empty.cause == "pods-not-read"
    pods = tuple(pod for pod in empty.pods if not pod.is_finished)
    makers = selected_workloads(state, name.namespace, selector)
    if not (pods or unread) or (makers and all(predict(state, maker).while_running for maker in makers)):
        return
    near = empty.near if unread and not makers else None
    hint = f" Closest: {near.owner.kind} {near.owner.name} has {near.text}." if near else ""
    message = f"No pod with {empty.selector} has an address: no endpoint.{hint}"
    if not unread:
        message = f"Selector {empty.selector}: {without_address(replace(empty, pods=pods))}."
    yield Finding(
        id=CHECK.id,
        severity=CHECK.severity,
        object=service.ref,
        path=("spec", "selector"),
        message=message,
        next=f"kubectl get pods -n {name.namespace} -l {empty.selector}",
        services=(name,),
        spot=Spot(kind="endpoints"),
    )


CHECK = Check(
    id="endpoints-not-ready",
    title="Pods match, and none of them gets traffic",
    explain=(
        "E4, E6: only pods that are ready and have an address are endpoints that get traffic; terminating ones that "
        "still serve are the exception (K3). Clients are refused, and a headless name does not resolve."
    ),
    severity="error",
    about="service",
    reads=ITS_ENDPOINTS,
    run=run,
)
