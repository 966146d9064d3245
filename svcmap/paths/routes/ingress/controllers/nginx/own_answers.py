"""Requests that ingress-nginx answers by itself, whatever the rules say (CN-16, CN-52)."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.networking import Ingress
from svcmap.paths.outcome import Answer, Hop, Trace
from svcmap.paths.routes.ingress.controllers.nginx.redirects import names_its_hosts
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx

HEALTHZ = "/healthz"
NO_CONTENT, OK = 204, 200


def own_answer(walk: Walk, ingress: Ingress, target: rules.RuleTarget | None, main: Sequence[Ingress]) -> Trace | None:
    """The finished trace of a request that no Service gets: a preflight of CORS, or a question after its health."""
    annotations = ingress.metadata.annotations
    if target is not None and nginx.answers_preflight(annotations, walk.request.method):
        says = f"{nginx.PREFIX}enable-cors: ingress-nginx itself answers OPTIONS ({NO_CONTENT}); no Service gets it."
        return _answered(walk, ingress, NO_CONTENT, "CN-16", says)
    is_named = any(names_its_hosts(walk.state, item, walk.request.authority) for item in main)
    longest = target.path if target is not None and not target.is_default else ""
    if walk.request.path.startswith(HEALTHZ) and not is_named and not longest.startswith(HEALTHZ):
        says = f"No rule names the host: ingress-nginx answers {HEALTHZ} itself, with {OK}; no Service gets it."
        return _answered(walk, ingress, OK, "CN-52", says)
    return None


def _answered(walk: Walk, ingress: Ingress, status: int, rule: str, says: str) -> Trace:
    hop = Hop(kind=WORD, object=ingress.ref, address=walk.request.authority, rule=rule, says=says)
    return walk.stop(hop, "no-backend", answer=Answer(status=status))
