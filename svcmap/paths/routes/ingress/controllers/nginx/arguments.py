"""Arguments of ingress-nginx that decide: whose Ingresses it looks at, and who answers what no rule takes (CN-50)."""

from __future__ import annotations

from svcmap.model.networking import Ingress
from svcmap.model.refs import ObjectRef
from svcmap.paths.known.controller_arguments import nginx_arguments
from svcmap.paths.known.look_ups import endpoints_of, find_service, served_by
from svcmap.paths.outcome import Hop, Trace, Undecided
from svcmap.paths.routes.ingress.controllers.nginx.settings import Known, is_watched, nginx_settings
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.reaching import reach_backend
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress.nginx_settings import Arguments

CONTROLLER_CLASS, INGRESS_CLASS = "--controller-class", "--ingress-class"
DISABLE_CATCH_ALL = "--disable-catch-all"
WATCH_NAMESPACE, DEFAULT_BACKEND = "--watch-namespace", "--default-backend-service"


def watched_of(walk: Walk, candidates: list[Ingress]) -> Trace | list[Ingress]:
    """Those of some Ingresses that their controller looks at; the finished trace where it looks at none of them."""
    first = candidates[0]
    known = nginx_settings(walk, first)
    if known.ref is None:
        _note_strangers(walk, first)
        return candidates
    served = served_by(walk.state, first)
    if not known.arguments.serves(served.controller, served.ingress_class):
        _note_stranger(walk, known.ref, known.arguments, served)
    watched = {item.name: is_watched(walk.state, known.arguments, item.metadata.namespace) for item in candidates}
    unsure = next((item for item in candidates if watched[item.name] is None), None)
    if unsure is not None:
        could = f"decides whether Ingress {unsure.name} is looked at: labels of its namespace are not known"
        undecided = Undecided(object=known.ref, field=f"{WATCH_NAMESPACE}-selector", could=could)
        walk.doubt(undecided, WORD, "CN-50", refuses=False)
    seen = [item for item in candidates if watched[item.name] is not False]
    if seen:
        return _without_catch_all(walk, known, seen)
    which = f" {known.arguments.watched}" if known.arguments.watched else f"-selector {known.arguments.selector}"
    hop = Hop(
        kind=WORD,
        object=first.ref,
        address=walk.request.authority,
        rule="CN-50",
        says=f"{known.told} has {WATCH_NAMESPACE}{which}: it does not look at Ingresses of {first.metadata.namespace}.",
        next=f"move the Ingress, or widen {WATCH_NAMESPACE}",
    )
    return walk.stop(hop, "not-accepted")


def _without_catch_all(walk: Walk, known: Known, candidates: list[Ingress]) -> Trace | list[Ingress]:
    """Those of some Ingresses that have no default backend, where the controller ignores the others whole."""
    if not known.arguments.no_catch_all:
        return candidates
    kept = [item for item in candidates if item.spec.default_backend is None]
    if kept:
        if ignored := next((item for item in candidates if item.spec.default_backend is not None), None):
            walk.assume(
                f"{known.told} has {DISABLE_CATCH_ALL}: it ignores Ingress {ignored.name}, with a default backend"
            )
        return kept
    hop = Hop(
        kind=WORD,
        object=candidates[0].ref,
        address=walk.request.authority,
        rule="CN-50",
        says=f"{known.told} has {DISABLE_CATCH_ALL}: it ignores Ingresses with spec.defaultBackend.",
        next=f"remove spec.defaultBackend, or {DISABLE_CATCH_ALL}",
    )
    return walk.stop(hop, "not-accepted")


def _note_strangers(walk: Walk, ingress: Ingress) -> None:
    """The controllers of the source are of other classes: whether one elsewhere serves this class nobody here knows,
    unless a status shows that one does.
    """
    served, lines = served_by(walk.state, ingress), nginx_arguments(walk.state)
    is_mine = any(found.serves(served.controller, served.ingress_class) for _, found in lines)
    if not lines or is_mine or ingress.status.load_balancer.ingress:
        return
    line, found = lines[0]
    _note_stranger(walk, line.ref, found, served)


def _note_stranger(walk: Walk, ref: ObjectRef, found: Arguments, served: rules.ServedBy) -> None:
    mine = served.controller or served.ingress_class
    theirs = found.controller if served.controller else found.class_name
    field = CONTROLLER_CLASS if served.controller else INGRESS_CLASS
    could = f"makes this controller serve {theirs}, not {mine}: no other one is in the source"
    walk.doubt(Undecided(object=ref, field=field, could=could), WORD, "CN-50", refuses=True)


def to_default_backend(walk: Walk, ingress: Ingress) -> Trace | None:
    """The Service that answers what no rule takes; without a ready endpoint the controller answers by itself
    (getDefaultUpstream in controller.go).
    """
    known = nginx_settings(walk, ingress)
    name = known.arguments.default_backend
    service = find_service(walk.state, name) if name else None
    if (
        known.ref is None
        or service is None
        or not service.spec.ports
        or not endpoints_of(walk.state, service.name).ready
    ):
        return None
    port = service.spec.ports[0]
    says = f"No rule takes it: {DEFAULT_BACKEND} of {known.told} names Service {service.name}."
    walk.add(Hop(kind=WORD, object=known.ref, address=f"→{port.port}", rule="CN-50", says=says))
    return reach_backend(walk, ingress, served_by(walk.state, ingress), service, port)
