"""Network policies on the last stretch of a request: from whoever sends the packets to each endpoint (N1-N9)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from svcmap.model.addresses import family_of
from svcmap.model.base import KubernetesObject, Part
from svcmap.model.connection import INWARD, OUTWARD, Party
from svcmap.model.facts import Endpoint
from svcmap.model.kinds import KINDS, plural
from svcmap.model.refs import GroupKind, Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.asking.parties import endpoint_party
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.outcome import Hop
from svcmap.paths.policies.engine import NOTHING_MEANT, Meant, Told
from svcmap.paths.policies.judgement import ALLOWED, Judgement, has_touched_pod, is_any_evaluated, judge, touches
from svcmap.paths.policies.mesh import note_mesh
from svcmap.paths.policies.unevaluated import is_any_unevaluated, unevaluated, unevaluated_hop, unread_kinds
from svcmap.paths.walk import Walk

Target = tuple[Endpoint, int]
"""An endpoint and the port of it that the packets go to."""


class Source(Part, frozen=True):
    """Who sends packets, and as whom the pods see the sender (a node that put its own address on them, K10)."""

    party: Party
    seen_as: Party | None = None

    @property
    def title(self) -> str:
        return self.party.title


class Policed(Part, frozen=True):
    """The endpoints that policies leave, those they take away with the reason, those that only some of the packets
    reach, and those nobody can tell of.
    """

    allowed: tuple[Endpoint, ...] = ()
    denied: tuple[tuple[Endpoint, str], ...] = ()
    partly: tuple[Endpoint, ...] = ()
    unknown: tuple[Endpoint, ...] = ()
    hop: Hop | None = None
    judgement: Judgement = ALLOWED
    """What `hop` tells of."""
    passing: tuple[KubernetesObject, int] | None = None
    """The policy that lets packets through, and which of its rules does, where one has to."""


def police(
    walk: Walk,
    sources: Sequence[Source],
    namespace: str,
    targets: Sequence[Target],
    protocol: str,
    service: Name | None = None,
) -> Policed:
    """Judge every endpoint. `sources` are the parties the packets may come from, each as likely as the other;
    `service` is the Service whose endpoints the targets are.
    """
    note_mesh(walk, namespace, (endpoint_party(walk.state, namespace, endpoint) for endpoint, _ in targets))
    if _nobody_is_touched(walk.state, sources, namespace, targets, service):
        return _foreign(walk.state, sources, namespace, Policed(allowed=tuple(endpoint for endpoint, _ in targets)))
    sorted_: dict[str, list[Endpoint]] = {"allowed": [], "denied": [], "partly": [], "unknown": []}
    why: dict[str, Judgement] = {}
    first: Judgement | None = None
    meant = _meant(walk, service)
    passing: tuple[KubernetesObject, int] | None = None
    told = sources[0]
    judged = _Judged(walk.state, sources, namespace, protocol)
    for endpoint, port in targets:
        kind, deciding, source = judged.verdict(endpoint, port)
        sorted_[kind].append(endpoint)
        if kind in ("allowed", "denied") and deciding.ruling.assumes:
            walk.assume(deciding.ruling.assumes)
        if kind == "allowed":
            passing = passing or next(iter(deciding.ruling.rules), None)
            continue
        if kind == "denied":
            why[endpoint.id] = deciding
        if first is None or first.verdict != "denied":
            first, told = deciding, source
            meant = meant._replace(receiver=endpoint_party(walk.state, namespace, endpoint))
    made = Policed(
        allowed=tuple(sorted_["allowed"]),
        denied=tuple((endpoint, _denial(why[endpoint.id])) for endpoint in sorted_["denied"]),
        partly=tuple(sorted_["partly"]),
        unknown=tuple(sorted_["unknown"]),
        hop=policy_hop(first, told, len(targets), len(sorted_["denied"]), protocol, meant) if first else None,
        judgement=first or ALLOWED,
        passing=passing,
    )
    return _foreign(walk.state, sources, namespace, made)


class _Judged:
    """Judgements of one set of packets; pods that policies cannot tell apart are judged once."""

    def __init__(self, state: ClusterState, sources: Sequence[Source], namespace: str, protocol: str) -> None:
        self.state, self.sources, self.namespace, self.protocol = state, sources, namespace, protocol
        self.leaving = any(touches(state, source.party, OUTWARD) for source in sources)
        self.pods = {source.party.pod for source in sources if source.party.pod}
        self.by_node = any(not (source.seen_as or source.party).is_pod for source in sources)
        self.known: dict[Hashable, tuple[str, Judgement, Source]] = {}

    def verdict(self, endpoint: Endpoint, port: int) -> tuple[str, Judgement, Source]:
        """allowed, denied, partly or unknown, the judgement that decides, and the source it is about."""
        party = endpoint_party(self.state, self.namespace, endpoint)
        if party.alike is None or self.leaving or endpoint.pod in self.pods:
            return self._judge(party, port)
        key = party.alike, port, party.node if self.by_node else ""
        if key not in self.known:
            self.known[key] = self._judge(party, port)
        return self.known[key]

    def _judge(self, party: Party, port: int) -> tuple[str, Judgement, Source]:
        if not self.leaving and not touches(self.state, party, INWARD):
            return "allowed", ALLOWED, self.sources[0]
        found = [
            (judge(self.state, source.party, party, port, self.protocol, source.seen_as), source)
            for source in self.sources
        ]
        kind = _kind({item.verdict for item, _ in found})
        if kind == "allowed":
            return kind, *next((pair for pair in found if pair[0].ruling.assumes), found[0])
        return kind, *next(pair for pair in found if pair[0].verdict != "allowed")


def _kind(verdicts: set[str]) -> str:
    if "unknown" in verdicts:
        return "unknown"
    return "partly" if len(verdicts) > 1 else next(iter(verdicts))


def _nobody_is_touched(
    state: ClusterState, sources: Sequence[Source], namespace: str, targets: Sequence[Target], service: Name | None
) -> bool:
    """The quick answer for the many packets that no policy is about."""
    if not is_any_evaluated(state):
        return True
    if any(touches(state, source.party, OUTWARD) for source in sources):
        return False
    if service is not None:
        return not has_touched_pod(state, service)
    return not any(touches(state, endpoint_party(state, namespace, endpoint), INWARD) for endpoint, _ in targets)


def _denial(found: Judgement) -> str:
    return f"{found.policies[0].kind} {names_of(found)}: {found.direction} not allowed"


def names_of(found: Judgement) -> str:
    """The policies that decide, a few of them."""
    return ", ".join(policy.metadata.name for policy in found.policies[:3])


def _meant(walk: Walk, service: Name | None) -> Meant:
    asked = find_service(walk.state, service) if service else None
    return Meant(walk.request.port, tuple(filter(family_of, asked.spec.cluster_ips)) if asked else ())


def policy_hop(
    found: Judgement, source: Source, total: int, denied: int, protocol: str = "TCP", meant: Meant = NOTHING_MEANT
) -> Hop:
    """The sentence about the policies that decide."""
    whom = "them" if denied in (0, total) else f"{denied} of the {total} endpoints"
    told = Told(
        direction=found.direction or INWARD,
        sender=source.party,
        seen_as=source.seen_as,
        whom=whom,
        protocol=protocol,
        meant=meant,
        is_undecided=found.verdict == "unknown",
    )
    return hop_of(found, told)


def hop_of(found: Judgement, told: Told) -> Hop:
    """A judgement that does not let everything pass, in the words of the engine that decides."""
    assert found.by is not None
    says, step = found.by.tell(found.ruling, told)
    ref, rule = found.policies[0].ref, found.by.rule_id
    return Hop(kind="network-policy", object=ref, address=names_of(found), rule=rule, says=says, next=step)


def _foreign(state: ClusterState, sources: Sequence[Source], namespace: str, made: Policed) -> Policed:
    """N9: policies of other kinds that svcmap does not evaluate can take away what these allow."""
    namespaces = {namespace, *(source.party.namespace for source in sources)}
    for kind in unread_kinds(state):
        if unread := sorted(name for name in namespaces if name and not state.is_read(kind, name)):
            return _unread(kind, unread[0], made)
    if made.unknown or not (made.allowed or made.partly) or not is_any_unevaluated(state):
        return made
    about = _About(state, namespace, unevaluated(state, [source.party for source in sources]))
    doubtful = {
        id(endpoint): found for endpoint in (*made.allowed, *made.partly) if (found := about.endpoint(endpoint))
    }
    if not doubtful:
        return made
    return Policed(
        allowed=tuple(endpoint for endpoint in made.allowed if id(endpoint) not in doubtful),
        denied=made.denied,
        partly=tuple(endpoint for endpoint in made.partly if id(endpoint) not in doubtful),
        unknown=tuple(endpoint for endpoint in (*made.allowed, *made.partly) if id(endpoint) in doubtful),
        hop=unevaluated_hop(next(iter(doubtful.values())), "this"),
    )


class _About:
    """The policies nobody evaluates that may be about an endpoint; pods that policies cannot tell apart once."""

    def __init__(self, state: ClusterState, namespace: str, of_sources: list[ObjectRef]) -> None:
        self.state, self.namespace, self.of_sources = state, namespace, of_sources
        self.known: dict[Hashable, list[ObjectRef]] = {}

    def endpoint(self, endpoint: Endpoint) -> list[ObjectRef]:
        if self.of_sources:
            return self.of_sources
        party = endpoint_party(self.state, self.namespace, endpoint)
        key = endpoint.id if party.alike is None else party.alike
        if key not in self.known:
            self.known[key] = unevaluated(self.state, [party])
        return self.known[key]


def _unread(kind: GroupKind, namespace: str, made: Policed) -> Policed:
    """Policies that could not be listed can take away what is left, and none is "no policy"."""
    if not (made.allowed or made.partly):
        return made
    everywhere = kind in KINDS and not KINDS[kind].namespaced
    where, flag = ("", "") if everywhere else (f" of namespace {namespace}", f" -n {namespace}")
    which = f" ({kind.group})" if kind.is_custom else ""
    says = f"The {kind.kind.removesuffix('y')}ies{which}{where} could not be read: one may forbid this."
    resource = f"{plural(kind.kind)}.{kind.group}" if kind.is_custom else plural(kind.kind)
    step = f"kubectl auth can-i list {resource}{flag}"
    place = "" if everywhere else namespace
    hop = Hop(kind="network-policy", address=place, rule="N2", basis="unknown", says=says, next=step)
    return Policed(denied=made.denied, unknown=(*made.unknown, *made.allowed, *made.partly), hop=hop)
