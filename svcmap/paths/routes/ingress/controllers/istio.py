"""Istio's reading of Ingresses: a path whose named port does not exist is left out (controllers.md CS-3)."""

from __future__ import annotations

from svcmap.paths.routes.ingress.controllers.plain import PLAIN, has_port, merged_where
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules


def _is_kept(walk: Walk, target: rules.RuleTarget, served: rules.ServedBy) -> bool:
    """A number is taken as it is, whatever Services there are."""
    backend = target.backend.as_service
    return backend is not None and (not backend.port.name or has_port(walk, target, served))


ISTIO = PLAIN._replace(take=merged_where(_is_kept))
