"""What a provider's load balancer does that shows in no field of a Service: health probes, loop-back, shared addresses
(K16; controllers.md CF-25, CF-27, CF-34).
"""

from __future__ import annotations

from svcmap.model.components import INGRESS_NGINX
from svcmap.model.core import Service, ServicePort
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.known.probes import probed, runs
from svcmap.paths.known.providers import provider_of
from svcmap.paths.outcome import Hop, Trace, Undecided
from svcmap.paths.packets.arrival import DROPPED
from svcmap.paths.walk import Walk
from svcmap.semantics import provider_settings as settings
from svcmap.semantics import providers

CHECKED_ELSEWHERE = "health-check-path"


def note_probe(walk: Walk, service: Service, port: ServicePort) -> None:
    """CF-27: since 1.24 Azure probes a port by HTTP whose appProtocol is that, for `/` if nobody says another path: a
    node counts that answers 200. Under Local it asks kube-proxy.
    """
    provider = provider_of(walk.state, service)
    if provider is not providers.AZURE or service.spec.external_traffic_policy == "Local":
        return
    path = settings.azure_probe_path(service, port)
    if not path:
        return
    index = service.spec.ports.index(port)
    if path == "/" and runs(walk.state, service, port, INGRESS_NGINX):
        could = f"has Azure probe GET /, which ingress-nginx answers 404: set {settings.AZURE_PATH} to /healthz"
        undecided = Undecided(object=service.ref, field=f"spec.ports[{index}].appProtocol", could=could)
        walk.doubt(undecided, "load-balancer", "CF-27", refuses=True)
        return
    walk.assume(f"Azure's health probe, GET {path} on node port {port.node_port or '?'}, is answered 200")
    found = probed(walk.state, service, port).readiness
    if found is not None and path == "/" and found.path not in ("", "/"):
        walk.warn(CHECKED_ELSEWHERE)


def loops_back(walk: Walk, service: Service, port: ServicePort) -> Trace | None:
    """CF-25: an NLB that keeps the client's address sends nothing back to the node that asks; the finished trace where
    there is no other target.
    """
    if not settings.keeps_client(service) or provider_of(walk.state, service) not in providers.OF_AWS:
        return None
    node = walk.client.node
    local = service.spec.external_traffic_policy == "Local"
    targets = {item.node for item in endpoints_of(walk.state, service.name).ready} if local else set(walk.state.nodes)
    if node and targets == {node}:
        says = f"The load balancer keeps the client's address, and node {node} is its only target: what {node} sends to"
        says += " itself that way is lost."
        step = f"set preserve_client_ip.enabled=false in {settings.GROUP_ATTRIBUTES}, or ask for the cluster IP"
        hop = Hop(kind="load-balancer", object=service.ref, address=f"{port.port}", rule="CF-25", says=says, next=step)
        return walk.stop(hop, "endpoint-unanswered", answer=DROPPED)
    walk.assume("the load balancer picks another node than the client's own, which it cannot send back to (CF-25)")
    return None


def sharing_conflict(state: ClusterState, service: Service) -> str:
    """CF-34: why MetalLB cannot give a Service the address that another one asks for as well; empty where it can."""
    wanted = settings.metallb_address(service)
    others = (
        item for item in state.services.values() if item.name != service.name and item.spec.type == "LoadBalancer"
    )
    for other in others if wanted else ():
        if settings.metallb_address(other) == wanted:
            why = settings.not_shared(service, other)
            if why:
                return f"{wanted} is that of Service {other.name} too, and MetalLB does not share it: {why}"
    return ""
