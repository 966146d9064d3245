"""kube-proxy itself, where the source has its pods: rules of a node on which it does not run may be old, or none."""

from __future__ import annotations

from collections.abc import Mapping

from svcmap.model.group_kinds import POD
from svcmap.model.reads import reads
from svcmap.model.state import ClusterState
from svcmap.model.workloads import Pod
from svcmap.semantics.endpoints.owners import not_ready_reason

NAMESPACE, LABELS = "kube-system", {"k8s-app": "kube-proxy"}
"""Of the pods of its DaemonSet, as kubeadm and most clouds label them."""


def down_on(state: ClusterState, node: str | None) -> tuple[Pod, str] | None:
    """The kube-proxy of a node that is not ready, and why; None where it is, or is not in the source. Without a node:
    one of several, where none of them is ready.
    """

    def index() -> Mapping[str, Pod]:
        found = (pod for pod in state.pods_with(NAMESPACE, LABELS) if pod.is_observed and not pod.is_finished)
        return {pod.spec.node_name: pod for pod in found}

    by_node = state.remember("kube_proxies", None, index, reads(POD))
    pods = [pod for name, pod in by_node.items() if node in (None, name)]
    if not pods or any(pod.is_ready for pod in pods):
        return None
    return pods[0], not_ready_reason(pods[0], False)
