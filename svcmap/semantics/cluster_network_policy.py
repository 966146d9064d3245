"""ClusterNetworkPolicy and its two older kinds: what the policies of one tier say of a connection.

Upstream: sigs.k8s.io/network-policy-api apis/v1alpha2/clusternetworkpolicy_types.go and apis/v1alpha1. As for a
NetworkPolicy the question is asked with the address and port of the pod. What the API leaves open, and what it refuses
and implementations take in different ways, has every outcome that one of them may give it: of two policies of equal
priority either may come first; a peer without a known field makes a rule match nothing, or (fail closed) deny all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from svcmap.model.addresses import block_of
from svcmap.model.cluster_network_policy import (
    ClusterNetworkPolicy,
    NamespacedPod,
    Namespaces,
    Peer,
    PolicyPort,
    PolicyProtocol,
    PolicyRule,
    ProtocolMatch,
)
from svcmap.model.connection import NEXT, OneWay, Outcome, Party, Ruling
from svcmap.model.labels import LabelSelector
from svcmap.model.three_valued import both, either

ACTIONS: dict[str, Outcome] = {"Accept": "allow", "Deny": "deny", "Pass": "next"}
OLDER_ACTIONS: dict[str, Outcome] = {"Allow": "allow", "Deny": "deny", "Pass": "next"}
EQUAL_PRIORITY = "equal priority"
NETWORKS_OF_PODS = "networks of a ClusterNetworkPolicy also match addresses of pods (Cilium's do not)"
Node = Mapping[str, str] | bool | None
"""The labels of the node that a party is; false where it is none, None where nobody can tell."""


def in_order(policies: Sequence[ClusterNetworkPolicy]) -> list[ClusterNetworkPolicy]:
    """The policies of a tier as they are asked; those of one priority by their names."""
    return sorted(policies, key=lambda policy: (policy.priority, policy.metadata.name))


def selects(policy: ClusterNetworkPolicy, party: Party) -> bool | None:
    """Whether a policy is about a party. Pods alone are subjects, and none of the host network."""
    if not party.is_pod:
        return False
    subject = policy.spec.subject
    parts = [_is_in(subject.namespaces, party)] if subject.namespaces is not None else []
    parts += [_is_pod_of(subject.pods, party)] if subject.pods is not None else []
    found = either(parts) if parts else None
    return found if policy.is_accepted else both(found, None)


def rule(
    policies: Sequence[ClusterNetworkPolicy],
    asked: OneWay,
    peer_node: Node = False,
    damaged: Collection[str] = (),
) -> Ruling:
    """What a tier says, its policies `in_order`: the first rule that fits decides; none does, others are asked.

    Pass skips what is left of the tier. `peer_node` is what is known of the node that the peer may be, `damaged` are
    the names of policies of which a part could not be read.
    """
    may_decide: list[_Candidate] = []
    tied: list[_Candidate] = []
    for _, equals in groupby(policies, key=lambda policy: policy.priority):
        found = [candidate for policy in equals for candidate in _candidates(policy, asked, peer_node, damaged)]
        may_decide += found
        certain = [candidate for candidate in found if candidate.is_certain]
        tied = certain if len({candidate.outcomes for candidate in certain}) > 1 else []
        if certain:
            falls_through: frozenset[Outcome] = frozenset()
            break
    else:
        falls_through = NEXT
    outcomes = falls_through.union(*(candidate.outcomes for candidate in may_decide))
    if outcomes == NEXT:
        return Ruling()
    about = _told(tied or may_decide, is_certain=len(outcomes) == 1 or bool(tied))
    by_address = asked.peer.is_pod and all(peer.networks for peer in about.rule.peers(asked.direction))
    return Ruling(
        outcomes=outcomes,
        policies=(about.policy,),
        rules=tuple((candidate.policy, candidate.place) for candidate in may_decide),
        about=(about.policy, about.place),
        doubt=EQUAL_PRIORITY if tied and about in tied else "",
        assumes=NETWORKS_OF_PODS if by_address else "",
    )


class _Candidate(NamedTuple):
    """A rule that may be the first to fit, or certainly is, and what it then does."""

    policy: ClusterNetworkPolicy
    place: int
    rule: PolicyRule
    outcomes: frozenset[Outcome]
    is_certain: bool


def _told(candidates: Sequence[_Candidate], *, is_certain: bool) -> _Candidate:
    """The rule to speak of: one that denies before others; of a certain answer one that certainly fits, of another one
    that is in doubt.
    """
    fitting = [candidate for candidate in candidates if candidate.is_certain is is_certain] or candidates
    return next((candidate for candidate in fitting if "deny" in candidate.outcomes), fitting[0])


def _candidates(
    policy: ClusterNetworkPolicy, asked: OneWay, peer_node: Node, damaged: Collection[str]
) -> Iterator[_Candidate]:
    """The rules of a policy that may decide, up to one that does."""
    selected = selects(policy, asked.subject)
    if policy.metadata.name in damaged:
        selected = both(selected, None)
    for index, item in enumerate(policy.rules(asked.direction) if selected is not False else ()):
        fits = both(selected, _fits(item, asked, peer_node, is_older=policy.is_older))
        if fits is not False:
            yield _Candidate(policy, index, item, _outcomes(item, asked, is_older=policy.is_older), fits is True)
        if fits:
            return


def _outcomes(item: PolicyRule, asked: OneWay, *, is_older: bool) -> frozenset[Outcome]:
    """What a rule that fits does; of an action that the API does not have anything is possible."""
    actions = OLDER_ACTIONS if is_older else ACTIONS
    if item.action not in actions:
        return frozenset({"allow", "deny", "next"})
    does = actions[item.action]
    fails_closed = does == "next" and not all(p.is_readable(asked.direction) for p in item.peers(asked.direction))
    return frozenset({does, "deny"} if fails_closed else {does})


def _fits(item: PolicyRule, asked: OneWay, peer_node: Node, *, is_older: bool) -> bool | None:
    """Whether peers and ports of a rule both fit. One without peers the API refuses; some take it for one of all."""
    peers = item.peers(asked.direction)
    in_peers = either(_peer_fits(peer, asked, peer_node) for peer in peers) if peers else None
    if item.protocols if is_older else item.ports:
        return both(in_peers, None)  # the field of the other API: a server drops it, or refuses the policy
    matches = [_protocol_fits(match, asked) for match in item.protocols]
    matches += [_port_fits(match, asked) for match in item.ports]
    return both(in_peers, either(matches) if matches else True)


def _peer_fits(peer: Peer, asked: OneWay, node: Node) -> bool | None:
    """Hosts and pods of the host network are no pods; a network is compared with a pod's address too."""
    party = asked.peer
    if not peer.is_readable(asked.direction):
        return None
    if peer.namespaces is not None:
        return _is_in(peer.namespaces, party)
    if peer.pods is not None:
        return _is_pod_of(peer.pods, party)
    if peer.nodes is not None:
        return _node_fits(peer.nodes, node)
    if peer.networks:
        return either(_is_in_network(party, cidr) for cidr in peer.networks)
    # Which addresses a name has is known to the cluster's DNS only. The names of pods are for the other peers.
    return False if party.is_pod else None


