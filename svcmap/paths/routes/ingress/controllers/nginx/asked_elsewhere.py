"""Whom ingress-nginx asks about each request (auth-url, CN-A22): what becomes of that question nobody evaluates."""

from __future__ import annotations

from svcmap.model.group_kinds import SERVICE
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name
from svcmap.paths.known.look_ups import endpoints_of, find_service
from svcmap.paths.walk import Walk
from svcmap.semantics.dns.names import service_of
from svcmap.semantics.ingress import nginx


def note_asked(walk: Walk, ingress: Ingress) -> None:
    """Say which Service is asked, and whether it can answer: without an answer every client gets 500."""
    asked = nginx.asked_elsewhere(ingress)
    if asked is None:
        return
    says = f"{nginx.AUTH_URL} of Ingress {ingress.name} asks {asked.url}"
    name = service_of(asked.host, walk.assumptions.cluster_domain)
    if name is not None and walk.state.is_read(SERVICE, name.namespace):
        walk.assume(f"{says}: {_state_of(walk, name)}")
    elif "." not in asked.host and asked.host:
        walk.assume(f"{says}: nginx looks up whole names alone, not {asked.host} (then everybody gets 500)")
    else:
        walk.assume(f"{says}, and what that answers is not known")


def _state_of(walk: Walk, name: Name) -> str:
    service = find_service(walk.state, name)
    if service is None:
        return f"Service {name} is not in the source; if it does not exist everybody gets 500"
    found = endpoints_of(walk.state, name)
    if service.spec.selector and not found.endpoints:
        return f"Service {name} has no endpoints: if that stays so everybody gets 500"
    return f"Service {name} decides who is let in"
