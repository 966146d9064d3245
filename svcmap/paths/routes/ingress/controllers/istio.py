"""Istio's reading of Ingresses: a path whose named port does not exist is left out (controllers.md CS-3), and what the
mesh has for the ingress gateway counts where its pods are not known (GW-41).
"""

from __future__ import annotations

from svcmap.paths.policies.mesh import note_ingress_gateway
from svcmap.paths.routes.ingress.controllers.plain import PLAIN, has_port, merged_where, note_reading
from svcmap.paths.routes.ingress.controllers.ways import Met
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules


def _is_kept(walk: Walk, target: rules.RuleTarget, served: rules.ServedBy) -> bool:
    """A number is taken as it is, whatever Services there are."""
    backend = target.backend.as_service
    return backend is not None and (not backend.port.name or has_port(walk, target, served))


def note(walk: Walk, met: Met) -> None:
    """Without its Service in front of it, the gateway may be any pod of its labels."""
    note_reading(walk, met)
    if walk.first_leg is None:
        note_ingress_gateway(walk)


ISTIO = PLAIN._replace(take=merged_where(_is_kept), note=note)
