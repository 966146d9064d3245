"""What a cloud's load balancer makes of TLS in front of a proxy (controllers.md CF-15 to CF-33)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from svcmap.model.core import Service, ServicePort

AWS = "service.beta.kubernetes.io/aws-load-balancer-"
CERTIFICATES: Mapping[str, str] = {
    f"{AWS}ssl-cert": f"{AWS}ssl-ports",
    "service.beta.kubernetes.io/do-loadbalancer-certificate-id": "service.beta.kubernetes.io/do-loadbalancer-tls-ports",
    "load-balancer.hetzner.cloud/http-certificates": "",
    "service.beta.kubernetes.io/scw-loadbalancer-certificate-ids": "",
    "service.beta.kubernetes.io/oci-load-balancer-tls-secret": "service.beta.kubernetes.io/oci-load-balancer-ssl-ports",
    "loadbalancer.openstack.org/default-tls-container-ref": "",
}
"""The annotation with the certificate of a load balancer that ends TLS, and the one that names the ports it does so on
(every port where that one is absent)."""
PROXY_PROTOCOL = (
    f"{AWS}proxy-protocol",
    f"{AWS}proxy-protocol-per-target-group",
    "service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol",
    "load-balancer.hetzner.cloud/uses-proxyprotocol",
    "service.beta.kubernetes.io/scw-loadbalancer-proxy-protocol-v1",
    "service.beta.kubernetes.io/scw-loadbalancer-proxy-protocol-v2",
    "loadbalancer.openstack.org/proxy-protocol",
)
"""Annotations by which a load balancer tells the client's address to what is behind it (CF-14)."""
ATTRIBUTES, PROXY_V2 = f"{AWS}target-group-attributes", "proxy_protocol_v2.enabled=true"
FEATURES = "load-balancer-cloud-provider-enable-features"
REDIRECTING = (
    "service.beta.kubernetes.io/do-loadbalancer-redirect-http-to-https",
    "load-balancer.hetzner.cloud/http-redirect-http",
)
GUARDING = (
    f"{AWS}security-groups",
    f"{AWS}extra-security-groups",
    f"{AWS}security-group-prefix-lists",
    "service.beta.kubernetes.io/azure-allowed-service-tags",
    "service.beta.kubernetes.io/azure-deny-all-except-load-balancer-source-ranges",
)
SCOPE = (
    f"{AWS}internal",
    f"{AWS}scheme",
    "service.beta.kubernetes.io/azure-load-balancer-internal",
    "cloud.google.com/load-balancer-type",
    "networking.gke.io/load-balancer-type",
    "load-balancer.hetzner.cloud/disable-public-network",
    "service.beta.kubernetes.io/scw-loadbalancer-private",
    "service.beta.kubernetes.io/oci-load-balancer-internal",
    "service.beta.kubernetes.io/openstack-internal-load-balancer",
)
PUBLIC = ("internet-facing", "external")
LIMITING = (
    "service.beta.kubernetes.io/load-balancer-source-ranges",
    "service.beta.kubernetes.io/oci-load-balancer-security-list-management-mode",
    f"{AWS}target-node-labels",
    "load-balancer.hetzner.cloud/node-selector",
)
DECIDING = {
    **dict.fromkeys(SCOPE, "may make it a load balancer of a private network"),
    **dict.fromkeys(LIMITING, "may limit the clients it takes, or the nodes it sends to"),
    **dict.fromkeys(REDIRECTING, "may answer http with a redirect of its own"),
    **dict.fromkeys(GUARDING, "may keep clients out"),
}
"""Annotations by which a load balancer decides about a request, and what they do."""
SPEAKING_HTTP = (
    "service.beta.kubernetes.io/do-loadbalancer-certificate-id",
    "load-balancer.hetzner.cloud/http-certificates",
)
"""Annotations of load balancers that end TLS as HTTP proxies alone."""
OF_CLOUDS = "service.beta.kubernetes.io/"
"""What begins the annotations that controllers of clouds read, and no balancer that runs in the cluster."""
SPEAKS_PROXY = "makes it speak PROXY protocol, which what is behind it has to expect"
NO_RULE = re.compile(r"service\.beta\.kubernetes\.io/port_\d+_no_(?:lb|probe)_rule")
OFF = ("", "false", "none", *PUBLIC)
AGAIN = (f"{AWS}backend-protocol",)
"""Those that may make it speak TLS to what is behind it."""
PLAIN, SECURE = ("http", "web"), ("https", "websecure")


