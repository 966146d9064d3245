"""Who made a pod, and why it is not ready: what a person wants to see beside an endpoint."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.model.base import OwnerReference
from svcmap.model.facts import UNREPORTED
from svcmap.model.group_kinds import DEPLOYMENT, REPLICA_SET, group_kind
from svcmap.model.kinds import parse_kind
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.model.workloads import Pod, Workload


def owners_of(state: ClusterState, pod: Pod) -> Iterator[ObjectRef]:
    """The workloads above a pod, the nearest first (ReplicaSet, then its Deployment)."""
    namespace = pod.metadata.namespace
    for reference in pod.metadata.owner_references:
        owner = owner_ref(reference, namespace)
        yield owner
        workload = state.objects.get(owner.of_kind, {}).get(owner.own_name)
        if workload is not None:
            for above in workload.metadata.owner_references:
                yield owner_ref(above, namespace)
        elif owner.of_kind == REPLICA_SET and (name := _deployment_name(owner.name, pod)):
            yield DEPLOYMENT.ref(namespace, name)


def owner_ref(reference: OwnerReference, namespace: str) -> ObjectRef:
    """The owner of an object of a namespace. A dump that was cut down may not say the API version."""
    version, kind = reference.api_version, reference.kind
    return (group_kind(version, kind) if version else parse_kind(kind)).ref(namespace, reference.name)


def _deployment_name(replica_set: str, pod: Pod) -> str:
    """A Deployment's ReplicaSet carries the pod-template-hash as its suffix."""
    suffix = pod.metadata.labels.get("pod-template-hash", "")
    return replica_set.removesuffix(f"-{suffix}") if suffix and replica_set.endswith(f"-{suffix}") else ""


def owner_of(state: ClusterState, pod: Pod) -> ObjectRef:
    """What a person would say has made a pod: its topmost owner, a workload whose labels it has, or the pod itself."""
    owners = list(owners_of(state, pod))
    if owners:
        return owners[-1]
    for workload in state.workloads_with(pod.metadata.namespace, pod.metadata.labels) if pod.metadata.labels else []:
        return workload.ref
    near = state.workloads_by_namespace.get(pod.metadata.namespace, [])
    matching = [w for w in near if has_pods(w, [pod]) and not is_owned(state, w)]
    return matching[0].ref if matching else pod.ref


def owner_of_target(state: ClusterState, namespace: str, pod: Name, known: Pod | None) -> ObjectRef | None:
    """The workload of an endpoint's pod; without the pod itself, the one whose name its name begins with; None where
    nobody knows.
    """
    if known is not None:
        return owner_of(state, known)
    near = state.workloads_by_namespace.get(namespace, [])
    candidates = [workload for workload in near if pod.name.startswith(f"{workload.metadata.name}-")]
    best = max(candidates, key=lambda w: (len(w.metadata.name), w.kind != "ReplicaSet"), default=None)
    return best.ref if best else None


def is_owned(state: ClusterState, workload: Workload) -> bool:
    """A ReplicaSet of a Deployment in the source, or a Job of a CronJob: its owner stands for it."""
    return any(
        owner.own_name in state.objects.get(owner.of_kind, {})
        for owner in (owner_ref(found, workload.metadata.namespace) for found in workload.metadata.owner_references)
    )


def has_pods(workload: Workload, pods: list[Pod]) -> bool:
    """Pods without an owner that match a workload's template are its real pods (O1)."""
    labels = workload.template.metadata.labels
    return bool(labels) and any(
        not pod.metadata.owner_references
        and pod.metadata.namespace == workload.metadata.namespace
        and labels.items() <= pod.metadata.labels.items()
        for pod in pods
    )


def not_ready_reason(pod: Pod | None, terminating: bool) -> str:
    """Why a pod is not ready, in the words its status has for it."""
    if terminating or (pod is not None and pod.metadata.deletion_timestamp):
        return "terminating"
    if pod is None:
        return "not ready"
    for status in pod.status.container_statuses:
        if status.ready:
            continue
        restarts = f", {status.restart_count} restarts" if status.restart_count else ""
        if status.state.waiting and status.state.waiting.reason:
            ended = status.last_state.terminated
            code = f" (exit {ended.exit_code})" if ended else ""
            return f"{status.state.waiting.reason}{code}{restarts}"
        if status.state.terminated:
            return f"container {status.name} exited with {status.state.terminated.exit_code}{restarts}"
    for condition in pod.status.conditions:
        if condition.type == "Ready" and condition.status != "True" and (condition.reason or condition.message):
            return condition.message or condition.reason
    if pod.status.phase == "Pending":
        return "Pending"
    return "not ready" if pod.status.conditions else UNREPORTED
