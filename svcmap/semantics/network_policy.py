"""NetworkPolicy: whether a connection between two parties passes (N1-N8).

Upstream: staging/src/k8s.io/api/networking/v1/types.go, test/e2e/network/netpol. The question is asked
after kube-proxy has rewritten the destination: pod addresses and pod ports. What a selector decides about a pod whose
labels nobody knows is unknown, and so three values are counted with: true, false and None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from svcmap.model.connection import Direction, OneWay, Outcome, Party, Ruling
from svcmap.model.labels import Labels
from svcmap.model.networking import NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort
from svcmap.model.three_valued import both, either

Isolation = Callable[[Party, Direction], tuple[Sequence[NetworkPolicy], Sequence[NetworkPolicy]]]
"""The policies that isolate a pod in a direction, and those that may: `selecting` over those of its namespace."""


BLOCK_OF_PODS = "an ipBlock also matches addresses of pods (Cilium's does not)"


def rule(isolation: Isolation, asked: OneWay) -> Ruling:
    """N2: not isolated, it is for others to say; isolated, the union of the rules of the policies decides."""
    certain, possible = isolation(asked.subject, asked.direction)
    if not certain and not possible:
        return Ruling()
    passed = [(policy, *_passes(policy, asked)) for policy in certain]
    perhaps = [(policy, *_passes(policy, asked)) for policy in possible]
    outcomes = _union([passes for _, passes, _ in passed], [passes for _, passes, _ in perhaps])
    passing = [(policy, index) for policy, passes, index in (*passed, *perhaps) if passes and index is not None]
    policies = (*certain, *possible)
    if "deny" in outcomes:
        return Ruling(outcomes=outcomes, policies=policies)
    by_address = asked.peer.is_pod and all(_by_block(policy, index, asked.direction) for policy, index in passing)
    assumes = BLOCK_OF_PODS if by_address else ""
    return Ruling(outcomes=outcomes, policies=policies, rules=tuple(passing), assumes=assumes)


def _union(certain: list[bool | None], possible: list[bool | None]) -> frozenset[Outcome]:
    """What holds whichever of the possible policies select the pod."""
    if any(certain):
        return frozenset({"allow"})
    if certain:
        undecided = None in certain or any(passes is not False for passes in possible)
        return frozenset({"allow", "deny"} if undecided else {"deny"})
    if all(possible):
        return frozenset({"next", "allow"})
    return frozenset({"next", "allow", "deny"} if any(passes is not False for passes in possible) else {"next", "deny"})


def isolates(policy: NetworkPolicy, direction: Direction) -> bool:
    """N2: policyTypes say so; by default Ingress, and Egress where the policy has egress rules."""
    if types := policy.spec.policy_types:
        return ("Ingress" if direction == "ingress" else "Egress") in types
    return direction == "ingress" or bool(policy.spec.egress)


def selecting(
    policies: Iterable[NetworkPolicy], labels: Labels, direction: Direction
) -> tuple[list[NetworkPolicy], list[NetworkPolicy]]:
    """The policies that isolate a pod in a direction, and those that may (labels of it are not known)."""
    certain, possible = [], []
    for policy in policies:
        if isolates(policy, direction):
            matches = policy.spec.pod_selector.may_match(labels)
            if matches:
                certain.append(policy)
            elif matches is None:
                possible.append(policy)
    return certain, possible


def _passes(policy: NetworkPolicy, asked: OneWay) -> tuple[bool | None, int | None]:
    """N3: the first rule whose peers and ports both fit, and its index; without one the most that can be said."""
    best: tuple[bool | None, int | None] = (False, None)
    for index, (peers, ports) in enumerate(rules_of(policy, asked.direction)):
        fits = both(
            not peers or either(_peer_fits(item, policy.metadata.namespace, asked.peer) for item in peers),
            not ports or either(_port_fits(item, asked) for item in ports),
        )
        if fits:
            return True, index
        if fits is None:
            best = None, index
    return best


def ports_open_to(policies: Iterable[NetworkPolicy], direction: Direction, peer: Party, protocol: str) -> list[str]:
    """The ports of the rules that do fit a peer: what a connection was meant to use that only its port keeps out."""
    return [
        f"{port.port}{f'-{port.end_port}' if port.end_port else ''}"
        for policy in policies
        for peers, ports in rules_of(policy, direction)
        if not peers or any(_peer_fits(item, policy.metadata.namespace, peer) for item in peers)
        for port in ports
        if port.port is not None and (port.protocol or "TCP") == protocol
    ]


def names_address(policies: Iterable[NetworkPolicy], address: str) -> bool:
    """Whether an egress rule lets packets out to an address that no pod has: that of a Service, for one."""
    outside = Party(title=address, addresses=(address,))
    return any(
        _peer_fits(item, policy.metadata.namespace, outside)
        for policy in policies
        for peers, _ in rules_of(policy, "egress")
        for item in peers
    )


def rules_of(
    policy: NetworkPolicy, direction: Direction
) -> list[tuple[Sequence[NetworkPolicyPeer], Sequence[NetworkPolicyPort]]]:
    """The rules of a policy for a direction, each as its peers and ports."""
    if direction == "ingress":
        return [(rule.from_, rule.ports) for rule in policy.spec.ingress]
    return [(rule.to, rule.ports) for rule in policy.spec.egress]


def _by_block(policy: NetworkPolicy, index: int, direction: Direction) -> bool:
    """Whether only an ipBlock can have let a pod pass: what plugins make of that differs (N5 [impl])."""
    peers, _ = rules_of(policy, direction)[index]
    return bool(peers) and all(peer.ip_block is not None for peer in peers)


def _peer_fits(peer: NetworkPolicyPeer, namespace: str, party: Party) -> bool | None:
    """N4, N5. An empty peer, or a block beside a selector, is refused by the API and matches nothing here."""
    if peer.ip_block is not None:
        is_alone = peer.pod_selector is None and peer.namespace_selector is None
        return is_alone and party.has_address_in(peer.ip_block.cidr, peer.ip_block.except_)
    if not party.is_pod or (peer.pod_selector is None and peer.namespace_selector is None):
        return False
    in_namespace = _namespace_fits(peer, namespace, party)
    if in_namespace is False:
        return False
    in_pods = True if peer.pod_selector is None else peer.pod_selector.may_match(party.labels)
    return both(in_namespace, in_pods)


def _namespace_fits(peer: NetworkPolicyPeer, namespace: str, party: Party) -> bool | None:
    if peer.namespace_selector is not None:
        return party.is_in(peer.namespace_selector)
    if party.anywhere:
        return False if namespace == party.apart_from else None
    return party.namespace == namespace


def _port_fits(wanted: NetworkPolicyPort, asked: OneWay) -> bool | None:
    """N6: protocol TCP by default; all ports, a number, a range, or a name of the destination pod."""
    if (wanted.protocol or "TCP") != asked.protocol:
        return False
    if wanted.port is None:
        return True
    if asked.port is None:
        return None
    if isinstance(wanted.port, int):
        return wanted.port <= asked.port <= (wanted.end_port or wanted.port)
    return asked.destination.names_port(wanted.port, asked.port, asked.protocol)
