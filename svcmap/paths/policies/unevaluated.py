"""Policies that svcmap names and does not evaluate (N9): those that could decide about a connection.

Of Cilium's and Calico's the selectors are read: one that selects neither end changes nothing. Of the others nothing but
the namespace is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from svcmap.model.connection import Party
from svcmap.model.group_kinds import CALICO_POLICIES, CILIUM_POLICIES
from svcmap.model.kinds import is_foreign_policy
from svcmap.model.plugin_policies import CalicoPolicy, CiliumPolicy
from svcmap.model.refs import GroupKind, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.outcome import Hop
from svcmap.paths.policies.engines import ENGINES
from svcmap.semantics import calico, cilium


def unevaluated(state: ClusterState, parties: Sequence[Party]) -> list[ObjectRef]:
    """Those that may select one of some parties."""
    namespaces = {party.namespace for party in parties if party.namespace}
    named = [ref for ref in state.foreign_policies if not ref.namespace or ref.namespace in namespaces]
    return [*named, *(policy.ref for policy in _policies(state) if any(_may_select(policy, one) for one in parties))]


def unevaluated_hop(found: Sequence[ObjectRef], what: str) -> Hop:
    """The sentence about policies that may forbid something."""
    names = ", ".join(f"{ref.of_kind.title} {ref.own_name}" for ref in found[:3])
    says = f"{names} may forbid {what}; svcmap does not evaluate policies of this kind."
    return Hop(kind="network-policy", object=found[0], address=found[0].name, rule="N9", basis="unknown", says=says)


def is_any_unevaluated(state: ClusterState) -> bool:
    """Whether there are such policies at all."""
    return bool(state.foreign_policies) or next(_policies(state), None) is not None


def unread_kinds(state: ClusterState) -> list[GroupKind]:
    """The kinds of policies, of whichever API, that could not be listed everywhere."""
    known = {*CILIUM_POLICIES, *CALICO_POLICIES, *(kind for engine in ENGINES for kind in engine.kinds)}
    partly = state.coverage.partly if state.coverage else {}
    return sorted(kind for kind in partly if kind in known or is_foreign_policy(kind))


def _policies(state: ClusterState) -> Iterator[CiliumPolicy | CalicoPolicy]:
    for kind in CILIUM_POLICIES:
        yield from state.all(kind, CiliumPolicy).values()
    for kind in CALICO_POLICIES:
        yield from (policy for policy in state.all(kind, CalicoPolicy).values() if not calico.is_copy(policy))


def _may_select(policy: CiliumPolicy | CalicoPolicy, party: Party) -> bool:
    """Whether a policy selects a party, or may. Of a pod nobody knows only policies of the whole cluster may."""
    of_cluster = not policy.metadata.namespace
    if not party.is_pod:
        # A node, or what shares its addresses: by its labels in Cilium, by host endpoints in Calico.
        is_host = bool(party.node or party.pod)
        return is_host and of_cluster and (isinstance(policy, CalicoPolicy) or cilium.selects_nodes(policy))
    if party.anywhere and not of_cluster:
        return False
    pod = party.namespace, party.labels, None if party.anywhere else party.namespace_labels
    if isinstance(policy, CiliumPolicy):
        return cilium.selects_pod(policy, *pod) is not False
    return calico.selects_pod(policy, *pod) is not False
