"""How Traefik reads Ingresses: entry points, and which router takes a request (controllers.md CT-3 to CT-15)."""

from __future__ import annotations

import re

from svcmap.model.networking import Ingress
from svcmap.semantics.ingress.tables import RuleTarget, host_specificity

PREFIX = "traefik.ingress.kubernetes.io/"
NUMBER = re.compile(r"-?[0-9]{1,18}\Z")
ENTRY_POINTS = {"web": "http", "websecure": "https"}
"""Those of the chart, by what they speak."""


def is_on(ingress: Ingress, scheme: str, *, takes_https: bool = True) -> bool | None:
    """Whether a request by http or https meets the routers of an Ingress; None where other entry points decide.

    By the chart's defaults a router is on both; `router.tls` makes it one for https alone. Where the entry point of
    https has no `http.tls` (`takes_https`), only such a router is on it (CT-15).
    """
    annotations = ingress.metadata.annotations
    has_tls = annotations.get(f"{PREFIX}router.tls") in ("1", "t", "T", "true", "TRUE", "True")
    if (scheme == "http" and has_tls) or (scheme == "https" and not has_tls and not takes_https):
        return False
    names = [name.strip() for name in annotations.get(f"{PREFIX}router.entrypoints", "").split(",") if name.strip()]
    if not names or scheme in (ENTRY_POINTS.get(name) for name in names):
        return True
    return False if all(name in ENTRY_POINTS for name in names) else None


def fits(target: RuleTarget, host: str, path: str) -> bool:
    """CT-3, CT-5: Exact byte by byte, everything else by characters; a wildcard host stands for one label."""
    if not host_specificity(target.host, host):
        return False
    return path == target.path if target.path_type == "Exact" else path.startswith(target.path or "/")


def priority(ingress: Ingress, target: RuleTarget) -> int:
    """CT-4: router.priority, else the length of the rule's text; hosts are not chosen first."""
    written = ingress.metadata.annotations.get(f"{PREFIX}router.priority", "")
    if NUMBER.match(written):
        return int(written)
    matcher = "Path" if target.path_type == "Exact" else "PathPrefix"
    host = f"Host(`{target.host}`) && " if target.host else ""
    return len(f"{host}{matcher}(`{target.path or '/'}`)")
