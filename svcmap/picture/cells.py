"""The cells of a lane: who asks, the entry, the node port and the rule, with the facts a person can look up."""

from __future__ import annotations

from typing import Literal

from svcmap.model.base import Part
from svcmap.model.core import Service
from svcmap.model.group_kinds import SERVICE
from svcmap.model.kinds import short_name
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Box, Entry, Facts
from svcmap.paths.entries import TracedEntry
from svcmap.paths.outcome import Hop, Trace
from svcmap.picture.groups import Status

NO_RULE = "K2"
"""Why kube-proxy leaves an address of a Service alone: it has none of that family."""
Column = Literal["from", "edge", "node", "proxy"]


class Cell(Part, frozen=True):
    """One box of a lane. `ports` pairs a Service port key with its token here (`:30443`); `edge_bad` breaks the line
    that leads to it. `name` is what is drawn in front where there is no frame to name it. `link` is another Service
    whose own hops are folded into this cell.
    """

    column: Column
    kind: str
    text: str
    ports: tuple[tuple[str, str], ...] = ()
    status: Status = "ok"
    edge_bad: bool = False
    note: str = ""
    says: str = ""
    facts: Facts = ()
    name: str = ""
    link: Name | None = None
    next: str = ""


def cells_of(state: ClusterState, service: Service, traced: TracedEntry) -> tuple[Cell, ...]:
    """The cells of one way in, from the client on; what lies beyond a stop is there too, drawn as never reached."""
    match traced.entry.kind:
        case "load-balancer":
            return _load_balancer(state, service, traced)
        case "external-ip":
            return _external_ip(service, traced)
        case "node-port":
            return (_from(traced), _node_port(state, service, traced))
    if traced.entry.edge is not None:
        return _route(state, service, traced, traced.entry.edge)
    return (_from(traced, _names(traced.entry)),)


def _asking(traced: TracedEntry) -> str:
    """Who asks: the internet, pods, or (where policies tell namespaces apart) those of one namespace or of others."""
    client = _hop(traced, "client")
    return client.address if client else ""


def _names(entry: Entry) -> Facts:
    return (("DNS name", entry.host),) if entry.host else ()


def rule_text(traced: TracedEntry) -> str:
    """The rule, and how many more hosts and matches of it the lane stands for."""
    wants = f" ({traced.entry.wants})" if traced.entry.wants else ""
    return f"{traced.entry.rule}{wants}" + (f" +{traced.more}" if traced.more else "")


def _short_name(entry: Entry) -> str:
    """The object of a rule as kubectl writes it: `ing/shop`."""
    if entry.object is None:
        return ""
    return f"{short_name(entry.object.of_kind)}/{entry.object.name}"


def _hop(traced: TracedEntry, *kinds: str) -> Hop | None:
    """The hop of these kinds that says most: one that stops traffic, else the first."""
    hops = [hop for _, trace in traced.traces for hop in trace.hops if hop.kind in kinds]
    return next((hop for hop in hops if hop.verdict != "ok"), hops[0] if hops else None)


def _status(hop: Hop | None) -> Status:
    if hop is None or hop.verdict == "ok":
        return "ok"
    return "bad" if hop.verdict == "stop" else "unk"


def _from(traced: TracedEntry, facts: Facts = ()) -> Cell:
    """The client, as the traces call it.

    Whom a policy lets in is a property of it, so doubts, and a no to some endpoints, stand here.
    """
    policy = _hop(traced, "network-policy")
    undecided = policy is not None and policy.verdict == "unknown"
    partly = policy is not None and any(found.verdict == "partial" for _, found in traced.traces)
    hop = (policy if undecided or partly else None) or _hop(traced, "dns") or _hop(traced, "client")
    note, text = "", _asking(traced)
    if policy and (undecided or partly):
        note = f"a {policy.policy} decides" if undecided else f"{policy.policy} {policy.address}"
    ports = "".join(f" :{key.partition('/')[0]}" for key, _ in traced.traces) if traced.is_part else ""
    return Cell(
        column="from",
        kind=text,
        text=text + ports,
        status="unk" if undecided else "warn" if partly else "ok",
        note=note,
        says=hop.says if hop else "",
        next=policy.next if policy and (undecided or partly) else "",
        facts=facts,
    )


def _load_balancer(state: ClusterState, service: Service, traced: TracedEntry) -> tuple[Cell, ...]:
    hop, entry = _hop(traced, "load-balancer"), traced.entry
    status = _status(hop)
    text = entry.address or ("<pending>" if status == "bad" else "assigned by the cloud")
    ranges = ", ".join(service.spec.load_balancer_source_ranges) or "0.0.0.0/0"
    facts: Facts = (
        ("status.loadBalancer.ingress", entry.address or "none"),
        ("loadBalancerSourceRanges", ranges),
        ("loadBalancerClass", service.spec.load_balancer_class or "default"),
    )
    edge = Cell(
        column="edge",
        kind="LoadBalancer",
        text=text,
        status=status,
        edge_bad=status == "bad",
        facts=facts,
        ports=tuple((key, f":{trace.place.number}") for key, trace in traced.traces),
        note="no address yet" if status == "bad" else "",
        says=hop.says if hop else "",
        next=hop.next if hop else "",
    )
    cells = [_from(traced), edge]
    if any(port.node_port for port in service.spec.ports):
        cells.append(_node_port(state, service, traced))
    return tuple(cells)


