"""What ingress-nginx does to TLS before it reads a request: client certificates, and TLS that it passes through (CN-21,
CN-22, CN-A18, CN-A25).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from svcmap.model.networking import Ingress
from svcmap.semantics.ingress.nginx import PREFIX, is_true

SECRET, VERIFY = f"{PREFIX}auth-tls-secret", f"{PREFIX}auth-tls-verify-client"
ERROR_PAGE, PASSTHROUGH = f"{PREFIX}auth-tls-error-page", f"{PREFIX}ssl-passthrough"
BAD_REQUEST, FORBIDDEN, FOUND = 400, 403, 302
LETS_ANY_IN = ("off", "optional", "optional_no_ca")


class CertificateAsked(NamedTuple):
    """The Ingress that has a host ask for client certificates, the answer to who brings none, and where it is sent."""

    ingress: Ingress
    status: int
    page: str = ""


def asks_certificate(shares_host: Sequence[Ingress]) -> CertificateAsked | None:
    """CN-21: the first Ingress of a host with a Secret says it for all of it; None where anybody is let in."""
    item = next((item for item in shares_host if item.metadata.annotations.get(SECRET, "").strip()), None)
    if item is None:
        return None
    annotations = item.metadata.annotations
    if len([part for part in annotations[SECRET].split("/") if part.strip()]) != 2:
        return CertificateAsked(item, FORBIDDEN)  # CN-32: no Secret of a namespace
    if annotations.get(VERIFY, "on") in LETS_ANY_IN:
        return None
    page = annotations.get(ERROR_PAGE, "").strip()
    return CertificateAsked(item, FOUND if page else BAD_REQUEST, page)


def passed_through(shares_host: Sequence[Ingress]) -> Ingress | None:
    """CN-22: the first Ingress of a host that asks for its TLS to be passed through."""
    return next((item for item in shares_host if is_true(item.metadata.annotations, PASSTHROUGH)), None)
