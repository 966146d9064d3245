"""Canary Ingresses of ingress-nginx: other backends of the upstreams of main ones (CN-24, CN-29)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from svcmap.model.networking import Ingress
from svcmap.paths.routes.ingress.tables import table_of
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx


class Canary(NamedTuple):
    """A canary of a rule: its Ingress and target, and its part of the requests."""

    ingress: Ingress
    target: rules.RuleTarget
    share: float


def canary_of(walk: Walk, canaries: Sequence[Ingress], target: rules.RuleTarget) -> Canary | None:
    """The canary that joins the rule a request meets: the first with its host, path and type. One that a header sends
    it to gets all of it.
    """
    for item in canaries:
        for mine in table_of(walk.state, item).targets:
            if (mine.host, mine.path or "/", mine.path_type) != (target.host, target.path or "/", target.path_type):
                continue
            if nginx.takes_by_header(item, walk.request.headers):
                return Canary(item, mine, 1.0)
            if cookie := nginx.by_cookie(item):
                walk.assume(f"the request has no cookie {cookie}, which canary Ingress {item.name} looks for")
            return Canary(item, mine, nginx.canary_share(item))
    return None
