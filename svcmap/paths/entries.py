"""Every way into a Service, as requests to trace: one entry is one lane of the picture and one row of Reachability."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec.structs import replace

from svcmap.model.addresses import before_port
from svcmap.model.assumptions import Assumptions
from svcmap.model.base import Part
from svcmap.model.core import Service, ServicePort
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Entry, port_key
from svcmap.paths.asking.request import ANY_NODE, ANY_POD, INTERNET, INTRANET, Aim, Request, Role, Vantage
from svcmap.paths.known.assumptions import settled
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.known.unread import naming_service
from svcmap.paths.missing import service_or_missing
from svcmap.paths.outcome import Trace
from svcmap.paths.policies.judgement import has_touched_pod
from svcmap.paths.policies.natural_client import natural_client
from svcmap.paths.routes.kinds import ROUTE_KINDS, ROUTE_WORDS
from svcmap.paths.trace import trace
from svcmap.semantics import dns, load_balancer

Exposure = Literal["internet", "internal", "cluster", "none", "unknown"]
CUT = ".cut"
"""Ends the id of the part of an entry whose ports a NetworkPolicy cuts, where others pass."""


class TracedEntry(Part, frozen=True):
    """An entry and what became of the request for each port it carries; `is_part` if only for some of its ports. `more`
    are others of the same rule that it stands for where it is drawn.
    """

    entry: Entry
    traces: tuple[tuple[str, Trace], ...]
    is_part: bool = False
    more: int = 0


def entries(state: ClusterState, service: Service, assumptions: Assumptions | None = None) -> list[Entry]:
    """Every way into a Service (with its defaults), from the outside in."""
    assumptions = assumptions or settled(state)
    if service.name not in state.services:
        return [entry for kind in ROUTE_KINDS for entry in kind.entries(state, service)]
    found = [
        *_load_balancer(service),
        *(entry for kind in ROUTE_KINDS for entry in kind.entries(state, service)),
        *_external_ips(service),
        *_node_port(service),
    ]
    return [*found, *_in_cluster(state, service, assumptions)]


def traced_entries(state: ClusterState, name: Name, assumptions: Assumptions | None = None) -> list[TracedEntry]:
    """Every way into a Service, or to one that is only asked for, with its traces; worked out once for a state."""
    service = service_or_missing(state, name)
    if service is None:
        return []
    assumptions = assumptions or settled(state)
    return state.remember(
        "traced_entries",
        (name, assumptions),
        lambda: [
            part
            for entry in entries(state, service, assumptions)
            for part in _apart(
                entry, tuple((key, _own(name, entry, trace(state, r, assumptions))) for key, r in entry.requests)
            )
        ],
    )


def _apart(entry: Entry, traces: tuple[tuple[str, Trace], ...]) -> Iterator[TracedEntry]:
    """One entry, or two where a policy cuts some of its ports: those that pass, and those that do not."""
    cut = {key for key, found in traces if found.verdict == "unreachable" and found.reason == "network-policy"}
    if not cut or len(cut) == len(traces):
        yield TracedEntry(entry=entry, traces=traces)
        return
    for id_, is_in in ((entry.id, lambda key: key not in cut), (f"{entry.id}{CUT}", cut.__contains__)):
        part = replace(entry, id=id_, requests=tuple(pair for pair in entry.requests if is_in(pair[0])))
        yield TracedEntry(entry=part, traces=tuple(pair for pair in traces if is_in(pair[0])), is_part=True)


def _open_at(found: Trace) -> int:
    """The last hop at which something that is not evaluated may have another rule take a request; -1 without one."""
    if found.verdict != "unknown":
        return -1
    return max(
        (i for i, hop in enumerate(found.hops) if hop.basis == "unknown" and hop.kind in ROUTE_WORDS), default=-1
    )


def _own(name: Name, entry: Entry, found: Trace) -> Trace:
    """The trace of an entry, cut where another rule or route takes its request: what that leads to is not this way."""
    if not entry.is_route or found.service in (None, name) or found.verdict == "redirect":
        return found
    if (open_at := _open_at(found)) >= 0:
        return replace(
            found,
            likely="unreachable",
            place=replace(found.place, service=name),
            endpoints=(),
            excluded=(),
            backends=(),
            hops=found.hops[: open_at + 1],
        )
    at = next((i for i, hop in enumerate(found.hops) if hop.kind in ROUTE_WORDS), len(found.hops) - 1)
    says = f"Another rule takes these requests: {found.hops[at].says}"
    stop = replace(
        found.hops[at],
        object=entry.object,
        address=entry.rule,
        verdict="stop",
        says=says,
        wanted=str(found.service),
        next="compare hosts, paths and precedence of the rules, and whether the Gateway accepts the route",
    )
    return replace(
        found,
        verdict="unreachable",
        reason="no-matching-rule",
        answer=replace(found.answer, status=None),
        place=replace(found.place, service=name),
        endpoints=(),
        excluded=(),
        backends=(),
        hops=(*found.hops[:at], stop),
    )


def _aimed(service: Service, role: Role, address: str) -> tuple[tuple[str, Request], ...]:
    vantage = _natural_client(role, address)
    return tuple(
        (
            port_key(port),
            Request(
                to=f"{port.protocol.lower()}://{_shown_host(role, address)}:{_shown_port(role, port)}",
                scheme=port.protocol.lower(),
                host=address,
                port=port.port,
                vantage=vantage,
                aim=Aim(service=service.name, role=role, port=port_key(port), address=address),
            ),
        )
        for port in service.spec.ports
    )


def _natural_client(role: Role, address: str) -> Vantage:
    """Who asks for an address in the ordinary course: whoever the address means something to."""
    if role == "node-port":
        return ANY_NODE
    return INTRANET if load_balancer.scope_of(address) == "internal" else INTERNET


def _shown_host(role: Role, address: str) -> str:
    if role == "node-port":
        return "<any node>"
    return before_port(address) or "<assigned at creation>"


def _shown_port(role: Role, port: ServicePort) -> str:
    if role == "node-port":
        return str(port.node_port or "<assigned>")
    return str(port.port)


def _load_balancer(service: Service) -> Iterator[Entry]:
    if service.spec.type != "LoadBalancer":
        return
    addresses = [item.ip or item.hostname for item in load_balancer.addresses(service)] or [""]
    for index, address in enumerate(addresses if service.spec.ports else ()):
        yield Entry(
            id=f"lb{index or ''}",
            kind="load-balancer",
            title="load balancer",
            requests=_aimed(service, "load-balancer", address),
            address=address,
            front=service.ref,
        )


def _external_ips(service: Service) -> Iterator[Entry]:
    if service.spec.type == "ExternalName" or service.spec.cluster_ip == "None" or not service.spec.ports:
        return
    for index, address in enumerate(service.spec.external_ips):
        yield Entry(
            id=f"ext{index or ''}",
            kind="external-ip",
            title="external IP",
            requests=_aimed(service, "external-ip", address),
            address=address,
        )


def _node_port(service: Service) -> Iterator[Entry]:
    if service.spec.type not in ("NodePort", "LoadBalancer"):
        return
    waits = service.spec.allocate_load_balancer_node_ports is not False
    ports = [port for port in service.spec.ports if port.node_port or waits]
    if ports:
        keys = {port_key(port) for port in ports}
        requests = tuple(pair for pair in _aimed(service, "node-port", "") if pair[0] in keys)
        yield Entry(id="np", kind="node-port", title="node port", requests=requests)


def _in_cluster(state: ClusterState, service: Service, assumptions: Assumptions) -> Iterator[Entry]:
    """Pods of the cluster; where policies may be about the Service's pods, its own namespace and the others apart, and
    of each whoever is let through.
    """
    if not has_touched_pod(state, service.name):
        yield _from_pods(state, service, assumptions, ANY_POD, "in", service.spec.ports)
        return
    own = service.metadata.namespace
    near, far = Vantage(kind="namespace", value=own), Vantage(kind="pod", apart_from=own)
    for id_, anybody in (("in", near), ("in.other", far)):
        clients: dict[Vantage, list[ServicePort]] = {}
        for port in service.spec.ports:
            clients.setdefault(natural_client(state, service, port, anybody), []).append(port)
        for index, (vantage, ports) in enumerate((clients or {anybody: []}).items()):
            yield _from_pods(state, service, assumptions, vantage, f"{id_}{f'.{index}' if index else ''}", ports)


def _from_pods(
    state: ClusterState,
    service: Service,
    assumptions: Assumptions,
    vantage: Vantage,
    id_: str,
    ports: Sequence[ServicePort],
) -> Entry:
    host = dns.service_name(service.name, assumptions.dns)
    requests = tuple(
        (
            port_key(port),
            Request(
                to=f"{port.protocol.lower()}://{host}:{_client_port(state, service, port)}",
                scheme=port.protocol.lower(),
                host=host,
                port=_client_port(state, service, port),
                vantage=vantage,
            ),
        )
        for port in ports
    )
    if not requests:
        requests = (("*", Request(to=f"tcp://{host}", host=host, vantage=vantage)),)
    ip = service.spec.cluster_ip
    return Entry(id=id_, kind="cluster-ip", title="in-cluster", requests=requests, address=ip, host=host)


def _client_port(state: ClusterState, service: Service, port: ServicePort) -> int:
    """A headless Service rewrites nothing: its clients use the pods' port."""
    if service.spec.cluster_ip != "None":
        return port.port
    for endpoint in endpoints_of(state, service.name).endpoints:
        if binding := endpoint.port_for(port.name, port.protocol):
            return binding.port
    return port.target_port if isinstance(port.target_port, int) else port.port


# -- who can find it ----------------------------------------------------------------------------------------------


def exposure(state: ClusterState, service: Service, found: list[Entry]) -> Exposure:
    """How far away a client of this Service can stand, by the addresses of its ways in."""
    scopes: set[str] = set()
    for entry in found:
        if entry.kind == "load-balancer":
            scopes.add(load_balancer.exposure(service))
        elif (entry.is_route and entry.is_served) or entry.kind == "external-ip":
            scopes.add(load_balancer.scope_of(entry.address))
        elif entry.kind == "node-port":
            scopes.add(_node_scope(state))
    if "internet" in scopes:
        return "internet"
    if "unknown" in scopes:
        return "unknown"
    if "internal" in scopes:
        return "internal"
    # What nobody evaluates may bring requests from anywhere.
    return "unknown" if naming_service(state, service.name) else "cluster"


def _node_scope(state: ClusterState) -> str:
    """A node port is public where a node has a public address (section 9)."""
    if not state.nodes:
        return "unknown"
    addresses = [a.address for n in state.nodes.values() for a in n.status.addresses if a.type == "ExternalIP"]
    return "internet" if any(load_balancer.scope_of(a) == "internet" for a in addresses) else "internal"
