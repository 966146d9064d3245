"""Hosts that objects of other APIs name: what those make of requests nobody evaluates (CX-5)."""

from __future__ import annotations

from svcmap.model.addresses import address_of
from svcmap.model.kinds import many
from svcmap.paths.asking.request import ANY_HOST
from svcmap.paths.known.unread import naming_host
from svcmap.paths.outcome import Hop, Trace, Undecided
from svcmap.paths.routes.kind import HostRank
from svcmap.paths.routes.kinds import ROUTE_KINDS
from svcmap.paths.walk import Walk

MOST = 3
"""Objects that are named, of many that name a host."""


def unread_host(walk: Walk, host: str, rank: HostRank) -> Trace | None:
    """CX-5: an object of another API names the host. What it makes of requests is not evaluated: where a route that is
    has the host as well (`rank`), that is the likely one; else nobody can tell.
    """
    found = [
        item for item in naming_host(walk.state, host) if rank < HostRank.EXACT or not item.mention.what.startswith("*")
    ]
    undecided = [Undecided(object=item.ref, field=item.mention.field, could="may take its requests") for item in found]
    if not undecided:
        return None
    if rank > HostRank.ANY:
        for item in undecided[:MOST]:
            walk.doubt(item, "dns", "CX-5", refuses=False)
        return None
    walk.noted += undecided[:MOST]
    ref = undecided[0].object
    says = (
        f"{ref.kind} {ref.own_name} names {host} ({undecided[0].field}), and svcmap does not evaluate {many(ref.kind)}."
    )
    step = f"{ref.kubectl('get')} -o yaml"
    return walk.unknown(Hop(kind="dns", object=ref, address=host, rule="CX-5", says=says, next=step))


def unread_at_front(walk: Walk) -> Trace | None:
    """The same for a request that comes to a front by its address, or is said to arrive there: its Host decides."""
    host = walk.request.authority.rstrip(".")
    if host in ("", ANY_HOST) or address_of(host) is not None or not naming_host(walk.state, host):
        return None
    ranks = (claim.rank for kind in ROUTE_KINDS if (claim := kind.claim(walk.state, host)))
    return unread_host(walk, host, max(ranks, default=HostRank.REFUSED))
