"""Endpoints worked out from a selector and the pods it matches (E3-E11), or the workloads that will make them.

Upstream: staging/src/k8s.io/endpointslice/{utils.go,reconciler.go}.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from svcmap.model.base import Metadata
from svcmap.model.core import Service
from svcmap.model.facts import Basis, Endpoint, EndpointSet, Prediction
from svcmap.model.state import ClusterState
from svcmap.model.well_known import hints_by_zone
from svcmap.model.workloads import Pod
from svcmap.semantics.endpoints.owners import has_pods, is_owned, not_ready_reason, owner_of, owners_of
from svcmap.semantics.endpoints.ports import endpoint_hostname, pod_ports, zone_of_node
from svcmap.semantics.endpoints.predicted import (
    picks_ordinals,
    predict,
    predicted_endpoint,
    predicted_pods,
    selected_workloads,
)

ADDED = ("pod-template-hash", "controller-revision-hash")
"""Labels of pods that Deployments, DaemonSets and StatefulSets add to those of their templates."""
HELM_HOOK, HELM_TESTS = "helm.sh/hook", ("test", "test-success", "test-failure")


def from_selector(state: ClusterState, service: Service) -> EndpointSet:
    namespace, selector = service.name.namespace, service.spec.selector
    pods = state.pods_with(namespace, selector)
    seen = [pod for pod in pods if pod.is_observed]
    endpoints = [e for pod in seen if _is_endpoint(state, service, pod) for e in _pod_endpoints(state, service, pod)]
    bare = [pod for pod in pods if not pod.is_observed and not _is_test(pod.metadata)]
    predictions = [Prediction(workload=pod.ref, count=1) for pod in bare]
    endpoints += [predicted_endpoint(service, pod.ref, pod.metadata.name, pod.spec, pod.metadata.name) for pod in bare]
    owned = {owner for pod in pods for owner in owners_of(state, pod)}
    for workload in selected_workloads(state, namespace, selector):
        if workload.ref in owned or is_owned(state, workload) or has_pods(workload, seen):
            continue
        if _is_test(workload.metadata):
            continue
        prediction = predict(state, workload)
        pods_to_come = list(predicted_pods(service, workload, prediction))
        if picks_ordinals(selector):
            prediction = replace(prediction, count=len(pods_to_come))
        predictions.append(prediction)
        endpoints += pods_to_come
    if not endpoints and not predictions and (maker := _unread_maker(state, service)):
        return EndpointSet(basis="unknown", source=maker)
    basis: Basis = "computed" if seen or not predictions else "predicted"
    endpoints = list(_with_hints(service, endpoints))
    return EndpointSet(
        endpoints=tuple(endpoints), basis=basis, predictions=tuple(predictions), source="pods" if seen else "workloads"
    )


def _is_test(metadata: Metadata) -> bool:
    """Whether an object is a test of a Helm release: `helm test` makes it, no installation does (helm.sh, hooks)."""
    hooks = [hook.strip() for hook in metadata.annotations.get(HELM_HOOK, "").split(",")]
    return any(hooks) and all(hook in HELM_TESTS for hook in hooks)


def _with_hints(service: Service, endpoints: list[Endpoint]) -> Iterator[Endpoint]:
    """E16: trafficDistribution gives every ready endpoint its own zone (and node) as a hint.

    The topology annotation wins over the field (S18), and what it does cannot be predicted.
    """
    distribution = "" if hints_by_zone(service) else service.spec.traffic_distribution
    if distribution not in ("PreferClose", "PreferSameZone", "PreferSameNode"):
        yield from endpoints
        return
    for endpoint in endpoints:
        zones = (endpoint.zone,) if endpoint.ready and endpoint.zone else ()
        nodes = (endpoint.node,) if endpoint.ready and endpoint.node and distribution == "PreferSameNode" else ()
        yield replace(endpoint, zone_hints=zones, node_hints=nodes)


def _unread_maker(state: ClusterState, service: Service) -> str:
    """Why a selector that matches nothing proves nothing: its pods are not in the source. Empty if it does prove it."""
    namespace, values = service.metadata.namespace, service.spec.selector.values()
    for custom in state.custom:
        if custom.namespace == namespace and custom.name in values and custom.kind.lower() in values:
            return f"made by {custom.kind} {custom.name}, a custom resource"
    rest = {key: value for key, value in service.spec.selector.items() if key not in ADDED}
    added = next((key for key in service.spec.selector if key in ADDED), "")
    if added and not state.pods_with(namespace, rest) and state.workloads_with(namespace, rest):
        return f"the controller of the pods gives them {added}, with a value that changes with every rollout"
    if not state.is_of_cluster and namespace not in state.namespaces_with_workloads:
        return f"no workloads of namespace {namespace} were loaded"
    return ""


def _is_endpoint(state: ClusterState, service: Service, pod: Pod) -> bool:
    """E4: not finished, and with an address; E5: on a node that exists, where nodes are in the source."""
    if pod.is_finished:
        return False
    return service.spec.publish_not_ready_addresses or not is_of_lost_node(state, pod)


def is_of_lost_node(state: ClusterState, pod: Pod) -> bool:
    """E5: whether the node of a pod does not exist, where nodes are in the source."""
    node = pod.spec.node_name
    return bool(node and state.nodes) and node not in state.nodes


def _pod_endpoints(state: ClusterState, service: Service, pod: Pod) -> Iterator[Endpoint]:
    """One endpoint per family of the Service that the pod has an address of (E7)."""
    addresses, owner = pod.status.addresses, owner_of(state, pod)
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
            hostname=endpoint_hostname(service, pod.spec),
            node=pod.spec.node_name,
            zone=zone_of_node(state, pod.spec.node_name),
            ready=ready,
            serving=pod.is_ready,
            terminating=terminating,
            owner=owner.title,
            made_by=owner,
            reason="" if ready else not_ready_reason(pod, terminating),
            basis="computed",
            id=pod.metadata.name,
        )
