"""What Traefik's command line decides before a router does: whose Ingresses it reads, where entry points send requests
(CT-1, CT-17, CT-19).
"""

from __future__ import annotations

from svcmap.model.networking import Ingress
from svcmap.model.refs import ObjectRef
from svcmap.paths.known.controller_arguments import traefik_arguments
from svcmap.paths.known.look_ups import served_by
from svcmap.paths.outcome import Hop, Trace, Undecided
from svcmap.paths.routes.ingress.controllers.traefik.entry_points import entry_point_of
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.redirects import sent, to_https
from svcmap.paths.walk import Walk
from svcmap.semantics.ingress import traefik
from svcmap.semantics.ingress.traefik_arguments import Arguments


def read_by_traefik(walk: Walk, candidates: list[Ingress]) -> Trace | list[Ingress]:
    """Those of some Ingresses that Traefik looks at; the finished trace where it looks at none, or where the
    entry point sends every request elsewhere.
    """
    read = _parsed(walk, candidates)
    known = traefik_arguments(walk.state)
    if known is None or isinstance(read, Trace):
        return read
    candidates = read
    line, arguments = known
    refusals = {item.name: _overlooked(walk, item, arguments) for item in candidates}
    seen = [item for item in candidates if not refusals[item.name]]
    first = candidates[0]
    if (moved := _moved(walk, (seen or candidates)[0], line.ref, arguments)) is not None:
        return moved
    if not seen:
        hop = Hop(
            kind=WORD,
            object=first.ref,
            address=walk.request.authority,
            rule="CT-1",
            says=f"{line.ref} has {refusals[first.name]}: it does not look at Ingress {first.name}.",
            next=f"change the Ingress, or the arguments of {line.ref.own_name}",
        )
        return walk.stop(hop, "not-accepted")
    if arguments.selector:
        could = f"is {arguments.selector}: whether Ingress {first.name} has these labels decides"
        field = "--providers.kubernetesingress.labelselector"
        walk.doubt(Undecided(object=line.ref, field=field, could=could), WORD, "CT-1", refuses=True)
    point = arguments.entry_points.get(entry_point_of(walk).name)
    for option in (*arguments.unread, *(point.unread if point else ())):
        could = arguments.missing_provider or "is set, and may decide about every request"
        walk.doubt(Undecided(object=line.ref, field=f"--{option}", could=could), WORD, "CT-1", refuses=True)
    return seen


def _parsed(walk: Walk, candidates: list[Ingress]) -> Trace | list[Ingress]:
    """Those of some Ingresses whose annotations can be read: Traefik skips the others whole."""
    kept = [item for item in candidates if not traefik.fault(item)]
    if kept or not candidates:
        return kept
    first = candidates[0]
    says = f"Traefik skips Ingress {first.name}, all of it: {traefik.fault(first)}."
    hop = Hop(kind=WORD, object=first.ref, address=walk.request.authority, rule="CT-1", says=says, next="correct it")
    return walk.stop(hop, "not-accepted")


def _overlooked(walk: Walk, ingress: Ingress, arguments: Arguments) -> str:
    """The argument for which Traefik does not look at an Ingress; empty where it does."""
    if arguments.namespaces and ingress.metadata.namespace not in arguments.namespaces:
        return f"--providers.kubernetesingress.namespaces={','.join(arguments.namespaces)}"
    served = served_by(walk.state, ingress)
    if arguments.ingress_class and served.ingress_class != arguments.ingress_class:
        return f"--providers.kubernetesingress.ingressclass={arguments.ingress_class}"
    return ""


def _moved(walk: Walk, ingress: Ingress, ref: ObjectRef, arguments: Arguments) -> Trace | None:
    name = entry_point_of(walk).name
    found = arguments.redirect(name, walk.request.authority, walk.request.path)
    if found is None:
        return None
    status, location = found
    says = f"Entry point {name} of {ref} sends every request to {location.partition('://')[0]} ({status})."
    if location.startswith("https://"):
        return to_https(walk, ingress, status, location, says)
    return sent(walk, ingress, status, location, "CT-17", says)
