"""The ports of ingress-nginx that lead to a Service at layer 4, as ways into it (CN-31)."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.model.core import ConfigMap, Service, ServicePort
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Box, Entry, port_key
from svcmap.paths.asking.request import ANY_NODE, INTERNET, INTRANET, Aim, Request, Role
from svcmap.paths.routes.ingress.controllers.nginx.streams import fronts_of, maps_of
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.running import Runner
from svcmap.semantics import load_balancer
from svcmap.semantics.ingress import nginx_streams as rules


def stream_entries(state: ClusterState, service: Service) -> Iterator[Entry]:
    """One entry for each port of a Service in front of ingress-nginx that a ConfigMap of streams leads to a Service."""
    for runner, protocol, settings in maps_of(state):
        for number, stream in rules.streams_to(settings.data, service.name, protocol):
            port = rules.port_of(service, stream.port, protocol)
            for front in fronts_of(state, runner):
                for at in front.spec.ports:
                    if at.protocol == protocol and _leads_to(at, number, runner):
                        yield _entry(front, at, settings, number, port)


def _leads_to(port: ServicePort, number: int, runner: Runner) -> bool:
    """Whether a port of a Service in front is that of the pods."""
    target = port.target_port or port.port
    if isinstance(target, int):
        return target == number
    named = (p for c in runner.spec.serving_containers for p in c.ports if p.name == target)
    return any(p.container_port == number for p in named)


def _entry(front: Service, at: ServicePort, settings: ConfigMap, number: int, port: ServicePort | None) -> Entry:
    addresses = [item.ip or item.hostname for item in load_balancer.addresses(front)]
    address, ref = next(iter(addresses), ""), settings.ref
    scheme = at.protocol.lower()
    role, host, shown = _way(front, at, address)
    vantage = INTRANET if load_balancer.scope_of(address) == "internal" else INTERNET
    request = Request(
        to=f"{scheme}://{host}:{shown}",
        scheme=scheme,
        host=address,
        port=at.port,
        vantage=ANY_NODE if role == "node-port" else vantage,
        aim=Aim(service=front.name, role=role, port=port_key(at), address=address),
    )
    return Entry(
        id=f"stream.{front.metadata.namespace}.{front.metadata.name}.{at.port}.{scheme}",
        kind=WORD,
        title=WORD,
        requests=((port_key(port) if port else "", request),),
        address=address,
        rule=f":{number}",
        object=ref,
        front=front.ref,
        field=("data", str(number)),
        edge=Box(kind="LB of ingress-nginx", facts=(("Service", str(front.name)), ("port", str(at.port)))),
        proxy=Box(kind=f"ConfigMap {settings.metadata.name}", facts=_facts(ref, settings, number)),
        found="passed on",
    )


def _way(front: Service, at: ServicePort, address: str) -> tuple[Role, str, str]:
    """How clients come to the port of a Service in front: the role, and host and port as a person reads them."""
    if front.spec.type == "LoadBalancer":
        return "load-balancer", address or "<assigned at creation>", str(at.port)
    return "node-port", "<any node>", str(at.node_port or "<assigned>")


def _facts(ref: ObjectRef, settings: ConfigMap, number: int) -> tuple[tuple[str, str], ...]:
    return ("ConfigMap", str(ref.own_name)), (f"data[{number}]", settings.data[str(number)])
