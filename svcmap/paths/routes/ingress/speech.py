"""What a controller speaks to the pods of a Service, against what the Service says of its port."""

from __future__ import annotations

from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress
from svcmap.paths.known.probes import probed
from svcmap.paths.walk import Walk
from svcmap.semantics import backend_speech
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import alb, haproxy_ingress, nginx, traefik

PLAIN = "tls-backend-plain-http"
ALB = f"{alb.PREFIX}backend-protocol"
NGINX_INC = "nginx.org/ssl-services"
TRAEFIK = f"{traefik.PREFIX}service.serversscheme"
KONG = "konghq.com/protocol"
HAPROXY = ("haproxy.org/", "haproxy.com/", "ingress.kubernetes.io/")
CONTOUR, GCE = "projectcontour.io/upstream-protocol.tls", "cloud.google.com/app-protocols"


def note_speech(walk: Walk, ingress: Ingress, service: Service, port: ServicePort, flavour: rules.Flavour) -> None:
    """Warn where plain http is dialled at a port that says it speaks TLS, with the annotation that mends it."""
    says = "by its name or number speaks TLS"
    if not backend_speech.speaks_tls(port):
        if port.app_protocol or not probed(walk.state, service, port).is_tls:
            return
        says = "the pods are probed by https at"
    mend = _mended_by(ingress, service, port, flavour)
    if mend:
        walk.warn(PLAIN)
        walk.remark(f"It speaks plain http to port {port.port}, which {says}: set {mend}.")


def _mended_by(ingress: Ingress, service: Service, port: ServicePort, flavour: rules.Flavour) -> str:
    """The annotation that makes the controller speak TLS; empty where it does, or where nobody here knows."""
    of_ingress, of_service = ingress.metadata.annotations, service.metadata.annotations
    names = {name for name in (port.name, str(port.port)) if name}
    match flavour:
        case "nginx":
            return (
                "" if nginx.backend_protocol(of_ingress) in ("HTTPS", "GRPCS") else f"{nginx.BACKEND_PROTOCOL}: HTTPS"
            )
        case "nginx-inc":
            listed = {name.strip() for name in of_ingress.get(NGINX_INC, "").split(",")}
            return "" if service.metadata.name in listed else f"{NGINX_INC}: {service.metadata.name}"
        case "alb":
            written = of_service.get(ALB) or of_ingress.get(ALB, "")
            return "" if written.upper() == "HTTPS" else f"{ALB}: HTTPS"
        case "contour":
            listed = {name.strip() for name in of_service.get(CONTOUR, "").split(",")}
            return "" if listed & names else f"{CONTOUR}: '{port.name or port.port}' on the Service"
        case "traefik":
            by_itself = port.port == 443 or port.name.startswith("https")  # CT-9
            return "" if by_itself or of_service.get(TRAEFIK) == "https" else f"{TRAEFIK}: https on the Service"
        case "kong":
            spoken = of_service.get(KONG, "http").lower()
            return "" if spoken in ("https", "grpcs", "tls") else f"{KONG}: https on the Service"
        case "haproxy":
            both = {**of_ingress, **of_service}
            asks = any(both.get(f"{prefix}server-ssl", "").lower() == "true" for prefix in HAPROXY)
            return "" if asks else f"{HAPROXY[0]}server-ssl: 'true'"
        case "haproxy-ingress":
            both = {**of_ingress, **of_service}
            secure = haproxy_ingress.key(both, "secure-backends").lower() == "true"
            spoken = haproxy_ingress.key(both, "backend-protocol").lower()
            return "" if secure or spoken.endswith("-ssl") else f"{haproxy_ingress.PREFIXES[0]}backend-protocol: h1-ssl"
        case "gce":
            return "" if any(name in of_service.get(GCE, "") for name in names) else f"{GCE} on the Service"
    return ""
