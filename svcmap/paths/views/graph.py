"""The graph of a Service, and of the whole cluster: hops of its traces as vertices, steps between them as edges.

A vertex is keyed `kind|what`, and carries `kind`, `label` and `object`; an edge carries `verdict`, `rule` and `basis`.
"""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx

from svcmap.model.assumptions import Assumptions
from svcmap.model.facts import Endpoint
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.entries import TracedEntry, traced_entries
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.routes.kinds import ROUTE_WORDS


def service_graph(state: ClusterState, name: Name, assumptions: Assumptions | None = None) -> nx.DiGraph:
    """Client zones → load balancer, Ingress or Gateway → node port → Service port → pods. Empty for no such Service."""
    graph = nx.DiGraph(service=str(name))
    add_traces(graph, name, traced_entries(state, name, assumptions))
    return graph


def cluster_graph(state: ClusterState, assumptions: Assumptions | None = None) -> nx.DiGraph:
    """The graphs of every Service in one."""
    graph = nx.DiGraph()
    for name in state.services:
        add_traces(graph, name, traced_entries(state, name, assumptions))
    return graph


def add_traces(graph: nx.DiGraph, name: Name, traced: Iterable[TracedEntry]) -> None:
    """Add the paths of traces to a graph."""
    for item in traced:
        for _, trace in item.traces:
            _add_trace(graph, name, trace)


def _add_trace(graph: nx.DiGraph, name: Name, trace: Trace) -> None:
    previous = ""
    for hop in trace.hops:
        if hop.kind in ("dns", "endpoint") and hop.verdict == "ok":
            continue
        key = _key(name, trace, hop)
        graph.add_node(key, kind=hop.kind, label=_label(hop), object=str(hop.object) if hop.object else "")
        if previous:
            graph.add_edge(previous, key, verdict=hop.verdict, rule=hop.rule, basis=hop.basis)
        previous = key
    _add_endpoints(graph, previous, trace)


def _add_endpoints(graph: nx.DiGraph, previous: str, trace: Trace) -> None:
    port = trace.service_port
    if not trace.endpoints or port is None:
        return
    rule = trace.hops[-1].rule
    done = graph.nodes[previous].setdefault("endpoints_of", set())
    if (port.name, port.protocol) in done:  # another way in reached the same Service port before
        return
    done.add((port.name, port.protocol))
    name, protocol = port.name, port.protocol
    graph.add_nodes_from((f"endpoint|{e.id}", {"kind": "endpoint", "endpoint": e}) for e in trace.endpoints)
    graph.add_edges_from(
        (
            previous,
            f"endpoint|{e.id}",
            {"verdict": "ok", "rule": rule, "basis": e.basis, "port": _number(e, name, protocol)},
        )
        for e in trace.endpoints
    )


def _number(endpoint: Endpoint, name: str, protocol: str) -> int:
    binding = endpoint.port_for(name, protocol)
    return binding.port if binding else 0


def _key(name: Name, trace: Trace, hop: Hop) -> str:
    """Equal hops of different traces are one vertex."""
    match hop.kind:
        case "client":
            return f"client|{hop.address}"
        case "service":
            port = trace.service_port
            return f"service|{name}|{port.port}/{port.protocol}" if port else f"service|{name}|{hop.address}"
        case "endpoint":
            return f"endpoint|{name}|none"
        case "node-port":
            return f"node-port|{name}|{hop.address}"
    return f"{hop.kind}|{hop.object or ''}|{hop.address}"


def _label(hop: Hop) -> str:
    if hop.kind == "client":
        return hop.address
    if hop.kind == "service" and hop.object:
        return f"{hop.object.namespace}/{hop.object.name} {hop.address}"
    if hop.kind == "endpoint":
        return "no endpoints"
    if hop.object and hop.kind in {*ROUTE_WORDS, "load-balancer"}:
        return f"{hop.object.kind} {hop.object.name} {hop.address}"
    return hop.address
