"""What MetalLB's pools and advertisements of a state say about the load balancer of a Service (CF-34)."""

from __future__ import annotations

from svcmap.model.core import Service
from svcmap.model.group_kinds import ADVERTISEMENTS, IP_ADDRESS_POOL
from svcmap.model.metallb import Advertisement, IPAddressPool
from svcmap.model.state import ClusterState
from svcmap.paths.known.providers import provider_of
from svcmap.semantics import metallb, providers
from svcmap.semantics.load_balancer import addresses
from svcmap.semantics.provider_settings import metallb_address, metallb_pool


def silent_pool(state: ClusterState, address: str) -> IPAddressPool | None:
    """The pool of an address that no advertisement of the source is for; None where one is, or no pool has it."""
    pool = metallb.pool_of(_pools(state), address)
    if pool is None or metallb.is_announced(pool, _advertisements(state)):
        return None
    return pool


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
