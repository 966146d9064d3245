"""A name of the world outside: which route or load balancer of the cluster it may lead to."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.addresses import address_of
from svcmap.model.kinds import many, plural
from svcmap.paths.asking.request import LAYER_7
from svcmap.paths.destination.by_address import to_address
from svcmap.paths.destination.pod_names import no_such_pod
from svcmap.paths.destination.rivals import note_rivals, rivals_of
from svcmap.paths.destination.unread_hosts import unread_host
from svcmap.paths.known.configuration import stub_domain, unserved_domain
from svcmap.paths.known.outside import NOBODY_OUTSIDE, is_nobodys
from svcmap.paths.known.unread import unlisted_hosts
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.routes.kind import Claim, HostRank, Overlooked, RouteKind
from svcmap.paths.routes.kinds import ROUTE_KINDS
from svcmap.paths.walk import Walk
from svcmap.semantics.dns.names import is_below

Claimed = tuple[RouteKind, Claim]


def to_public_name(walk: Walk) -> Trace:
    """The entry with the most specific rule for a host: a route of any kind, or a load balancer of this very name."""
    state, host, scheme = walk.state, walk.request.host.rstrip("."), walk.request.scheme
    claimed = _best(walk, host)
    if (unread := unread_host(walk, host, claimed[1].rank if claimed else HostRank.REFUSED)) is not None:
        return unread
    takes_streams = claimed is not None and claimed[0].takes_streams
    if claimed is not None and takes_streams and claimed[1].rank > HostRank.REFUSED:
        return _follow(walk, claimed)
    if host in state.services_by_address:
        return to_address(walk, host)
    if claimed is not None and takes_streams:
        return _follow(walk, claimed)
    if walk.request.protocol != "TCP":  # what a name of HTTP rules leads to is an address like any other
        if address := _address_of(claimed):
            return to_address(walk, address)
        claimed = None
    # A rule without a host takes what nothing more specific does.
    if claimed is not None and (claimed[1].rank != HostRank.ANY or scheme in LAYER_7):
        return _follow(walk, claimed)
    if (unlisted := next(iter(unlisted_hosts(state)), None)) is not None:
        kinds = f"{many(unlisted.kind)} ({unlisted.group})"
        says = f"Nothing that was read answers for {host}; the {kinds} could not be listed."
        step = f"kubectl auth can-i list {plural(unlisted.kind)}.{unlisted.group} -A"
        return walk.unknown(Hop(kind="dns", address=host, rule="CX-5", says=says, next=step))
    overlooked = next((found for kind in ROUTE_KINDS if (found := kind.overlooked(state, host))), None)
    if scheme in LAYER_7 and "." in host and (answered := _unclaimed(walk, overlooked)) is not None:
        return answered
    return _nobody(walk, host, overlooked)


def _unclaimed(walk: Walk, overlooked: Overlooked | None) -> Trace | None:
    """What the first kind of front answers for a host that nobody claims; others that would are named."""
    others = list(ROUTE_KINDS)
    while others:
        if (answered := others.pop(0).unclaimed(walk, overlooked)) is not None:
            apart = [Walk(walk.state, walk.request, walk.assumptions) for _ in others]
            also = [k.word for k, other in zip(others, apart, strict=True) if k.unclaimed(other, overlooked)]
            said = tuple(f"its name leads to no {word}, which would answer by itself" for word in also)
            return replace(answered, assumed=(*answered.assumed, *said))
    return None


def _best(walk: Walk, host: str) -> Claimed | None:
    """The most specific claim on a host, the first kind among equals; the others are named."""
    every = [(kind, claim) for kind in ROUTE_KINDS if (claim := kind.claim(walk.state, host))]
    owners = {ref for _, claim in every for ref in claim.owners}
    claims = [(kind, claim) for kind, claim in every if not claim.objects or not owners.issuperset(claim.objects)]
    best = max(claims, key=lambda pair: pair[1].rank, default=None)
    if best is not None and best[1].rank > HostRank.ANY:
        note_rivals(walk, best, rivals_of(best, claims))
    return best


def _follow(walk: Walk, claimed: Claimed) -> Trace:
    kind, claim = claimed
    return kind.follow(walk, claim.front)


def _address_of(claimed: Claimed | None) -> str:
    """The first IP that whoever claims a host has."""
    if claimed is None:
        return ""
    return next((ip for ip in claimed[0].addresses(claimed[1].front) if address_of(ip)), "")


def _nobody(walk: Walk, host: str, overlooked: Overlooked | None) -> Trace:
    is_meant = is_nobodys(walk.state, host) or is_below(host.rstrip("."), walk.assumptions.cluster_domain)
    is_asked = walk.client.inside and overlooked is None and is_meant
    gap, step = unserved_domain(walk.state, walk.assumptions) if is_asked else ("", "")
    if not gap and overlooked is None and (why := no_such_pod(walk.state, host, walk.client.namespace)):
        gap, step = f"{why.says[0].upper()}{why.says[1:]}.", why.next
    if not gap and overlooked is None and walk.client.inside:
        gap = stub_domain(walk.state, host)
    said = f" {overlooked.says if overlooked else gap}".rstrip()
    hop = Hop(
        kind="dns",
        object=overlooked.object if overlooked else None,
        address=host,
        rule="D3",
        says=f"Nothing in this cluster answers for {host}.{said}",
        next=overlooked.next if overlooked else step or "check the spelling, and who can resolve the name",
    )
    if overlooked is None and is_nobodys(walk.state, host):
        walk.assume(NOBODY_OUTSIDE)
        return walk.stop(hop, "name-not-found")
    if overlooked is not None and overlooked.is_open:
        return walk.unknown(hop)
    is_open = overlooked is None or (overlooked.is_wide and walk.client.inside)
    if is_open and not host.endswith(".svc"):  # a server outside the cluster is asked for it (R4)
        return walk.unknown(hop)
    return walk.stop(hop, overlooked.reason if overlooked else "name-not-found")