def _external_ip(service: Service, traced: TracedEntry) -> tuple[Cell, ...]:
    entry, refused = traced.entry, _hop(traced, "service")
    no_rule = refused is not None and refused.verdict == "stop" and refused.rule == NO_RULE
    assumed = "; ".join(dict.fromkeys(text for _, trace in traced.traces for text in trace.assumed))
    says = "kube-proxy on every node takes packets for this address" + (f" (assumed: {assumed})." if assumed else ".")
    edge = Cell(
        column="edge",
        kind="externalIP",
        text=entry.address,
        status="bad" if no_rule else "ok",
        says=refused.says if refused and no_rule else says,
        ports=tuple((key, f":{trace.place.number}") for key, trace in traced.traces),
        facts=(("spec.externalIPs", ", ".join(service.spec.external_ips)),),
    )
    return _from(traced), edge


def _node_port(state: ClusterState, service: Service, traced: TracedEntry) -> Cell:
    hop = _hop(traced, "node-port")
    nodes = len(state.nodes)
    where = hop.place if hop else (f"{nodes}/{nodes} nodes" if nodes else "every node")
    policy = service.spec.external_traffic_policy
    spec = service.spec.ports
    facts = tuple((f"spec.ports[{i}].nodePort", str(p.node_port or "assigned")) for i, p in enumerate(spec))
    kept = "client address is kept" if policy == "Local" else "client address becomes the node's"
    keys = {key for key, _ in traced.traces}
    return Cell(
        column="node",
        kind="node port",
        text=where,
        status=_status(hop),
        edge_bad=_status(hop) == "bad",
        ports=tuple(
            (f"{p.port}/{p.protocol}", f":{p.node_port}" if p.node_port else ":assigned")
            for p in spec
            if f"{p.port}/{p.protocol}" in keys
        ),
        says=hop.says if hop else "Every node listens on the node port.",
        facts=(*facts, ("externalTrafficPolicy", f"{policy} ({kept})")),
        next=hop.next if hop else "",
    )


def _route(state: ClusterState, service: Service, traced: TracedEntry, edge: Box) -> tuple[Cell, ...]:
    """The front that clients connect to, and the rule behind it; one box where a load balancer reads rules itself."""
    entry, (key, trace) = traced.entry, traced.traces[0]
    front, rule = _hop(traced, "load-balancer"), _hop(traced, entry.kind)
    port = f":{trace.request.port}"
    if entry.proxy is None:
        one = Cell(
            column="edge",
            kind=edge.kind,
            text=rule_text(traced),
            name=_short_name(entry),
            ports=((key, port),),
            status=_status(rule) if front is None or front.verdict == "ok" else _status(front),
            says=_joined(front, rule),
            facts=edge.facts,
            next=rule.next if rule else "",
        )
        node = (_node_port(state, service, traced),) if _hop(traced, "node-port") else ()
        return (_from(traced), one, *node)
    address = Cell(
        column="edge",
        kind=edge.kind,
        text=entry.address or "address not known",
        ports=((key, port),),
        link=entry.front.own_name if entry.front and entry.front.of_kind == SERVICE else None,
        status=_status(front) if front and front.verdict != "ok" else "ok" if entry.address else "unk",
        edge_bad=_status(front) == "bad",
        says=front.says if front else "",
        facts=edge.facts,
        next=front.next if front and front.verdict != "ok" else "",
    )
    shares = tuple((f"backend {b.service}", f"{b.share:.0%}") for b in trace.backends)
    written = Cell(
        column="proxy",
        kind=entry.proxy.kind,
        text=rule_text(traced),
        name=_short_name(entry),
        ports=((key, _target(trace)),),
        status=_status(rule),
        says=rule.says if rule else "",
        facts=(*entry.proxy.facts, *shares),
        next=rule.next if rule else "",
    )
    return _from(traced), address, written


def _target(trace: Trace) -> str:
    """`→80 ×90%`: the Service port a rule leads to, and its share of the requests."""
    share = next((b.share for b in trace.backends if b.service == trace.service), 1.0)
    return (f"→{trace.place.number}" if trace.place.number else "") + (f" ×{share:.0%}" if share < 1 else "")


def _joined(*hops: Hop | None) -> str:
    return " ".join(hop.says for hop in hops if hop)
