"""Names: of Services and endpoints, and of addresses turned round."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from svcmap.model.assumptions import DNSAssumptions
from svcmap.model.facts import Endpoint
from svcmap.model.refs import Name

REVERSE_ZONES = ("in-addr.arpa", "ip6.arpa")


def service_name(service: Name, options: DNSAssumptions) -> str:
    """The full name of a Service, without a final dot."""
    return f"{service.name}.{service.namespace}.svc.{options.zone}"


def service_of(name: str, zone: str) -> Name | None:
    """The Service that a whole name of the cluster is of (`web.shop.svc.cluster.local`); None for any other name."""
    host, ending = name.rstrip(".").lower(), f".svc.{zone}"
    labels = host.removesuffix(ending).split(".") if host.endswith(ending) else []
    return Name(labels[1], labels[0]) if len(labels) == 2 else None


def endpoint_name(endpoint: Endpoint, address: str, options: DNSAssumptions) -> str:
    """D7: the label of one address of an endpoint: its host name, else (endpoint_pod_names) its pod's, else the dashed
    address.
    """
    if endpoint.hostname:
        return endpoint.hostname
    if options.endpoint_pod_names and endpoint.pod and len(endpoint.pod.name) < 64:
        return endpoint.pod.name
    if ":" in address:
        dashed = address.replace(":", "-")
        return f"{dashed}0" if dashed.endswith("-") else dashed
    return address.replace(".", "-")


def zone_of(name: str, zones: tuple[str, ...]) -> str | None:
    """The longest zone a name is in, spelled as configured; names compare without case."""
    matching = [zone for zone in zones if is_below(name, zone)]
    return max(matching, key=len, default=None)


def is_below(name: str, zone: str) -> bool:
    """Whether a name is a zone or below it."""
    name, zone = name.lower(), zone.lower()
    return zone in ("", ".") or name == zone or name.endswith(f".{zone}")


def is_reverse(name: str) -> bool:
    """Whether a name asks for an address, or is in the tree of those that do."""
    return any(is_below(name, zone) for zone in REVERSE_ZONES)


def reversed_address(name: str) -> str:
    """The address a reverse name asks for; empty if it is not a whole one."""
    name = name.lower()
    for zone in REVERSE_ZONES:
        if not name.endswith(f".{zone}"):
            continue
        labels = name[: -len(zone) - 1].split(".")[::-1]
        try:
            if zone == "in-addr.arpa":
                return str(ip_address(".".join(labels)))
            if len(labels) == 32 and all(len(label) == 1 for label in labels):
                groups = ("".join(labels[i : i + 4]) for i in range(0, 32, 4))
                return str(IPv6Address(":".join(groups)))
        except ValueError:
            return ""
    return ""


def reverse_name(address: str) -> str | None:
    """`10.96.0.1` → `1.0.96.10.in-addr.arpa`, without a final dot; None for what is no address."""
    try:
        return ip_address(address).reverse_pointer
    except ValueError:
        return None
