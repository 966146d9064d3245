"""The zones that a Corefile writes down (coredns.io/manual/configuration, upstream: plugin/pkg/cidr)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network


def port_of(text: str) -> int | None:
    """The port of a server block's key; None where it has none, and it is that of `-dns.port`."""
    tail = text.rstrip(",").removeprefix("dns://").rpartition(":")[2]
    return int(tail) if tail != text and tail.isdecimal() and ":" in text.removeprefix("dns://") else None


def is_plain(text: str) -> bool:
    """Whether a server block's key is one of plain DNS, and not of TLS, HTTPS, QUIC or gRPC."""
    return "://" not in text or text.startswith("dns://")


def zones_of(text: str) -> Iterator[str]:
    """`dns://cluster.local:53` → `cluster.local`; `.` and `.:53` are the root; a CIDR is its reverse zones, several
    where it ends between two labels (upstream: plugin/pkg/cidr).
    """
    name = text.removeprefix("dns://").rstrip(",")
    head, _, tail = name.rpartition(":")
    name = head if "/" in head and tail.isdecimal() else name  # 10.0.0.0/8:53
    try:
        network = ip_network(name)
    except ValueError:
        yield "." if name.startswith(".") else name.partition(":")[0].rstrip(".").lower()
        return
    label = 8 if network.version == 4 else 4
    whole = -(-network.prefixlen // label)
    for part in network.subnets(new_prefix=whole * label):
        labels = part.network_address.reverse_pointer.split(".")
        yield ".".join(labels[network.max_prefixlen // label - whole :])
