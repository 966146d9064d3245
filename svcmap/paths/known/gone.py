"""Endpoints that kube-proxy sends to in vain: of pods that are no more, and addresses of Services (E1, E15)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from svcmap.model.addresses import canonical
from svcmap.model.facts import Endpoint
from svcmap.model.group_kinds import POD, SERVICE
from svcmap.model.reads import reads
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import find_service


class Dead(NamedTuple):
    """Endpoints of one kind that do not answer, why the first does not, and the rule."""

    endpoints: tuple[Endpoint, ...]
    says: str
    rule: str


def dead_endpoints(
    state: ClusterState, owner: ObjectRef, endpoints: Sequence[Endpoint], *, is_rewritten: bool
) -> Dead | None:
    """Those of some endpoints of a Service that cannot answer; None where all of them may. `is_rewritten`: kube-proxy
    puts their addresses into packets; who dials an endpoint itself gets to whatever has its address.
    """
    if gone := _gone(state, owner, endpoints):
        first = gone[0]
        says = f"There is no pod {first.pod} any more, which {first.address} is said to be ({first.owner})"
        return Dead(gone, says, "E1")
    return _chained(state, endpoints) if is_rewritten else None


def _gone(state: ClusterState, owner: ObjectRef, endpoints: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
    """Endpoints that stand for pods which are certainly not there: slices that nobody keeps any longer have such, and
    mirrors of a forgotten Endpoints object. Of a cluster all pods have to be read to know; files have to have a pod of
    the selector and one of its namespace that is none, as a list of a namespace has.
    """
    observed = (item for item in endpoints if item.basis == "observed")
    missing = tuple(item for item in observed if item.pod is not None and item.pod not in state.pods)
    service = find_service(state, owner.own_name) if missing and owner.of_kind == SERVICE else None
    if service is None or not service.spec.selector:
        return ()
    namespace, selector = service.metadata.namespace, service.spec.selector
    if state.is_of_cluster:
        return missing if state.coverage is not None and state.coverage.all_pods else ()
    mine = [pod for pod in state.pods_with(namespace, selector) if pod.is_observed]
    return missing if mine and _has_others(state, namespace, len(mine)) else ()


def _has_others(state: ClusterState, namespace: str, selected: int) -> bool:
    """Whether more pods of a namespace were read than those of a selector."""

    def count() -> Mapping[str, int]:
        return Counter(pod.metadata.namespace for pod in state.pods.values() if pod.is_observed)

    return state.remember("observed_pods", None, count, reads(POD)).get(namespace, 0) > selected


def _chained(state: ClusterState, endpoints: Sequence[Endpoint]) -> Dead | None:
    """E15: kube-proxy rewrites an address once; what it is rewritten to must be nobody's cluster IP."""
    found: list[Endpoint] = []
    name = ""
    for item in endpoints:
        owners = state.services_by_address.get(canonical(item.address), ()) if item.address and not item.pod else ()
        service = next((str(owner) for role, owner in owners if role == "cluster-ip"), "")
        if service:
            found.append(item)
            name = name or service
    if not found:
        return None
    says = f"Endpoint {found[0].address} is the cluster IP of Service {name}, which kube-proxy does not rewrite again"
    return Dead(tuple(found), says, "E15")
