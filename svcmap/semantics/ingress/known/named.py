"""Controllers that are recognised, and nothing of which is evaluated (controllers.md CX-23, CO-3)."""

from __future__ import annotations

from svcmap.semantics.ingress.known.annotations import Controller

VALUES = {
    "Emissary-ingress": "getambassador.io/ingress-controller",
    "APISIX": "apisix.apache.org/*",
    "ALB of EKS Auto Mode": "eks.amazonaws.com/alb",
    "ngrok": "k8s.ngrok.com/ingress-controller",
    "Pomerium": "pomerium.io/ingress-controller",
    "Cloudflare Tunnel": "strrl.dev/cloudflare-tunnel-ingress-controller",
    "Tailscale": "tailscale.com/ts-ingress",
    "F5 CIS": "f5.com/cntr-ingress-svcs",
    "Citrix": "citrix.com/ingress-controller",
    "Avi": "ako.vmware.com/avi-lb",
    "OCI native ingress": "oci.oraclecloud.com/native-ingress-controller",
    "Easegress": "megaease.com/easegress-ingress-controller",
    "OpenShift": "openshift.io/ingress-to-route",
    "Gloo": "solo.io/gloo*",
    "Skipper": "zalando.org/skipper*",
    "Voyager": "voyagermesh.com/*",
}
"""By their titles: what an IngressClass has in `spec.controller`."""
CLASSES = {"Skipper": "skipper", "Gloo": "gloo", "Voyager": "voyager", "OpenShift": "openshift-default"}
"""Usual class names, for sources without the IngressClass."""
OUTSIDE = ("ALB of EKS Auto Mode", "ngrok", "Cloudflare Tunnel", "F5 CIS", "Avi", "OCI native ingress")
"""Those whose proxy is no pod of the cluster, or need not be."""
NAMED = tuple(
    Controller(
        title=title,
        values=(value,),
        is_closed=True,
        is_outside=title in OUTSIDE,
        classes=(CLASSES[title],) if title in CLASSES else (),
    )
    for title, value in VALUES.items()
)
