"""Endpoints that kube-proxy sends to in vain: of pods that are no more, and addresses of Services (E1, E15)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from svcmap.model.addresses import canonical
from svcmap.model.facts import Endpoint
from svcmap.model.state import ClusterState


class Dead(NamedTuple):
    """Endpoints of one kind that do not answer, why the first does not, and the rule."""

    endpoints: tuple[Endpoint, ...]
    says: str
    rule: str


def dead_endpoints(state: ClusterState, endpoints: Sequence[Endpoint], *, is_rewritten: bool) -> Dead | None:
    """Those of some endpoints of a Service that cannot answer; None where all of them may. `is_rewritten`: kube-proxy
    puts their addresses into packets; who dials an endpoint itself gets to whatever has its address.
    """
    if gone := tuple(item for item in endpoints if item.gone):
        first = gone[0]
        says = f"There is no pod {first.pod} any more, which {first.address} is said to be ({first.owner})"
        return Dead(gone, says, "E1")
    return _chained(state, endpoints) if is_rewritten else None


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
