"""NetworkPolicy: whether a connection between two parties passes (N1-N8).

Upstream: staging/src/k8s.io/api/networking/v1/types.go, test/e2e/network/netpol. The question is asked
after kube-proxy has rewritten the destination: pod addresses and pod ports. What a selector decides about a pod whose
labels nobody knows is unknown, and so three values are counted with: true, false and None.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Literal

from msgspec.structs import replace

from svcmap.model.addresses import block_of, contains, family_of
from svcmap.model.base import Part
from svcmap.model.labels import LabelSelector, fits_namespace
from svcmap.model.networking import (
    IPBlock,
    NetworkPolicy,
    NetworkPolicyPeer,
    NetworkPolicyPort,
)
from svcmap.model.refs import Name
from svcmap.model.workloads import PodSpec

Direction = Literal["egress", "ingress"]
OUTWARD: Direction = "egress"
INWARD: Direction = "ingress"
Verdict = Literal["allowed", "denied", "unknown"]


class Party(Part, frozen=True):
    """One end of a connection, as a policy sees it.

    `is_pod` is false for nodes, hostNetwork pods (N8) and machines outside. `labels` None is a pod whose labels are not
    known, `namespace_labels` None a namespace whose object was not read. `addresses` are empty where they are not
    known; `public` then says that the address is one of the internet, and `family` of which family the connection is
    (empty: not known either). `spec` resolves named ports. `anywhere` is a pod of which not even the namespace is
    known, only that it is not `apart_from`. Parties that are `alike` (not None) differ in name and address only.
    """

    title: str = ""
    is_pod: bool = False
    pod: Name | None = None
    namespace: str = ""
    labels: Mapping[str, str] | None = None
    namespace_labels: Mapping[str, str] | None = {}
    addresses: tuple[str, ...] = ()
    family: str = ""
    node: str = ""
    spec: PodSpec | None = None
    public: bool = False
    anywhere: bool = False
    apart_from: str = ""
    alike: Hashable = None


class Judgement(Part, frozen=True):
    """What the policies say. `policies` are those that isolate the pod in `direction`; `allowed_by` (policy, index of
    the rule) where a rule of theirs decided; `doubts` what could not be told.
    """

    verdict: Verdict
    direction: Direction | None = None
    policies: tuple[NetworkPolicy, ...] = ()
    allowed_by: tuple[tuple[NetworkPolicy, int], ...] = ()
    by_address_of_pod: bool = False
    exempt: str = ""


Isolation = Callable[[Party, Direction], tuple[Sequence[NetworkPolicy], Sequence[NetworkPolicy]]]
"""The policies that isolate a pod in a direction, and those that may: `selecting` over those of its namespace."""


def judge(
    isolation: Isolation,
    source: Party,
    destination: Party,
    port: int,
    protocol: str,
    seen_as: Party | None = None,
) -> Judgement:
    """Egress of the source first, then ingress of the destination (N1); both must let the connection pass.

    `seen_as` is what the destination sees where a node has put its own address on the packets (K10).
    """
    source, seen_as = _same_family(source, destination), seen_as and _same_family(seen_as, destination)
    destination = _same_family(destination, source)
    if source.is_pod and source.pod is not None and source.pod == destination.pod:
        return Judgement(verdict="allowed", exempt="a pod always reaches itself (N7)")
    out = _one_way("egress", isolation, source, destination, destination, port, protocol)
    if out.verdict == "denied":
        return out
    sender = seen_as or source
    if destination.is_pod and not sender.is_pod and sender.node and sender.node == destination.node:
        exempt = "a node always reaches its own pods (N7)"
        inward = Judgement(verdict="allowed", direction="ingress", exempt=exempt)
    else:
        inward = _one_way("ingress", isolation, destination, sender, destination, port, protocol)
    return _both(out, inward)


def judge_leaving(
    isolation: Isolation, source: Party, destination: Party, port: int | None, protocol: str
) -> Judgement:
    """Egress alone: for a destination that hands the request on, as a load balancer or a name outside does.

    `port` None is one that is not known: that of pods nobody has seen.
    """
    if source.pod is not None and source.pod == destination.pod:
        return Judgement(verdict="allowed", exempt="a pod always reaches itself (N7)")
    source, destination = _same_family(source, destination), _same_family(destination, source)
    return _one_way("egress", isolation, source, destination, destination, port, protocol)


def _same_family(party: Party, other: Party) -> Party:
    """N5: a connection is of one family, so a block sees only that address of a dual-stack party."""
    families = {family_of(address) for address in other.addresses}
    if len(party.addresses) == 1 or len(families) != 1:
        return party
    if not party.addresses:
        return replace(party, family=next(iter(families)))
    mine = tuple(address for address in party.addresses if family_of(address) in families)
    return replace(party, addresses=mine) if mine else party


def _both(out: Judgement, inward: Judgement) -> Judgement:
    if inward.verdict == "denied":
        return inward
    first = out if out.verdict == "unknown" else inward
    return Judgement(
        verdict="unknown" if "unknown" in (out.verdict, inward.verdict) else "allowed",
        direction=first.direction if first.verdict == "unknown" else None,
        policies=first.policies if first.verdict == "unknown" else (*out.policies, *inward.policies),
        allowed_by=(*out.allowed_by, *inward.allowed_by),
        by_address_of_pod=out.by_address_of_pod or inward.by_address_of_pod,
        exempt=inward.exempt,
    )


def _one_way(
    direction: Direction,
    isolation: Isolation,
    isolated: Party,
    peer: Party,
    destination: Party,
    port: int | None,
    protocol: str,
) -> Judgement:
    """N2: not isolated, everything passes; isolated, the union of the rules of its policies."""
    if not isolated.is_pod or isolated.anywhere:
        return Judgement(verdict="allowed", direction=direction)
    certain, possible = isolation(isolated, direction)
    if not certain and not possible:
        return Judgement(verdict="allowed", direction=direction)
    certainly = [(policy, *_passes(policy, direction, peer, destination, port, protocol)) for policy in certain]
    perhaps = [(policy, *_passes(policy, direction, peer, destination, port, protocol)) for policy in possible]
    verdict = _union([passes for _, passes, _ in certainly], [passes for _, passes, _ in perhaps])
    passing = [(policy, index) for policy, passes, index in (*certainly, *perhaps) if passes and index is not None]
    return Judgement(
        verdict=verdict,
        direction=direction,
        policies=(*certain, *possible),
        allowed_by=tuple(passing) if verdict == "allowed" else (),
        by_address_of_pod=verdict == "allowed" and peer.is_pod and all(_by_block(p, i, direction) for p, i in passing),
    )


def _union(certain: list[bool | None], possible: list[bool | None]) -> Verdict:
    """What holds whichever of the possible policies select the pod."""
    if any(certain):
        return "allowed"
    if certain:
        undecided = None in certain or any(passes is not False for passes in possible)
        return "unknown" if undecided else "denied"
    return "allowed" if all(possible) else "unknown"


def isolates(policy: NetworkPolicy, direction: Direction) -> bool:
    """N2: policyTypes say so; by default Ingress, and Egress where the policy has egress rules."""
    if types := policy.spec.policy_types:
        return ("Ingress" if direction == "ingress" else "Egress") in types
    return direction == "ingress" or bool(policy.spec.egress)


def selecting(
    policies: Iterable[NetworkPolicy], labels: Mapping[str, str] | None, direction: Direction
) -> tuple[list[NetworkPolicy], list[NetworkPolicy]]:
    """The policies that isolate a pod in a direction, and those that may (its labels are not known)."""
    certain, possible = [], []
    for policy in policies:
        if isolates(policy, direction):
            matches = _matches(policy.spec.pod_selector, labels)
            if matches:
                certain.append(policy)
            elif matches is None:
                possible.append(policy)
    return certain, possible


def _matches(selector: LabelSelector, labels: Mapping[str, str] | None) -> bool | None:
    if not selector.match_labels and not selector.match_expressions:
        return True
    return None if labels is None else selector.matches(labels)


def _any(values: Iterable[bool | None]) -> bool | None:
    """Three-valued or: true beats unknown beats false."""
    found: bool | None = False
    for value in values:
        if value:
            return True
        if value is None:
            found = None
    return found


def _and(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _passes(
    policy: NetworkPolicy, direction: Direction, peer: Party, destination: Party, port: int | None, protocol: str
) -> tuple[bool | None, int | None]:
    """N3: the first rule whose peers and ports both fit, and its index; without one the most that can be said."""
    best: tuple[bool | None, int | None] = (False, None)
    for index, (peers, ports) in enumerate(_rules(policy, direction)):
        fits = _and(
            not peers or _any(_peer_fits(item, policy.metadata.namespace, peer) for item in peers),
            not ports or _any(_port_fits(item, port, protocol, destination) for item in ports),
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
        for peers, ports in _rules(policy, direction)
        if not peers or any(_peer_fits(item, policy.metadata.namespace, peer) for item in peers)
        for port in ports
        if port.port is not None and (port.protocol or "TCP") == protocol
    ]


def _rules(
    policy: NetworkPolicy, direction: Direction
) -> list[tuple[Sequence[NetworkPolicyPeer], Sequence[NetworkPolicyPort]]]:
    if direction == "ingress":
        return [(rule.from_, rule.ports) for rule in policy.spec.ingress]
    return [(rule.to, rule.ports) for rule in policy.spec.egress]


def _by_block(policy: NetworkPolicy, index: int, direction: Direction) -> bool:
    """Whether only an ipBlock can have let a pod pass: what plugins make of that differs (N5 [impl])."""
    peers, _ = _rules(policy, direction)[index]
    return bool(peers) and all(peer.ip_block is not None for peer in peers)


def _peer_fits(peer: NetworkPolicyPeer, namespace: str, party: Party) -> bool | None:
    """N4, N5. An empty peer, or a block beside a selector, is refused by the API and matches nothing here."""
    if peer.ip_block is not None:
        return _block_fits(peer.ip_block, party) if not (peer.pod_selector or peer.namespace_selector) else False
    if not party.is_pod or (peer.pod_selector is None and peer.namespace_selector is None):
        return False
    in_namespace = _namespace_fits(peer, namespace, party)
    if in_namespace is False:
        return False
    in_pods = True if peer.pod_selector is None else _matches(peer.pod_selector, party.labels)
    return _and(in_namespace, in_pods)


def _namespace_fits(peer: NetworkPolicyPeer, namespace: str, party: Party) -> bool | None:
    if party.anywhere:
        if peer.namespace_selector is None:
            return False if namespace == party.apart_from else None
        return _matches(peer.namespace_selector, None)
    if peer.namespace_selector is None:
        return party.namespace == namespace
    return fits_namespace(peer.namespace_selector, party.namespace, party.namespace_labels)


def _block_fits(block: IPBlock, party: Party) -> bool | None:
    """N5: in the CIDR and in none of the exceptions, for any address of the party."""
    network = block_of(block.cidr)
    exceptions = [net for text in block.except_ if (net := block_of(text)) is not None]
    if network is None or (party.family and party.family != f"IPv{network.version}"):
        return False
    if party.addresses:
        return any(contains(network, ip) and not any(contains(e, ip) for e in exceptions) for ip in party.addresses)
    if party.public and not network.is_global and network.prefixlen:
        return False
    blocking = [e for e in exceptions if not (party.public and e.is_private)]
    return True if network.prefixlen == 0 and not blocking else None


def _port_fits(wanted: NetworkPolicyPort, port: int | None, protocol: str, destination: Party) -> bool | None:
    """N6: protocol TCP by default; all ports, a number, a range, or a name of the destination pod."""
    if (wanted.protocol or "TCP") != protocol:
        return False
    if wanted.port is None:
        return True
    if port is None:
        return None
    if isinstance(wanted.port, int):
        return wanted.port <= port <= (wanted.end_port or wanted.port)
    if not destination.is_pod:
        return False
    if destination.spec is None:
        return None
    return any(
        declared.name == wanted.port and declared.container_port == port and (declared.protocol or "TCP") == protocol
        for container in destination.spec.containers
        for declared in container.ports
    )
