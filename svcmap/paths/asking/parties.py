"""Who is at the two ends of a connection, as network policies see them (N4-N8)."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.addresses import family_of
from svcmap.model.connection import Party
from svcmap.model.facts import Endpoint
from svcmap.model.labels import SomeLabels, has_labels
from svcmap.model.state import ClusterState
from svcmap.model.workloads import Pod
from svcmap.paths.known.look_ups import labels_of_namespace


def pod_party(state: ClusterState, pod: Pod) -> Party:
    """A pod; one on the host network is its node, and one that is over or has no address is nobody's pod (N6, N8)."""
    counts = not pod.is_observed or (bool(pod.status.addresses) and not pod.is_finished)
    return sending_party(state, pod) if counts else _nobodys(pod)


def _nobodys(pod: Pod) -> Party:
    return Party(title=f"pod {pod.name}", pod=pod.name, addresses=tuple(pod.status.addresses), node=pod.spec.node_name)


def sending_party(state: ClusterState, pod: Pod) -> Party:
    """A pod that asks, or will when it runs: one that waits for its address is judged by its labels."""
    namespace, addresses = pod.metadata.namespace, tuple(pod.status.addresses)
    if pod.spec.host_network:
        home = labels_of_namespace(state, namespace)
        return replace(_nobodys(pod), labels=pod.metadata.labels, namespace_labels=home)
    return Party(
        title=f"pod {pod.name}",
        is_pod=True,
        pod=pod.name,
        namespace=namespace,
        labels=pod.metadata.labels,
        namespace_labels=labels_of_namespace(state, namespace),
        addresses=addresses,
        node=pod.spec.node_name,
        spec=pod.spec,
    )


def address_party(state: ClusterState, address: str) -> Party:
    """Whoever has an address: a pod, a node, or a machine outside the cluster."""
    pod = state.pods_by_address.get(address)
    if pod is not None and not pod.spec.host_network:
        return _at(pod_party(state, pod), address)
    node = state.nodes_by_address.get(address)
    if node is not None:
        return Party(title=f"node {node.metadata.name}", addresses=(address,), node=node.metadata.name)
    return Party(title=address, addresses=(address,))


def _at(party: Party, address: str) -> Party:
    """A party met at one of its addresses: those of the other family play no part (N5)."""
    family = family_of(address)
    mine = tuple(ip for ip in party.addresses if family_of(ip) == family)
    return replace(party, addresses=mine) if mine else party


def endpoint_party(state: ClusterState, namespace: str, endpoint: Endpoint) -> Party:
    """What is behind an endpoint of a Service of a namespace: a pod, one that its workload will make, or an address."""
    key = namespace, endpoint.pod, endpoint.owner, endpoint.address, endpoint.selected
    return state.remember("endpoint_party", key, lambda: _endpoint_party(state, namespace, endpoint))


def _endpoint_party(state: ClusterState, namespace: str, endpoint: Endpoint) -> Party:
    pod = state.pods.get(endpoint.pod) if endpoint.pod else None
    if pod is not None:
        party = _at(pod_party(state, pod), endpoint.address)
        # Pods of a namespace with the same labels and ports: policies cannot tell them apart but by their address.
        ports = tuple((p.name, p.container_port, p.protocol) for c in pod.spec.containers for p in c.ports if p.name)
        labels = tuple(sorted(pod.metadata.labels.items()))
        return replace(party, alike=(party.namespace, party.is_pod, labels, ports))
    workload = state.workload_at(endpoint.made_by)
    if workload is None and endpoint.pod is None:
        return address_party(state, endpoint.address)
    some = SomeLabels(endpoint.selected)
    template = workload.template if workload and has_labels(workload.template.metadata.labels, some) else None
    host_network = template.spec.host_network if template else endpoint.address in state.nodes_by_address
    return Party(
        title=endpoint.owner or endpoint.id,
        is_pod=not host_network,
        pod=endpoint.pod,
        namespace=namespace,
        labels=template.metadata.labels if template else some,
        namespace_labels=labels_of_namespace(state, namespace),
        addresses=(endpoint.address,) if endpoint.address else (),
        node=endpoint.node,
        spec=template.spec if template else None,
    )
