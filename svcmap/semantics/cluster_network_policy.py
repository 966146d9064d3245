"""ClusterNetworkPolicy and its two older kinds: what the policies of one tier say of a connection.

Upstream: sigs.k8s.io/network-policy-api apis/v1alpha2/clusternetworkpolicy_types.go and apis/v1alpha1. As for a
NetworkPolicy the question is asked with the address and port of the pod. Which of two policies of equal priority comes
first the API leaves open: then whatever one of them says is possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from svcmap.model.cluster_network_policy import (
    ClusterNetworkPolicy,
    NamespacedPod,
    Peer,
    PolicyPort,
    PolicyProtocol,
    PolicyRule,
    ProtocolMatch,
)
from svcmap.model.connection import NEXT, OUTWARD, Direction, Doubt, Outcome, Party, Ruling
from svcmap.model.labels import LabelSelector
from svcmap.model.three_valued import both, either

ACTIONS: dict[str, Outcome] = {"Accept": "allow", "Allow": "allow", "Deny": "deny", "Pass": "next"}
Node = Mapping[str, str] | bool | None
"""The labels of the node that a party is; false where it is none, None where nobody can tell."""


class Connection(NamedTuple):
    """One direction of a connection: the party whose policies are asked, and the other, with the node it is. `port` is
    the destination's; None: not known.
    """

    direction: Direction
    subject: Party
    peer: Party
    port: int | None
    protocol: str
    peer_node: Node = False

    @property
    def destination(self) -> Party:
        return self.peer if self.direction == OUTWARD else self.subject


def in_order(policies: Sequence[ClusterNetworkPolicy]) -> list[ClusterNetworkPolicy]:
    """The policies of a tier as they are asked; those of one priority by their names."""
    return sorted(policies, key=lambda policy: (policy.spec.priority, policy.metadata.name))


def selects(policy: ClusterNetworkPolicy, party: Party) -> bool | None:
    """Whether a policy is about a party. Pods alone are subjects, and none of the host network.

    Of a pod of which not even the namespace is known only what is said of all pods is true.
    """
    if not party.is_pod:
        return False
    subject = policy.spec.subject
    parts = [party.is_in(subject.namespaces)] if subject.namespaces is not None else []
    parts += [_is_pod_of(subject.pods, party)] if subject.pods is not None else []
    found = either(parts)
    return found is True if party.anywhere else found


def rule(policies: Sequence[ClusterNetworkPolicy], connection: Connection) -> Ruling:
    """What a tier says, its policies `in_order`: the first rule that fits decides; none does, others are asked.

    Pass skips what is left of the tier.
    """
    may_decide: list[_Candidate] = []
    doubt: Doubt = ""
    for _, equals in groupby(policies, key=lambda policy: policy.spec.priority):
        found = [candidate for policy in equals for candidate in _candidates(policy, connection)]
        may_decide += found
        if len({_outcomes(candidate.rule) for candidate in found if candidate.is_certain}) > 1:
            doubt = "equal priority"
        if any(candidate.is_certain for candidate in found):
            falls_through: frozenset[Outcome] = frozenset()
            break
    else:
        falls_through = NEXT
    outcomes = falls_through.union(*(_outcomes(candidate.rule) for candidate in may_decide))
    if outcomes == NEXT:
        return Ruling()
    by_address = all("allow" in _outcomes(c.rule) and _is_by_network(c.rule, connection) for c in may_decide)
    return Ruling(
        outcomes=outcomes,
        policies=tuple({candidate.policy.name: candidate.policy for candidate in may_decide}.values()),
        rules=tuple((candidate.policy, candidate.number) for candidate in may_decide),
        by_address_of_pod=connection.peer.is_pod and by_address,
        doubt=doubt,
    )


class _Candidate(NamedTuple):
    """A rule that may be the first to fit, or certainly is."""

    policy: ClusterNetworkPolicy
    number: int
    rule: PolicyRule
    is_certain: bool


def _candidates(policy: ClusterNetworkPolicy, connection: Connection) -> Iterator[_Candidate]:
    """The rules of a policy that may decide, up to one that does."""
    selected = selects(policy, connection.subject)
    for index, item in enumerate(policy.rules(connection.direction) if selected is not False else ()):
        fits = both(selected, _fits(item, connection))
        if fits is not False:
            yield _Candidate(policy, index, item, fits is True)
        if fits:
            return


def _outcomes(item: PolicyRule) -> tuple[Outcome, ...]:
    """What a rule that fits does; of an action that the API does not have anything is possible."""
    return (ACTIONS[item.action],) if item.action in ACTIONS else ("allow", "deny", "next")


def _fits(item: PolicyRule, connection: Connection) -> bool | None:
    """Whether peers and ports of a rule both fit. One without peers the API refuses; some take it for one of all."""
    peers = item.peers(connection.direction)
    matches = [_protocol_fits(match, connection) for match in item.protocols]
    matches += [_port_fits(match, connection) for match in item.ports]
    in_peers = either(_peer_fits(peer, connection) for peer in peers) if peers else None
    return both(in_peers, either(matches) if matches else True)


def _peer_fits(peer: Peer, connection: Connection) -> bool | None:
    """Hosts and pods of the host network are no pods; a network is compared with a pod's address too."""
    party = connection.peer
    if peer.namespaces is not None:
        return party.is_in(peer.namespaces)
    if peer.pods is not None:
        return _is_pod_of(peer.pods, party)
    if peer.nodes is not None:
        return _node_fits(peer.nodes, connection.peer_node)
    if peer.networks:
        return either(party.has_address_in(cidr) for cidr in peer.networks)
    if peer.domain_names:
        # Which addresses a name has is known to the cluster's DNS only. The names of pods are for the other peers.
        return False if party.is_pod else None
    return None  # a field of another version of the API: upstream says to fail closed, and not all do


def _is_pod_of(wanted: NamespacedPod, party: Party) -> bool | None:
    if not party.is_pod:
        return False
    return both(party.is_in(wanted.namespace_selector), wanted.pod_selector.may_match(party.labels))


def _node_fits(wanted: LabelSelector, node: Node) -> bool | None:
    return node if isinstance(node, bool) else wanted.may_match(node)


def _protocol_fits(match: PolicyProtocol, connection: Connection) -> bool | None:
    if match.destination_named_port:
        return connection.destination.names_port(match.destination_named_port, connection.port, connection.protocol)
    by_protocol = {"TCP": match.tcp, "UDP": match.udp, "SCTP": match.sctp}
    if not any(by_protocol.values()):
        return None
    wanted = by_protocol.get(connection.protocol)
    return False if wanted is None else _is_port(wanted, connection.port)


def _is_port(wanted: ProtocolMatch, port: int | None) -> bool | None:
    if wanted.destination_port is None:
        return True
    if port is None:
        return None
    number, numbers = wanted.destination_port.number, wanted.destination_port.range
    return port == number or (numbers is not None and numbers.start <= port <= numbers.end)


def _port_fits(match: PolicyPort, connection: Connection) -> bool | None:
    """v1alpha1: TCP where no protocol is given."""
    port = connection.port
    if match.named_port:
        return connection.destination.names_port(match.named_port, port, connection.protocol)
    wanted = match.port_number or match.port_range
    if wanted is None:
        return None
    if (wanted.protocol or "TCP") != connection.protocol:
        return False
    if port is None:
        return None
    if match.port_number:
        return port == match.port_number.port
    return match.port_range is not None and match.port_range.start <= port <= match.port_range.end


def _is_by_network(item: PolicyRule, connection: Connection) -> bool:
    return all(peer.networks for peer in item.peers(connection.direction))
