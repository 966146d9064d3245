"""Which endpoints a Service has (E1-E18), and which it will have (O1-O4, workloads without pods in sight).

Upstream: staging/src/k8s.io/endpointslice (utils.go, reconciler.go), pkg/controller/{endpoint,endpointslicemirroring}.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from svcmap.model.core import (
    EndpointAddress,
    EndpointPort,
    Endpoints,
    EndpointSlice,
    Service,
    ServicePort,
    SliceEndpoint,
)
from svcmap.model.facts import UNREPORTED, Basis, Endpoint, EndpointSet, PortBinding, Prediction
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.model.workloads import Pod, PodSpec, Workload

SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror"
POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
POD_INDEX_LABEL = "apps.kubernetes.io/pod-index"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
LEADER = "control-plane.alpha.kubernetes.io/leader"
MAX_PREDICTED = 1_000
"""Synthetic pods of one workload: the count is known without them, and nobody looks at more."""
API_SERVER_SERVICE = Name("default", "kubernetes")
"""Its endpoints are published by the API servers themselves: no selector, and nothing in a manifest."""


def endpoint_set(state: ClusterState, service: Service) -> EndpointSet:
    """The endpoints of a Service (with its defaults applied), from the first source of E1 that the state holds."""
    name = service.name
    if service.spec.type == "ExternalName":
        return EndpointSet(source="ExternalName")
    if slices := state.slices_by_service.get(name):
        return EndpointSet(endpoints=tuple(_from_slices(state, slices)), basis="observed", source="EndpointSlice")
    legacy = state.endpoints.get(name)
    if service.spec.selector:
        found = _from_selector(state, service)
        if found.endpoints or found.predictions or legacy is None:
            return found
    if legacy is not None and _is_mirrored(service, legacy):
        return EndpointSet(endpoints=tuple(_from_legacy(state, legacy)), basis="observed", source="Endpoints")
    if name == API_SERVER_SERVICE:
        return EndpointSet(basis="unknown", source="published by the API server")
    return EndpointSet(source="none")


# -- from EndpointSlices ------------------------------------------------------------------------------------------


def _from_slices(state: ClusterState, slices: list[EndpointSlice]) -> Iterator[Endpoint]:
    merged: dict[tuple[str, str], Endpoint] = {}
    for item in sorted(slices, key=lambda s: s.metadata.name):
        ports = tuple(_bindings(item.ports))
        for endpoint in item.endpoints:
            if not endpoint.addresses or item.address_type == "FQDN":  # kube-proxy ignores FQDN slices (E13)
                continue
            new = _slice_endpoint(state, item, endpoint, ports)
            key = new.address, str(new.pod or "")
            merged[key] = _merge(merged[key], new) if key in merged else new
    yield from merged.values()


def _bindings(ports: Iterable[EndpointPort]) -> Iterator[PortBinding]:
    """Ports of a slice or subset; nil and 0 are ignored (E13), protocol defaults to TCP."""
    for port in ports:
        if port.port:
            yield PortBinding(name=port.name or "", port=port.port, protocol=port.protocol or "TCP")


def _slice_endpoint(
    state: ClusterState, item: EndpointSlice, endpoint: SliceEndpoint, ports: tuple[PortBinding, ...]
) -> Endpoint:
    conditions, target = endpoint.conditions, endpoint.target_ref
    pod = Name(target.namespace or item.metadata.namespace, target.name) if target and target.kind == "Pod" else None
    known = state.pods.get(pod) if pod else None
    ready = conditions.ready is not False
    node = endpoint.node_name or endpoint.topology.get("kubernetes.io/hostname", "")
    return Endpoint(
        address=endpoint.addresses[0],
        ports=ports,
        pod=pod,
        hostname=endpoint.hostname,
        node=node,
        zone=endpoint.zone or _zone(state, node),
        ready=ready,
        serving=conditions.serving is not False if conditions.serving is not None else ready,
        terminating=bool(conditions.terminating),
        zone_hints=tuple(hint.name for hint in endpoint.hints.for_zones),
        node_hints=tuple(hint.name for hint in endpoint.hints.for_nodes),
        owner=_owner_of_target(state, item.metadata.namespace, pod, known) or _slice_title(item),
        reason="" if ready else _not_ready_reason(known, bool(conditions.terminating)),
        basis="observed",
        id=pod.name if pod else endpoint.addresses[0],
    )


def _slice_title(item: EndpointSlice) -> str:
    """Slices that no controller of Kubernetes manages are written by hand, or by somebody's own tool."""
    managed = item.metadata.labels.get(MANAGED_BY, "").endswith(".k8s.io")
    return f"EndpointSlice {item.metadata.name}" + ("" if managed else " (manual)")


