"""A port that no Service with an address has: whether node ports answer on it is its provider's choice (K12)."""

from __future__ import annotations

from svcmap.model.addresses import before_port
from svcmap.model.core import Service, ServicePort
from svcmap.model.refs import Name
from svcmap.paths.asking.request import Role
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.known.providers import provider_of
from svcmap.paths.outcome import Hop, Trace, Undecided
from svcmap.paths.packets.node import by_node_port
from svcmap.paths.walk import Walk
from svcmap.semantics.service import find_port

FIELDS = {"external-ip": "spec.externalIPs", "load-balancer": "status.loadBalancer.ingress"}
"""Where a Service has an address that another one may have, too."""


def note_rivals(walk: Walk, service: Service, port: ServicePort, address: str) -> None:
    """K2: of two Services with one address and port, rules of kube-proxy and of balancers are for both: which of them
    answers is not written anywhere.
    """
    for role, name in walk.state.services_by_address.get(address, ()):
        other = find_service(walk.state, Name(*name)) if role in FIELDS and Name(*name) != service.name else None
        if other is not None and find_port(other, port.port, port.protocol) is not None:
            could = f"has {address} port {port.port} as well as {service.name}: which of them answers nobody says"
            walk.doubt(
                Undecided(object=other.ref, field=FIELDS[role], could=could), "service", "K2", refuses=False, why=""
            )
            return


def at_shared_address(walk: Walk, service: Service, role: Role, address: str) -> Trace | None:
    """The finished trace of a request to another Service's node port at a load balancer's address or an external IP.

    Node ports are open on every address that a node has; whether it has this one nobody can tell, unless its provider
    is known for only announcing it.
    """
    request = walk.request
    if role == "cluster-ip" or find_port(service, request.port, request.protocol):
        return None
    found = by_node_port(walk)
    if found is None:
        return None
    provider = provider_of(walk.state, service) if role == "load-balancer" else None
    if provider is not None and provider.is_local is False:
        return None
    other, port = found
    who = f" ({provider.title})" if provider else ""
    says = (
        f"{address} is an address of {service.name}, which has no such port; {port.node_port} is the node port"
        f" of {other.name}, open there only where a node has the address itself: its provider decides{who}."
    )
    walk.at_service(other, port)
    hop = Hop(
        kind="node-port", object=other.ref, address=f"{before_port(address)}:{request.port}", rule="K12", says=says
    )
    return walk.unknown(hop)
