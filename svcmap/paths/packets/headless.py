"""Without kube-proxy: a client that got the pods' own addresses from DNS (D6, E9)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import Endpoint, EndpointSet
from svcmap.paths.known.emptiness import port_gap
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.packets.arrival import Stretch, endpoint_basis, finish, port_missing
from svcmap.paths.policies.at_endpoints import Source
from svcmap.paths.walk import Walk
from svcmap.semantics import service_proxy
from svcmap.semantics.service import find_port


def direct_to_endpoints(walk: Walk, service: Service, found: EndpointSet, rule: str, says: str) -> Trace:
    """A client that got the pods' own addresses from DNS: nothing is rewritten, so the port must be the pod's."""
    request = walk.request
    ready = [e for e in found.ready if e.address or e.basis == "predicted"]
    fitting = [e for e in ready if answers_on(e, request.port, request.protocol)]
    port = _port_behind(service, fitting or ready, request.port) or find_port(service, request.port, request.protocol)
    walk.at_service(service, port)
    hop = Hop(
        kind="service",
        object=service.ref,
        address=f"no cluster IP:{request.port}",
        rule=rule,
        says=says,
        basis=endpoint_basis(found),
    )
    if ready and not fitting:
        ports = sorted({str(b.port) for e in ready for b in e.ports})
        if not ports and service.spec.ports:
            gap = port_gap(walk.state, port or service.spec.ports[0], found)
            return walk.stop(port_missing(gap, hop), "no-endpoints")
        says = f"A headless Service rewrites nothing: the pods listen on {', '.join(ports)}."
        stop = replace(hop, rule="E9", says=says, next=f"connect to port {ports[0]}" if ports else "")
        return walk.stop(stop, "port-not-in-service")
    port = port or ServicePort(port=request.port, protocol=request.protocol, target_port=request.port)
    excluded = tuple((e, e.reason or "not ready") for e in found.endpoints if not e.ready)
    choice = service_proxy.Choice(
        eligible=tuple(fitting), excluded=excluded, rule="D6", reason=None if fitting else "no-endpoints"
    )
    source = Source(party=walk.client.party)
    if fitting:
        walk.seen = replace(walk.seen, snat=False, hairpin=False)
    way = Stretch(owner=service.ref, port=port, found=found, choice=choice, hop=hop, sources=(source,))
    return finish(walk, service, way)


def _port_behind(service: Service, endpoints: Sequence[Endpoint], number: int) -> ServicePort | None:
    """The Service port whose endpoints listen on a number."""
    for port in service.spec.ports:
        bindings = (endpoint.port_for(port.name, port.protocol) for endpoint in endpoints)
        if any(binding and binding.port == number for binding in bindings):
            return port
    return None


def answers_on(endpoint: Endpoint, port: int, protocol: str) -> bool:
    """E11: an endpoint without ports is reachable on any."""
    return any(b.port == port and b.protocol == protocol for b in endpoint.ports) or not endpoint.ports