def _merge(old: Endpoint, new: Endpoint) -> Endpoint:
    """The same address in two slices: all its ports (E9), the conditions of a non-terminating entry (E17)."""
    keep, other = (new, old) if old.terminating and not new.terminating else (old, new)
    ports = keep.ports + tuple(port for port in other.ports if port not in keep.ports)
    return _with_ports(keep, ports)


def _with_ports(endpoint: Endpoint, ports: tuple[PortBinding, ...]) -> Endpoint:
    return replace(endpoint, ports=ports)


# -- from Endpoints, mirrored ----------------------------------------------------------------------------------------


def _is_mirrored(service: Service, endpoints: Endpoints) -> bool:
    """E12: a leader-election object or one marked skip-mirror makes no slices.

    For a Service with a selector only Endpoints that a controller wrote count (a dump without pods and slices).
    """
    metadata = endpoints.metadata
    if service.spec.selector and not any(a.target_ref for s in endpoints.subsets for a in s.addresses):
        return False
    return metadata.labels.get(SKIP_MIRROR) != "true" and LEADER not in metadata.annotations


def _from_legacy(state: ClusterState, endpoints: Endpoints) -> Iterator[Endpoint]:
    merged: dict[str, Endpoint] = {}
    for subset in endpoints.subsets:
        ports = tuple(_bindings(subset.ports))
        for ready, addresses in ((True, subset.addresses), (False, subset.not_ready_addresses)):
            for address in addresses[:1000]:
                if address.ip:
                    new = _legacy_endpoint(state, endpoints, address, ports, ready)
                    merged[address.ip] = _merge(merged[address.ip], new) if address.ip in merged else new
    yield from merged.values()


def _legacy_endpoint(
    state: ClusterState, endpoints: Endpoints, address: EndpointAddress, ports: tuple[PortBinding, ...], ready: bool
) -> Endpoint:
    target = address.target_ref
    namespace = endpoints.metadata.namespace
    pod = Name(target.namespace or namespace, target.name) if target and target.kind == "Pod" else None
    known = state.pods.get(pod) if pod else None
    return Endpoint(
        address=address.ip,
        ports=ports,
        pod=pod,
        hostname=address.hostname,
        node=address.node_name,
        zone=_zone(state, address.node_name),
        ready=ready,
        serving=ready,
        owner=_owner_of_target(state, namespace, pod, known) or f"Endpoints {endpoints.metadata.name}",
        reason="" if ready else _not_ready_reason(known, False),
        basis="observed",
        id=pod.name if pod else address.ip,
    )


# -- from the selector -------------------------------------------------------------------------------------------------


def _from_selector(state: ClusterState, service: Service) -> EndpointSet:
    namespace, selector = service.name.namespace, service.spec.selector
    pods = state.pods_with(namespace, selector)
    seen = [pod for pod in pods if pod.is_observed]
    endpoints = [e for pod in seen if _is_endpoint(state, service, pod) for e in _pod_endpoints(state, service, pod)]
    bare = [pod for pod in pods if not pod.is_observed]
    predictions = [Prediction(workload=pod.ref, count=1) for pod in bare]
    endpoints += [_predicted(service, pod.ref, pod.metadata.name, pod.spec, pod.metadata.name) for pod in bare]
    owned = {owner for pod in pods for owner in owners_of(state, pod)}
    for workload in _selected_workloads(state, namespace, selector):
        if workload.ref in owned or _is_owned(state, workload) or _has_pods(workload, seen):
            continue
        prediction = predict(state, workload)
        pods_to_come = list(_predicted_pods(service, workload, prediction))
        if _picks_ordinals(selector):
            prediction = replace(prediction, count=len(pods_to_come))
        predictions.append(prediction)
        endpoints += pods_to_come
    if not endpoints and not predictions and (maker := _unread_maker(state, service)):
        return EndpointSet(basis="unknown", source=maker)
    basis: Basis = "computed" if seen or not predictions else "predicted"
    return EndpointSet(
        endpoints=tuple(endpoints), basis=basis, predictions=tuple(predictions), source="pods" if seen else "workloads"
    )


