"""From a proxy of layer 7 to pods: it reads EndpointSlices itself; the cluster IP means nothing to it (G12)."""

from __future__ import annotations

from typing import TypedDict

from svcmap.model.core import Service, ServicePort
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.packets.arrival import Stretch, finish
from svcmap.paths.policies.at_endpoints import Source
from svcmap.paths.walk import Hop, Trace, Walk
from svcmap.semantics import service_proxy

UNAVAILABLE = 503


class Ending(TypedDict):
    """What the client meets where a backend fails."""

    status: int | None
    action: str | None
    grpc_code: str | None


def to_endpoints(
    walk: Walk,
    service: Service,
    port: ServicePort,
    by: str,
    sources: tuple[Source, ...],
    *,
    status: int | None = UNAVAILABLE,
    action: str | None = None,
    grpc_code: str | None = None,
) -> Trace:
    """Ready endpoints, dialled directly. `status`, `action`, `grpc_code` are what the client meets without any."""
    walk.at_service(service, port)
    walk.note(skips_cluster_ip=True)
    if service.spec.type == "ExternalName":
        target = service.spec.external_name
        says = f"{by} resolves {target} itself and sends the request there."
        hop = Hop(kind="external-name", object=service.ref, address=target, rule="D11", basis="unknown", says=says)
        walk.add(hop)
        return walk.end("reachable", external_name=target)
    found = endpoints_of(walk.state, service.name)
    choice = service_proxy.choose_ready(found.endpoints, port)
    hop = Hop(
        kind="service",
        object=service.ref,
        address=f"{service.spec.cluster_ip or service.name}:{port.port}",
        rule="G12",
        basis=found.basis,
        says=f"{by} reads the Service's EndpointSlices and connects to a pod itself; the cluster IP is not used.",
    )
    if not choice.eligible:
        walk.note(grpc_code=grpc_code)
    return finish(
        walk,
        Stretch(
            service=service,
            port=port,
            found=found,
            choice=choice,
            hop=hop,
            sources=sources,
            status=status,
            action=action,
        ),
    )