def ends_tls(service: Service, port: ServicePort) -> str | None:
    """The annotation by which the load balancer of a Service ends TLS on a port and sends plain text on; None: none."""
    return None if _is_encrypted_again(service.metadata.annotations) else has_certificate(service, port)


def has_certificate(service: Service, port: ServicePort) -> str | None:
    """The annotation by which clients of a port get a certificate of the load balancer; None: none."""
    annotations = service.metadata.annotations
    for certificate, ports in CERTIFICATES.items():
        if not annotations.get(certificate):
            continue
        listed = annotations.get(ports, "*") if ports else "*"
        names = {name.strip() for name in listed.split(",")}
        if names & {"*", port.name, str(port.port)}:
            return ports if ports in annotations else certificate
    return None


def tells_the_scheme(service: Service) -> bool | None:
    """Whether a load balancer that ends TLS says so to what is behind it, in X-Forwarded-Proto: one that speaks HTTP
    does (CF-15). None where nobody here knows.
    """
    annotations = service.metadata.annotations
    if any(annotations.get(key) for key in SPEAKING_HTTP):
        return True
    if not annotations.get(f"{AWS}ssl-cert"):
        return None
    is_classic = not annotations.get(f"{AWS}type") and not service.spec.load_balancer_class
    return is_classic and annotations.get(f"{AWS}backend-protocol", "").lower() in ("http", "https")


def deciding(service: Service) -> list[tuple[str, str]]:
    """The annotations of a front by which its load balancer may decide, each with what it does (CF-20 to CF-33)."""
    keys = [key for key in service.metadata.annotations if _is_on(service, key)]
    ports = [(key, "takes the rule, or the probe, of a port away") for key in keys if NO_RULE.fullmatch(key)]
    header = tells_the_client(service)
    told = [(header, SPEAKS_PROXY)] if header else []
    return [*((key, DECIDING[key]) for key in keys if key in DECIDING), *ports, *told]


def tells_the_client(service: Service) -> str:
    """The annotation by which a load balancer tells the client's address in a header of its own, as PROXY protocol has
    it (CF-14); empty for none.
    """
    attributes = service.metadata.annotations.get(ATTRIBUTES, "").replace(" ", "").lower()
    if PROXY_V2 in attributes:
        return ATTRIBUTES
    on = (key for key, value in service.metadata.annotations.items() if _is_header(key, value) and _is_on(service, key))
    return next(on, "")


def _is_header(annotation: str, value: str) -> bool:
    """Whether an annotation is one about PROXY protocol: of a cloud in the table, or of another one by its name, or by
    what it turns on (IBM's enable-features).
    """
    text = f"{annotation} {value if annotation.endswith(FEATURES) else ''}".lower().replace("-", "")
    return annotation in PROXY_PROTOCOL or "proxyprotocol" in text


def _is_on(service: Service, annotation: str) -> bool:
    return service.metadata.annotations.get(annotation, "").strip().lower() not in OFF


def _is_encrypted_again(annotations: Mapping[str, str]) -> bool:
    return any(annotations.get(key, "").lower() in ("ssl", "https") for key in AGAIN)


def spoken(target: str | int | None) -> str:
    """`http` or `https`, as the port of a proxy's pods is called, or by its usual number; empty where neither tells."""
    if target in (*PLAIN, 80):
        return "http"
    return "https" if target in (*SECURE, 443) else ""
