"""Who asks, looked up in the state: where the client stands, and what it can therefore reach and resolve."""

from __future__ import annotations

from typing import Literal

from svcmap.model.addresses import canonical
from svcmap.model.base import Part
from svcmap.model.connection import Party
from svcmap.model.core import Node
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.model.workloads import Pod, PodSpec
from svcmap.paths.asking.parties import sending_party
from svcmap.paths.asking.request import Vantage, split_name
from svcmap.paths.known.look_ups import labels_of_namespace

Standing = Literal["pod", "node", "outside"]
"""Where packets of a client come from: the pod network, a node (a hostNetwork pod too), or outside the cluster."""


class Client(Part, frozen=True):
    """A resolved vantage. `node` is None where it is not known or does not matter; `party` is what policies see.

    `spec` makes the resolv.conf of a pod; `missing` names an object that is not in the source (`unread`: it may be in
    the cluster). `far` is a machine of the internet: private addresses mean nothing to it.
    """

    title: str
    standing: Standing
    node: str | None = None
    zone: str = ""
    addresses: tuple[str, ...] = ()
    namespace: str = "default"
    spec: PodSpec | None = None
    party: Party = Party()
    missing: str | None = None
    unread: bool = False
    far: bool = False

    @property
    def inside(self) -> bool:
        return self.standing != "outside"

    @property
    def address(self) -> str:
        """The primary address; empty where it is not known."""
        return self.addresses[0] if self.addresses else ""


def resolve(state: ClusterState, vantage: Vantage) -> Client:
    """The client a vantage stands for; an IP that a pod or node has is that pod or node (product.md, "Who asks")."""
    value = vantage.value
    match vantage.kind:
        case "internet":
            party = Party(title="internet", public=True)
            return Client(title="internet", standing="outside", far=True, party=party)
        case "intranet":
            return Client(title="intranet", standing="outside", party=Party(title="a machine of the private network"))
        case "ip":
            return _address(state, value)
        case "node":
            if value:
                return _node(state, value)
            return Client(title="nodes", standing="outside", party=Party(title="a machine near the nodes"))
        case "pod":
            return _named_pod(state, split_name(value)) if value else _any_pod(vantage.apart_from)
        case "workload":
            return _workload(state, *value.split("/", 2))
    return _in_namespace(state, value)


def _address(state: ClusterState, value: str) -> Client:
    value = canonical(value)
    if pod := state.pods_by_address.get(value):
        on_node = pod.spec.host_network and pod.spec.node_name in state.nodes
        return _node(state, pod.spec.node_name) if on_node else _pod(state, pod)
    if node := state.nodes_by_address.get(value):
        return _node(state, node.metadata.name)
    party = Party(title=value, addresses=(value,))
    return Client(title=value, standing="outside", addresses=(value,), party=party)


def _any_pod(apart_from: str) -> Client:
    title = "a pod of another namespace" if apart_from else "a pod"
    party = Party(title=title, is_pod=True, anywhere=True, apart_from=apart_from)
    return Client(title="pods, other ns" if apart_from else "pods", standing="pod", spec=PodSpec(), party=party)


def _named_pod(state: ClusterState, name: Name) -> Client:
    pod = state.pods.get(name)
    if pod is None:
        title, missing = f"pod {name}", f"Pod {name}"
        unread = state.lacks_pod(name)
        return Client(title=title, standing="pod", namespace=name.namespace, missing=missing, unread=unread)
    return _pod(state, pod)


def _pod(state: ClusterState, pod: Pod) -> Client:
    node = state.nodes.get(pod.spec.node_name)
    return Client(
        title=f"pod {pod.name}",
        standing="node" if pod.spec.host_network else "pod",
        node=pod.spec.node_name or None,
        zone=node.zone if node else "",
        addresses=tuple(pod.status.addresses),
        namespace=pod.metadata.namespace,
        spec=pod.spec,
        party=sending_party(state, pod),
    )


def _workload(state: ClusterState, namespace: str, kind: str, name: str) -> Client:
    """A pod of a workload as its template makes it; its node and address are not known."""
    title = f"{kind} {namespace}/{name}"
    if kind == "Pod":
        return _named_pod(state, Name(namespace, name))
    found = state.workload(kind, Name(namespace, name))
    if found is None:
        return Client(title=title, standing="pod", namespace=namespace, missing=title)
    template = found.template
    party = Party(
        title=title,
        is_pod=not template.spec.host_network,
        namespace=namespace,
        labels=template.metadata.labels,
        namespace_labels=labels_of_namespace(state, namespace),
        spec=template.spec,
    )
    standing: Standing = "node" if template.spec.host_network else "pod"
    return Client(title=title, standing=standing, namespace=namespace, spec=template.spec, party=party)


def _in_namespace(state: ClusterState, namespace: str) -> Client:
    """A pod of a namespace of which nothing else is known: what selects by labels cannot be told."""
    title = f"pods in {namespace}"
    labels = labels_of_namespace(state, namespace)
    party = Party(title=title, is_pod=True, namespace=namespace, namespace_labels=labels)
    missing = None if namespace in state.existing_namespaces else f"Namespace {namespace}"
    return Client(title=title, standing="pod", namespace=namespace, spec=PodSpec(), party=party, missing=missing)


def _node(state: ClusterState, name: str) -> Client:
    node = state.nodes.get(name)
    addresses = node_addresses(node) if node else ()
    return Client(
        title=f"node {name}",
        standing="node",
        node=name,
        zone=node.zone if node else "",
        addresses=addresses,
        party=Party(title=f"node {name}", addresses=addresses, node=name),
        missing=None if node else f"Node {name}",
    )


def node_addresses(node: Node) -> tuple[str, ...]:
    """The addresses a node sends from, the internal ones first."""
    found = [a for a in node.status.addresses if a.type in ("InternalIP", "ExternalIP")]
    return tuple(a.address for a in sorted(found, key=lambda a: a.type != "InternalIP"))


def seen_as_node(node: Node | None) -> Party:
    """The party a policy sees when a node has put its own address on the packets (K10); None: some node."""
    if node is None:
        return Party(title="a node")
    name = node.metadata.name
    return Party(title=f"node {name}", addresses=node_addresses(node), node=name)
