"""The graph of a Service, and of the whole cluster: hops of its traces as vertices, steps between them as edges.

A vertex is keyed `kind|what`, and carries `kind`, `label`, `object` and `verdict` (ok where any request gets past it);
an edge carries `verdict`, `rule` and `basis`, and `why` where traffic does not get past.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import networkx as nx
from msgspec.structs import replace

from svcmap.model.addresses import before_port
from svcmap.model.assumptions import Assumptions
from svcmap.model.facts import Endpoint
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Entry
from svcmap.paths.entries import TracedEntry, traced_entries
from svcmap.paths.outcome import Hop, HopVerdict, Trace
from svcmap.paths.routes.kinds import ROUTE_WORDS

EXTERNAL_IP = "external-ip"


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
            _add_trace(graph, name, item.entry, trace)


def _add_trace(graph: nx.DiGraph, name: Name, entry: Entry, trace: Trace) -> None:
    previous = ""
    for hop in _in_order(trace):
        if hop.kind in ("dns", "endpoint") and hop.verdict == "ok":
            continue
        key = _key(name, trace, hop)
        _add_vertex(graph, key, hop.kind, _label(hop), str(hop.object) if hop.object else "", hop.verdict)
        if previous:
            why = trace.reason or "" if hop.verdict == "stop" else ""
            graph.add_edge(previous, key, verdict=hop.verdict, rule=hop.rule, basis=hop.basis, why=why)
        previous = key
        if hop.kind == "client" and entry.kind == EXTERNAL_IP:
            previous = _through_external_ip(graph, key, entry, trace)
    _add_endpoints(graph, previous, trace)
    _add_failing(graph, previous, trace)


def _in_order(trace: Trace) -> tuple[Hop, ...]:
    """The hops of a trace; a policy that closes the way stands at its beginning, where the picture has it: whom it lets
    in is a property of the client, not of the Service.
    """
    closing = tuple(hop for hop in trace.hops if hop.kind == "network-policy" and hop.verdict == "stop")
    if not closing or trace.verdict != "unreachable":
        return trace.hops
    first, *rest = (hop for hop in trace.hops if hop not in closing)
    beyond = tuple(replace(hop, verdict="stop") for hop in rest if hop.kind == "service")
    return (first, *closing, *beyond)


def _add_vertex(graph: nx.DiGraph, key: str, kind: str, label: str, object_: str, verdict: HopVerdict) -> None:
    known = graph.nodes[key].get("verdict") if key in graph else None
    graph.add_node(key, kind=kind, label=label, object=object_, verdict="ok" if known == "ok" else verdict)


def _through_external_ip(graph: nx.DiGraph, client: str, entry: Entry, trace: Trace) -> str:
    """An address that no hop is at: kube-proxy has it on every node, and the network in front brings packets there."""
    key = f"{EXTERNAL_IP}|{entry.address}:{trace.request.port}"
    _add_vertex(graph, key, EXTERNAL_IP, f"external IP {before_port(entry.address)}:{trace.request.port}", "", "ok")
    graph.add_edge(client, key, verdict="ok", rule="", basis="observed", why="")
    return key


def _add_failing(graph: nx.DiGraph, previous: str, trace: Trace) -> None:
    """Endpoints that get nothing because they are not ready, by what makes them and what is wrong."""
    failing = Counter((endpoint.owner, why) for endpoint, why in trace.excluded if not endpoint.ready)
    for (owner, why), count in failing.items():
        key = f"failing|{owner}|{why}"
        _add_vertex(graph, key, "endpoint", f"{owner}: {count} not ready, {why}", owner, "stop")
        graph.add_edge(previous, key, verdict="stop", rule=trace.hops[-1].rule, basis="observed", why="not-ready")


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
    graph.add_nodes_from(
        (f"endpoint|{e.id}", {"kind": "endpoint", "endpoint": e, "verdict": "ok"}) for e in trace.endpoints
    )
    graph.add_edges_from(
        (
            previous,
            f"endpoint|{e.id}",
            {"verdict": "ok", "rule": rule, "basis": e.basis, "port": _number(e, name, protocol), "why": ""},
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
