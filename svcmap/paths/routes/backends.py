"""From a rule to the endpoints of its backends, each with its share of requests: one way for every kind of route."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from svcmap.model.base import Part
from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import Endpoint, EndpointSet
from svcmap.model.refs import Name, ObjectRef
from svcmap.paths.asking.client import resolve
from svcmap.paths.asking.request import ANY_POD
from svcmap.paths.known.emptiness import is_undecided
from svcmap.paths.outcome import Answer, Backend, Hop, Reason, Trace
from svcmap.paths.packets.endpoints import to_endpoints
from svcmap.paths.policies.at_endpoints import police
from svcmap.paths.routes.aliases import Dialler, through_alias
from svcmap.paths.routes.senders import sources_at
from svcmap.paths.walk import Walk
from svcmap.semantics import service_proxy

REFUSED = Answer(action="REJECT")


class Leg(Part, frozen=True):
    """One backend of a rule. `reason`, `says`, `step` (what to do) and `rule` where it cannot be used; else where its
    requests go.
    """

    name: Name
    share: float
    rule: str
    reason: Reason | None = None
    says: str = ""
    step: str = ""
    wanted: str = ""
    status: int | None = None
    service: Service | None = None
    port: ServicePort | None = None
    found: EndpointSet = EndpointSet()
    eligible: tuple[Endpoint, ...] = ()
    excluded: tuple[tuple[Endpoint, str], ...] = ()

    @property
    def as_backend(self) -> Backend:
        return Backend(service=self.name, share=self.share, status=self.status)


class Rule(Part, frozen=True):
    """The rule that shares requests, as its hops tell it: `word` is that of its kind of route, `by` its proxy, `title`
    and `text` what it is called and what it takes, `lost` which others it was preferred to. `taken` and `split` are the
    ids of what a proxy does with one backend, and with several; `failing` is its status where it can use none, and
    with `ends_streams` there is no connection then. `implementation` is the title of what the proxy is, where known.
    """

    word: str
    by: str
    object: ObjectRef
    title: str
    text: str
    taken: str
    split: str
    failing: int
    lost: str = ""
    ends_streams: bool = False
    implementation: str = ""


def through_legs(walk: Walk, rule: Rule, legs: Sequence[Leg]) -> Trace:
    """Follow the backend the request prefers, or the only one; several that share the requests are followed at once."""
    preferred = [leg for leg in legs if leg.name == walk.request.prefer]
    used = preferred or [leg for leg in legs if leg.share]
    return _one(walk, rule, used[0]) if len(used) == 1 else _several(walk, rule, used)


def leg_to(service: Service, port: ServicePort, found: EndpointSet, rule: str) -> Leg:
    """The backend that a port of a Service is, without a share yet; one with no ready endpoint cannot be used."""
    choice = service_proxy.choose_ready(found.endpoints, port)
    empty = not choice.eligible and service.spec.type != "ExternalName"
    return Leg(
        name=service.name,
        share=0.0,
        rule=rule,
        reason="no-endpoints" if empty else None,
        says=f"Service {service.name} has no ready endpoint." if empty else "",
        service=service,
        port=port,
        found=found,
        eligible=choice.eligible,
        excluded=choice.excluded,
    )


def _one(walk: Walk, rule: Rule, leg: Leg) -> Trace:
    percent = f" ×{leg.share:.0%}" if leg.share < 1 else ""
    if leg.port is None or leg.service is None:
        if leg.service is not None:
            walk.at_service(leg.service, None)
        answer = _answer(walk, rule, leg)
        return walk.stop(_problem_hop(rule, leg, rule.text), leg.reason or "no-backend", answer=answer)
    says = f"{rule.title} sends {leg.share:.0%} of these requests to {leg.name} port {leg.port.port}."
    walk.add(
        Hop(
            kind=rule.word,
            object=rule.object,
            address=f"{rule.text} →{leg.port.port}{percent}",
            rule=rule.taken,
            basis="observed",
            says=says + rule.lost,
        )
    )
    answer = _answer(walk, rule, leg)
    dialler = Dialler(rule.by, leg.port.port, resolve(walk.state, ANY_POD), Answer(status=rule.failing))
    if (followed := through_alias(walk, leg.service, leg.port, dialler)) is not None:
        return followed
    return to_endpoints(walk, leg.service, leg.port, rule.by, sources_at(walk, walk.front, rule.implementation), answer)


def _answer(walk: Walk, rule: Rule, leg: Leg) -> Answer:
    """What the client meets where a backend fails: a status, a gRPC code, or (layer 4) a refused connection."""
    if rule.ends_streams:
        return REFUSED
    grpc = walk.request.scheme == "grpc"
    return Answer(status=leg.status, grpc_code="UNAVAILABLE" if grpc and leg.reason else None)


def _problem_hop(rule: Rule, leg: Leg, text: str) -> Hop:
    ending = "The connection is refused." if rule.ends_streams else f"{rule.by} answers {leg.status or rule.failing}."
    ref = rule.object
    return Hop(
        kind=rule.word,
        object=ref,
        address=text,
        rule=leg.rule,
        says=f"{leg.says} {ending}",
        wanted=leg.wanted,
        next=leg.step or ref.kubectl("describe"),
    )


def _several(walk: Walk, rule: Rule, legs: Sequence[Leg]) -> Trace:
    """The endpoints of all backends together; shares that fail make the verdict partial, all of them unreachable."""
    says = f"{rule.title} splits these requests: {_shares(legs)}.{rule.lost}"
    walk.add(Hop(kind=rule.word, object=rule.object, address=rule.text, rule=rule.split, basis="observed", says=says))
    working = [leg for leg in legs if leg.reason is None]
    failing = [leg for leg in legs if leg.reason is not None]
    unread = next((leg for leg in failing if leg.reason == "no-endpoints" and is_undecided(leg.found)), None)
    main = max(working or failing, key=lambda leg: leg.share)
    if main.service is not None:
        walk.at_service(main.service, main.port)
    walk.place = replace(walk.place, skips_cluster_ip=True)
    walk.excluded = tuple(pair for leg in legs for pair in leg.excluded)
    if not working and unread is not None:
        return walk.unknown(_unread_hop(rule, unread))
    if not working:
        worst = max(failing, key=lambda leg: leg.share)
        answer = _answer(walk, rule, worst)
        return walk.stop(_problem_hop(rule, worst, rule.text), worst.reason or "no-backend", answer=answer)
    endpoints: list[Endpoint] = []
    stop: Hop | None = None
    reason: Reason | None = None
    unknown = _unread_hop(rule, unread) if unread else None
    for leg in working:
        walk.add(_endpoints_hop(leg))
        reached, denied, doubt = _policed(walk, leg, rule.implementation)
        endpoints += reached
        unknown = unknown or doubt
        if denied is not None:
            stop, reason = stop or denied, reason or "network-policy"
    if failing:
        worst = max(failing, key=lambda leg: leg.share)
        stop, reason = _problem_hop(rule, worst, f"{rule.text} ×{worst.share:.0%}"), worst.reason
    walk.place = replace(walk.place, port=None)
    if unknown is not None:
        return walk.unknown(unknown, endpoints=tuple(endpoints))
    if stop is None:
        return walk.end("reachable", endpoints=tuple(endpoints))
    if not endpoints and not any(leg.service and leg.service.spec.type == "ExternalName" for leg in working):
        return walk.stop(stop, reason or "network-policy")
    walk.add(replace(stop, verdict="stop"))
    return walk.end("partial", reason=reason, endpoints=tuple(endpoints))


def _unread_hop(rule: Rule, leg: Leg) -> Hop:
    says = f"Whether Service {leg.name}, which {leg.share:.0%} of the requests go to, has an endpoint is not known."
    return Hop(kind=rule.word, object=rule.object, address=rule.text, rule=leg.rule, says=says)


def shares_of(legs: Sequence[Leg]) -> dict[Name, float]:
    """What each Service gets, over all of its ports that are used."""
    found: dict[Name, float] = {}
    for leg in legs:
        found[leg.name] = found.get(leg.name, 0.0) + leg.share
    return found


def _shares(legs: Sequence[Leg]) -> str:
    found = shares_of(legs)
    if len(found) < len(legs):
        return ", ".join(f"{leg.share:.0%} to {leg.name} port {leg.port.port if leg.port else '?'}" for leg in legs)
    return ", ".join(f"{share:.0%} to {name}" for name, share in found.items())


def _endpoints_hop(leg: Leg) -> Hop:
    count = len(leg.eligible)
    says = f"{leg.share:.0%} of the requests go to {count} ready endpoint{'s' if count != 1 else ''} of {leg.name}."
    if leg.service is not None and leg.service.spec.type == "ExternalName":
        says = f"{leg.share:.0%} of the requests go to {leg.service.spec.external_name}, outside the cluster."
    ref = leg.service.ref if leg.service else None
    port = leg.port.port if leg.port else "?"
    basis = leg.found.basis
    return Hop(kind="service", object=ref, address=f"{leg.name.name}:{port}", rule="G12", basis=basis, says=says)


def _policed(walk: Walk, leg: Leg, title: str) -> tuple[list[Endpoint], Hop | None, Hop | None]:
    """(endpoints that are reached, the hop of a policy that denies some, the hop of one nobody can tell)."""
    port = leg.port
    if port is None:
        return [], None, None
    bound = [(e, b) for e in leg.eligible if (b := e.port_for(port.name, port.protocol))]
    targets = [(endpoint, binding.port) for endpoint, binding in bound]
    found = police(walk, sources_at(walk, walk.front, title), leg.name.namespace, targets, port.protocol, leg.name)
    only = {id(e): b for e, b in bound}
    reached = [replace(e, ports=(only[id(e)],)) for e in (*found.allowed, *found.partly, *found.unknown)]
    if found.unknown:
        return reached, None, found.hop
    return reached, found.hop, None
