"""Requests that a controller sends elsewhere: to https, or with a location of its own."""

from __future__ import annotations

from svcmap.model.networking import Ingress
from svcmap.paths.outcome import Answer, Hop, Trace
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress.known import ToHTTPS

ON = ("1", "t", "true", "on", "yes", "enabled")
OFF = ("0", "f", "false", "off", "no", "disabled")
"""What turns a redirect off that is on by default, as one controller or another writes it."""


def sent_to_https(walk: Walk, ingress: Ingress, controller: rules.Controller) -> Trace | None:
    """What other controllers than ingress-nginx answer to http of a host with TLS (controllers.md 0.2)."""
    how, host = controller.to_https, walk.request.authority
    if (
        how is None
        or walk.scheme != "http"
        or any(ingress.metadata.annotations.get(name, "").strip().lower() in OFF for name in how.off.split())
    ):
        return None
    if how.but and walk.request.path.startswith(how.but):
        return None
    if not _is_asked_for(ingress, how) and not (
        ingress.spec.tls if how.every_host else rules.is_tls(ingress, host, exact=True)
    ):
        return None
    status = _number(ingress, how.code) or how.status
    number = _number(ingress, how.to_port) or how.port
    port = f":{number}" if number else ""
    location = f"https://{host}{port}{walk.request.path}"
    why = "An annotation asks for it" if _is_asked_for(ingress, how) else "The host has TLS"
    says = f"{why}, so {controller.title} answers http with {status} to https."
    return to_https(walk, ingress, status, location, says)


def _is_asked_for(ingress: Ingress, how: ToHTTPS) -> bool:
    """Whether an annotation has http redirected without TLS, too."""
    written = (ingress.metadata.annotations.get(name, "").strip().lower() for name in how.off.split())
    return how.is_forced and any(text in ON for text in written)


def _number(ingress: Ingress, names: str) -> int:
    """The number that one of some annotations says; 0 where none does."""
    found = (ingress.metadata.annotations.get(name, "").strip() for name in names.split())
    return next((int(text) for text in found if text.isdecimal() and len(text) < 6), 0)


def to_https(walk: Walk, ingress: Ingress, status: int, location: str, says: str) -> Trace:
    """The finished trace of plain http that is sent to https: for ever, where it was https that a client asked for."""
    if walk.request.scheme == "https":
        return _loop(walk, ingress, status, location, says)
    return sent(walk, ingress, status, location, "I6", says)


def sent(walk: Walk, ingress: Ingress, status: int, location: str, rule: str, says: str) -> Trace:
    """The finished trace of a request that is answered with a redirect."""
    request = walk.request
    path = request.path.partition("?")[0]
    # A client asks for `/` where a location has no path at all.
    whole = location if "/" in location.partition("://")[2] else f"{location}/"
    if whole == f"{request.scheme}://{request.authority}{request.path}":
        return _loop(walk, ingress, status, location, says)
    walk.add(Hop(kind=WORD, object=ingress.ref, address=f"{request.authority}{path}", rule=rule, says=says))
    if "$" in location:  # variables of nginx: where they lead nobody here knows
        return walk.end("redirect", reason="redirect", answer=Answer(status=status))
    where = location.partition("://")[2] or location
    path = "/" + where.partition("/")[2].partition("?")[0]
    return walk.end("redirect", reason="redirect", answer=Answer(status=status, location=location, location_path=path))


def _loop(walk: Walk, ingress: Ingress, status: int, location: str, says: str) -> Trace:
    """CF-15: who follows the redirect asks for the same again."""
    step = "point it to another address"
    if walk.tls_ended:
        says += f" The client asked for https: {walk.tls_ended}, so it comes back as http, for ever."
        step = "send port 443 to the controller's https port, or let it believe X-Forwarded-Proto of an HTTP load"
        step += " balancer (use-forwarded-headers of ingress-nginx)"
    hop = Hop(kind=WORD, object=ingress.ref, address=location.partition("://")[2], rule="CF-15", says=says, next=step)
    return walk.stop(hop, "redirect-loop", answer=Answer(status=status, location=location))
