"""Endpoints that stand for pods which are certainly not there, of EndpointSlices that nobody keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec.structs import replace

from svcmap.model.core import Service
from svcmap.model.facts import Endpoint, EndpointSet
from svcmap.model.group_kinds import POD
from svcmap.model.reads import reads
from svcmap.model.state import ClusterState

NO_POD = "there is no such pod any more"


def with_gone(state: ClusterState, service: Service, found: EndpointSet) -> EndpointSet:
    """The endpoints, marked where their pods are gone. Of a cluster all pods have to be read to know; files must have
    a pod of the selector and one of its namespace that is not selected, as a list of a namespace has.
    """
    if not service.spec.selector or not any(_is_missing(state, item) for item in found.endpoints):
        return found
    if not _is_complete(state, service):
        return found
    marked = (replace(e, gone=True, reason=NO_POD) if _is_missing(state, e) else e for e in found.endpoints)
    return replace(found, endpoints=tuple(marked))


def _is_missing(state: ClusterState, endpoint: Endpoint) -> bool:
    return endpoint.basis == "observed" and endpoint.pod is not None and endpoint.pod not in state.pods


def _is_complete(state: ClusterState, service: Service) -> bool:
    """Whether all pods of a Service's namespace were read, as far as one can tell."""
    if state.is_of_cluster:
        return state.coverage is not None and state.coverage.all_pods
    namespace = service.metadata.namespace

    def count() -> Mapping[str, int]:
        return Counter(pod.metadata.namespace for pod in state.pods.values() if pod.is_observed)

    mine = sum(pod.is_observed for pod in state.pods_with(namespace, service.spec.selector))
    return 0 < mine < state.remember("observed_pods", None, count, reads(POD)).get(namespace, 0)
