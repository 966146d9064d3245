"""Who asks, looked up in the state: where the client stands, and what it can therefore reach and resolve."""

from __future__ import annotations

from svcmap.model.base import Part
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.request import Vantage


class Client(Part, frozen=True):
    """A resolved vantage. `inside` is a pod or a node; `node` None where it is not known or does not matter.

    `namespace` is that of a pod: its search list begins there. `missing` names an object that is not in the source.
    """

    title: str
    inside: bool
    in_pod: bool
    node: str | None = None
    zone: str = ""
    address: str = ""
    namespace: str = "default"
    missing: str | None = None


def resolve(state: ClusterState, vantage: Vantage) -> Client:
    """The client a vantage stands for; an IP that a pod or node has is that pod or node (product.md, "Who asks")."""
    value = vantage.value
    match vantage.kind:
        case "internet":
            return Client(title="internet", inside=False, in_pod=False)
        case "ip":
            if pod := state.pods_by_address.get(value):
                return _pod(state, pod.name)
            if node := state.nodes_by_address.get(value):
                return _node(state, node.metadata.name)
            return Client(title=value, inside=False, in_pod=False, address=value)
        case "node":
            return _node(state, value) if value else Client(title="nodes", inside=False, in_pod=False)
        case "pod":
            return _pod(state, Name(*value.split("/"))) if value else Client(title="pods", inside=True, in_pod=True)
        case "workload":
            namespace, kind, name = value.split("/")
            missing = None if Name(namespace, name) in state.objects.get(kind, {}) else f"{kind} {namespace}/{name}"
            return Client(title=f"{kind} {name}", inside=True, in_pod=True, namespace=namespace, missing=missing)
    return Client(title=f"pods in {value}", inside=True, in_pod=True, namespace=value)


def _pod(state: ClusterState, name: Name) -> Client:
    pod = state.pods.get(name)
    if pod is None:
        return Client(title=f"pod {name}", inside=True, in_pod=True, namespace=name.namespace, missing=f"Pod {name}")
    node = state.nodes.get(pod.spec.node_name)
    return Client(
        title=f"pod {name}",
        inside=True,
        in_pod=not pod.spec.host_network,
        node=pod.spec.node_name or None,
        zone=node.zone if node else "",
        address=next(iter(pod.status.addresses), ""),
        namespace=name.namespace,
    )


def _node(state: ClusterState, name: str) -> Client:
    node = state.nodes.get(name)
    addresses = [a.address for a in node.status.addresses if a.type == "InternalIP"] if node else []
    return Client(
        title=f"node {name}",
        inside=True,
        in_pod=False,
        node=name,
        zone=node.zone if node else "",
        address=addresses[0] if addresses else "",
        missing=None if node else f"Node {name}",
    )
