"""On which entry points Traefik has the routers of an Ingress (controllers.md CT-14, CT-15)."""

from __future__ import annotations

from svcmap.model.networking import Ingress

PREFIX = "traefik.ingress.kubernetes.io/"
ENTRY_POINTS = {"web": "http", "websecure": "https"}
"""Those of the chart, by what they speak."""


def is_on(ingress: Ingress, scheme: str) -> bool | None:
    """Whether a request by http or https meets the routers of an Ingress; None where other entry points decide.

    By the chart's defaults a router is on both; `router.tls` makes it one for https alone.
    """
    annotations = ingress.metadata.annotations
    if scheme == "http" and annotations.get(f"{PREFIX}router.tls") == "true":
        return False
    names = [name.strip() for name in annotations.get(f"{PREFIX}router.entrypoints", "").split(",") if name.strip()]
    if not names or scheme in (ENTRY_POINTS.get(name) for name in names):
        return True
    return False if all(name in ENTRY_POINTS for name in names) else None
