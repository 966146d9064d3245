"""MetalLB's pools: which has an address, and who announces it (CF-34; metallb.io/configuration and /apis).

Upstream: internal/allocator/allocator.go, internal/config/config.go (poolsFor, ParseCIDR).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address

from svcmap.model.addresses import address_of, block_of
from svcmap.model.metallb import Advertisement, IPAddressPool

COUNTED = 4096
"""Of more addresses than that nobody waits for the last one."""


def pool_of(pools: Iterable[IPAddressPool], address: str) -> IPAddressPool | None:
    """The pool that has an address; None where none has."""
    known = address_of(address)
    return next((pool for pool in pools if known is not None and has(pool, known)), None)


def has(pool: IPAddressPool, address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is in one of the blocks or ranges of a pool."""
    return any(
        first.version == address.version and int(first) <= int(address) <= int(last) for first, last in _ranges(pool)
    )


def every(pool: IPAddressPool) -> set[str] | None:
    """All addresses of a pool; None where they are too many to be used up."""
    ranges = list(_ranges(pool))
    if sum(int(last) - int(first) + 1 for first, last in ranges) > COUNTED:
        return None
    return {str(first + offset) for first, last in ranges for offset in range(int(last) - int(first) + 1)}


def announcing(pool: IPAddressPool, advertisements: Iterable[Advertisement]) -> Iterator[Advertisement]:
    """The advertisements of the namespace of a pool that are for it: by name, by labels, or for all of them."""
    for item in advertisements:
        names, selectors = item.spec.ip_address_pools, item.spec.ip_address_pool_selectors
        if item.metadata.namespace != pool.metadata.namespace:
            continue
        is_for_all = not names and not selectors
        if is_for_all or pool.metadata.name in names or any(one.matches(pool.metadata.labels) for one in selectors):
            yield item


def announces_from(item: Advertisement, labels: Mapping[str, str]) -> bool:
    """Whether an advertisement is for a node with some labels (nodeSelectors; none: every node)."""
    selectors = item.spec.node_selectors
    return not selectors or any(selector.matches(labels) for selector in selectors)


def _ranges(pool: IPAddressPool) -> Iterator[tuple[IPv4Address | IPv6Address, IPv4Address | IPv6Address]]:
    for text in pool.spec.addresses:
        first, dash, last = text.replace(" ", "").partition("-")
        if dash:
            ends = address_of(first), address_of(last)
            if ends[0] is not None and ends[1] is not None:
                yield ends[0], ends[1]
        elif (block := block_of(first)) is not None:
            yield block[0], block[-1]
