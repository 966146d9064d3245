"""The entry point of Traefik that takes a request: by the port of the Service in front of it, else as in its chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from svcmap.paths.known.controller_arguments import traefik_arguments
from svcmap.paths.walk import Walk
from svcmap.semantics.ingress.traefik_arguments import CHART

OF_CHART = {"http": "web", "https": "websecure"}
"""Those of the chart, by the scheme of a request."""


class Arrival(NamedTuple):
    """Whether routers without TLS take https there (CT-15), and the name in lower case: empty where it is not known;
    `defaults` are those of routers that name none, where not all are.
    """

    takes_https: bool
    name: str
    defaults: Sequence[str] = ()


def entry_point_of(walk: Walk) -> Arrival:
    """The entry point at which the request of a walk arrives."""
    known = traefik_arguments(walk.state)
    points = known[1].entry_points if known else {}
    by_default = OF_CHART.get(walk.scheme, "")
    if not points:
        return Arrival(takes_https=True, name="")
    port = walk.first_leg.service_port if walk.first_leg else None
    target = port.target_port if port else CHART.get(walk.request.port, walk.request.port)
    name = next((name for name, point in points.items() if target in (point.port, name) and target), "")
    if not name and isinstance(target, str):
        name = by_default if by_default in points else ""
    if not name and port is None and walk.request.port in CHART:
        name = by_default if by_default in points else ""
    secure = points.get(name or "websecure")
    return Arrival(takes_https=secure is None or secure.has_tls, name=name, defaults=known[1].defaults if known else ())
