"""What a cloud's load balancer makes of TLS in front of a proxy (controllers.md CF-15 to CF-33)."""

from __future__ import annotations

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
DECIDING = {
    "proxy-protocol": "makes it speak PROXY protocol, which the proxy has to expect (CF-14)",
    "proxyprotocol": "makes it speak PROXY protocol, which the proxy has to expect (CF-14)",
    "redirect-http": "may answer http with a redirect of its own",
    "http-redirect": "may answer http with a redirect of its own",
    "security-group": "may keep clients out",
    "allowed-service-tags": "may keep clients out",
    "deny-all-except": "may keep clients out",
}
"""What stands in the names of annotations by which a load balancer decides about a request, and what they do."""
AGAIN = (f"{AWS}backend-protocol",)
"""Those that may make it speak TLS to what is behind it."""
PLAIN, SECURE = ("http", "web"), ("https", "websecure")


def ends_tls(service: Service, port: ServicePort) -> str | None:
    """The annotation by which the load balancer of a Service ends TLS on a port and sends plain text on; None: none."""
    annotations = service.metadata.annotations
    for certificate, ports in CERTIFICATES.items():
        if not annotations.get(certificate):
            continue
        listed = annotations.get(ports, "*") if ports else "*"
        names = {name.strip() for name in listed.split(",")}
        if names & {"*", port.name, str(port.port)} and not _is_encrypted_again(annotations):
            return ports if ports in annotations else certificate
    return None


def deciding(service: Service) -> list[tuple[str, str]]:
    """The annotations of a front by which its load balancer may decide, each with what it does (CF-20 to CF-33)."""
    return [
        (key, could)
        for key, value in service.metadata.annotations.items()
        for part, could in DECIDING.items()
        if part in key.rpartition("/")[2] and value.strip().lower() not in ("", "false", "none")
    ]


def _is_encrypted_again(annotations: Mapping[str, str]) -> bool:
    return any(annotations.get(key, "").lower() in ("ssl", "https") for key in AGAIN)


def spoken(target: str | int | None, container_port: str = "") -> str:
    """`http` or `https`, as the port of a proxy's pods is called, or by its usual number; empty where neither tells."""
    for name in (str(target or ""), container_port):
        if name in PLAIN or name == "80":
            return "http"
        if name in SECURE or name == "443":
            return "https"
    return ""