def _selected_workloads(state: ClusterState, namespace: str, selector: Mapping[str, str]) -> list[Workload]:
    """Workloads whose pods a selector matches, with the labels that the StatefulSet controller adds to each pod."""
    if not _picks_ordinals(selector):
        return state.workloads_with(namespace, selector)
    rest = {key: value for key, value in selector.items() if key not in (POD_NAME_LABEL, POD_INDEX_LABEL)}
    found = state.workloads_with(namespace, rest) if rest else state.workloads_by_namespace.get(namespace, [])
    sets = [workload for workload in found if workload.kind == "StatefulSet"]
    return [workload for workload in sets if _ordinals(selector, workload)]


def _picks_ordinals(selector: Mapping[str, str]) -> bool:
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


def _unread_maker(state: ClusterState, service: Service) -> str:
    """Why a selector that matches nothing proves nothing: its pods are not in the source. Empty if it does prove it."""
    namespace, values = service.metadata.namespace, service.spec.selector.values()
    for custom in state.custom:
        if custom.namespace == namespace and custom.name in values and custom.kind.lower() in values:
            return f"made by {custom.kind} {custom.name}, a custom resource"
    if state.source.kind != "cluster" and namespace not in state.namespaces_with_workloads:
        return f"no workloads of namespace {namespace} were loaded"
    return ""


def _is_endpoint(state: ClusterState, service: Service, pod: Pod) -> bool:
    """E4: not finished, and with an address; E5: on a node that exists, where nodes are in the source."""
    if pod.is_finished:
        return False
    node = pod.spec.node_name
    return service.spec.publish_not_ready_addresses or not state.nodes or not node or node in state.nodes


def _pod_endpoints(state: ClusterState, service: Service, pod: Pod) -> Iterator[Endpoint]:
    """One endpoint per family of the Service that the pod has an address of (E7)."""
    addresses = pod.status.addresses
    wanted = service.spec.ip_families or ["IPv4", "IPv6"]
    terminating = bool(pod.metadata.deletion_timestamp)
    ready = service.spec.publish_not_ready_addresses or (pod.is_ready and not terminating)
    by_family = {("IPv6" if ":" in address else "IPv4"): address for address in reversed(addresses)}
    # A pod without an address is no endpoint (E4), but a ready one has an address: a trimmed dump left it out.
    unseen = [""] if not addresses and pod.is_ready else []
    for address in [by_family[family] for family in wanted if family in by_family] or unseen:
        yield Endpoint(
            address=address,
            ports=tuple(pod_ports(service.spec.ports, pod.spec)),
            pod=pod.name,
            hostname=_endpoint_hostname(service, pod.spec),
            node=pod.spec.node_name,
            zone=_zone(state, pod.spec.node_name),
            ready=ready,
            serving=pod.is_ready,
            terminating=terminating,
            owner=_owner_title(state, pod),
            reason="" if ready else _not_ready_reason(pod, terminating),
            basis="computed",
            id=pod.metadata.name,
        )


def pod_ports(ports: Iterable[ServicePort], pod: PodSpec) -> Iterator[PortBinding]:
    """FindPort for each Service port on one pod (E9); a name that no container has leaves the port out (E10)."""
    for port in ports:
        number = target_number(port, pod)
        if number:
            yield PortBinding(name=port.name, port=number, protocol=port.protocol)


def target_number(port: ServicePort, pod: PodSpec) -> int | None:
    """The number a Service port leads to on a pod; None where its named target port is on no container."""
    if isinstance(port.target_port, int):
        return port.target_port
    for container in pod.serving_containers:
        for candidate in container.ports:
            if candidate.name == port.target_port and (candidate.protocol or "TCP") == port.protocol:
                return candidate.container_port
    return None


def _endpoint_hostname(service: Service, pod: PodSpec) -> str:
    """E8: a host name counts only where the pod's subdomain is the Service."""
    return pod.hostname if pod.hostname and pod.subdomain == service.metadata.name else ""


def _zone(state: ClusterState, node: str) -> str:
    return state.nodes[node].zone if node in state.nodes else ""


# -- workloads that have no pods in sight ----------------------------------------------------------------------


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


