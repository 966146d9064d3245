"""The zones that a Corefile writes down (coredns.io/manual/configuration, upstream: plugin/pkg/cidr)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network


def zones_of(text: str) -> Iterator[str]:
    """`dns://cluster.local:53` → `cluster.local`; `.` and `.:53` are the root; a CIDR is its reverse zones, several
    where it ends between two labels (upstream: plugin/pkg/cidr).
    """
    name = text.removeprefix("dns://").rstrip(",")
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
