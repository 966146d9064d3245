"""Host names, as wildcards take them."""

from __future__ import annotations


def keys_of(host: str) -> list[str]:
    """The names that take a host where a wildcard stands for one or more labels: itself first, then the longest."""
    labels = host.lower().rstrip(".").split(".")
    return [".".join(labels), *(f"*.{'.'.join(labels[at:])}" for at in range(1, len(labels)))]
