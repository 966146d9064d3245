"""What controllers of Ingresses and Gateways are called where somebody gives options of one (`--assume`)."""

from __future__ import annotations

CALLED: dict[str, tuple[str, ...]] = {
    "ingress-nginx": ("ingress-nginx",),
    **dict.fromkeys(("nginx-inc", "nginx-ingress"), ("NGINX Ingress Controller",)),
    "traefik": ("traefik", "Traefik"),
    **dict.fromkeys(("alb", "aws-load-balancer-controller"), ("ALB", "AWS Load Balancer Controller")),
    "kong": ("Kong",),
    "haproxy": ("HAProxy",),
    "haproxy-ingress": ("haproxy-ingress", "HAProxy Ingress"),
    "contour": ("Contour",),
    "gce": ("GCE load balancer", "GKE"),
    "application-gateway": ("Application Gateway",),
    "cilium": ("Cilium",),
    "istio": ("Istio",),
    "envoy-gateway": ("Envoy Gateway",),
    "nginx-gateway-fabric": ("NGINX Gateway Fabric",),
    "kgateway": ("kgateway",),
}
"""Name → titles of the tables of Ingress controllers and of Gateway implementations (semantics) that it stands for."""


def is_called(name: str, title: str) -> bool:
    """Whether options under a name are those of the controller with a title."""
    return title in CALLED.get(name, ())
