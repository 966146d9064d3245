"""NetworkPolicies of a state, asked about one connection."""

from __future__ import annotations

from svcmap.model.state import ClusterState
from svcmap.semantics.network_policy import Judgement, Party, judge


def judge_parties(
    state: ClusterState,
    source: Party,
    destination: Party,
    port: int,
    protocol: str,
    seen_as: Party | None = None,
) -> Judgement:
    """Whether a connection passes, by every NetworkPolicy that was read."""
    by_namespace = state.network_policies_by_namespace
    return judge(lambda namespace: by_namespace.get(namespace, ()), source, destination, port, protocol, seen_as)
