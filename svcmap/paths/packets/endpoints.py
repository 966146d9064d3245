"""From a proxy of layer 7 to pods: it reads EndpointSlices itself; the cluster IP means nothing to it (G12)."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.core import Service, ServicePort
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.outcome import Answer, Hop, Trace
from svcmap.paths.packets.arrival import Stretch, finish
from svcmap.paths.policies.at_endpoints import Source
from svcmap.paths.walk import Walk
from svcmap.semantics import service_proxy

UNAVAILABLE = Answer(status=503)


def to_endpoints(
    walk: Walk,
    service: Service,
    port: ServicePort,
    by: str,
    sources: tuple[Source, ...],
    without: Answer = UNAVAILABLE,
) -> Trace:
    """Ready endpoints, dialled directly. `without` is what the client meets where there are none."""
    walk.at_service(service, port)
    walk.place = replace(walk.place, skips_cluster_ip=True)
    if service.spec.type == "ExternalName":
        target = service.spec.external_name
        says = f"{by} resolves {target} itself and sends the request there."
        hop = Hop(kind="external-name", object=service.ref, address=target, rule="D11", basis="unknown", says=says)
        walk.add(hop)
        walk.external_name = target
        return walk.end("reachable")
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
    way = Stretch(owner=service.ref, port=port, found=found, choice=choice, hop=hop, sources=sources, answer=without)
    return finish(walk, service, way)
