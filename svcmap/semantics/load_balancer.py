"""Load balancers: pending or with an address, and whether that is one of the public internet (S12-S19, section 9)."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Literal

from svcmap.model.core import LoadBalancerIngress, Service

Scope = Literal["internet", "internal", "unknown"]

PRIVATE = tuple(
    ip_network(cidr)
    for cidr in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "127.0.0.0/8",
        "fc00::/7",
        "fe80::/10",
        "::1/128",
    )
)
INTERNAL_WHEN: dict[str, Callable[[str], bool]] = {
    "service.beta.kubernetes.io/aws-load-balancer-internal": lambda v: v not in ("", "false"),
    "service.beta.kubernetes.io/azure-load-balancer-internal": lambda v: v == "true",
    "networking.gke.io/load-balancer-type": lambda v: v.lower() == "internal",
    "cloud.google.com/load-balancer-type": lambda v: v.lower() == "internal",
    "service.beta.kubernetes.io/openstack-internal-load-balancer": lambda v: v == "true",
    "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type": lambda v: v == "private",
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type": lambda v: v == "intranet",
    "service.beta.kubernetes.io/oci-load-balancer-internal": lambda v: v == "true",
    "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid": bool,
}
SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"


def addresses(service: Service) -> list[LoadBalancerIngress]:
    """The addresses the load balancer has (S19); empty while it is pending. Only status counts, never a request."""
    if service.spec.type != "LoadBalancer":
        return []
    return [ingress for ingress in service.status.load_balancer.ingress if ingress.ip or ingress.hostname]


def scope_of(address: str) -> Scope:
    """Whether an IP address is one of the public internet; `unknown` for what is no address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return "internal" if address.startswith("internal-") else "unknown"
    return "internal" if any(ip in network for network in PRIVATE if network.version == ip.version) else "internet"


def exposure(service: Service) -> Scope:
    """Who can find the load balancer: its address if it has one, then what the annotations ask for, else unknown."""
    scopes = {scope_of(ingress.ip or ingress.hostname) for ingress in addresses(service)}
    for scope in ("internet", "internal"):
        if scope in scopes:
            return "internet" if scope == "internet" else "internal"
    annotations = service.metadata.annotations
    if SCHEME in annotations:
        return "internet" if annotations[SCHEME] == "internet-facing" else "internal"
    if any(is_internal(annotations[key]) for key, is_internal in INTERNAL_WHEN.items() if key in annotations):
        return "internal"
    return "unknown"


def source_allowed(service: Service, client: str) -> bool:
    """K9: whether loadBalancerSourceRanges let a client address in; a range that matches everything voids the list."""
    ranges = service.spec.load_balancer_source_ranges
    try:
        ip = ip_address(client)
        networks = [ip_network(text.strip(), strict=False) for text in ranges]
    except ValueError:
        return True
    family = [network for network in networks if network.version == ip.version]
    return not family or any(network.prefixlen == 0 or ip in network for network in family)
