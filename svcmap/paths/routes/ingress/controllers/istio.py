"""Istio's reading of Ingresses: a path whose named port does not exist is left out (controllers.md CS-3), and what the
mesh has for the ingress gateway counts where its pods are not known (GW-41).
"""

from __future__ import annotations

from svcmap.model.group_kinds import SECRET
from svcmap.model.refs import Name
from svcmap.model.unread import MESH_ROOT
from svcmap.paths.outcome import Undecided
from svcmap.paths.policies.mesh import note_ingress_gateway
from svcmap.paths.routes.ingress.controllers.plain import PLAIN, has_port, merged_where, note_reading
from svcmap.paths.routes.ingress.controllers.ways import Met
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.tables import table_of
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules


def _is_kept(walk: Walk, target: rules.RuleTarget, served: rules.ServedBy) -> bool:
    """A number is taken as it is, whatever Services there are."""
    backend = target.backend.as_service
    return backend is not None and (not backend.port.name or has_port(walk, target, served))


def note(walk: Walk, met: Met) -> None:
    """Without its Service in front of it, the gateway may be any pod of its labels."""
    note_reading(walk, met)
    _note_secret(walk, met)
    if walk.first_leg is None:
        note_ingress_gateway(walk)


def _note_secret(walk: Walk, met: Met) -> None:
    """CS-4: the gateway reads Secrets of its own namespace."""
    table, home = table_of(walk.state, met.item), walk.front.metadata.namespace if walk.front else MESH_ROOT
    there = walk.state.objects.get(SECRET, {})
    for name in table.tls.secrets_of(walk.request.authority) if walk.scheme == "https" else ():
        if Name(met.item.metadata.namespace, name) in there and Name(home, name) not in there:
            could = (
                f"is {name}, which the gateway looks for in {home}: the source has it in {met.item.metadata.namespace}"
            )
            undecided = Undecided(object=met.item.ref, field="spec.tls[].secretName", could=could)
            walk.doubt(undecided, WORD, "CS-4", refuses=True, why="")


ISTIO = PLAIN._replace(take=merged_where(_is_kept), note=note)
