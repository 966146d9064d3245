"""ClusterNetworkPolicies and the older kinds of administrators: the tiers before and after NetworkPolicies (N11)."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from svcmap.model.cluster_network_policy import TIERS, ClusterNetworkPolicy
from svcmap.model.connection import MASQUERADED, NEXT, Direction, OneWay, Party, Ruling, opposite
from svcmap.model.group_kinds import (
    ADMIN_NETWORK_POLICY,
    BASELINE_ADMIN_NETWORK_POLICY,
    CLUSTER_NETWORK_POLICIES,
    CLUSTER_NETWORK_POLICY,
    NODE,
)
from svcmap.model.kinds import plural
from svcmap.model.reads import reads
from svcmap.model.refs import GroupKind
from svcmap.model.state import ClusterState
from svcmap.paths.policies.engine import Told
from svcmap.paths.policies.network_policy import NETWORK_POLICIES
from svcmap.semantics import cluster_network_policy
from svcmap.semantics.cluster_network_policy import EQUAL_PRIORITY, Node, in_order, selects

READS = reads(CLUSTER_NETWORK_POLICY, ADMIN_NETWORK_POLICY, BASELINE_ADMIN_NETWORK_POLICY)


TWO_APIS, SELECTED_OTHERWISE = "two APIs", "selected for the other direction"


class Tier(NamedTuple):
    """The policies of one tier."""

    name: str
    kinds: tuple[GroupKind, ...]
    rule_id: str = "N11"

    @property
    def is_last(self) -> bool:
        """It is asked about pods that no NetworkPolicy is about."""
        return self.name == "Baseline"

    def touches(self, state: ClusterState, party: Party, direction: Direction) -> bool:
        return any(
            policy.rules(direction) and selects(policy, party) is not False
            for policies in self._policies(state)
            for policy in policies
        )

    def rule(self, state: ClusterState, asked: OneWay) -> Ruling:
        read = [policies for policies in self._policies(state) if policies]
        if not read:
            return Ruling()
        node, damaged = _node_of(state, asked.peer), _damaged(state)
        ruling = _of_two_apis([cluster_network_policy.rule(policies, asked, node, damaged) for policies in read])
        if self.is_last and ruling.outcomes == {"deny"} and _is_selected_otherwise(state, asked):
            return replace(ruling, outcomes=ruling.outcomes | NEXT, doubt=SELECTED_OTHERWISE)
        return ruling

    def tell(self, ruling: Ruling, told: Told) -> tuple[str, str]:
        policy, rule = _about(ruling, told)
        title = f"{policy.kind} {policy.metadata.name} ({self.name} tier, priority {policy.priority})"
        describe = f"kubectl describe {plural(policy.kind)}.{policy.of_kind.group} {policy.metadata.name}"
        whom = "the DNS pods" if told.of_names else told.whom
        lets = f"{rule} does not let {told.from_whom} reach {whom}"
        if told.is_undecided:
            return f"{title}: {_doubt(ruling, rule, lets, told)}.", describe
        so = ": no name resolves" if told.of_names else ""
        if self.is_last:
            says = f"{title}: {lets}{so}; this default holds where no NetworkPolicy is about {told.subject}."
            return says, f"add a NetworkPolicy that allows it, or an Accept rule before it: {describe}"
        says = f"{title}: {lets}, and no NetworkPolicy can allow it{so}."
        return says, f"add an Accept or Pass rule before it: {describe}"

    def _policies(self, state: ClusterState) -> list[list[ClusterNetworkPolicy]]:
        return state.remember("policies of a tier", self.name, lambda: self._read(state), READS)

    def _read(self, state: ClusterState) -> list[list[ClusterNetworkPolicy]]:
        """Those of each kind. One of a tier that the API does not have may be of this one."""
        of_kinds = [state.all(kind, ClusterNetworkPolicy).values() for kind in self.kinds]
        return [in_order([p for p in some if p.tier == self.name or p.tier not in TIERS]) for some in of_kinds]


def _of_two_apis(rulings: list[Ruling]) -> Ruling:
    """What is said where there are policies of both APIs: a plugin reads one of them, and nobody says which."""
    if len({ruling.outcomes for ruling in rulings}) == 1:
        return rulings[0]
    said = max(rulings, key=lambda ruling: ("deny" in ruling.outcomes, ruling.outcomes != NEXT))
    return replace(said, outcomes=frozenset().union(*(ruling.outcomes for ruling in rulings)), doubt=TWO_APIS)


def _is_selected_otherwise(state: ClusterState, asked: OneWay) -> bool:
    """A pod that is selected is none of the last tier's. By a policy of the other direction, is it? In
    kube-network-policies it is, in Cilium it is not.
    """
    return NETWORK_POLICIES.touches(state, asked.subject, opposite(asked.direction))


def _damaged(state: ClusterState) -> frozenset[str]:
    """The names of policies of which a field could not be read."""
    return state.remember("damaged policies", None, lambda: _with_issues(state))


def _with_issues(state: ClusterState) -> frozenset[str]:
    policies = [p for kind in CLUSTER_NETWORK_POLICIES for p in state.all(kind, ClusterNetworkPolicy).values()]
    names = {str(policy.ref): policy.metadata.name for policy in policies}
    return frozenset(names[issue.object] for issue in state.issues if issue.object in names)


def _node_of(state: ClusterState, party: Party) -> Node:
    """The labels of the node that a party is, or whose addresses it shares; an entry of no known address may be one."""
    if party.is_pod or party.public:
        return False
    node = next((found for ip in party.addresses if (found := state.nodes_by_address.get(ip))), None)
    node = node or state.nodes.get(party.node)
    if node is not None:
        return node.metadata.labels
    all_known = bool(state.nodes) and state.is_read(NODE) and all(n.status.addresses for n in state.nodes.values())
    return False if party.addresses and all_known else None


def _about(ruling: Ruling, told: Told) -> tuple[ClusterNetworkPolicy, str]:
    """The policy that a sentence is about, and its rule: by its name, else by its place."""
    assert ruling.about is not None
    policy, index = ruling.about
    assert isinstance(policy, ClusterNetworkPolicy)
    name = policy.rules(told.direction)[index].name or str(index + 1)
    return policy, f"its {told.direction} rule {name}"


def _doubt(ruling: Ruling, rule: str, lets: str, told: Told) -> str:
    if ruling.doubt == MASQUERADED:
        return f"{lets}, but {told.masqueraded}"
    if ruling.doubt == EQUAL_PRIORITY:
        return f"whether {rule} or another of equal priority comes first, the API leaves open"
    if ruling.doubt == SELECTED_OTHERWISE:
        other = f"a NetworkPolicy selects {told.subject} for {opposite(told.direction)}"
        return f"{lets}, but {other}, and then implementations differ in whether this tier is asked"
    if ruling.doubt == TWO_APIS:
        return f"whether {rule} counts: there are policies of v1alpha1 and later ones, and a plugin reads one API"
    return f"whether {rule} applies depends on labels, addresses or names not known here"


ADMIN_TIER = Tier("Admin", (CLUSTER_NETWORK_POLICY, ADMIN_NETWORK_POLICY))
BASELINE_TIER = Tier("Baseline", (CLUSTER_NETWORK_POLICY, BASELINE_ADMIN_NETWORK_POLICY))
