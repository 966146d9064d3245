"""Ingress: which class serves it, which rule a request meets, and what the rule leads to (I1-I10).

Upstream: pkg/apis/networking/validation, networking/v1beta1 conversion, the Ingress page of the documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from svcmap.model.base import Part
from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress, IngressBackend, IngressClass, IngressServiceBackend

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
DEFAULT_ANNOTATION = "ingressclass.kubernetes.io/is-default-class"
ClassSource = Literal["field", "annotation", "default", "none"]
Placement = Literal["in-cluster", "outside", "unknown"]
Way = Literal["endpoints", "node-port", "cluster-ip"]

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
SERVICE_UPSTREAM = "nginx.ingress.kubernetes.io/service-upstream"
ALB_TARGET = "alb.ingress.kubernetes.io/target-type"
GKE_NEG = "cloud.google.com/neg"
WELL_KNOWN = {"k8s.io/ingress-nginx": NGINX, "traefik.io/ingress-controller": "traefik"}


class ServedBy(Part, frozen=True):
    """Who serves an Ingress. `served` is None where nothing in the source tells (I7)."""

    ingress_class: str
    source: ClassSource
    controller: str
    placement: Placement
    served: bool | None
    reason: str | None = None


class RuleTarget(Part, frozen=True):
    """One path of an Ingress (or its default backend) and where it leads. `path_index` -1 is the default backend."""

    host: str
    path: str
    path_type: str
    backend: IngressBackend
    field: tuple[str | int, ...]

    @property
    def is_default(self) -> bool:
        return self.field[-1] in ("defaultBackend", "backend") and len(self.field) == 2

    @property
    def text(self) -> str:
        """`www.example.com/pay`, `*` for every host."""
        return "default backend" if self.is_default else f"{self.host or '*'}{self.path or '/'}"


def served_by(ingress: Ingress, classes: Mapping[str, IngressClass]) -> ServedBy:
    """I7: the class of an Ingress by field, annotation or cluster default, and what controller that means."""
    name, source = ingress.spec.ingress_class_name or "", "field"
    if not name:
        name, source = ingress.metadata.annotations.get(CLASS_ANNOTATION, ""), "annotation"
    if not name:
        name, source = _default_class(classes.values()), "default"
    has_status = bool(ingress.status.load_balancer.ingress)
    if not name:
        served = True if has_status else None
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


def targets(ingress: Ingress) -> Iterator[RuleTarget]:
    """Every path of every rule, then the default backend, in the order they are written."""
    default = ingress.default_backend
    for r, rule in enumerate(ingress.spec.rules):
        for p, path in enumerate(rule.http.paths if rule.http else []):
            yield RuleTarget(
                host=rule.host,
                path=path.path,
                path_type=path.path_type or "ImplementationSpecific",
                backend=path.backend,
                field=("spec", "rules", r, "http", "paths", p),
            )
        if rule.http is None and default is not None:
            yield RuleTarget(
                host=rule.host, path="", path_type="Prefix", backend=default, field=("spec", "rules", r, "host")
            )
    if default is not None:
        field = "defaultBackend" if ingress.spec.default_backend else "backend"
        yield RuleTarget(host="", path="", path_type="Prefix", backend=default, field=("spec", field))


def match(candidates: Iterable[RuleTarget], host: str, path: str) -> tuple[RuleTarget | None, list[str]]:
    """I1-I4: the rule a request meets, and for each rule that lost one sentence why."""
    rules = list(candidates)
    named = [rule for rule in rules if not rule.is_default]
    host_rank = max((rank for rule in named if (rank := host_specificity(rule.host, host))), default=0)
    losers: list[str] = []
    best: RuleTarget | None = None
    for rule in named:
        if host_specificity(rule.host, host) != host_rank or not host_rank:
            continue
        if not path_matches(rule.path, rule.path_type, path):
            losers.append(f"{rule.text}: the path does not match")
        elif best is None or _rank(rule) > _rank(best):
            if best:
                losers.append(f"{best.text}: a longer or more exact path wins (I3)")
            best = rule
        else:
            losers.append(f"{rule.text}: a longer or more exact path wins (I3)")
    if best is None:
        best = next((rule for rule in rules if rule.is_default), None)
    return best, losers


def _rank(rule: RuleTarget) -> tuple[int, bool]:
    return len(rule.path.rstrip("*")), rule.path_type == "Exact"


def host_specificity(rule: str, host: str) -> int:
    """I1: 3 exact, 2 wildcard (exactly one label), 1 no host in the rule, 0 no match."""
    rule, host = rule.lower(), host.lower().rstrip(".")
    if not rule:
        return 1
    if rule == host:
        return 3
    if rule.startswith("*."):
        label, dot, rest = host.partition(".")
        return 2 if label and dot and rest == rule[2:] else 0
    return 0


def path_matches(rule: str, path_type: str, path: str) -> bool:
    """I2: Exact byte by byte, Prefix by segments; ImplementationSpecific as Prefix, or as a wildcard ending in `/*`."""
    if path_type == "Exact":
        return rule == path
    if path_type == "ImplementationSpecific" and rule.endswith("/*"):
        return path.startswith(rule[:-1])
    stem = rule.rstrip("/")
    return not stem or path == stem or path.startswith(stem + "/")


def way_to_pods(ingress: Ingress, served: ServedBy, service: Service) -> Way:
    """What the controller of an Ingress dials for a Service (the table of section 6) [impl]."""
    title = controller_title(served)
    if title == "ALB":
        return "endpoints" if ingress.metadata.annotations.get(ALB_TARGET) == "ip" else "node-port"
    if title == "GCE load balancer":
        neg = '"ingress":true' in service.metadata.annotations.get(GKE_NEG, "").replace(" ", "")
        return "endpoints" if neg or service.spec.type == "ClusterIP" else "node-port"
    upstream = ingress.metadata.annotations.get(SERVICE_UPSTREAM) == "true"
    return "cluster-ip" if upstream and service.spec.cluster_ip != "None" else "endpoints"


def backend_port(
    service: Service, backend: IngressServiceBackend, served: ServedBy | None = None
) -> tuple[ServicePort | None, str | None]:
    """The Service port a backend leads to, and a warning where it was found by another rule than I5.

    An Ingress names the *Service* port, by number or by name; ingress-nginx also takes a value equal to a targetPort
    (nginx: controller.go serviceEndpoints).
    """
    for port in service.spec.ports:
        if (backend.port.number and port.port == backend.port.number) or (
            backend.port.name and port.name == backend.port.name
        ):
            return port, None
    if served is not None and controller_title(served) == NGINX:
        wanted = backend.port.name or backend.port.number
        for port in service.spec.ports:
            if wanted and port.target_port == wanted:
                return port, "port-matched-by-target-port"
    return None, None


def tls_hosts(ingress: Ingress) -> set[str]:
    """Hosts that the tls section lists; an entry without hosts covers all of them ("")."""
    return {host.lower() for entry in ingress.spec.tls for host in (entry.hosts or [""])}


def is_tls(ingress: Ingress, host: str) -> bool:
    """I6: whether the Ingress serves https for a host."""
    hosts = tls_hosts(ingress)
    return "" in hosts or any(host_specificity(entry, host) > 1 for entry in hosts if entry)
