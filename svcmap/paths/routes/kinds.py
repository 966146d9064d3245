"""The kinds of routes there are. Where two claim a host alike, the first one is followed, and the other is named."""

from __future__ import annotations

from svcmap.paths.routes.gateway.kind import GATEWAYS
from svcmap.paths.routes.ingress.kind import INGRESSES
from svcmap.paths.routes.kind import RouteKind
from svcmap.paths.routes.openshift.kind import OPENSHIFT_ROUTES

ROUTE_KINDS: tuple[RouteKind, ...] = (INGRESSES, GATEWAYS, OPENSHIFT_ROUTES)
ROUTE_WORDS = frozenset(kind.word for kind in ROUTE_KINDS)
"""The hops at which a rule of layer 7 stands."""


def kind_called(word: str) -> RouteKind | None:
    """The kind of route with a word; None if there is none."""
    return next((kind for kind in ROUTE_KINDS if kind.word == word), None)
