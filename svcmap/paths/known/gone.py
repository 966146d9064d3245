"""Endpoints whose pods are no more: slices that nobody keeps any longer, or mirrors of a forgotten Endpoints object."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.facts import Endpoint
from svcmap.model.group_kinds import SERVICE
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import find_service


def gone_pods(state: ClusterState, owner: ObjectRef, endpoints: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
    """Those of some endpoints of a Service that stand for pods which are certainly not there: all pods of its selector
    were read, and files have one of them at least.
    """
    missing = [
        item for item in endpoints if item.pod is not None and item.pod not in state.pods and item.basis == "observed"
    ]
    service = find_service(state, owner.own_name) if missing and owner.of_kind == SERVICE else None
    if service is None or not service.spec.selector:
        return ()
    namespace, selector = service.metadata.namespace, service.spec.selector
    if state.is_of_cluster:
        return tuple(item for item in missing if item.pod is not None and not state.lacks_pod(item.pod))
    is_complete = any(pod.is_observed for pod in state.pods_with(namespace, selector))
    return tuple(missing) if is_complete else ()
