"""Custom resources of MetalLB: which addresses it gives Services, and which of them it announces (metallb.io/apis)."""

from __future__ import annotations

from msgspec import field

from svcmap.model.base import KubernetesObject, Part
from svcmap.model.labels import LabelSelector


class PoolSpec(Part, frozen=True):
    addresses: tuple[str, ...] = ()
    auto_assign: bool | None = None


class IPAddressPool(KubernetesObject, frozen=True):
    """Addresses for Services; only those of a pool that assigns by itself are given to who asks for none of them."""

    spec: PoolSpec = PoolSpec()


class AdvertisementSpec(Part, frozen=True):
    ip_address_pools: tuple[str, ...] = field(default=(), name="ipAddressPools")
    ip_address_pool_selectors: tuple[LabelSelector, ...] = field(default=(), name="ipAddressPoolSelectors")
    node_selectors: tuple[LabelSelector, ...] = ()


class Advertisement(KubernetesObject, frozen=True):
    """L2Advertisement or BGPAdvertisement: the pools whose addresses are announced; with neither list all of them. Of
    the nodes that one of the selectors matches, or of all.
    """

    spec: AdvertisementSpec = AdvertisementSpec()
