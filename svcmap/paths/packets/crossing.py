"""Where a packet meets kube-proxy: on which node, from whom, and whose address it carries from there (K5-K10)."""

from __future__ import annotations

from svcmap.model.addresses import canonical
from svcmap.model.base import Part
from svcmap.model.core import Service
from svcmap.model.facts import Endpoint
from svcmap.paths.asking.client import seen_as_node
from svcmap.paths.policies.at_endpoints import Source
from svcmap.paths.policies.judgement import is_any_evaluated
from svcmap.paths.walk import Walk
from svcmap.semantics.service_proxy import Sender, detects, masquerades

MAX_NODES = 20
"""Nodes a load balancer may use that are told apart by their address; more of them look alike to policies."""


class Crossing(Part, frozen=True):
    """The node that receives the packets (None: any), and their sender as kube-proxy there sees it."""

    node: str | None
    zone: str
    sender: Sender
    detects_pods: bool
    masquerades_all: bool = False
    mode: str = ""


def crossing(walk: Walk) -> Crossing:
    """Who sends, and who receives. A load balancer spreads the packets of outside clients over every node (K15)."""
    client, node = walk.client, receiving_node(walk)
    proxy = walk.assumptions.proxy
    detects_pods = proxy.cluster_cidr != ""
    found = walk.state.nodes.get(node) if node else None
    zone = found.zone if found else client.zone
    here = node is None or node == client.node
    if client.standing == "pod" and (not client.addresses or detects(proxy.cluster_cidr, client.addresses)):
        kind = "pod" if detects_pods else "outside"
    elif client.standing == "node":
        kind = "node" if here else "outside"
    else:
        in_range = proxy.cluster_cidr and client.addresses and detects(proxy.cluster_cidr, client.addresses)
        kind = "pod" if in_range else "outside"
    sender = Sender(kind="pod" if kind == "pod" else "node" if kind == "node" else "outside", here=here)
    return Crossing(
        node=node,
        zone=zone,
        sender=sender,
        detects_pods=detects_pods,
        masquerades_all=proxy.masquerade_all,
        mode=proxy.mode,
    )


def receiving_node(walk: Walk) -> str | None:
    """`via: node:N`, the node whose address was asked, or the client's own; None where it may be any of them."""
    if walk.request.via and walk.request.via.node:
        return walk.request.via.node
    if walk.arrival is not None:
        return walk.arrival
    if walk.client.inside:
        return walk.client.node
    return None


def source_kept(service: Service, role: str, at: Crossing) -> bool:
    """Whether the pods see the client's own address."""
    by_all = at.masquerades_all
    return not masquerades(service, role, at.sender, detects_pods=at.detects_pods, all_of_them=by_all)


def is_hairpin(walk: Walk, endpoint: Endpoint) -> bool:
    """Whether an endpoint is the client itself: kube-proxy then always puts the node's address on the packets."""
    if walk.client.standing != "pod" or not endpoint.address:
        return False
    return canonical(endpoint.address) in map(canonical, walk.client.addresses)


def senders(walk: Walk, at: Crossing, *, kept: bool) -> tuple[Source, ...]:
    """Whom the pods may see as the sender: the client, or the node that put its address on the packets."""
    client = walk.client
    if kept:
        return (Source(party=client.party),)
    if at.node is not None:
        node = walk.state.nodes.get(at.node)
        return (Source(party=client.party, seen_as=seen_as_node(node)),)
    nodes = list(walk.state.nodes.values())
    if len(nodes) > MAX_NODES and is_any_evaluated(walk.state):
        walk.assume(f"policies let the other nodes' packets in as they do those of the first {MAX_NODES}")
    nodes = nodes[:MAX_NODES]
    parties = [seen_as_node(node) for node in nodes] or [seen_as_node(None)]
    return tuple(Source(party=client.party, seen_as=party) for party in parties)


def unanswered(walk: Walk, at: Crossing, eligible: tuple[Endpoint, ...], *, kept: bool) -> tuple[Endpoint, ...]:
    """K7, K10: endpoints whose answers the client drops, since they come from another address than it asked.

    That is so where another node than the client's rewrote the packets and kept their source: only endpoints on that
    node answer through it.
    """
    if not kept or at.node is None or at.sender.here or (walk.client.standing == "outside" and at.detects_pods):
        return ()
    lost = tuple(endpoint for endpoint in eligible if endpoint.node != at.node)
    if lost and walk.client.node is None and walk.client.standing == "pod":
        walk.assume(f"the client runs on another node than {at.node}: from that one every endpoint answers")
    return lost
