"""Load balancers: pending or with an address, and whether that is one of the public internet (S12-S19, section 9)."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Literal

from svcmap.model.addresses import block_of
from svcmap.model.core import LoadBalancerIngress, Service
from svcmap.model.well_known import SOURCE_RANGES

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
PREFIX = "service.beta.kubernetes.io"
AWS_INTERNAL = f"{PREFIX}/aws-load-balancer-internal"
AWS_SCHEME = f"{PREFIX}/aws-load-balancer-scheme"
AWS_TYPE = f"{PREFIX}/aws-load-balancer-type"
AWS_LBC_TYPES = ("external", "nlb-ip")
AWS_LBC_CLASS = "service.k8s.aws/nlb"
FOLLOWS_ADDRESS = ("metallb", "cilium")
"""Providers whose scope is that of the address they hand out."""

_INTERNAL_WHEN: dict[str, tuple[tuple[str, Callable[[str], bool]], ...]] = {
    "aws": ((AWS_INTERNAL, lambda v: v not in ("", "false")),),
    "azure": ((f"{PREFIX}/azure-load-balancer-internal", lambda v: v == "true"),),
    "gcp": (
        ("networking.gke.io/load-balancer-type", lambda v: v.lower() == "internal"),
        ("cloud.google.com/load-balancer-type", lambda v: v.lower() == "internal"),
    ),
    "openstack": ((f"{PREFIX}/openstack-internal-load-balancer", lambda v: v == "true"),),
    "ibm": (("service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", lambda v: v == "private"),),
    "alibaba": ((f"{PREFIX}/alibaba-cloud-loadbalancer-address-type", lambda v: v == "intranet"),),
    "oci": ((f"{PREFIX}/oci-load-balancer-internal", lambda v: v == "true"),),
    "tencent": (("service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", bool),),
}
"""Per provider the annotations that make a load balancer internal (section 9)."""
PROVIDERS = (*_INTERNAL_WHEN, *FOLLOWS_ADDRESS)


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


def exposure(service: Service, provider: str = "") -> Scope:
    """Who can find the load balancer: its address, what the annotations ask for, the provider's default, else unknown.

    Without a provider the annotations of all of them are read: each is read by one provider only.
    """
    scopes = {scope_of(ingress.ip or ingress.hostname) for ingress in addresses(service)}
    for scope in ("internet", "internal"):
        if scope in scopes:
            return "internet" if scope == "internet" else "internal"
    if provider in FOLLOWS_ADDRESS:
        return "unknown"
    by_controller = _aws_controller(service) if provider in ("", "aws") else None
    if by_controller:
        return by_controller
    annotations = service.metadata.annotations
    for name, keys in _INTERNAL_WHEN.items():
        if provider in ("", name) and any(key in annotations and fits(annotations[key]) for key, fits in keys):
            return "internal"
    return "internet" if provider in _INTERNAL_WHEN else "unknown"


def internal_because(service: Service) -> str:
    """Why a load balancer whose address says nothing is one of a private network; empty where it is not."""
    if exposure(service) != "internal":
        return ""
    annotations = service.metadata.annotations
    if AWS_SCHEME in annotations:
        return f"{AWS_SCHEME} is {annotations[AWS_SCHEME]}"
    if _aws_controller(service) is not None and AWS_INTERNAL not in annotations:
        return f"the AWS Load Balancer Controller makes such ones unless {AWS_SCHEME} is internet-facing"
    keys = (key for of_provider in _INTERNAL_WHEN.values() for key, fits in of_provider)
    return f"{next((key for key in keys if key in annotations), 'an annotation')} says so"


def _aws_controller(service: Service) -> Scope | None:
    """The AWS Load Balancer Controller is internal by default, and its scheme beats the old annotation."""
    annotations = service.metadata.annotations
    if AWS_SCHEME in annotations:
        return "internet" if annotations[AWS_SCHEME] == "internet-facing" else "internal"
    uses_controller = service.spec.load_balancer_class == AWS_LBC_CLASS or annotations.get(AWS_TYPE) in AWS_LBC_TYPES
    if not uses_controller:
        return None
    return "internet" if annotations.get(AWS_INTERNAL) == "false" else "internal"


def restricted_to(service: Service) -> list[str] | None:
    """S15: the ranges that narrow who may come in, from the field, else from the annotation clouds read.

    None where nothing narrows: no ranges, or one of them is everything; a range of one family opens that family only.
    """
    ranges = [text.strip() for text in service.spec.load_balancer_source_ranges]
    if not ranges:
        ranges = [text.strip() for text in service.metadata.annotations.get(SOURCE_RANGES, "").split(",")]
    blocks = [(text, block_of(text)) for text in ranges if text]
    opened = {block.version for _, block in blocks if block is not None and block.prefixlen == 0}
    return [text for text, block in blocks if block is None or block.version not in opened] or None
