"""Contour: rules that are no routes are left out (controllers.md CC; internal/dag/ingress_processor.go)."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.components import CONTOUR as PROGRAM
from svcmap.model.components import FILES, flag
from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress
from svcmap.paths.known.command_lines import command_lines
from svcmap.paths.outcome import Trace, Undecided
from svcmap.paths.routes.ingress.controllers.plain import (
    PLAIN,
    compared_path,
    merged,
    note_reading,
    note_upgrade,
    without_external_names,
)
from svcmap.paths.routes.ingress.controllers.ways import Met, Taken
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.tables import is_routed, merged_rules
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules

NOT_FOUND, WEBSOCKETS = 404, "projectcontour.io/websocket-routes"


def take(walk: Walk, candidates: Sequence[Ingress], served: rules.ServedBy) -> Taken:
    """The rule that fits best, where it is a route; else the one that Contour takes instead of it, or where a host has
    none left and is any other host.
    """
    taken = merged(walk, candidates, served)
    without = taken.match
    if without.target is not None and is_routed(walk.state, without.target):
        return taken
    routed = merged_rules(walk.state, candidates, "contour", routed_only=True)
    found = rules.match(routed, walk.request.authority, compared_path(walk, candidates), "contour")
    if found.target is None:
        return taken
    if without.target is None:
        return taken._replace(match=found)
    why = f"{without.target.text}: Contour leaves it out, as its Service or port cannot be used (I5)"
    return taken._replace(match=rules.Match(target=found.target, losers=(why, *found.losers)))


def note(walk: Walk, met: Met) -> None:
    """CC-9: which paths pass an Upgrade on."""
    note_reading(walk, met)
    note_upgrade(walk, met, WEBSOCKETS, met.target.path if met.target else "")


def to_service(walk: Walk, met: Met, service: Service, port: ServicePort) -> Trace | None:
    """CC-7: an ExternalName is no backend, unless its configuration says so (enableExternalNameService)."""
    if service.spec.type == "ExternalName":
        for line in command_lines(walk.state, PROGRAM):
            if name := next((name for name in FILES if flag(line.words, name)), ""):
                could = "says where the configuration is, which may turn Services of type ExternalName on"
                undecided = Undecided(object=line.ref, field=f"--{name}", could=could)
                walk.doubt(undecided, WORD, "CC-7", refuses=False)
    return REFUSED(walk, met, service, port)


REFUSED = without_external_names(NOT_FOUND)
CONTOUR = PLAIN._replace(take=take, note=note, to_service=to_service)