def _is_in_network(party: Party, cidr: str) -> bool | None:
    """What is no CIDR the API refuses, an address without a length too."""
    return party.has_address_in(cidr) if "/" in cidr and block_of(cidr) else None


def _is_in(wanted: Namespaces, party: Party) -> bool | None:
    if not party.is_pod:
        return False
    return _unless_host(party, party.is_in(wanted) if wanted.is_readable else None)


def _is_pod_of(wanted: NamespacedPod, party: Party) -> bool | None:
    if not party.is_pod:
        return False
    in_namespace = party.is_in(wanted.namespace_selector)
    return _unless_host(party, both(in_namespace, wanted.pod_selector.may_match(party.labels)))


def _unless_host(party: Party, found: bool | None) -> bool | None:
    """A pod of the host network is one of no peer, whatever its labels."""
    return both(found, None) if party.may_be_host else found


def _node_fits(wanted: LabelSelector, node: Node) -> bool | None:
    if node is None or isinstance(node, bool):
        return node
    return wanted.matches(node)


def _protocol_fits(match: PolicyProtocol, asked: OneWay) -> bool | None:
    if match.destination_named_port:
        return asked.destination.names_port(match.destination_named_port, asked.port, asked.protocol)
    by_protocol = {"TCP": match.tcp, "UDP": match.udp, "SCTP": match.sctp}
    if not any(by_protocol.values()):
        return None
    wanted = by_protocol.get(asked.protocol)
    return False if wanted is None else _is_port(wanted, asked.port)


def _is_port(wanted: ProtocolMatch, port: int | None) -> bool | None:
    """One field has to be set at each step; where none is that is known, another version has one more."""
    destination = wanted.destination_port
    if destination is None or port is None or not (destination.number or destination.range):
        return None
    numbers = destination.range
    if numbers is not None and not numbers.end:
        return None
    return port == destination.number or (numbers is not None and numbers.start <= port <= numbers.end)


def _port_fits(match: PolicyPort, asked: OneWay) -> bool | None:
    """v1alpha1: TCP where no protocol is given."""
    port = asked.port
    if match.named_port:
        return asked.destination.names_port(match.named_port, port, asked.protocol)
    wanted = match.port_number or match.port_range
    if wanted is None:
        return None
    if (wanted.protocol or "TCP") != asked.protocol:
        return False
    if port is None:
        return None
    if match.port_number:
        return port == match.port_number.port
    return match.port_range is not None and match.port_range.start <= port <= match.port_range.end
