"""The Service in front of a Gateway that has no address to be known by (controllers.md GW-1, GW-2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from svcmap.model.addresses import canonical
from svcmap.model.core import Service
from svcmap.model.gateway import Gateway
from svcmap.model.group_kinds import GATEWAY, SERVICE
from svcmap.model.reads import reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import find_service

OWN_NAMESPACE = (
    "gateway.networking.k8s.io/gateway-name",
    "io.cilium.gateway/owning-gateway",
    "projectcontour.io/owning-gateway-name",
)
"""Labels with the name of the Gateway of the same namespace for which an implementation has made a Service."""
OWNER = "gateway.envoyproxy.io/owning-gateway-name", "gateway.envoyproxy.io/owning-gateway-namespace"
"""The labels of Envoy Gateway, whose Services are in a namespace of its own."""


def service_of(state: ClusterState, gateway: Gateway) -> Service | None:
    """The only Service that was made for a Gateway, or that its spec.addresses name; None where its status has an
    address.
    """
    if gateway.status.addresses:
        return None
    hosts = [item.value for item in gateway.spec.addresses if item.value]
    if hosts:
        name = next((found for host in hosts if (found := _of_cluster(host)) in state.services), None)
        return find_service(state, name) if name else None
    made = _made_for(state).get(gateway.name, ())
    return find_service(state, made[0]) if len(made) == 1 else None


def leads_to(state: ClusterState, service: Service, gateway: Gateway) -> bool:
    """Whether a Service is in front of a Gateway: made for it, with its address, or named by its spec.addresses."""
    made = gateway.name in _owners(service) or service_of(state, gateway) == service
    owners = (state.services_by_address.get(canonical(place.value), ()) for place in gateway.status.addresses)
    return made or any(Name(*name) == service.name for found in owners for _, name in found)


def _of_cluster(host: str) -> Name | None:
    """The Service that a name of the cluster stands for: `NAME.NAMESPACE.svc…`."""
    labels = host.rstrip(".").split(".")
    return Name(labels[1], labels[0]) if len(labels) > 2 and labels[2] == "svc" else None


def _made_for(state: ClusterState) -> Mapping[Name, list[Name]]:
    """Services by the Gateway that their labels name."""

    def index() -> Mapping[Name, list[Name]]:
        found: dict[Name, list[Name]] = {}
        for name, service in state.services.items():
            for owner in set(_owners(service)):
                found.setdefault(owner, []).append(name)
        return found

    return state.remember("services_of_gateways", None, index, reads(SERVICE, GATEWAY))


def _owners(service: Service) -> Iterator[Name]:
    labels = service.metadata.labels
    for label in OWN_NAMESPACE:
        if owner := labels.get(label):
            yield Name(service.metadata.namespace, owner)
    name, namespace = (labels.get(label, "") for label in OWNER)
    if name and namespace:
        yield Name(namespace, name)
