"""The entry point of Traefik that takes a request: by the port of the Service in front of it, else as in its chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from svcmap.model.networking import Ingress
from svcmap.paths.known.controller_arguments import traefik_arguments
from svcmap.paths.walk import Walk
from svcmap.semantics.ingress import traefik
from svcmap.semantics.ingress.traefik_arguments import CHART

OF_CHART = {"http": "web", "https": "websecure"}
"""Those of the chart, by the scheme of a request."""


class Arrival(NamedTuple):
    """Whether routers without TLS take https there (CT-15), and the name in lower case: empty where it is not known;
    `defaults` are those of routers that name none, where not all are, `known` all of the controller.
    """

    takes_https: bool
    name: str
    defaults: Sequence[str] = ()
    known: Sequence[str] = ()


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
    return Arrival(
        takes_https=secure is None or secure.has_tls,
        name=name,
        defaults=known[1].defaults if known else (),
        known=tuple(points),
    )


def off_entry_point(item: Ingress, scheme: str, arrival: Arrival) -> tuple[str, str]:
    """Why the routers of an Ingress are not met by a request (a sentence without its end), and what to do (CT-15)."""
    start, key = f"Ingress {item.name} has its routers", f"{traefik.PREFIX}router.entrypoints"
    names, has_tls = traefik.entry_points_of(item), traefik.is_for_tls(item)
    if scheme == "http" and has_tls:
        return f"{start} for https alone ({traefik.PREFIX}router.tls)", "ask for https, or have another router for http"
    if scheme == "https" and not has_tls and not arrival.takes_https:
        at = f"entry point {arrival.name or 'websecure'}"
        says = (
            f"{start} without TLS, and {at} has none of its own (--entrypoints.{arrival.name or 'websecure'}.http.tls)"
        )
        return says, f"set {traefik.PREFIX}router.tls to 'true'"
    if unknown := [name for name in names if arrival.known and name not in arrival.known]:
        says = f"{start} on entry point {', '.join(unknown)}, which Traefik does not have"
        return says, f"set {key} to one of: {', '.join(arrival.known)}"
    there = f" ({', '.join(names)})" if names else ""
    says = f"{start} on another entry point than {arrival.name or f'that of {scheme}'}{there}"
    return says, f"change {key}"
