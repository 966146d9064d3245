"""IP addresses and CIDR blocks as text, the way objects carry them: what does not parse is nothing, not an error."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, TypeVar

Value = TypeVar("Value")


@lru_cache(maxsize=65536)
def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """The address a text is; None for anything else."""
    try:
        return ip_address(text)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def block_of(cidr: str) -> IPv4Network | IPv6Network | None:
    """The block a CIDR is, host bits ignored; None for anything else."""
    try:
        return ip_network(cidr, strict=False)
    except ValueError:
        return None


def contains(block: IPv4Network | IPv6Network, text: str) -> bool:
    """Whether an address lies in a block; an IPv4 block never holds an IPv6 address."""
    address = address_of(text)
    return address is not None and address.version == block.version and address in block


def canonical(text: str) -> str:
    """An address as everything writes it that compares addresses (`FD00:0::1` → `fd00::1`); other texts unchanged."""
    return str(address_of(text) or text) if ":" in text else text


class ByAddress(dict[str, Value]):
    """What has an address, found by any spelling of it. Keys are canonical."""

    def get(self, key: str, default: Any = None) -> Any:
        """As `dict.get`."""
        return super().get(canonical(key), default)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(canonical(key) if isinstance(key, str) else key)

    def __getitem__(self, key: str) -> Value:
        return super().__getitem__(canonical(key))


def family_of(text: str) -> str:
    """IPv4 or IPv6; empty for what is no IP address."""
    address = address_of(text)
    return f"IPv{address.version}" if address else ""


def before_port(address: str) -> str:
    """An address or host name as it stands before `:port`: IPv6 in brackets."""
    return f"[{address}]" if address.count(":") > 1 else address
