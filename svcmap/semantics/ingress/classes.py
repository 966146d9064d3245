"""Who serves an Ingress: its class, and the controller behind it (I7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from svcmap.model.base import Part
from svcmap.model.networking import Ingress, IngressClass
from svcmap.semantics.ingress.known import Controller, Flavour, controller_of

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
DEFAULT_ANNOTATION = "ingressclass.kubernetes.io/is-default-class"
ClassSource = Literal["field", "annotation", "default", "none"]
Placement = Literal["in-cluster", "outside", "unknown"]


class ServedBy(Part, frozen=True):
    """Who serves an Ingress. `served` is None where nothing in the source tells (I7). `is_adopted`: it has no class,
    and its controller serves such ones too.
    """

    ingress_class: str
    source: ClassSource
    controller: str
    placement: Placement
    served: bool | None
    reason: Literal["no-ingress-class", "ingress-class-not-found"] | None = None
    is_adopted: bool = False

    @property
    def by(self) -> Controller | None:
        """What is known of the controller, by the value of its class; without the object by the class' name."""
        return controller_of(self.controller, self.ingress_class)


def served_by(ingress: Ingress, classes: Mapping[str, IngressClass], adopting: str = "") -> ServedBy:
    """I7: the class of an Ingress by field, annotation or cluster default, and what controller that means. `adopting`
    is the class of a controller that serves those without one (CN-1).
    """
    name, source = ingress.spec.ingress_class_name or "", "field"
    if not name:
        name, source = ingress.metadata.annotations.get(CLASS_ANNOTATION, ""), "annotation"
    if not name:
        name, source = _default_class(classes.values()), "default"
    is_adopted = not name and bool(adopting)
    name = name or adopting
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
    by = controller_of(controller, name)
    outside = by is not None and by.is_outside
    placement: Placement = "outside" if outside else "in-cluster" if known or name == "nginx" else "unknown"
    missing = source == "field" and known is None and bool(classes) and not has_status
    if source == "field" and not has_status and by is not None and by.by_annotation:
        return ServedBy(
            ingress_class=name,
            source="field",
            controller=controller,
            placement=placement,
            served=False,
            reason="no-ingress-class",
        )
    return ServedBy(
        ingress_class=name,
        source=_source(source),
        controller=controller,
        placement=placement,
        served=False if missing else True if known or has_status else None,
        reason="ingress-class-not-found" if missing else None,
        is_adopted=is_adopted,
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
    return served.by.title if served.by else served.ingress_class or "ingress controller"


def flavour(served: ServedBy) -> Flavour:
    """How the controller that a class stands for reads rules; by the class' name where there is no IngressClass."""
    return served.by.flavour if served.by else ""
