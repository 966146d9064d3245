"""The ways of every controller, by the flavour of its table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from svcmap.model.core import Service
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Entry
from svcmap.paths.outcome import Trace
from svcmap.paths.routes.ingress.controllers.alb.ways import ALB
from svcmap.paths.routes.ingress.controllers.contour import CONTOUR
from svcmap.paths.routes.ingress.controllers.gke.ways import GKE
from svcmap.paths.routes.ingress.controllers.haproxy import HAPROXY
from svcmap.paths.routes.ingress.controllers.haproxy_ingress.ways import HAPROXY_INGRESS
from svcmap.paths.routes.ingress.controllers.istio import ISTIO
from svcmap.paths.routes.ingress.controllers.kong.ways import KONG
from svcmap.paths.routes.ingress.controllers.nginx import stream_entries as nginx_stream_entries
from svcmap.paths.routes.ingress.controllers.nginx import streams as nginx_streams
from svcmap.paths.routes.ingress.controllers.nginx.ways import NGINX
from svcmap.paths.routes.ingress.controllers.nginx_inc.ways import NGINX_INC
from svcmap.paths.routes.ingress.controllers.plain import PLAIN
from svcmap.paths.routes.ingress.controllers.traefik.ways import TRAEFIK
from svcmap.paths.routes.ingress.controllers.ways import Ways
from svcmap.paths.walk import Walk
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


def passed_on(walk: Walk, found: Trace, service: Service) -> Trace | None:
    """The rest of a connection that has got to the pods of a controller, where it passes it on without any Ingress."""
    return nginx_streams.passed_on(walk, found, service)


def passes_to(state: ClusterState) -> Iterator[tuple[Name, Name]]:
    """The Services in front of such controllers, each with a Service that they pass connections on to."""
    return nginx_streams.passes_to(state)


def stream_entries(state: ClusterState, service: Service) -> Iterator[Entry]:
    """The ways by which such controllers pass connections on to a Service."""
    return nginx_stream_entries.stream_entries(state, service)
