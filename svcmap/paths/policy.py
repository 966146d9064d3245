"""NetworkPolicies of a state, asked about one connection."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.networking import NetworkPolicy
from svcmap.model.state import ClusterState
from svcmap.semantics.network_policy import Direction, Isolation, Judgement, Party, judge, selecting

Policies = tuple[Sequence[NetworkPolicy], Sequence[NetworkPolicy]]
NONE: Policies = ((), ())


def isolation_of(state: ClusterState) -> Isolation:
    """What isolates a pod, by every NetworkPolicy that was read; worked out once for each pod."""

    def isolation(party: Party, direction: Direction) -> Policies:
        policies = state.network_policies_by_namespace.get(party.namespace)
        if not policies or not party.is_pod or party.anywhere:
            return NONE
        if party.pod is None:
            return selecting(policies, party.labels, direction)
        key = party.pod, direction
        return state.remember("isolation", key, lambda: selecting(policies, party.labels, direction))

    return isolation


def judge_parties(
    state: ClusterState,
    source: Party,
    destination: Party,
    port: int,
    protocol: str,
    seen_as: Party | None = None,
) -> Judgement:
    """Whether a connection passes."""
    return judge(isolation_of(state), source, destination, port, protocol, seen_as)
