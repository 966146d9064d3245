"""Who serves an Ingress: its class, and the controller behind it (I7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from svcmap.model.base import Part
from svcmap.model.networking import Ingress, IngressClass
from svcmap.semantics.ingress.known import ALB, CONTOUR, GCE, INGRESS_NGINX, NGINX_INC, TRAEFIK, controller_of

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
DEFAULT_ANNOTATION = "ingressclass.kubernetes.io/is-default-class"
ClassSource = Literal["field", "annotation", "default", "none"]
Placement = Literal["in-cluster", "outside", "unknown"]
Flavour = Literal["nginx", "nginx-inc", "contour", "traefik", "gce", "alb", ""]
"""Controllers whose reading of a rule differs from the text of the API; empty is the text (section 6)."""

OUTSIDE_CONTROLLERS = {
    "ingress.k8s.aws/alb": "ALB",
    "k8s.io/ingress-gce": "GCE load balancer",
    "networking.gke.io/ingress-gce": "GCE load balancer",
    "azure/application-gateway": "Application Gateway",
}
OUTSIDE_CLASSES = {
    "alb": "ALB",
    "gce": "GCE load balancer",
    "gce-internal": "internal GCE load balancer",
    "azure/application-gateway": "Application Gateway",
}
NGINX = "ingress-nginx"
FLAVOURS: dict[str, Flavour] = {
    INGRESS_NGINX.title: "nginx",
    NGINX_INC.title: "nginx-inc",
    CONTOUR.title: "contour",
    TRAEFIK.title: "traefik",
    ALB.title: "alb",
    GCE.title: "gce",
}
WELL_KNOWN = {
    "k8s.io/ingress-nginx": NGINX,
    "traefik.io/ingress-controller": "traefik",
    "projectcontour.io/ingress-controller": "Contour",
    "nginx.org/ingress-controller": "NGINX Ingress Controller",
}


class ServedBy(Part, frozen=True):
    """Who serves an Ingress. `served` is None where nothing in the source tells (I7)."""

    ingress_class: str
    source: ClassSource
    controller: str
    placement: Placement
    served: bool | None
    reason: Literal["no-ingress-class", "ingress-class-not-found"] | None = None


def served_by(ingress: Ingress, classes: Mapping[str, IngressClass]) -> ServedBy:
    """I7: the class of an Ingress by field, annotation or cluster default, and what controller that means."""
    name, source = ingress.spec.ingress_class_name or "", "field"
    if not name:
        name, source = ingress.metadata.annotations.get(CLASS_ANNOTATION, ""), "annotation"
    if not name:
        name, source = _default_class(classes.values()), "default"
    has_status = bool(ingress.status.load_balancer.ingress)
    if not name:
        # Where classes are in the source, one that names none of them is served by nobody (I7).
        served = True if has_status else False if classes else None
        return ServedBy(
            ingress_class="",
            source="none",
            controller="",
            placement="unknown",
            served=served,
            reason=None if has_status else "no-ingress-class",
        )
    known = classes.get(name)
    controller = known.spec.controller if known else ""
    outside = controller in OUTSIDE_CONTROLLERS or (not controller and name in OUTSIDE_CLASSES)
    placement: Placement = "outside" if outside else "in-cluster" if known or name == "nginx" else "unknown"
    missing = source == "field" and known is None and bool(classes) and not has_status
    return ServedBy(
        ingress_class=name,
        source=_source(source),
        controller=controller,
        placement=placement,
        served=False if missing else True if known or has_status else None,
        reason="ingress-class-not-found" if missing else None,
    )


def _source(text: str) -> ClassSource:
    return "field" if text == "field" else "annotation" if text == "annotation" else "default"


def _default_class(classes: Iterable[IngressClass]) -> str:
    """The newest of the default classes, then by name."""
    defaults = [c for c in classes if c.metadata.annotations.get(DEFAULT_ANNOTATION) == "true"]
    defaults.sort(key=lambda c: c.metadata.name)
    return max(defaults, key=lambda c: c.metadata.creation_timestamp).metadata.name if defaults else ""


def controller_title(served: ServedBy) -> str:
    """What a person calls the controller: ALB, ingress-nginx, or the name of its class."""
    title = OUTSIDE_CONTROLLERS.get(served.controller) or WELL_KNOWN.get(served.controller)
    return title or OUTSIDE_CLASSES.get(served.ingress_class) or served.ingress_class or "ingress controller"


def flavour(served: ServedBy) -> Flavour:
    """How the controller that a class stands for reads rules; by the class' name where there is no IngressClass."""
    found = controller_of(served.controller, served.ingress_class)
    return FLAVOURS.get(found.title, "") if found is not None else ""
