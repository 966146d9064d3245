"""Where a rule leads: Service and port, how the controller reaches the pods, and TLS (I5, I6, I8)."""

from __future__ import annotations

from typing import Literal

from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress, IngressServiceBackend
from svcmap.semantics.ingress import haproxy_ingress, traefik
from svcmap.semantics.ingress.classes import ServedBy
from svcmap.semantics.ingress.nginx_inc import ON
from svcmap.semantics.ingress.tables import HostSet, RuleTarget, host_keys

Way = Literal["endpoints", "node-port", "cluster-ip"]
SERVICE_UPSTREAM = "nginx.ingress.kubernetes.io/service-upstream"
USE_CLUSTER_IP = "nginx.org/use-cluster-ip"
KONG_UPSTREAM = "ingress.kubernetes.io/service-upstream"
ALB_TARGET = "alb.ingress.kubernetes.io/target-type"
GKE_NEG = "cloud.google.com/neg"
REMOVED_APIS = ("extensions/v1beta1", "networking.k8s.io/v1beta1")


def way_to_pods(ingress: Ingress, served: ServedBy, service: Service, alb_default: str = "", fixed: str = "") -> Way:
    """What the controller of an Ingress dials for a Service (the table of section 6) [impl]. `alb_default` is what
    the AWS controller is told to dial where nobody says (CA-14), `fixed` what its class says before anybody (CA-2).
    """
    flavour = served.by.flavour if served.by else ""
    if flavour == "alb":
        target = service.metadata.annotations.get(ALB_TARGET) or ingress.metadata.annotations.get(ALB_TARGET)
        return "endpoints" if (fixed or target or alb_default) == "ip" else "node-port"
    if flavour == "gce":
        neg = '"ingress":true' in service.metadata.annotations.get(GKE_NEG, "").replace(" ", "")
        return "endpoints" if neg or service.spec.type == "ClusterIP" else "node-port"
    if flavour == "traefik" and (way := traefik.way_of(service)) in ("cluster-ip", "node-port"):
        return "cluster-ip" if way == "cluster-ip" else "node-port"
    if flavour == "nginx-inc" and ingress.metadata.annotations.get(USE_CLUSTER_IP, "").lower() in ON:
        return "cluster-ip" if service.spec.cluster_ip != "None" else "endpoints"
    if flavour in ("haproxy-ingress", "kong"):
        of_service = service.metadata.annotations
        written = of_service.get(KONG_UPSTREAM, "")
        if flavour == "haproxy-ingress":
            written = haproxy_ingress.key({**ingress.metadata.annotations, **of_service}, "service-upstream")
        return "cluster-ip" if written.lower() == "true" and service.spec.cluster_ip != "None" else "endpoints"
    upstream = ingress.metadata.annotations.get(SERVICE_UPSTREAM) in ("1", "t", "T", "true", "TRUE", "True")
    return "cluster-ip" if upstream and service.spec.cluster_ip != "None" else "endpoints"


def backend_port(
    service: Service, backend: IngressServiceBackend, served: ServedBy | None = None
) -> tuple[ServicePort | None, str | None]:
    """The Service port a backend leads to, and a warning where it was found by another rule than I5.

    An Ingress names the *Service* port, by number or by name; ingress-nginx also takes a value equal to a targetPort
    (nginx: controller.go serviceEndpoints).
    """
    for port in service.spec.ports:
        if port.protocol not in ("", "TCP"):  # HTTP is asked of TCP ports alone
            continue
        if (backend.port.number and port.port == backend.port.number) or (
            backend.port.name and port.name == backend.port.name
        ):
            return port, None
    if served is not None and served.by is not None and served.by.flavour == "nginx":
        wanted = backend.port.name or backend.port.number
        for port in service.spec.ports:
            if wanted and port.target_port == wanted and port.protocol in ("", "TCP"):
                return port, "port-matched-by-target-port"
        if service.spec.type == "ExternalName" and backend.port.number:  # externalNamePorts: an alias has all of them
            return ServicePort(port=backend.port.number, protocol="TCP"), None
    return None, None


def is_routed(service: Service | None, backend: IngressServiceBackend | None) -> bool:
    """I5 as Contour does it: no route of a Service or port that does not exist, nor of an ExternalName
    (contour: internal/dag/accessors.go, EnsureService).
    """
    if backend is None or service is None or service.spec.type == "ExternalName":
        return False
    return backend_port(service, backend)[0] is not None


class TLSHosts:
    """The hosts that the tls section of an Ingress lists, with the Secrets of their certificates (I6). An entry without
    hosts covers all of them.
    """

    def __init__(self, ingress: Ingress) -> None:
        self.secrets: dict[str, list[str]] = {}
        for entry in ingress.spec.tls:
            for host in entry.hosts or [""]:
                self.secrets.setdefault(host.lower(), []).append(entry.secret_name)
        self._named = HostSet(host for host in self.secrets if host)

    def covers(self, host: str, *, exact: bool = False) -> bool:
        """Whether the Ingress serves https for a host; `exact` leaves out an entry that names no host."""
        return ("" in self.secrets and not exact) or self._named.specificity(host) > 1

    def secrets_of(self, host: str) -> list[str]:
        """The Secrets of the entries that cover a host."""
        return [name for key in host_keys(host) for name in self.secrets.get(key, ()) if name]


def is_tls(ingress: Ingress, host: str, *, exact: bool = False) -> bool:
    """I6: whether the Ingress serves https for a host; `exact` leaves out an entry that names no host."""
    return TLSHosts(ingress).covers(host, exact=exact)


def is_removed_api(ingress: Ingress) -> bool:
    """I8: versions that no cluster since 1.22 serves."""
    return ingress.api_version in REMOVED_APIS


def invalid_field(target: RuleTarget) -> str | None:
    """I8: the field the API refuses: a servicePort that is text without a letter is a port name that cannot be."""
    backend = target.backend.as_service
    if backend is None or not backend.port.name or any(c.isalpha() for c in backend.port.name):
        return None
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in target.field).lstrip(".")
    suffix = "" if target.is_default else ".backend"
    return f"{where}{suffix}.service.port.name"
