"""EndpointSlices and Endpoints that the API server refuses for an address (E12, E15): they are never there.

Upstream: pkg/apis/core/validation/validation.go ValidateNonSpecialIP and ValidateEndpointsCreate,
pkg/apis/discovery/validation/validation.go ValidateEndpointSlice.
"""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.model.addresses import address_of, family_of
from svcmap.model.core import Endpoints, EndpointSlice
from svcmap.model.facts import RefusedObject

NAMES = "FQDN"


def refusal_of_slice(item: EndpointSlice) -> RefusedObject | None:
    """The first address that the API server refuses; None where it takes them all."""
    if item.address_type == NAMES or item.metadata.creation_timestamp:
        return None  # what was created has been taken
    for index, endpoint in enumerate(item.endpoints):
        for number, address in enumerate(endpoint.addresses):
            field, why = f"endpoints[{index}].addresses[{number}]", _why(address)
            if not why and item.address_type and family_of(address) != item.address_type:
                why = f"is no {item.address_type} address, which addressType says"
            if why:
                return RefusedObject(object=item.ref, field=field, value=address, why=why)
    return None


def refusal_of_endpoints(item: Endpoints) -> RefusedObject | None:
    """The first address that the API server refuses; None where it takes them all."""
    if item.metadata.creation_timestamp or item.metadata.uid:
        return None
    refusals = (
        RefusedObject(object=item.ref, field=field, value=ip, why=why) for field, ip in _ips(item) if (why := _why(ip))
    )
    return next(refusals, None)


def _ips(item: Endpoints) -> Iterator[tuple[str, str]]:
    for index, subset in enumerate(item.subsets):
        lists = (("addresses", subset.addresses), ("notReadyAddresses", subset.not_ready_addresses))
        for name, addresses in lists:
            yield from ((f"subsets[{index}].{name}[{at}].ip", address.ip) for at, address in enumerate(addresses))


def _why(text: str) -> str:
    """What is wrong with an address; empty for nothing."""
    if not text:
        return ""  # read as one that is not there
    known = address_of(text)
    if known is None:
        return "is no IP address: for a name there is a Service of type ExternalName"
    if known.is_unspecified:
        return "is no address of anybody"
    if known.is_loopback:
        return "is a loopback address, which every node has for itself"
    is_local = known.is_link_local or (known.is_multicast and _is_link_local_multicast(text))
    return "is a link-local address" if is_local else ""


def _is_link_local_multicast(text: str) -> bool:
    return text.startswith("224.0.0.") or text.lower().startswith("ff02:")
