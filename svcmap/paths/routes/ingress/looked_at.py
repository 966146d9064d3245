"""Which Ingresses their controller looks at: what its arguments leave out, and what it rejects."""

from __future__ import annotations

from svcmap.model.networking import Ingress
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.routes.ingress.arguments import watched_of
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.traefik_answers import read_by_traefik
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx_inc


def looked_at(walk: Walk, candidates: list[Ingress], flavour: rules.Flavour) -> Trace | list[Ingress]:
    """Those of some Ingresses that their controller looks at, as far as its arguments say; the finished trace where it
    looks at none of them.
    """
    match flavour:
        case "nginx":
            return watched_of(walk, candidates)
        case "traefik":
            return read_by_traefik(walk, candidates)
        case "nginx-inc":
            return _not_rejected(walk, candidates)
    return candidates


def _not_rejected(walk: Walk, candidates: list[Ingress]) -> Trace | list[Ingress]:
    """CI-5: those of some Ingresses that NGINX Inc's controller takes; the finished trace where it rejects them all."""
    faults = {item.name: nginx_inc.fault(item) for item in candidates}
    kept = [item for item in candidates if not faults[item.name]]
    first = next((item for item in candidates if faults[item.name]), None)
    if first is None:
        return kept
    says = f"NGINX Ingress Controller rejects Ingress {first.name}, all of it: {faults[first.name]}."
    if kept:
        walk.assume(says.rstrip("."))
        return kept
    step = f"correct it; {first.ref.kubectl('describe')} shows the Event Rejected"
    hop = Hop(kind=WORD, object=first.ref, address=walk.request.authority, rule="CI-5", says=says, next=step)
    return walk.stop(hop, "not-accepted")
