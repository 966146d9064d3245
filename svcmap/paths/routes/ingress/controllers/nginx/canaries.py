"""Canary Ingresses of ingress-nginx: other backends of the upstreams of main ones (CN-24, CN-29)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from svcmap.model.networking import Ingress
from svcmap.paths.outcome import Undecided
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.tables import canaries_by_upstream, upstreams_of
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx, nginx_servers


class Canary(NamedTuple):
    """A canary of a rule: its Ingress and target, and its part of the requests."""

    ingress: Ingress
    target: rules.RuleTarget
    share: float


def canary_of(walk: Walk, target: rules.RuleTarget, served: rules.ServedBy) -> Canary | None:
    """The canary that joins the rule a request meets, the first of them. One that a header sends it to gets all of it.
    The Ingress that made its upstream has the annotations that count.
    """
    upstreams = upstreams_of(walk.state, served.ingress_class)
    _note_contest(walk, upstreams.contested_by(target))
    joining = canaries_by_upstream(walk.state, served.ingress_class).get(nginx_servers.upstream_of(target), ())
    for item, mine in joining[:1]:
        _note_contest(walk, upstreams.contested_by(mine))
        maker = upstreams.maker(mine)
        if maker is None or not nginx.is_canary(maker):
            return None  # nobody says which requests are for it
        headers = walk.request.headers
        sent = nginx.takes_by_header(maker, headers)
        sent = nginx.takes_by_cookie(maker, headers) if sent is None else sent
        if sent is not None:
            return Canary(item, mine, float(sent))
        share = nginx.canary_share(maker)
        if not share and (wanted := maker.metadata.annotations.get(nginx.CANARY_HEADER)):
            value = maker.metadata.annotations.get(nginx.CANARY_VALUE, "always")
            walk.assume(f"canary Ingress {maker.name} takes requests with the header {wanted}: {value} alone")
        if (cookie := nginx.by_cookie(maker)) and not any(key.lower() == "cookie" for key in headers):
            walk.assume(f"the request has no cookie {cookie}, which canary Ingress {maker.name} looks for")
        return Canary(item, mine, share)
    return None


def note_idle(walk: Walk, items: Sequence[Ingress], ingress_class: str) -> None:
    """CN-29: canaries of the host that join no rule, and get nothing."""
    joining = canaries_by_upstream(walk.state, ingress_class).values()
    joined = {item.name for pairs in joining for item, _ in pairs}
    for item in items:
        if nginx.is_canary(item) and item.name not in joined:
            walk.assume(f"canary Ingress {item.name} gets nothing: no rule has its host, path and pathType")


def _note_contest(walk: Walk, canary: Ingress | None) -> None:
    """CN-24: where a Service is both a canary's and that of a plain rule, the older of the two Ingresses decides."""
    if canary is not None:
        could = "decides whether the Service is only the canary's: another Ingress has it too, and the older one counts"
        field = "metadata.creationTimestamp"
        walk.doubt(Undecided(object=canary.ref, field=field, could=could), WORD, "CN-24", refuses=False)
