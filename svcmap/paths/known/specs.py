"""What runs behind an endpoint, as far as the source has it: the pod, or the workload that will make it."""

from __future__ import annotations

from svcmap.model.facts import Endpoint
from svcmap.model.state import ClusterState
from svcmap.model.workloads import Pod, PodSpec, Workload


def runs_behind(state: ClusterState, endpoint: Endpoint) -> Pod | Workload | None:
    """The pod of an endpoint; of one that nobody has seen yet the workload."""
    pod = state.pods.get(endpoint.pod) if endpoint.pod else None
    return pod or state.workload_at(endpoint.made_by)


def spec_of(state: ClusterState, endpoint: Endpoint) -> PodSpec | None:
    """How its containers run."""
    found = runs_behind(state, endpoint)
    if found is None:
        return None
    return found.spec if isinstance(found, Pod) else found.template.spec
