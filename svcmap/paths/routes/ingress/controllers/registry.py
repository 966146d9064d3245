"""The ways of every controller, by the flavour of its table."""

from __future__ import annotations

from collections.abc import Mapping

from svcmap.paths.routes.ingress.controllers.alb.ways import ALB
from svcmap.paths.routes.ingress.controllers.contour import CONTOUR
from svcmap.paths.routes.ingress.controllers.gke.ways import GKE
from svcmap.paths.routes.ingress.controllers.haproxy import HAPROXY
from svcmap.paths.routes.ingress.controllers.haproxy_ingress.ways import HAPROXY_INGRESS
from svcmap.paths.routes.ingress.controllers.istio import ISTIO
from svcmap.paths.routes.ingress.controllers.kong.ways import KONG
from svcmap.paths.routes.ingress.controllers.nginx.ways import NGINX
from svcmap.paths.routes.ingress.controllers.nginx_inc.ways import NGINX_INC
from svcmap.paths.routes.ingress.controllers.plain import PLAIN
from svcmap.paths.routes.ingress.controllers.traefik.ways import TRAEFIK
from svcmap.paths.routes.ingress.controllers.ways import Ways
from svcmap.semantics import ingress as rules

WAYS: Mapping[rules.Flavour, Ways] = {
    "nginx": NGINX,
    "nginx-inc": NGINX_INC,
    "contour": CONTOUR,
    "traefik": TRAEFIK,
    "alb": ALB,
    "gce": GKE,
    "kong": KONG,
    "haproxy": HAPROXY,
    "istio": ISTIO,
    "haproxy-ingress": HAPROXY_INGRESS,
}


def ways_of(served: rules.ServedBy) -> Ways:
    """The ways of the controller that serves an Ingress; those of the API's text where it has none of its own."""
    return WAYS.get(rules.flavour(served), PLAIN)
