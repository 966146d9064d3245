"""Pods that workloads will make: how many, and what endpoints they will be (O1-O4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from svcmap.model.core import Service
from svcmap.model.facts import Endpoint, Prediction
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.model.workloads import PodSpec, Workload
from svcmap.semantics.endpoints.ports import endpoint_hostname, pod_ports

POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
POD_INDEX_LABEL = "apps.kubernetes.io/pod-index"
MAX_PREDICTED = 1_000
"""Synthetic pods of one workload: the count is known without them, and nobody looks at more."""


def predict(state: ClusterState, workload: Workload) -> Prediction:
    """How many pods a workload will run (O1); a DaemonSet's number is known where nodes are in the source."""
    spec = workload.spec
    match workload.kind:
        case "DaemonSet":
            # One on every node, cordoned ones too: the pods of a DaemonSet tolerate that.
            count = len(state.nodes) if state.nodes else None
            return Prediction(workload=workload.ref, count=count)
        case "Job":
            count = 1 if spec.parallelism is None else max(0, spec.parallelism)
            return Prediction(workload=workload.ref, count=count, while_running=True)
        case "CronJob":
            return Prediction(workload=workload.ref, count=0, while_running=True)
    return Prediction(workload=workload.ref, count=1 if spec.replicas is None else max(0, spec.replicas))


def predicted_pods(service: Service, workload: Workload, prediction: Prediction) -> Iterator[Endpoint]:
    """Synthetic pods without addresses (O3); a StatefulSet's have their names (O2). Unknown counts give one."""
    spec, title = workload.template.spec, workload.metadata.name
    if workload.kind == "StatefulSet":
        for ordinal in _ordinals(service.spec.selector, workload)[:MAX_PREDICTED]:
            name = f"{title}-{ordinal}"
            hostname = name if workload.spec.service_name == service.metadata.name else ""
            yield predicted_endpoint(service, workload.ref, name, spec, name, hostname)
        return
    count = 1 if prediction.count is None else min(prediction.count, MAX_PREDICTED)
    for index in range(count):
        yield predicted_endpoint(service, workload.ref, f"{workload.kind}/{title}#{index + 1}", spec)


def predicted_endpoint(
    service: Service, owner: ObjectRef, id_: str, spec: PodSpec, pod_name: str = "", hostname: str | None = None
) -> Endpoint:
    return Endpoint(
        address="",
        ports=tuple(pod_ports(service.spec.ports, spec)),
        pod=Name(service.metadata.namespace, pod_name) if pod_name else None,
        hostname=endpoint_hostname(service, spec) if hostname is None else hostname,
        owner=owner.title,
        made_by=owner,
        reason="",
        basis="predicted",
        id=id_,
    )


def selected_workloads(state: ClusterState, namespace: str, selector: Mapping[str, str]) -> list[Workload]:
    """Workloads whose pods a selector matches, with the labels that the StatefulSet controller adds to each pod."""
    if not picks_ordinals(selector):
        return state.workloads_with(namespace, selector)
    rest = {key: value for key, value in selector.items() if key not in (POD_NAME_LABEL, POD_INDEX_LABEL)}
    found = state.workloads_with(namespace, rest) if rest else state.workloads_by_namespace.get(namespace, [])
    sets = [workload for workload in found if workload.kind == "StatefulSet"]
    return [workload for workload in sets if _ordinals(selector, workload)]


def picks_ordinals(selector: Mapping[str, str]) -> bool:
    """A selector by labels that exist only on the pods of a StatefulSet, not on its template."""
    return POD_NAME_LABEL in selector or POD_INDEX_LABEL in selector


def _ordinals(selector: Mapping[str, str], workload: Workload) -> Sequence[int]:
    """The ordinals of a StatefulSet's pods that a selector picks; all of them where it names no pod."""
    start, replicas = workload.spec.ordinals.start, workload.spec.replicas
    every = range(start, start + (1 if replicas is None else max(0, replicas)))
    wanted = [selector[POD_INDEX_LABEL]] if POD_INDEX_LABEL in selector else []
    if POD_NAME_LABEL in selector:
        name, _, ordinal = selector[POD_NAME_LABEL].rpartition("-")
        wanted.append(ordinal if name == workload.metadata.name else "")
    if not wanted:
        return every
    (first, *others) = wanted
    return [int(first)] if first.isdecimal() and int(first) in every and all(o == first for o in others) else []
