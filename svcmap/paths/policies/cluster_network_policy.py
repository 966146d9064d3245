"""ClusterNetworkPolicies and the older kinds of administrators: the tiers before and after NetworkPolicies (N9)."""

from __future__ import annotations

from functools import reduce
from typing import NamedTuple

from msgspec.structs import replace

from svcmap.model.cluster_network_policy import ClusterNetworkPolicy
from svcmap.model.connection import NEXT, Direction, Party, Ruling, opposite
from svcmap.model.group_kinds import (
    ADMIN_NETWORK_POLICY,
    BASELINE_ADMIN_NETWORK_POLICY,
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
from svcmap.semantics.cluster_network_policy import Connection, Node, in_order, selects

READS = reads(CLUSTER_NETWORK_POLICY, ADMIN_NETWORK_POLICY, BASELINE_ADMIN_NETWORK_POLICY)


class Tier(NamedTuple):
    """The policies of one tier. One kind has its say after the other, as in kube-network-policies."""

    name: str
    kinds: tuple[GroupKind, ...]
    rule_id: str = "N9"

    def touches(self, state: ClusterState, party: Party, direction: Direction) -> bool:
        return any(
            policy.rules(direction) and selects(policy, party) is not False
            for policies in self._policies(state)
            for policy in policies
        )

    def rule(
        self, state: ClusterState, direction: Direction, subject: Party, peer: Party, port: int | None, protocol: str
    ) -> Ruling:
        policies = [some for some in self._policies(state) if some]
        if not policies:
            return Ruling()
        connection = Connection(direction, subject, peer, port, protocol, _node_of(state, peer))
        ruling = reduce(Ruling.then, (cluster_network_policy.rule(some, connection) for some in policies))
        is_last = self.name == "Baseline" and ruling.outcomes != NEXT
        if is_last and NETWORK_POLICIES.touches(state, subject, opposite(direction)):
            # A pod that is selected is none of this tier's. By a policy of the other direction, is it? In
            # kube-network-policies it is, in Cilium it is not.
            return replace(ruling, outcomes=ruling.outcomes | NEXT, doubt="selected for the other direction")
        return ruling

    def tell(self, ruling: Ruling, told: Told) -> tuple[str, str]:
        policy, index = _deciding(ruling)
        sender = f"{told.sender.title}{f', seen as {told.seen_as.title},' if told.seen_as else ''}"
        rule = f"its {told.direction} rule {_rule(policy, index, told.direction)}"
        describe = f"kubectl describe {plural(policy.kind)}.{policy.of_kind.group} {policy.metadata.name}"
        if told.is_undecided:
            return f"{self._title(policy)}: {_doubt(ruling, rule, sender, told)}.", describe
        says = f"{self._title(policy)}: {rule} does not let {sender} reach {told.whom}"
        if self.name == "Admin":
            return f"{says}, and no NetworkPolicy can allow it.", f"add an Accept or Pass rule before it: {describe}"
        says += f"; no NetworkPolicy is about {told.subject}, and so this default holds."
        return says, f"add a NetworkPolicy that allows it, or an Accept rule before it: {describe}"

    def lead(self, ruling: Ruling, told: Told) -> str:
        policy, index = _deciding(ruling)
        rule = _rule(policy, index, told.direction)
        return f"{self._title(policy)} holds back {told.subject} by its {told.direction} rule {rule}"

    def _title(self, policy: ClusterNetworkPolicy) -> str:
        return f"{policy.kind} {policy.metadata.name} ({self.name} tier, priority {policy.spec.priority})"

    def _policies(self, state: ClusterState) -> list[list[ClusterNetworkPolicy]]:
        return state.remember("policies of a tier", self.name, lambda: self._read(state), READS)

    def _read(self, state: ClusterState) -> list[list[ClusterNetworkPolicy]]:
        of_kinds = [state.all(kind, ClusterNetworkPolicy).values() for kind in self.kinds]
        return [in_order([policy for policy in some if policy.tier == self.name]) for some in of_kinds]


def _node_of(state: ClusterState, party: Party) -> Node:
    """The labels of the node that a party is, or whose addresses it shares."""
    if party.is_pod:
        return False
    node = next((found for ip in party.addresses if (found := state.nodes_by_address.get(ip))), None)
    if node is None and party.node and not party.addresses:
        node = state.nodes.get(party.node)
    if node is not None:
        return node.metadata.labels
    may_be_one = not party.public and not (state.nodes and state.is_read(NODE))
    return None if may_be_one else False


def _deciding(ruling: Ruling) -> tuple[ClusterNetworkPolicy, int]:
    """The rule that a sentence is about: the first that denies, where all that may decide deny."""
    return next((policy, index) for policy, index in ruling.rules if isinstance(policy, ClusterNetworkPolicy))


def _doubt(ruling: Ruling, rule: str, sender: str, told: Told) -> str:
    match ruling.doubt:
        case "equal priority":
            return f"whether {rule} or another of equal priority comes first, the API leaves open"
        case "selected for the other direction":
            lets = f"{rule} does not let {sender} reach {told.whom}"
            other = f"a NetworkPolicy selects {told.subject} for {opposite(told.direction)}"
            return f"{lets}, but {other}, and then implementations differ in whether this tier is asked"
    return f"whether {rule} is about {sender} depends on labels, addresses or names not known here"


def _rule(policy: ClusterNetworkPolicy, index: int, direction: Direction) -> str:
    """What a rule is called: by its name, else by its place."""
    return policy.rules(direction)[index].name or str(index + 1)


ADMIN_TIER = Tier("Admin", (CLUSTER_NETWORK_POLICY, ADMIN_NETWORK_POLICY))
BASELINE_TIER = Tier("Baseline", (CLUSTER_NETWORK_POLICY, BASELINE_ADMIN_NETWORK_POLICY))
