"""Puts the objects of the comparison into a cluster, and waits until its controllers are done."""

from __future__ import annotations

from tests.cluster.control_plane import ControlPlane
from tests.cluster.objects import HAND_MADE, MORE, NAMESPACE, NODES, PODS, SERVICES, Json

LISTS = {
    "services": ("/api/v1/services", "v1", "Service"),
    "pods": ("/api/v1/pods", "v1", "Pod"),
    "nodes": ("/api/v1/nodes", "v1", "Node"),
    "namespaces": ("/api/v1/namespaces", "v1", "Namespace"),
    "endpointslices": ("/apis/discovery.k8s.io/v1/endpointslices", "discovery.k8s.io/v1", "EndpointSlice"),
}


def collection(kind: str) -> str:
    """The name of the collection of a kind, as API servers and custom resources form it."""
    name = kind.lower()
    if name.endswith("s"):
        return f"{name}es"
    return f"{name[:-1]}ies" if name.endswith(("cy", "xy")) else f"{name}s"


def path_of(item: Json, *, with_name: bool = False) -> str:
    """The path of the collection an object belongs to, or of the object."""
    namespace = item["metadata"].get("namespace")
    group = f"/apis/{item['apiVersion']}" if "/" in item["apiVersion"] else "/api/v1"
    where = f"{group}{f'/namespaces/{namespace}' if namespace else ''}/{collection(item['kind'])}"
    return f"{where}/{item['metadata']['name']}" if with_name else where


def create(cluster: ControlPlane, item: Json) -> None:
    """Create an object. Fails where the API server refuses it."""
    status, answer = cluster.call("POST", path_of(item), item)
    assert status == 201, answer


def report(cluster: ControlPlane, pod: str, status: Json, namespace: str = NAMESPACE) -> None:
    """Write a pod's status as its kubelet would."""
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/status"
    assert cluster.call("PATCH", path, {"status": status}, patch=True)[0] == 200


def fill(cluster: ControlPlane) -> ControlPlane:
    """All objects, and the controllers done with them."""
    create(cluster, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    for item in (*NODES, *SERVICES, HAND_MADE, *MORE, *(pod for pod, _ in PODS)):
        create(cluster, item)
    for pod, status in PODS:
        report(cluster, pod["metadata"]["name"], status)
    cluster.wait("the endpoint slices", lambda: settled_slices(cluster))
    return cluster


def items(cluster: ControlPlane, kind: str) -> list[Json]:
    path, version, name = LISTS[kind]
    found: list[Json] = cluster.call("GET", path)[1]["items"]
    return [{"apiVersion": version, "kind": name, **item} for item in found]


def settled_slices(cluster: ControlPlane) -> bool:
    """Every pod with an address is in the slices of the Services that select it."""
    slices = [item for item in items(cluster, "endpointslices") if item["metadata"]["namespace"] == NAMESPACE]
    addresses: dict[str, set[str]] = {}
    for item in slices:
        name = item["metadata"]["labels"]["kubernetes.io/service-name"]
        addresses.setdefault(name, set()).update(a for e in item.get("endpoints") or [] for a in e["addresses"])
    wanted = {"10.244.1.1", "10.244.2.1", "10.244.1.2"}
    return wanted <= addresses.get("plain", set()) and {"10.244.1.5", "10.244.1.6"} <= addresses.get("named", set())


def bind(cluster: ControlPlane, kind: str, name: str, user: str, namespace: str = "") -> None:
    """Give a user a role, in a namespace or (a ClusterRole) everywhere."""
    scope = f"/namespaces/{namespace}" if namespace else ""
    prefix = "" if namespace else "cluster"
    body = {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}],
    }
    status, answer = cluster.call("POST", f"/apis/rbac.authorization.k8s.io/v1{scope}/{prefix}rolebindings", body)
    assert status in (201, 409), answer
