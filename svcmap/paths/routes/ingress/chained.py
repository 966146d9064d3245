"""A controller behind another one: an Ingress of a cloud's load balancer leads to the Service in front of its proxy."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from svcmap.model.core import Service
from svcmap.model.networking import Ingress
from svcmap.paths.known.look_ups import find_service, host_rank, served_by
from svcmap.paths.outcome import Trace
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.tables import naming
from svcmap.paths.walk import PASSING, Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress.dialled import dialled


def in_front_of(walk: Walk, item: Ingress, leading: Service | None) -> Sequence[Ingress]:
    """The Ingresses of a load balancer by which the requests for an Ingress come to its controller: where the Service
    in front of that has no address of its own.
    """
    if leading is None or leading.status.load_balancer.ingress or item in naming(walk.state, leading.name):
        return ()
    host = walk.request.authority
    outer = (other for other in naming(walk.state, leading.name) if host_rank(walk.state, other, host))
    return [other for other in outer if served_by(walk.state, other).placement == "outside"]


def come_by(walk: Walk, outer: Sequence[Ingress], found: Trace) -> Trace | None:
    """Take up a request that a load balancer has sent on to the controller; the finished trace of one that it has not.

    What it was asked as `found` says, and it speaks http or TLS to the proxy as its annotations have it.
    """
    first, title = outer[0], rules.controller_title(served_by(walk.state, outer[0]))
    if found.likely in PASSING:  # it gets there, but for what nobody evaluates
        for item in found.undecided:
            walk.doubt(item, WORD, "CX-3", refuses=True)
    elif found.verdict not in PASSING:
        walk.hops += [hop for hop in found.hops if hop.kind != "client"]
        walk.warnings += [warning for warning in found.warnings if warning not in walk.warnings]
        for text in found.assumed:
            walk.assume(text)
        return replace(found, request=walk.request, hops=tuple(walk.hops), assumed=tuple(walk.assumed))
    service = find_service(walk.state, found.service) if found.service else None
    walk.assume(f"{walk.request.authority} leads to {title} (Ingress {first.name}), which is in front of the proxy")
    walk.first_leg, walk.is_proxied = found, True
    if service is None or found.service_port is None:
        return None
    flavour = rules.flavour(served_by(walk.state, first))
    spoken = dialled(first, service, found.service_port, flavour)
    if walk.request.scheme == "https" and not (spoken and spoken.is_tls):
        walk.scheme, walk.tells_scheme = "http", True
        walk.tls_ended = f"{title} of Ingress {first.name} ends TLS"
    return None
