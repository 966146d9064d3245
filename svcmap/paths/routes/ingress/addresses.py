"""The address of a client that a controller sees, compared with a list (CF-13, CF-14)."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.addresses import block_of, contains, family_of
from svcmap.paths.asking.client import node_addresses
from svcmap.paths.walk import Walk
from svcmap.semantics import front_listener

UNAUTHORIZED, FORBIDDEN = 401, 403
OF_NODES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
"""Where the addresses of nodes lie that are not in the source."""


def is_in(walk: Walk, blocks: Sequence[str]) -> bool | None:
    """Whether the address that the controller sees is in one of the blocks; None where nobody can tell."""
    every = {block.version for block in map(block_of, blocks) if block is not None and not block.prefixlen}
    mine = {family_of(ip) for ip in walk.client.addresses} or {"IPv4"}
    if mine <= {f"IPv{version}" for version in every}:
        return True
    seen = _seen(walk)
    if seen is None:
        return None
    if not seen:  # nodes whose addresses are not in the source
        return None if any(_overlaps(block, other) for block in blocks for other in OF_NODES) else False
    found = {any(contains(b, ip) for b in map(block_of, blocks) if b is not None) for ip in seen}
    return found.pop() if len(found) == 1 else None


def _overlaps(one: str, other: str) -> bool:
    first, second = block_of(one), block_of(other)
    return first is None or second is None or (first.version == second.version and first.overlaps(second))


def _seen(walk: Walk) -> tuple[str, ...] | None:
    """The addresses the controller may see: the client's, or (CF-13) those of nodes; None where nobody can tell."""
    leg = walk.first_leg
    # CF-14: PROXY protocol brings the client's address along, where both sides speak it.
    if walk.tells_client:
        return walk.client.addresses or None
    if leg is None or walk.is_proxied or (walk.front is not None and front_listener.tells_the_client(walk.front)):
        return None
    if not leg.seen.snat:
        return walk.client.addresses or None
    via = walk.request.via.node if walk.request.via else ""
    nodes = [node for name, node in walk.state.nodes.items() if via in ("", name)]
    return tuple(address for node in nodes for address in node_addresses(node)[:1])
