"""A name of the world outside: which Ingress, Gateway or load balancer of the cluster it may lead to."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.model.gateway import Gateway
from svcmap.model.networking import Ingress
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import LAYER_7
from svcmap.paths.destination.by_address import to_address
from svcmap.paths.known.look_ups import host_rank, served_by
from svcmap.paths.outcome import Answer, Hop, Trace
from svcmap.paths.routes.gateway.attached import attached_routes, listeners_of
from svcmap.paths.routes.gateway.through import through_gateway
from svcmap.paths.routes.ingress.through import through_ingress
from svcmap.paths.walk import Walk
from svcmap.semantics import gateway as gateway_rules
from svcmap.semantics import ingress as ingress_rules


def to_public_name(walk: Walk) -> Trace:
    """The entry with the most specific rule for a host: an Ingress, a Gateway, a load balancer of this very name."""
    state, host = walk.state, walk.request.host.rstrip(".")
    ingresses = list(_ingresses(state, host))
    gateways = list(_gateways(walk, host))
    best_ingress = max((rank for rank, _ in ingresses), default=0)
    best_gateway = max((rank for rank, _ in gateways), default=(0, 0))
    # An Ingress without a host in its rules takes what nothing more specific does.
    if best_gateway[0] > 0 and best_gateway[0] + 1 > best_ingress:
        return through_gateway(walk, next(item for rank, item in gateways if rank == best_gateway))
    if host in state.services_by_address:
        return to_address(walk, host)
    if walk.request.protocol != "TCP":  # what a name of HTTP rules leads to is an address like any other
        ingresses, gateways = [], []
        address = next((i.ip for _, item in _ingresses(state, host) for i in item.status.load_balancer.ingress), "")
        if address:
            return to_address(walk, address)
    if ingresses and (best_ingress > 1 or walk.request.scheme in LAYER_7):
        return through_ingress(walk, [item for _, item in ingresses])
    if gateways:
        return through_gateway(walk, next(item for rank, item in gateways if rank == best_gateway))
    if served := _served(state) if walk.request.scheme in LAYER_7 and "." in host else None:
        return _no_host(walk, served)
    says, step = f"Nothing in this cluster answers for {host}.", "check the spelling, and who can resolve the name"
    near, said, next_step = _unserved(state, host)
    ref = near.ref if near else None
    hop = Hop(kind="dns", object=ref, address=host, rule="D3", says=f"{says}{said}", next=next_step or step)
    if near is None and walk.client.inside and not host.endswith(".svc"):
        # The search list has led nowhere, so another server is asked for the name as it is (R4).
        return walk.unknown(hop)
    return walk.stop(hop, "name-not-found")


def _unserved(state: ClusterState, host: str) -> tuple[Ingress | None, str, str]:
    """An Ingress that has a host and that no controller serves (I7), a sentence about it, and what to do."""
    for item in state.ingresses.values():
        served = served_by(state, item)
        if served.served is False and any(ingress_rules.host_specificity(r.host, host) > 1 for r in item.spec.rules):
            says = f" Ingress {item.name} has this host, but no controller serves it ({served.reason})."
            return item, says, "set spec.ingressClassName to a class that is there"
    return None, "", ""


def _served(state: ClusterState) -> Ingress | None:
    """An Ingress that a controller serves: its address may be what a name nobody claims leads to."""
    return next((item for item in state.ingresses.values() if served_by(state, item).served is not False), None)


def _no_host(walk: Walk, served: Ingress) -> Trace:
    host = walk.request.authority
    _, said, next_step = _unserved(walk.state, host)
    hop = Hop(
        kind="ingress",
        address=f"{host}{walk.request.path}",
        rule="I1",
        object=served.ref,
        basis="assumed",
        says=f"No rule has {host}: where its name leads to the Ingress controller, that answers 404.{said}",
        next=next_step or "add a rule for the host, or check the spelling",
    )
    walk.assume("a name that no rule has leads to the Ingress controller")
    return walk.stop(hop, "no-matching-rule", answer=Answer(status=404))


def _ingresses(state: ClusterState, host: str) -> Iterator[tuple[int, Ingress]]:
    """Ingresses that are served and take a host, with how specific their best rule for it is."""
    for item in state.ingresses.values():
        if served_by(state, item).served is False:
            continue
        if rank := host_rank(state, item, host):
            yield rank, item


def _gateways(walk: Walk, host: str) -> Iterator[tuple[tuple[int, int], Gateway]]:
    """Gateways with a route for a host, with how specific its host name is."""
    state = walk.state
    for item in state.gateways.values():
        ranks = [
            gateway_rules.host_rank(hostname)
            for bound in listeners_of(state, item)
            for _, hostnames in attached_routes(state, item, bound)
            for hostname in hostnames
            if hostname and gateway_rules.hostname_matches(hostname, host)
        ]
        if ranks:
            yield max(ranks), item
