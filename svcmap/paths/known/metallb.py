"""What MetalLB's pools and advertisements of a state say about the load balancer of a Service (CF-34)."""

from __future__ import annotations

from typing import NamedTuple

from svcmap.model.core import Service
from svcmap.model.group_kinds import ADVERTISEMENTS, IP_ADDRESS_POOL
from svcmap.model.metallb import Advertisement, IPAddressPool
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.known.providers import provider_of
from svcmap.semantics import metallb, providers
from svcmap.semantics.load_balancer import addresses
from svcmap.semantics.provider_settings import metallb_address, metallb_pool


class Silence(NamedTuple):
    """Why no node answers for an address: a sentence without its end, the object that says so, and what to do."""

    says: str
    object: ObjectRef
    next: str


def silence(state: ClusterState, service: Service, address: str) -> Silence | None:
    """Why nobody announces the address of a Service; None where somebody does, or no pool has it. With
    externalTrafficPolicy Local only nodes with an endpoint do (speaker/layer2_controller.go).
    """
    pool = metallb.pool_of(_pools(state), address)
    if pool is None:
        return None
    mine = list(metallb.announcing(pool, _advertisements(state)))
    if not mine:
        says = f"{address} is of {pool.ref.title}, and no L2Advertisement or BGPAdvertisement is for that"
        return Silence(says, pool.ref, f"create an L2Advertisement in namespace {pool.metadata.namespace}")
    nodes = [n for n in state.nodes.values() if any(metallb.announces_from(i, n.metadata.labels) for i in mine)]
    names = ", ".join(item.metadata.name for item in mine)
    if state.nodes and not nodes:
        says = (
            f"{address} is announced by {mine[0].kind} {names} from the nodes of its nodeSelectors alone, and no node"
        )
        return Silence(f"{says} has these labels", mine[0].ref, f"label a node, or correct nodeSelectors of {names}")
    if service.spec.external_traffic_policy != "Local" or len(nodes) == len(state.nodes):
        return None
    with_endpoint = {endpoint.node for endpoint in endpoints_of(state, service.name).ready}
    if with_endpoint and "" not in with_endpoint and not any(n.metadata.name in with_endpoint for n in nodes):
        says = (
            f"{address} is announced by {mine[0].kind} {names} from the nodes of its nodeSelectors alone, and none of"
        )
        says = f"{says} them has an endpoint, which externalTrafficPolicy Local asks for"
        return Silence(says, mine[0].ref, f"run a pod there, or correct nodeSelectors of {names}")
    return None


def is_of_pool(state: ClusterState, address: str) -> bool:
    """Whether a pool of MetalLB has an address."""
    return metallb.pool_of(_pools(state), address) is not None


def why_pending(state: ClusterState, service: Service) -> str:
    """Why MetalLB gives a Service no address; empty where nothing tells, or another one has to."""
    pools = _pools(state)
    if not pools:
        is_known = state.is_of_cluster and state.is_read(IP_ADDRESS_POOL) and _is_its_own(state, service)
        return "MetalLB has no IPAddressPool" if is_known else ""
    if service.spec.load_balancer_class and not _is_its_own(state, service):
        return ""
    named = {pool.metadata.name: pool for pool in pools}
    if (name := metallb_pool(service)) and name not in named:
        return f"MetalLB has no IPAddressPool {name}, which an annotation asks for"
    if (wanted := metallb_address(service)) and metallb.pool_of(pools, wanted) is None:
        return f"No IPAddressPool of MetalLB has {wanted}, which the Service asks for"
    return "" if wanted else _used_up(state, [named[name]] if name else [p for p in pools if _assigns(p)])


def _used_up(state: ClusterState, pools: list[IPAddressPool]) -> str:
    if not pools:
        return "No IPAddressPool of MetalLB assigns addresses by itself (autoAssign)"
    taken = {item.ip for service in state.services.values() for item in addresses(service)}
    for pool in pools:
        every = metallb.every(pool)
        if every is None or not every <= taken:
            return ""
    names = ", ".join(pool.metadata.name for pool in pools)
    return f"Every address of IPAddressPool {names} is taken by another Service"


def _assigns(pool: IPAddressPool) -> bool:
    return pool.spec.auto_assign is not False


def _is_its_own(state: ClusterState, service: Service) -> bool:
    return provider_of(state, service) is providers.METALLB


def _pools(state: ClusterState) -> list[IPAddressPool]:
    return list(state.all(IP_ADDRESS_POOL, IPAddressPool).values())


def _advertisements(state: ClusterState) -> list[Advertisement]:
    return [item for kind in ADVERTISEMENTS for item in state.all(kind, Advertisement).values()]
