"""What annotations and objects of GKE say of its load balancer (controllers.md CG-7, CG-8, CG-A2, CG-A7)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress

FRONTEND = "networking.gke.io/v1beta1.FrontendConfig"
BACKEND = ("cloud.google.com/backend-config", "beta.cloud.google.com/backend-config")
CERTIFICATES = ("ingress.gcp.kubernetes.io/pre-shared-cert", "networking.gke.io/managed-certificates")
CLASS_ANNOTATION, NEG = "kubernetes.io/ingress.class", "cloud.google.com/neg"
APP_PROTOCOLS = ("cloud.google.com/app-protocols", "service.alpha.kubernetes.io/app-protocols")
STATUS = "ingress.kubernetes.io/backends"
MOVED = 301
CODES = {
    "MOVED_PERMANENTLY_DEFAULT": MOVED,
    "FOUND": 302,
    "SEE_OTHER": 303,
    "TEMPORARY_REDIRECT": 307,
    "PERMANENT_REDIRECT": 308,
}
"""Statuses by their names in a FrontendConfig (pkg/apis/frontendconfig/v1beta1)."""


def is_internal(ingress: Ingress) -> bool:
    """Whether its class is that of internal load balancers (CG-1)."""
    return ingress.metadata.annotations.get(CLASS_ANNOTATION) == "gce-internal"


def is_global(ingress: Ingress) -> bool:
    """Whether its class is that of global external load balancers (CG-1)."""
    return ingress.metadata.annotations.get(CLASS_ANNOTATION, "gce") in ("gce", "")


def without_neg(service: Service) -> bool:
    """CG-4, CG-6: whether a Service of type ClusterIP has no NEG for Ingresses, which blocks them. Where nobody says
    anything GKE writes that it has one, so that in a cluster the annotation is there.
    """
    if service.spec.type not in ("", "ClusterIP") or awaits_neg(service):
        return False
    return (_json(service.metadata.annotations.get(NEG, "")) or {}).get("ingress") is not True


def awaits_neg(service: Service) -> bool:
    """Whether GKE has yet to say that a Service has a NEG, as it does by default in VPC-native clusters (CG-6)."""
    is_plain = service.spec.type in ("", "ClusterIP") and not service.metadata.uid
    return is_plain and NEG not in service.metadata.annotations


def has_certificate(ingress: Ingress) -> bool:
    """Whether the load balancer has an https listener (CG-8)."""
    return bool(ingress.spec.tls) or any(ingress.metadata.annotations.get(name, "").strip() for name in CERTIFICATES)


def managed_certificates(ingress: Ingress) -> list[str]:
    """The ManagedCertificates that an Ingress names, where it has no other certificate (CG-A3)."""
    if ingress.metadata.annotations.get(CERTIFICATES[0], "").strip():
        return []
    return [part.strip() for part in ingress.metadata.annotations.get(CERTIFICATES[1], "").split(",") if part.strip()]


def app_protocol(annotations: Mapping[str, str], names: Iterable[str]) -> str:
    """CG-A6: HTTP, HTTPS or HTTP2, as annotations of a Service have it for a port with one of some names; else HTTP."""
    written = next((annotations[key] for key in APP_PROTOCOLS if annotations.get(key)), "")
    known = _json(written) or {}
    return next((str(known[name]).upper() for name in names if name in known), "HTTP")


def backend_config_of(service: Service, port: ServicePort) -> tuple[str, str] | None:
    """The annotation with a BackendConfig for a port, and the object's name: empty where it cannot be read; None where
    there is none.
    """
    annotation = next((name for name in BACKEND if service.metadata.annotations.get(name, "").strip()), None)
    if annotation is None:
        return None
    found = _json(service.metadata.annotations[annotation])
    if found is None:
        return annotation, ""
    by_port = found.get("ports", {})
    if not isinstance(by_port, dict):
        return annotation, ""
    name = next((by_port[key] for key in (port.name, str(port.port)) if key and key in by_port), found.get("default"))
    if name is None:
        return None
    return annotation, name if isinstance(name, str) else ""


def is_unhealthy(ingress: Ingress, service: Service, port: ServicePort) -> str:
    """The backend of a port that the load balancer reports not healthy (CG-A9); empty where it reports none."""
    found = _json(ingress.metadata.annotations.get(STATUS, "")) or {}
    # A NEG has namespace and name in its own, an instance group the node port.
    name = f"-{service.metadata.namespace}-{service.metadata.name}-{port.port}-"
    mine = {key: str(state) for key, state in found.items() if name in key or f"k8s-be-{port.node_port}--" in key}
    return next(iter(mine), "") if mine and all(state == "UNHEALTHY" for state in mine.values()) else ""


def _json(text: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
