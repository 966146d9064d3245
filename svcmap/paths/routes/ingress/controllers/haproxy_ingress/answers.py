"""What haproxy-ingress answers by itself, in its order (CH-25, CH-B2 to CH-B5; haproxy.tmpl)."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.networking import Ingress
from svcmap.paths.outcome import Trace
from svcmap.paths.routes.ingress.annotated import refused_by_annotation, to_root
from svcmap.paths.routes.ingress.redirects import sent, sent_to_https
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import haproxy_ingress

FOUND = 302
FORWARDED = "x-forwarded-proto"
"""Believed by default (`use-forwarded-proto`)."""


def by_haproxy_ingress(
    walk: Walk,
    ingress: Ingress,
    target: rules.RuleTarget | None,
    main: Sequence[Ingress],
    controller: rules.Controller,
) -> Trace | None:
    """The finished trace of a request that no backend gets."""
    if target is None or not target.host:
        return _from_other_name(walk, main) or (_of_rule(walk, ingress, controller) if target else None)
    return _of_rule(walk, ingress, controller)


def _of_rule(walk: Walk, ingress: Ingress, controller: rules.Controller) -> Trace | None:
    location = haproxy_ingress.key(ingress.metadata.annotations, "redirect-to")
    if location:
        says = f"redirect-to of Ingress {ingress.name} answers {FOUND} to {location}."
        return sent(walk, ingress, FOUND, location, "CH-B3", says)
    forwarded = next((value for name, value in walk.request.headers.items() if name.lower() == FORWARDED), "")
    return (
        (None if forwarded == "https" else sent_to_https(walk, ingress, controller))
        or to_root(walk, ingress, controller.own)
        or refused_by_annotation(walk, ingress, controller)
    )


def _from_other_name(walk: Walk, main: Sequence[Ingress]) -> Trace | None:
    """`redirect-from`: another name, where no rule has it, is sent to the host of the Ingress."""
    host = walk.request.authority
    for item in main:
        if meant := haproxy_ingress.redirected_host(item, host):
            says = f"redirect-from of Ingress {item.name} sends {host} to {meant} ({FOUND})."
            return sent(walk, item, FOUND, f"{walk.scheme}://{meant}{walk.request.path}", "CH-B3", says)
    return None
