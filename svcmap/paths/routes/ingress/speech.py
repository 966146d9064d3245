"""What a controller speaks to the pods of a Service, against what the Service says of its port."""

from __future__ import annotations

from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress
from svcmap.paths.known.probes import probed
from svcmap.paths.outcome import Undecided
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.walk import Walk
from svcmap.semantics import backend_speech
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress.dialled import Dialled, dialled

PLAIN, SECURE, OLD = "tls-backend-plain-http", "plain-backend-tls", "grpc-backend-http1"


def note_speech(walk: Walk, ingress: Ingress, service: Service, port: ServicePort, flavour: rules.Flavour) -> None:
    """Warn where plain http is dialled at a port that says it speaks TLS, the other way round, or where HTTP/1.1 is
    spoken to gRPC, with the annotation that mends it.
    """
    spoken = dialled(ingress, service, port, flavour)
    if spoken is None:
        return
    if spoken.is_tls:
        _over_tls(walk, service, port, spoken)
    else:
        _plain(walk, service, port, spoken)
    if spoken.is_grpc and flavour == "alb" and walk.scheme == "http":
        could = "is GRPC, and a target group of that needs an HTTPS listener"
        undecided = Undecided(object=ingress.ref, field=spoken.for_grpc.partition(":")[0], could=could)
        walk.doubt(undecided, WORD, "CA-14", refuses=True, why="")
    if not spoken.is_grpc:
        _not_grpc(walk, ingress, port, spoken)


def _plain(walk: Walk, service: Service, port: ServicePort, spoken: Dialled) -> None:
    says = f"by its {_by(port)} speaks TLS"
    if not backend_speech.speaks_tls(port):
        if port.app_protocol or not probed(walk.state, service, port).is_tls:
            return
        says = "the pods are probed by https at"
    walk.warn(PLAIN)
    walk.remark(f"It speaks plain http to port {port.port}, which {says}: set {spoken.for_tls}.")


def _by(port: ServicePort) -> str:
    return "appProtocol" if port.app_protocol else "name" if port.name else "number"


def _over_tls(walk: Walk, service: Service, port: ServicePort, spoken: Dialled) -> None:
    if spoken.verifies:
        walk.assume(f"the pods behind {service.name} have a certificate that the controller trusts: {spoken.verifies}")
    if backend_speech.speaks_plain_http(port) and not probed(walk.state, service, port).is_tls:
        walk.warn(SECURE)
        setting = spoken.for_tls.partition(":")[0]
        walk.remark(f"It speaks TLS to port {port.port}, which by its {_by(port)} is plain http: see {setting}.")


def _not_grpc(walk: Walk, ingress: Ingress, port: ServicePort, spoken: Dialled) -> None:
    """gRPC needs HTTP/2 as far as the pods; who asks for gRPC gets nothing from a proxy that speaks HTTP/1.1 there."""
    if walk.request.scheme in ("grpc", "grpcs"):
        could = f"is not there, and HTTP/1.1 is spoken to the pods without it: gRPC needs {spoken.for_grpc}"
        undecided = Undecided(object=ingress.ref, field=spoken.for_grpc.partition(":")[0], could=could)
        walk.doubt(undecided, WORD, "CX-4", refuses=True, why="")
    elif backend_speech.speaks_grpc(port):
        walk.warn(OLD)
        walk.remark(f"It speaks HTTP/1.1 to port {port.port}, which by its name speaks gRPC: set {spoken.for_grpc}.")
