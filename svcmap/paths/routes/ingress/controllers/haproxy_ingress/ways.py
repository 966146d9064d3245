"""haproxy-ingress: kinds of paths, wider hosts, and its own order of answers (controllers.md CH-20 to CH-25)."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress
from svcmap.paths.outcome import Trace, Undecided
from svcmap.paths.routes.ingress.controllers.haproxy_ingress.answers import by_haproxy_ingress
from svcmap.paths.routes.ingress.controllers.plain import PLAIN, compared_path, has_port
from svcmap.paths.routes.ingress.controllers.ways import Met, Taken
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.reaching import answers_of
from svcmap.paths.routes.ingress.tables import near
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import haproxy_ingress


def take(walk: Walk, candidates: Sequence[Ingress], served: rules.ServedBy) -> Taken:
    """CH-21 to CH-23; a path whose Service or port does not exist is left out (CH-24)."""
    request, oldest_first = walk.request, sorted(candidates, key=lambda item: item.age)
    asked = haproxy_ingress.Asked(request.authority, compared_path(walk, candidates), request.headers)
    by_item = ((i, near(walk.state, i, haproxy_ingress.is_open, asked.host, asked.path)) for i in oldest_first)
    written = [(item, target) for item, targets in by_item for target in targets]
    kept = [(item, target) for item, target in written if has_port(walk, target, served)]
    found, lost = haproxy_ingress.taker(kept, asked), haproxy_ingress.taker(written, asked)
    why = f"{lost.text}: haproxy-ingress leaves it out, as its Service or port does not exist" if lost else ""
    return Taken(candidates, rules.Match(target=found or lost, losers=(why,) if found and lost is not found else ()))


def answer(walk: Walk, met: Met) -> Trace | None:
    """Redirects, lists and passwords."""
    return by_haproxy_ingress(walk, met.item, met.target, met.taken.main, answers_of(walk, met.item))


def note_keys(walk: Walk, met: Met, service: Service, port: ServicePort) -> None:
    """Keys of a backend may stand at its Service, and go before those of Ingresses: there they are not evaluated."""
    del port
    by = answers_of(walk, met.item)
    for name in service.metadata.annotations:
        effect = by.effect_of(name) if by.owns(name) else None
        if effect in rules.DECIDES and by.evaluates(name):
            undecided = Undecided(object=service.ref, field=f"metadata.annotations[{name}]", could=rules.COULD[effect])
            walk.doubt(undecided, WORD, "CX-3", refuses=True)


HAPROXY_INGRESS = PLAIN._replace(take=take, answer=answer, to_service=note_keys)
