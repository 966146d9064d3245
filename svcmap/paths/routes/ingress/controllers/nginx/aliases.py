"""ExternalNames that are no names to ingress-nginx (CN-27; internal/ingress/controller/endpointslices.go)."""

from __future__ import annotations

from svcmap.model.addresses import address_of
from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress
from svcmap.paths.outcome import Answer, Hop, Trace, Undecided
from svcmap.paths.routes.ingress.controllers.nginx.release import release_of
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.walk import Walk

LOCAL = "localhost"
REFUSING = {(1, 11): 5, (1, 12): 1}
"""The first releases, of these minor ones, that take an address for no name; all later minor ones do."""
UNAVAILABLE, BAD_GATEWAY = 503, 502
BY_SLICE = "use a Service without a selector, and an EndpointSlice with the address"


def without_name(walk: Walk, ingress: Ingress, service: Service, port: ServicePort) -> Trace | None:
    """The finished trace of a request to an alias that leads nowhere: for localhost, an address, or with a target port
    that is no number. An address is dialled by older releases.
    """
    if service.spec.type != "ExternalName":
        return None
    walk.at_service(service, port)
    target = service.spec.external_name.rstrip(".").lower()
    address = address_of(target)
    if target == LOCAL or (address is not None and address.is_loopback):
        return _nowhere(walk, service, "is refused: the controller has no endpoint")
    if isinstance(port.target_port, str) and not port.target_port.isdecimal():
        says = f"is dialled on the targetPort, and {port.target_port} is no number"
        return _nowhere(walk, service, says, BAD_GATEWAY, "set targetPort to a number")
    if address is None:
        return None
    release = release_of(walk, ingress)
    if release is None:
        could = f"is an address: it is answered {UNAVAILABLE} since 1.11.5, 1.12.1 and 1.13, and dialled before"
        walk.doubt(Undecided(object=service.ref, field="spec.externalName", could=could), WORD, "CN-27", refuses=False)
        return None
    minor, patch = release[:2], release[2]
    if minor < (1, 11) or patch < REFUSING.get(minor, 0):
        return None
    return _nowhere(walk, service, "is an address, and no name that can be looked up: the controller has no endpoint")


def _nowhere(walk: Walk, service: Service, why: str, status: int = UNAVAILABLE, step: str = BY_SLICE) -> Trace:
    target = service.spec.external_name
    says = f"externalName {target} {why}. The answer is {status}."
    walk.external_name = target
    hop = Hop(kind="external-name", object=service.ref, address=target, rule="CN-27", says=says, next=step)
    return walk.stop(hop, "no-endpoints", answer=Answer(status=status))
