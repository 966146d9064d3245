"""A Service of type ExternalName behind a proxy of layer 7, which looks the name up itself (D11, CN-27)."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from svcmap.model.core import Service, ServicePort
from svcmap.model.group_kinds import SERVICE
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.client import Client
from svcmap.paths.asking.request import Request, Vantage
from svcmap.paths.known.look_ups import endpoints_of, find_service
from svcmap.paths.outcome import Answer, Hop, Trace
from svcmap.paths.packets.headless import direct_to_endpoints
from svcmap.paths.packets.service import to_service_address
from svcmap.paths.walk import PASSING, Walk


class Dialler(NamedTuple):
    """Who dials: what it is called, the port that it dials, who it is to policies, and what it answers for a name
    without an address. `searches`: its names go through a search list, so that `web.shop` is a Service of the cluster.
    """

    title: str
    port: int
    client: Client
    without: Answer
    searches: bool = False


def through_alias(walk: Walk, service: Service, port: ServicePort, by: Dialler) -> Trace | None:
    """The finished trace of a request to an alias for a name of the cluster; None for any other Service, and for a name
    of the world outside.
    """
    if service.spec.type != "ExternalName":
        return None
    target = service.spec.external_name.rstrip(".").lower()
    name = _named(walk.state, target, walk.assumptions.dns.zone, searches=by.searches)
    if name is None:
        return None
    walk.at_service(service, port)
    walk.external_name = target
    walk.place = replace(walk.place, skips_cluster_ip=True)
    hop = Hop(kind="external-name", object=service.ref, address=f"{target}:{by.port}", rule="D11", says="")
    inside = find_service(walk.state, name)
    if inside is None:
        says = f"{by.title} looks {target} up, and Service {name} does not exist: there is no address to send to."
        step = f"correct externalName, or create Service {name}"
        stop = replace(hop, says=says, next=step)
        return walk.stop(stop, "no-endpoints", answer=by.without, lacks=(SERVICE,), within=name.namespace)
    walk.add(replace(hop, says=f"{by.title} looks {target} up, which is Service {name}, and dials port {by.port}."))
    return _to(walk, inside, target, by)


def _to(walk: Walk, inside: Service, target: str, by: Dialler) -> Trace:
    """The connection of the proxy to the Service behind the alias."""
    address = inside.spec.cluster_ip
    asks = Vantage(kind="pod")
    request = Request(to=f"tcp://{target}:{by.port}", scheme="tcp", host=target, port=by.port, vantage=asks)
    inner = Walk(walk.state, request, walk.assumptions)
    inner.hand_over(by.client)
    if address == "None":
        says = "The Service is headless: the name has the addresses of its pods, and no port is rewritten."
        leg = direct_to_endpoints(inner, inside, endpoints_of(walk.state, inside.name), "D6", says)
    else:
        leg = to_service_address(inner, inside, "cluster-ip", address)
    for found in leg.hops:
        walk.add(found)
    for text in leg.assumed:
        walk.assume(text)
    walk.excluded, walk.suggest = leg.excluded, leg.suggest
    if leg.verdict in PASSING or leg.verdict == "unknown":
        return walk.end(leg.verdict, reason=leg.reason, endpoints=leg.endpoints)
    return walk.end("unreachable", reason=leg.reason)


def _named(state: ClusterState, target: str, zone: str, *, searches: bool) -> Name | None:
    """The Service that a name stands for; None for one that is of no Service."""
    own = target.removesuffix(f".{zone}")
    labels = own.removesuffix(".svc").split(".")
    if len(labels) != 2:
        return None
    name = Name(labels[1], labels[0])
    if own != target and own.endswith(".svc"):
        return name
    return name if searches and own == target and name in state.services else None
