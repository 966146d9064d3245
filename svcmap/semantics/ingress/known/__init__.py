"""The controllers of Ingresses that svcmap knows: how each is recognised, and what its annotations can do.

A controller is a table in one file here and its name in the tuple below; matching that is unlike the API's text has a
module of its own beside this package.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache

from svcmap.semantics.ingress.known.annotations import COULD, DECIDES, Controller, Effect, Flavour, OwnAnswers, ToHTTPS
from svcmap.semantics.ingress.known.clouds import AGIC, ALB, GCE
from svcmap.semantics.ingress.known.envoys import CILIUM, CONTOUR, ISTIO
from svcmap.semantics.ingress.known.named import NAMED
from svcmap.semantics.ingress.known.nginx import INGRESS_NGINX
from svcmap.semantics.ingress.known.nginx_inc import NGINX_INC
from svcmap.semantics.ingress.known.others import HAPROXY, HAPROXY_INGRESS, KONG, TRAEFIK

CONTROLLERS = (
    *(INGRESS_NGINX, NGINX_INC, TRAEFIK, ALB, GCE, AGIC, KONG, HAPROXY, HAPROXY_INGRESS, CONTOUR, CILIUM, ISTIO),
    *NAMED,
)
__all__ = [
    "ALB",
    "CONTOUR",
    "CONTROLLERS",
    "COULD",
    "DECIDES",
    "GCE",
    "HAPROXY",
    "HAPROXY_INGRESS",
    "INGRESS_NGINX",
    "KONG",
    "NGINX_INC",
    "TRAEFIK",
    "Controller",
    "Effect",
    "Flavour",
    "OwnAnswers",
    "ToHTTPS",
    "by_annotation",
    "controller_of",
]


@lru_cache(maxsize=256)
def controller_of(value: str, class_name: str) -> Controller | None:
    """CX-2: the controller that the value of an IngressClass means; without one, that of the class' usual name."""
    if value:
        return next((c for c in CONTROLLERS if any(fnmatchcase(value, known) for known in c.values)), None)
    return next((c for c in CONTROLLERS if class_name in c.classes), None)


def by_annotation(annotation: str) -> Controller | None:
    """The controller whose own an annotation is; prefixes that several share belong to none of them."""
    found = [c for c in CONTROLLERS if c.owns(annotation)]
    return found[0] if len(found) == 1 else None