def _predicted_pods(service: Service, workload: Workload, prediction: Prediction) -> Iterator[Endpoint]:
    """Synthetic pods without addresses (O3); a StatefulSet's have their names (O2). Unknown counts give one."""
    spec, title = workload.template.spec, workload.metadata.name
    if workload.kind == "StatefulSet":
        for ordinal in _ordinals(service.spec.selector, workload)[:MAX_PREDICTED]:
            name = f"{title}-{ordinal}"
            hostname = name if workload.spec.service_name == service.metadata.name else ""
            yield _predicted(service, workload.ref, name, spec, name, hostname)
        return
    count = 1 if prediction.count is None else min(prediction.count, MAX_PREDICTED)
    for index in range(count):
        yield _predicted(service, workload.ref, f"{workload.kind}/{title}#{index + 1}", spec)


def _predicted(
    service: Service, owner: ObjectRef, id_: str, spec: PodSpec, pod_name: str = "", hostname: str | None = None
) -> Endpoint:
    return Endpoint(
        address="",
        ports=tuple(pod_ports(service.spec.ports, spec)),
        pod=Name(service.metadata.namespace, pod_name) if pod_name else None,
        hostname=_endpoint_hostname(service, spec) if hostname is None else hostname,
        owner=f"{owner.kind} {owner.name}",
        reason="",
        basis="predicted",
        id=id_,
    )


# -- who owns a pod --------------------------------------------------------------------------------------------


def owners_of(state: ClusterState, pod: Pod) -> Iterator[ObjectRef]:
    """The workloads above a pod, the nearest first (ReplicaSet, then its Deployment)."""
    namespace = pod.metadata.namespace
    for reference in pod.metadata.owner_references:
        owner = ObjectRef(reference.kind, namespace, reference.name)
        yield owner
        workload = state.objects.get(owner.kind, {}).get(Name(namespace, owner.name))
        if workload is not None:
            for above in workload.metadata.owner_references:
                yield ObjectRef(above.kind, namespace, above.name)
        elif owner.kind == "ReplicaSet" and (name := _deployment_name(owner.name, pod)):
            yield ObjectRef("Deployment", namespace, name)


def _deployment_name(replica_set: str, pod: Pod) -> str:
    """A Deployment's ReplicaSet carries the pod-template-hash as its suffix."""
    suffix = pod.metadata.labels.get("pod-template-hash", "")
    return replica_set.removesuffix(f"-{suffix}") if suffix and replica_set.endswith(f"-{suffix}") else ""


def _owner_title(state: ClusterState, pod: Pod) -> str:
    owners = list(owners_of(state, pod))
    if owners:
        return f"{owners[-1].kind} {owners[-1].name}"
    for workload in state.workloads_with(pod.metadata.namespace, pod.metadata.labels) if pod.metadata.labels else []:
        return f"{workload.kind} {workload.metadata.name}"
    near = state.workloads_by_namespace.get(pod.metadata.namespace, [])
    matching = [w for w in near if _has_pods(w, [pod]) and not _is_owned(state, w)]
    return f"{matching[0].kind} {matching[0].metadata.name}" if matching else f"Pod {pod.metadata.name}"


def _owner_of_target(state: ClusterState, namespace: str, pod: Name | None, known: Pod | None) -> str:
    """The workload of an endpoint's pod; without the pod itself, the workload whose name its name begins with."""
    if pod is None:
        return ""
    if known is not None:
        return _owner_title(state, known)
    near = state.workloads_by_namespace.get(namespace, [])
    candidates = [workload for workload in near if pod.name.startswith(f"{workload.metadata.name}-")]
    best = max(candidates, key=lambda w: (len(w.metadata.name), w.kind != "ReplicaSet"), default=None)
    return f"{best.kind} {best.metadata.name}" if best else "Pods"


def _is_owned(state: ClusterState, workload: Workload) -> bool:
    """A ReplicaSet of a Deployment in the source, or a Job of a CronJob: its owner stands for it."""
    return any(
        Name(workload.metadata.namespace, owner.name) in state.objects.get(owner.kind, {})
        for owner in workload.metadata.owner_references
    )


def _has_pods(workload: Workload, pods: list[Pod]) -> bool:
    """Pods without an owner that match a workload's template are its real pods (O1)."""
    labels = workload.template.metadata.labels
    return bool(labels) and any(
        not pod.metadata.owner_references
        and pod.metadata.namespace == workload.metadata.namespace
        and labels.items() <= pod.metadata.labels.items()
        for pod in pods
    )


def _not_ready_reason(pod: Pod | None, terminating: bool) -> str:
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
