"""A request straight to an address of a pod, or to one that no object has."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.addresses import before_port
from svcmap.model.core import ServicePort
from svcmap.model.coverage import pod_at, pod_named
from svcmap.model.facts import Endpoint, EndpointSet, PortBinding
from svcmap.model.group_kinds import SERVICE, SERVICE_CIDR
from svcmap.model.networking import ServiceCIDR
from svcmap.model.workloads import Pod
from svcmap.paths.known.look_ups import ready_endpoints_by_address
from svcmap.paths.outcome import Action, Answer, Hop, Trace
from svcmap.paths.packets.arrival import Stretch, reach
from svcmap.paths.policies.at_endpoints import Source
from svcmap.paths.policies.egress import must_not_leave
from svcmap.paths.walk import Walk
from svcmap.semantics import service_proxy


def to_pod(walk: Walk, pod: Pod, address: str) -> Trace:
    """Straight to a pod's address: NetworkPolicy and the declared port decide, no Service stands in between."""
    request = walk.request
    node = pod.spec.node_name
    endpoint = Endpoint(
        address=address,
        ports=(PortBinding(name="", port=request.port, protocol=request.protocol),),
        pod=pod.name,
        node=node,
        ready=pod.is_ready,
        id=pod.metadata.name,
        owner=pod.ref.title,
        made_by=pod.ref,
    )
    hop = Hop(
        kind="pod",
        object=pod.ref,
        address=f"{before_port(address)}:{request.port}",
        rule="N1",
        basis="observed",
        says="Straight to the pod: no Service stands in between.",
    )
    if walk.client.far:
        says = f"{address} is an address of the pod network: whether the internet leads to it is outside Kubernetes."
        return walk.unknown(Hop(kind="pod", object=pod.ref, address=hop.address, rule="N1", says=says))
    port = ServicePort(port=request.port, protocol=request.protocol, target_port=request.port)
    choice = service_proxy.Choice(eligible=(endpoint,), rule="N1")
    walk.seen = replace(walk.seen, snat=False)
    return reach(
        walk,
        Stretch(
            owner=pod.ref,
            port=port,
            found=EndpointSet(endpoints=(endpoint,), basis="observed", source="pods"),
            choice=choice,
            hop=hop,
            sources=(Source(party=walk.client.party),),
        ),
    )


def _of_endpoint(walk: Walk, address: str) -> Trace | None:
    """An address of an endpoint that is no pod of the source: whether it answers is outside what was read."""
    found = ready_endpoints_by_address(walk.state).get(address)
    if not found:
        return None
    name, endpoint = found[0]
    if not endpoint.pod and (stopped := must_not_leave(walk, address, walk.request.port, by_pods=False)):
        return stopped
    unread = (pod_named(endpoint.pod),) if endpoint.pod and walk.state.lacks_pod(endpoint.pod) else ()
    what = (
        f"pod {endpoint.pod}, which is not in the source" if endpoint.pod else "no pod: whether it answers is not known"
    )
    return walk.unknown(
        Hop(
            kind="endpoint",
            object=SERVICE.ref(*name),
            address=f"{before_port(address)}:{walk.request.port}",
            rule="E13",
            says=f"{address} is an endpoint of Service {name} and {what}.",
            needs=unread,
        )
    )


def nobody(walk: Walk, address: str) -> Trace:
    """No object has the address. nftables drops packets for cluster IPs that are not allocated (K12)."""
    if found := _of_endpoint(walk, address):
        return found
    port, proxy = walk.request.port, walk.assumptions.proxy
    cidrs = [cidr for item in walk.state.all(SERVICE_CIDR, ServiceCIDR).values() for cidr in item.spec.cidrs]
    unallocated = service_proxy.detects(",".join(cidrs), [address])
    says = f"No object of the cluster has {address}."
    if unallocated:
        says = f"{address} is in the range of cluster IPs, and no Service has it."
    elif stopped := must_not_leave(walk, address, port, by_pods=walk.state.lacks_pod_at(address)):
        return stopped
    hop = Hop(
        kind="service",
        address=f"{before_port(address)}:{port}",
        rule="K12",
        says=says,
        next="check the address; it may belong to something outside the cluster",
    )
    if unallocated:
        walk.assume_mode()
    if not unallocated and walk.state.lacks_pod_at(address):
        says = f"{says} Whether a pod has it was not read."
        return walk.unknown(replace(hop, says=says, next="", needs=(pod_at(address),)))
    action: Action | None = "DROP" if unallocated and proxy.mode == "nftables" else None
    return walk.stop(hop, "not-a-cluster-address", answer=Answer(action=action))
