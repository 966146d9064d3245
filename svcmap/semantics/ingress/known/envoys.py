"""Controllers whose data plane is Envoy (controllers.md CC, CY, CS): Contour, Cilium, Istio."""

from __future__ import annotations

from svcmap.semantics.ingress.known.annotations import Controller, OwnAnswers, ToHTTPS

CONTOUR = Controller(
    title="Contour",
    of_tls="tls-cert-namespace",
    flavour="contour",
    cleaning="merged",
    needs_tls=True,
    values=("projectcontour.io/ingress-controller", "projectcontour.io/*"),
    classes=("contour",),
    prefixes=("projectcontour.io/", "ingress.kubernetes.io/force-ssl-redirect", "kubernetes.io/ingress.allow-http"),
    missing=404,
    own=OwnAnswers(
        to_https="ingress.kubernetes.io/force-ssl-redirect",
        moved=301,
        without_http="kubernetes.io/ingress.allow-http",
        closed=404,
    ),
    annotations={
        "redirect": "ingress.kubernetes.io/force-ssl-redirect",
        "listen": "kubernetes.io/ingress.allow-http tls-cert-namespace",
        "backend-tls": "upstream-protocol.* websocket-routes",
        "limit": "max-connections max-pending-requests max-requests max-retries per-host-max-connections",
        "harmless": """num-retries per-try-timeout response-timeout retry-on tls-minimum-protocol-version
            tls-maximum-protocol-version ingress.class""",
    },
)
CILIUM = Controller(
    title="Cilium",
    of_tls="tls-passthrough",
    flavour="cilium",
    needs_tls=True,
    values=("cilium.io/ingress-controller",),
    classes=("cilium",),
    prefixes=("ingress.cilium.io/",),
    to_https=ToHTTPS(301, off="ingress.cilium.io/force-https"),
    evaluated="force-https",
    annotations={
        "listen": """loadbalancer-mode loadbalancer-class service-type service-external-traffic-policy
            insecure-node-port secure-node-port host-listener-port tls-passthrough""",
        "redirect": "force-https",
        "harmless": "request-timeout tcp-keep-alive*",
    },
)
ISTIO = Controller(
    title="Istio",
    flavour="istio",
    values=("istio.io/ingress-controller",),
    classes=("istio",),
    cleaning="dots",
    needs_tls=True,
)
