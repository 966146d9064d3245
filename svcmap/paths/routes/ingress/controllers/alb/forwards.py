"""Where the forward action of a rule of an ALB sends requests: target groups, each with its weight (CA-11, CA-A2)."""

from __future__ import annotations

from collections.abc import Callable

from svcmap.model.networking import IngressServiceBackend
from svcmap.model.refs import Name
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.outcome import Answer, Hop, Trace, Undecided
from svcmap.paths.routes.ingress.controllers.alb.nodes import without_nodes
from svcmap.paths.routes.ingress.controllers.plain import reach
from svcmap.paths.routes.ingress.controllers.ways import Met
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.proxied_path import set_path
from svcmap.paths.routes.ingress.speech import note_speech
from svcmap.paths.routes.shares import Share, follow_shares
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import alb_actions
from svcmap.semantics.ingress.alb_actions import TargetGroup

UNAVAILABLE = 503


def forwarded(walk: Walk, met: Met, target: rules.RuleTarget) -> Trace | None:
    """The finished trace of a rule with a forward action; None for another rule, and for an action that is refused."""
    groups = alb_actions.target_groups(met.item, target)
    if groups is None:
        return None
    mine = [(group, Name(met.item.metadata.namespace, group.service.name)) for group in groups if group.service]
    preferred = [(group, name) for group, name in mine if name == walk.request.prefer and group.share]
    used = preferred or [(group, name) for group, name in mine if group.share]
    away = [group for group in groups if group.elsewhere and group.share]
    if not groups or not any(group.share for group in groups):
        return _to_none(walk, met, target)
    if away and not preferred:
        _note_elsewhere(walk, met, target, away)
    if walk.request.prefer and not preferred:
        says = f"{_text(target)} gives Service {walk.request.prefer} no weight: it gets none of these requests."
        return walk.stop(_hop(met, target, says=says, step="give it a weight above 0"), "zero-weight")
    if not used:
        return walk.end("reachable")
    walk.add(_hop(met, target, says=f"{_text(target)} of Ingress {met.item.name} {_shares(groups)}."))
    shares = [Share(name, group.share, _follow(met, target, group.service)) for group, name in used if group.service]
    return shares[0].follow(walk) if len(shares) == 1 else follow_shares(walk, shares)


def _text(target: rules.RuleTarget) -> str:
    return alb_actions.name_of(target).rpartition("/")[2]


def _shares(groups: list[TargetGroup]) -> str:
    """What the groups get: `sends 90% of these requests to web port 80, 10% to next port 80`."""
    names = [f"{g.service.name} port {_port(g.service)}" if g.service else g.elsewhere for g in groups]
    parts = [(f"{group.share:.0%}", name) for group, name in zip(groups, names, strict=True)]
    (part, name), *others = parts
    return ", ".join([f"sends {part} of these requests to {name}", *(f"{part} to {name}" for part, name in others)])


def _port(backend: IngressServiceBackend) -> str:
    return backend.port.name or str(backend.port.number)


def _follow(met: Met, target: rules.RuleTarget, backend: IngressServiceBackend) -> Callable[[Walk], Trace]:
    return lambda walk: _to_service(walk, met, target, backend)


def _to_service(walk: Walk, met: Met, target: rules.RuleTarget, backend: IngressServiceBackend) -> Trace:
    name = Name(met.item.metadata.namespace, backend.name)
    service = find_service(walk.state, name)
    if service is None:
        says = f"{_text(target)} leads to Service {name}, which does not exist: the load balancer answers 503."
        hop = _hop(met, target, says=says, step=f"create Service {name}, or name one that exists")
        return walk.stop(hop, "service-not-found", answer=Answer(status=UNAVAILABLE))
    port, _ = rules.backend_port(service, backend, met.served)
    if port is None:
        walk.at_service(service, None)
        has = ", ".join(str(p.port) + (f" ({p.name})" if p.name else "") for p in service.spec.ports) or "none"
        says = f"{_text(target)} leads to port {_port(backend)} of {service.name}, which has ports {has}."
        hop = _hop(met, target, says=says, step=f"set servicePort to one of: {has}")
        return walk.stop(hop, "service-port-not-found", answer=Answer(status=UNAVAILABLE))
    if met.served.by is not None:
        set_path(walk, met.item, met.served.by, service, target)
    if stopped := without_nodes(walk, met, service, port):
        return stopped
    note_speech(walk, met.item, service, port, rules.flavour(met.served))
    return reach(walk, met, target, service, port)


def _to_none(walk: Walk, met: Met, target: rules.RuleTarget) -> Trace:
    """Target groups without a weight, or none at all: what an ALB answers then nothing that was read says."""
    could = "gives no target group a weight: what the load balancer answers nobody here knows"
    field = f"metadata.annotations[{alb_actions.name_of(target)}]"
    walk.doubt(Undecided(object=met.item.ref, field=field, could=could), WORD, "CA-11", refuses=False)
    return walk.stop(_hop(met, target, says=f"{_text(target)} sends requests nowhere."), "zero-weight")


def _note_elsewhere(walk: Walk, met: Met, target: rules.RuleTarget, away: list[TargetGroup]) -> None:
    part = sum(group.share for group in away)
    could = f"sends {part:.0%} of these requests to {away[0].elsewhere}, a target group that is not in the source"
    field = f"metadata.annotations[{alb_actions.name_of(target)}]"
    walk.doubt(Undecided(object=met.item.ref, field=field, could=could), WORD, "CA-11", refuses=False)


def _hop(met: Met, target: rules.RuleTarget, *, says: str, step: str = "") -> Hop:
    return Hop(kind=WORD, object=met.item.ref, address=target.text, rule="CA-11", says=says, next=step)
