"""Whether a connection passes, by all the network policies of a state together (N1, N7)."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec.structs import replace

from svcmap.model.addresses import family_of
from svcmap.model.base import KubernetesObject, Part
from svcmap.model.connection import INWARD, MASQUERADED, NEXT, OUTWARD, Direction, OneWay, Party, Ruling
from svcmap.model.refs import GroupKind, Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.parties import endpoint_party
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.policies.engine import PolicyEngine
from svcmap.paths.policies.engines import ENGINES, that_may_say_otherwise

Verdict = Literal["allowed", "denied", "unknown"]
OWN_POD = "a pod always reaches itself (N7)"
OWN_NODE = "a node always reaches its own pods (N7)"


class Judgement(Part, frozen=True):
    """What the policies say. `by` is the engine whose word decides, with its `ruling`, where the connection is denied
    or nobody can tell; `exempt` says why no policy is asked. `namespace` is that of the pod whose policies decide.
    """

    verdict: Verdict
    namespace: str = ""
    direction: Direction | None = None
    by: PolicyEngine | None = None
    ruling: Ruling = Ruling()
    exempt: str = ""

    @property
    def lacks(self) -> tuple[GroupKind, ...]:
        """The kinds whose policies, if some were not read, could change a denial."""
        return that_may_say_otherwise(self.by) if self.by else ()

    @property
    def policies(self) -> tuple[KubernetesObject, ...]:
        """Those whose word it is; of a connection that passes those that were asked."""
        return self.ruling.policies


ALLOWED = Judgement(verdict="allowed")


class _Said(NamedTuple):
    engine: PolicyEngine
    ruling: Ruling


def judge(
    state: ClusterState,
    source: Party,
    destination: Party,
    port: int,
    protocol: str,
    seen_as: Party | None = None,
) -> Judgement:
    """Egress of the source first, then ingress of the destination (N1); both must let the connection pass.

    The question is asked after kube-proxy has rewritten the destination: pod addresses and pod ports. `seen_as` is what
    the destination sees where a node has put its own address on the packets (K10).
    """
    source, seen_as = _same_family(source, destination), seen_as and _same_family(seen_as, destination)
    destination = _same_family(destination, source)
    if source.is_pod and source.pod is not None and source.pod == destination.pod:
        return Judgement(verdict="allowed", exempt=OWN_POD)
    out = _one_way(state, OUTWARD, source, destination, port, protocol)
    if out.verdict == "denied":
        return out
    sender = seen_as or source
    if destination.is_pod and not source.is_pod and source.node and source.node == destination.node:
        inward = Judgement(verdict="allowed", direction=INWARD, exempt=OWN_NODE)
    else:
        inward = _one_way(state, INWARD, destination, sender, port, protocol)
        if seen_as is not None and seen_as.node and seen_as.node == destination.node:
            inward = _either(inward, _one_way(state, INWARD, destination, source, port, protocol))
    return _both(out, inward)


def judge_leaving(state: ClusterState, source: Party, destination: Party, port: int | None, protocol: str) -> Judgement:
    """Egress alone: for a destination that hands the request on, as a load balancer or a name outside does.

    `port` None is one that is not known: that of pods nobody has seen.
    """
    if source.pod is not None and source.pod == destination.pod:
        return Judgement(verdict="allowed", exempt=OWN_POD)
    source, destination = _same_family(source, destination), _same_family(destination, source)
    return _one_way(state, OUTWARD, source, destination, port, protocol)


def touches(state: ClusterState, party: Party, direction: Direction) -> bool:
    """Whether a policy may be about a party."""
    return party.is_pod and any(engine.touches(state, party, direction) for engine in _engines(state))


def is_any_evaluated(state: ClusterState) -> bool:
    """Whether there are policies at all that are evaluated."""
    return bool(_engines(state))


def has_touched_pod(state: ClusterState, service: Name) -> bool:
    """Whether a policy is about a pod of a Service for what comes in, or may be."""
    if not is_any_evaluated(state):
        return False
    return state.remember("has_touched_pod", service, lambda: _has_touched_pod(state, service))


def _has_touched_pod(state: ClusterState, service: Name) -> bool:
    parties = (endpoint_party(state, service.namespace, e) for e in endpoints_of(state, service).endpoints)
    return any(touches(state, party, INWARD) for party in parties)


def _engines(state: ClusterState) -> list[PolicyEngine]:
    """Those of which there are policies."""
    return [engine for engine in ENGINES if any(state.objects.get(kind) for kind in engine.kinds)]


def _same_family(party: Party, other: Party) -> Party:
    """N5: a connection is of one family, so a block sees only that address of a dual-stack party."""
    families = {family_of(address) for address in other.addresses}
    if len(party.addresses) == 1 or len(families) != 1:
        return party
    if not party.addresses:
        return replace(party, family=next(iter(families)))
    mine = tuple(address for address in party.addresses if family_of(address) in families)
    return replace(party, addresses=mine) if mine else party


def _one_way(
    state: ClusterState, direction: Direction, subject: Party, peer: Party, port: int | None, protocol: str
) -> Judgement:
    """Each engine in turn, while it may be left to the next; what all leave to others passes (N2)."""
    if not subject.is_pod:
        return Judgement(verdict="allowed", direction=direction)
    asked = OneWay(direction, subject, peer, port, protocol)
    said: list[_Said] = []
    together = Ruling()
    for engine in _engines(state):
        ruling = engine.rule(state, asked)
        if ruling.outcomes != NEXT:
            said.append(_Said(engine, ruling))
        together = together.then(ruling)
        if "next" not in together.outcomes:
            break
    if "deny" not in together.outcomes:
        return Judgement(verdict="allowed", direction=direction, ruling=together)
    is_certain = together.outcomes == {"deny"}
    engine, ruling = said[-1] if is_certain else next(item for item in said if len(item.ruling.outcomes) > 1)
    verdict: Verdict = "denied" if is_certain else "unknown"
    return Judgement(verdict=verdict, namespace=subject.namespace, direction=direction, by=engine, ruling=ruling)


def _either(as_node: Judgement, as_client: Judgement) -> Judgement:
    """What the node of the pod itself has put its address on: some plugins look before it does, others after."""
    if as_node.verdict == as_client.verdict:
        return as_node
    denying = as_node if as_node.verdict == "denied" else as_client
    if denying.verdict != "denied":
        return as_node if as_node.verdict == "unknown" else as_client
    outcomes = denying.ruling.outcomes | {"allow"}
    return replace(denying, verdict="unknown", ruling=replace(denying.ruling, outcomes=outcomes, doubt=MASQUERADED))


def _both(out: Judgement, inward: Judgement) -> Judgement:
    if inward.verdict == "denied":
        return inward
    if "unknown" in (out.verdict, inward.verdict):
        return out if out.verdict == "unknown" else inward
    together = Ruling(
        policies=(*out.policies, *inward.policies),
        rules=(*out.ruling.rules, *inward.ruling.rules),
        assumes=out.ruling.assumes or inward.ruling.assumes,
    )
    return Judgement(verdict="allowed", ruling=together, exempt=inward.exempt)
