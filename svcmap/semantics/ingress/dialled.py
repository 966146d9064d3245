"""What each controller speaks to the pods of a Service, and which annotation says so (class backend-tls)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress
from svcmap.semantics.ingress import alb, gke, haproxy_ingress, nginx, traefik
from svcmap.semantics.ingress.known import Flavour

ALB = f"{alb.PREFIX}backend-protocol"
NGINX_INC, NGINX_INC_GRPC = "nginx.org/ssl-services", "nginx.org/grpc-services"
TRAEFIK, TRAEFIK_TRANSPORT = f"{traefik.PREFIX}service.serversscheme", f"{traefik.PREFIX}service.serverstransport"
KONG = "konghq.com/protocol"
HAPROXY = ("haproxy.org/", "haproxy.com/", "ingress.kubernetes.io/")
CONTOUR, GCE = "projectcontour.io/upstream-protocol", gke.APP_PROTOCOLS[0]
OF_HAPROXY_INGRESS = f"{haproxy_ingress.PREFIXES[0]}backend-protocol"


class Dialled(NamedTuple):
    """What is spoken to a port: TLS or not, HTTP/2 as gRPC needs it or not, and the annotation (`name: value`) that
    would have either. `verifies` says how a controller is told not to look at the certificate; empty where it does not.
    """

    is_tls: bool
    is_grpc: bool
    for_tls: str
    for_grpc: str
    verifies: str = ""


class Backend(NamedTuple):
    """A port of a Service that an Ingress leads to, with the annotations of either."""

    of_ingress: Mapping[str, str]
    of_service: Mapping[str, str]
    name: str
    port: ServicePort


def dialled(ingress: Ingress, service: Service, port: ServicePort, flavour: Flavour) -> Dialled | None:
    """What a controller speaks to a port of a Service; None where nobody here knows."""
    reader = READERS.get(flavour)
    to = Backend(ingress.metadata.annotations, service.metadata.annotations, service.metadata.name, port)
    return reader(to) if reader else None


def _nginx(to: Backend) -> Dialled | None:
    """backend-protocol; FCGI is neither, and AUTO_HTTP what the client speaks."""
    spoken = nginx.backend_protocol(to.of_ingress) or "HTTP"
    if spoken in ("FCGI", "AUTO_HTTP"):
        return None
    to_tls, to_grpc = f"{nginx.BACKEND_PROTOCOL}: HTTPS", f"{nginx.BACKEND_PROTOCOL}: GRPC"
    return Dialled(spoken in ("HTTPS", "GRPCS"), spoken.startswith("GRPC"), to_tls, to_grpc)


def _nginx_inc(to: Backend) -> Dialled:
    name = to.name
    is_tls, is_grpc = (_lists(to.of_ingress, key, {name}) for key in (NGINX_INC, NGINX_INC_GRPC))
    return Dialled(is_tls, is_grpc, f"{NGINX_INC}: {name}", f"{NGINX_INC_GRPC}: {name}")


def _alb(to: Backend) -> Dialled:
    """CA-A16; the annotation of the Service goes before that of the Ingress."""
    both = {**to.of_ingress, **to.of_service}
    is_tls = both.get(ALB, "").upper() == "HTTPS"
    version = f"{ALB}-version"
    return Dialled(is_tls, both.get(version, "").upper() == "GRPC", f"{ALB}: HTTPS", f"{version}: GRPC")


def _contour(to: Backend) -> Dialled:
    """CC-A5: lists of ports by name or number."""
    names, notes = _names(to.port), to.of_service
    over_tls = _lists(notes, f"{CONTOUR}.tls", names) or _lists(notes, f"{CONTOUR}.h2", names)
    is_grpc = _lists(notes, f"{CONTOUR}.h2", names) or _lists(notes, f"{CONTOUR}.h2c", names)
    called = f"'{to.port.name or to.port.port}' on the Service"
    return Dialled(over_tls, is_grpc, f"{CONTOUR}.tls: {called}", f"{CONTOUR}.h2c: {called}")


def _traefik(to: Backend) -> Dialled:
    """CT-9: https to port 443 and ports called so, unless the Service says otherwise; certificates are verified."""
    notes = to.of_service
    by_itself = "https" if to.port.port == 443 or to.port.name.startswith("https") else "http"
    spoken = notes.get(TRAEFIK, "").lower() or by_itself
    verifies = "" if TRAEFIK_TRANSPORT in notes else f"{TRAEFIK_TRANSPORT} on the Service could have it look away"
    for_tls, for_grpc = (f"{TRAEFIK}: {value} on the Service" for value in ("https", "h2c"))
    return Dialled(spoken == "https", spoken in ("https", "h2c"), for_tls, for_grpc, verifies)


def _kong(to: Backend) -> Dialled:
    spoken = to.of_service.get(KONG, "http").lower()
    is_tls, is_grpc = spoken in ("https", "grpcs", "tls"), spoken.startswith("grpc")
    return Dialled(is_tls, is_grpc, f"{KONG}: https on the Service", f"{KONG}: grpc on the Service")


def _haproxy(to: Backend) -> Dialled:
    """CH-A10."""
    both = {**to.of_ingress, **to.of_service}
    is_tls = any(both.get(f"{prefix}server-ssl", "").lower() == "true" for prefix in HAPROXY)
    is_grpc = any(both.get(f"{prefix}server-proto", "").lower() == "h2" for prefix in HAPROXY)
    return Dialled(is_tls, is_grpc, f"{HAPROXY[0]}server-ssl: 'true'", f"{HAPROXY[0]}server-proto: h2")


def _haproxy_ingress(to: Backend) -> Dialled:
    both = {**to.of_ingress, **to.of_service}
    spoken = haproxy_ingress.key(both, "backend-protocol").lower()
    secure = haproxy_ingress.key(both, "secure-backends").lower() == "true"
    is_tls = secure or spoken.endswith("-ssl") or spoken == "grpcs"
    is_grpc = spoken.startswith(("h2", "grpc"))
    return Dialled(is_tls, is_grpc, f"{OF_HAPROXY_INGRESS}: h1-ssl", f"{OF_HAPROXY_INGRESS}: grpc")


def _gce(to: Backend) -> Dialled:
    """CG-A6: HTTP2 is HTTP/2 over TLS."""
    spoken = gke.app_protocol(to.of_service, _names(to.port))
    for_tls, for_grpc = (f"{GCE}: {value} on the Service" for value in ("HTTPS", "HTTP2"))
    return Dialled(spoken in ("HTTPS", "HTTP2"), spoken == "HTTP2", for_tls, for_grpc)


READERS: Mapping[str, Callable[[Backend], Dialled | None]] = {
    "nginx": _nginx,
    "nginx-inc": _nginx_inc,
    "alb": _alb,
    "contour": _contour,
    "traefik": _traefik,
    "kong": _kong,
    "haproxy": _haproxy,
    "haproxy-ingress": _haproxy_ingress,
    "gce": _gce,
}


def _names(port: ServicePort) -> set[str]:
    return {name for name in (port.name, str(port.port)) if name}


def _lists(annotations: Mapping[str, str], name: str, wanted: set[str]) -> bool:
    return bool({part.strip() for part in annotations.get(name, "").split(",")} & wanted)
