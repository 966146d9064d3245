"""NetworkPolicies of a state, asked about one connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from svcmap.model.group_kinds import NETWORK_POLICY, POD
from svcmap.model.label_classes import Projection
from svcmap.model.networking import NetworkPolicy
from svcmap.model.reads import SELECTORS, reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.parties import endpoint_party
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.semantics.network_policy import INWARD, Direction, Isolation, Judgement, Party, isolates, judge, selecting

Policies = tuple[Sequence[NetworkPolicy], Sequence[NetworkPolicy]]
NONE: Policies = ((), ())
ISOLATING = reads(POD, SELECTORS, NETWORK_POLICY)


def isolation_of(state: ClusterState) -> Isolation:
    """What isolates a pod, by every NetworkPolicy that was read."""

    def isolation(party: Party, direction: Direction) -> Policies:
        namespace = party.namespace
        policies = state.network_policies_by_namespace.get(namespace)
        if not policies or not party.is_pod or party.anywhere:
            return NONE
        if party.labels is not None:
            key = namespace, direction
            classes = state.remember("isolation", key, lambda: _isolated(state, namespace, direction), ISOLATING)
            if (found := classes.get(state.label_classes.projection(party.labels))) is not None:
                return found, ()
        return selecting(policies, party.labels, direction)

    return isolation


def _isolated(
    state: ClusterState, namespace: str, direction: Direction
) -> Mapping[Projection, Sequence[NetworkPolicy]]:
    """The policies that isolate the pods of a namespace in one direction, by what selectors see of the pods' labels."""
    classes = state.label_classes
    found: dict[Projection, list[NetworkPolicy]] = {item.projection: [] for item in classes.of(namespace)}
    for policy in state.network_policies_by_namespace[namespace]:
        if isolates(policy, direction):
            for item in classes.selected(namespace, policy.spec.pod_selector):
                found[item.projection].append(policy)
    return found


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


def is_any(state: ClusterState) -> bool:
    """Whether there are policies at all that are evaluated."""
    return bool(state.network_policies)


def has_isolated_pod(state: ClusterState, service: Name) -> bool:
    """Whether a policy isolates a pod of a Service for what comes in, or may."""
    if not state.network_policies:
        return False
    return state.remember("has_isolated_pod", service, lambda: _has_isolated_pod(state, service))


def _has_isolated_pod(state: ClusterState, service: Name) -> bool:
    isolation = isolation_of(state)
    parties = (endpoint_party(state, service.namespace, e) for e in endpoints_of(state, service).endpoints)
    return any(any(isolation(party, INWARD)) for party in parties)
