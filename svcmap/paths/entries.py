"""Every way into a Service, as requests to trace: one entry is one lane of the picture and one row of Reachability."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec.structs import replace

from svcmap.model.addresses import before_port
from svcmap.model.assumptions import Assumptions
from svcmap.model.base import Part
from svcmap.model.core import Service, ServicePort
from svcmap.model.gateway import Listener, MethodMatch, ParentReference, Route, RouteMatch, ValueMatch
from svcmap.model.group_kinds import GATEWAY
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.asking.parties import endpoint_party
from svcmap.paths.asking.request import ANY_NODE, ANY_POD, INTERNET, Aim, Request, Role, Vantage, Via
from svcmap.paths.known.assumptions import settled
from svcmap.paths.known.look_ups import endpoints_of, find_service, served_by, takes_any_host
from svcmap.paths.outcome import Trace
from svcmap.paths.routes.controllers import controller_service
from svcmap.paths.routes.gateway.attached import attached_routes, listeners_of, parent_name
from svcmap.paths.routes.ingress.tables import own_rules, table_of
from svcmap.paths.routes.sample import example, example_path
from svcmap.paths.trace import trace
from svcmap.semantics import dns, load_balancer
from svcmap.semantics import ingress as ingress_rules
from svcmap.semantics.ingress import nginx
from svcmap.semantics.network_policy import selecting

EntryKind = Literal["cluster-ip", "node-port", "load-balancer", "external-ip", "ingress", "gateway"]
Exposure = Literal["internet", "internal", "cluster", "none", "unknown"]
ANY_HOST = "any.invalid"
"""Stands for a host that no rule names (RFC 2606)."""
CUT = ".cut"
"""Ends the id of the part of an entry whose ports a NetworkPolicy cuts, where others pass."""
TITLES = {
    "cluster-ip": "in-cluster",
    "node-port": "node port",
    "load-balancer": "load balancer",
    "external-ip": "external IP",
    "ingress": "ingress",
    "gateway": "gateway",
}


class Entry(Part, frozen=True):
    """One way in. `requests` holds one request for each Service port it carries, by port key (`443/TCP`).

    `object` is the Ingress or route behind it, `front` the object that has its address, `field` the place of the rule.
    """

    id: str
    kind: EntryKind
    requests: tuple[tuple[str, Request], ...]
    address: str = ""
    host: str = ""
    rule: str = ""
    object: ObjectRef | None = None
    front: ObjectRef | None = None
    field: tuple[str | int, ...] = ()

    @property
    def title(self) -> str:
        return TITLES[self.kind]


class TracedEntry(Part, frozen=True):
    """An entry and what became of the request for each port it carries; `is_part` if only for some of its ports."""

    entry: Entry
    traces: tuple[tuple[str, Trace], ...]
    is_part: bool = False


def port_key(port: ServicePort) -> str:
    """`443/TCP`: unique among the ports of a Service (S3)."""
    return f"{port.port}/{port.protocol}"


def entries(state: ClusterState, service: Service, assumptions: Assumptions | None = None) -> list[Entry]:
    """Every way into a Service (with its defaults), from the outside in."""
    assumptions = assumptions or settled(state)
    found = [
        *_load_balancer(service),
        *_ingresses(state, service),
        *_gateways(state, service),
        *_external_ips(service),
        *_node_port(service),
    ]
    return [*found, *_in_cluster(state, service, assumptions)]


def traced_entries(state: ClusterState, name: Name, assumptions: Assumptions | None = None) -> list[TracedEntry]:
    """Every way into a Service with its traces; worked out once for a state. Empty if there is no such Service."""
    service = find_service(state, name)
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
    """One entry, or two where a NetworkPolicy cuts some of its ports: those that pass, and those that do not."""
    cut = {key for key, found in traces if found.verdict == "unreachable" and found.reason == "network-policy"}
    if not cut or len(cut) == len(traces):
        yield TracedEntry(entry=entry, traces=traces)
        return
    for id_, is_in in ((entry.id, lambda key: key not in cut), (f"{entry.id}{CUT}", cut.__contains__)):
        part = replace(entry, id=id_, requests=tuple(pair for pair in entry.requests if is_in(pair[0])))
        yield TracedEntry(entry=part, traces=tuple(pair for pair in traces if is_in(pair[0])), is_part=True)


def _own(name: Name, entry: Entry, found: Trace) -> Trace:
    """The trace of an entry, cut where another rule or route takes its request: what that leads to is not this way."""
    if entry.kind not in ("ingress", "gateway") or found.service in (None, name) or found.verdict == "redirect":
        return found
    at = next((i for i, hop in enumerate(found.hops) if hop.kind in ("ingress", "gateway")), len(found.hops) - 1)
    says = f"Another rule takes these requests: {found.hops[at].says}"
    stop = replace(
        found.hops[at],
        object=entry.object,
        address=entry.rule,
        verdict="stop",
        says=says,
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
    vantage = ANY_NODE if role == "node-port" else INTERNET
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
        yield Entry(id="np", kind="node-port", requests=requests)


def _in_cluster(state: ClusterState, service: Service, assumptions: Assumptions) -> Iterator[Entry]:
    """Pods of the cluster; where NetworkPolicies isolate the Service's pods, its own namespace and the others apart."""
    if not _is_isolated(state, service):
        yield _from_pods(state, service, assumptions, ANY_POD, "in")
        return
    own = service.metadata.namespace
    yield _from_pods(state, service, assumptions, Vantage(kind="namespace", value=own), "in")
    yield _from_pods(state, service, assumptions, Vantage(kind="pod", apart_from=own), "in.other")


def _is_isolated(state: ClusterState, service: Service) -> bool:
    """Whether a NetworkPolicy isolates a pod of the Service for traffic that comes in."""
    namespace = service.metadata.namespace
    policies = state.network_policies_by_namespace.get(namespace, ())
    if not policies:
        return False
    owners = {endpoint.owner: endpoint for endpoint in endpoints_of(state, service.name).endpoints}
    parties = (endpoint_party(state, namespace, endpoint) for endpoint in owners.values())
    return any(party.is_pod and any(selecting(policies, party.labels, "ingress")) for party in parties)


def _from_pods(state: ClusterState, service: Service, assumptions: Assumptions, vantage: Vantage, id_: str) -> Entry:
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
        for port in service.spec.ports
    )
    if not requests:
        requests = (("*", Request(to=f"tcp://{host}", host=host, vantage=vantage)),)
    return Entry(id=id_, kind="cluster-ip", requests=requests, address=service.spec.cluster_ip, host=host)


def _client_port(state: ClusterState, service: Service, port: ServicePort) -> int:
    """A headless Service rewrites nothing: its clients use the pods' port."""
    if service.spec.cluster_ip != "None":
        return port.port
    for endpoint in endpoints_of(state, service.name).endpoints:
        if binding := endpoint.port_for(port.name, port.protocol):
            return binding.port
    return port.target_port if isinstance(port.target_port, int) else port.port


# -- Ingress ------------------------------------------------------------------------------------------------------


def _ingresses(state: ClusterState, service: Service) -> Iterator[Entry]:
    for item in state.ingresses_by_backend.get(service.name, []):
        front = controller_service(state, item)
        addresses = [i.ip or i.hostname for i in item.status.load_balancer.ingress]
        for index, target in table_of(state, item).by_backend.get(service.metadata.name, ()):
            backend = target.backend.as_service
            if backend is None or _stands_in(state, item, target):
                continue
            port, _ = ingress_rules.backend_port(service, backend, served_by(state, item))
            yield Entry(
                id=f"ing.{item.metadata.name}.{index}",
                kind="ingress",
                requests=((port_key(port) if port else "", _rule_request(state, item, target)),),
                address=addresses[0] if addresses else "",
                host=target.host,
                rule=target.text,
                object=item.ref,
                front=front.ref if front else None,
                field=target.field,
            )


def _stands_in(state: ClusterState, item: Ingress, target: ingress_rules.RuleTarget) -> bool:
    """A default backend for the hosts of rules that all lead to it already (I4): it is drawn as these rules."""
    return target.is_default and not takes_any_host(state, item) and not any(rule.http for rule in item.spec.rules)


def _rule_request(state: ClusterState, item: Ingress, target: ingress_rules.RuleTarget) -> Request:
    """A request that this very rule answers, where there is one: a path that no better rule takes."""
    flavour = ingress_rules.flavour(served_by(state, item))
    rules = own_rules(state, item, flavour)
    hosts = [target.host.replace("*.", "any.", 1) or ANY_HOST]
    if target.is_default:  # nginx keeps it to the hosts of the Ingress (I4)
        hosts += [rule.host.replace("*.", "any.", 1) for rule in item.spec.rules if rule.host]
    regex = flavour == "nginx" and nginx.reads_regex([item])
    stem = example_path(target.path) if regex and target.path else target.path.removesuffix("*") or "/"
    tries = [(host, path) for host in hosts for path in (stem, f"{stem.rstrip('/')}/...")]
    taken = (t for t in tries if ingress_rules.match(rules, *t, flavour, regex=regex).target == target)
    host, path = next(taken, tries[0])
    scheme = "https" if table_of(state, item).tls.covers(host) else "http"
    shown = host if host != ANY_HOST else "*"
    return Request(
        to=f"{scheme}://{shown}{path}",
        scheme=scheme,
        host=host,
        port=443 if scheme == "https" else 80,
        path=path,
        vantage=INTERNET,
        via=Via(kind="ingress", name=item.name),
    )


# -- Gateway ------------------------------------------------------------------------------------------------------


def _gateways(state: ClusterState, service: Service) -> Iterator[Entry]:
    for route in state.routes_by_backend.get(service.name, []):
        for parent in route.spec.parent_refs:
            gateway = parent_name(state, route, parent)
            if gateway is not None:
                yield from _route_entries(state, service, route, parent, gateway)


def _route_entries(
    state: ClusterState, service: Service, route: Route, parent: ParentReference, gateway: Name
) -> Iterator[Entry]:
    item = state.gateways.get(gateway)
    listener, hostnames = _listener(state, gateway, route)
    addresses = [a.value for a in (item.status.addresses or item.spec.addresses)] if item else []
    for index, rule in enumerate(route.spec.rules):
        for ref in rule.backend_refs:
            target = Name(ref.namespace or route.metadata.namespace, ref.name)
            if target != service.name or ref.kind != "Service":
                continue
            match = rule.matches[0] if rule.matches else None
            path = _sample_path(match) if match else "/"
            host = (hostnames or route.spec.hostnames or [""])[0]
            written = f"{host or '*'}{_written_path(match, path)}"
            request = _route_request(route, listener, host, path, gateway, service.name)
            if match:
                headers = {h.name: _sample_value(h) for h in match.headers}
                method = match.method if isinstance(match.method, str) and match.method else "GET"
                request = replace(request, headers=headers, method=method)
            key = next((port_key(p) for p in service.spec.ports if p.port == ref.port), "")
            yield Entry(
                id=f"gw.{route.kind}.{route.metadata.name}.{gateway.name}.{parent.section_name}.{index}",
                kind="gateway",
                requests=((key, request),),
                address=addresses[0] if addresses else "",
                host=host,
                rule=route.kind if route.kind in ("TCPRoute", "UDPRoute") else written,
                object=route.ref,
                front=GATEWAY.ref(*gateway),
                field=("spec", "rules", index),
            )


def _sample_path(match: RouteMatch) -> str:
    """A path that a match takes: with its query, and for gRPC the service and method."""
    if isinstance(match.method, MethodMatch):
        service, method = match.method.service or "any.Service", match.method.method or "Any"
        if match.method.type == "RegularExpression":
            service, method = example(service), example(method)
        return f"/{service}/{method}"
    query = "&".join(f"{q.name}={_sample_value(q)}" for q in match.query_params)
    regular = match.path.type == "RegularExpression"
    path = example_path(match.path.value) if regular else match.path.value
    return path + (f"?{query}" if query else "")


def _written_path(match: RouteMatch | None, sample: str) -> str:
    """What names the rule: a regular expression as the route has it, else the path that is asked for."""
    regular = match is not None and match.path.type == "RegularExpression"
    return match.path.value if match and regular else sample


def _sample_value(match: ValueMatch) -> str:
    return example(match.value) if match.type == "RegularExpression" else match.value


def _listener(state: ClusterState, gateway: Name, route: Route) -> tuple[Listener | None, list[str]]:
    """The listener a route is reached by: one that took it (https first), else the first there is."""
    item = state.gateways.get(gateway)
    if item is None:
        return None, []
    taken = [
        (bound.listener, hostnames)
        for bound in listeners_of(state, item)
        for attached, hostnames in attached_routes(state, item, bound)
        if attached.ref == route.ref
    ]
    if taken:
        return max(taken, key=lambda pair: pair[0].protocol == "HTTPS")
    return (item.spec.listeners[0] if item.spec.listeners else None), []


def _route_request(
    route: Route, listener: Listener | None, host: str, path: str, gateway: Name, service: Name
) -> Request:
    protocol = listener.protocol if listener else "HTTP"
    scheme = {"HTTPS": "https", "HTTP": "http", "TLS": "tls", "UDP": "udp"}.get(protocol, "tcp")
    port = listener.port if listener else 80
    name = host.replace("*.", "any.", 1) or "any.invalid"
    return Request(
        to=f"{scheme}://{host or '*'}{path if route.kind.startswith('HTTP') else ''}",
        scheme=scheme,
        host=name,
        port=port,
        path=path,
        vantage=INTERNET,
        via=Via(kind="gateway", name=gateway),
        prefer=service,
    )


# -- who can find it ----------------------------------------------------------------------------------------------


def exposure(state: ClusterState, service: Service, found: list[Entry]) -> Exposure:
    """How far away a client of this Service can stand, by the addresses of its ways in."""
    scopes: set[str] = set()
    for entry in found:
        if entry.kind == "load-balancer":
            scopes.add(load_balancer.exposure(service))
        elif entry.kind in ("ingress", "gateway"):
            if entry.kind == "ingress" and entry.object and _is_unserved(state, entry.object):
                continue
            scopes.add(load_balancer.scope_of(entry.address))
        elif entry.kind == "external-ip":
            scopes.add(load_balancer.scope_of(entry.address))
        elif entry.kind == "node-port":
            scopes.add(_node_scope(state))
    if "internet" in scopes:
        return "internet"
    if "unknown" in scopes:
        return "unknown"
    if "internal" in scopes:
        return "internal"
    return "cluster"


def _is_unserved(state: ClusterState, ref: ObjectRef) -> bool:
    return served_by(state, state.ingresses[Name(ref.namespace, ref.name)]).served is False


def _node_scope(state: ClusterState) -> str:
    """A node port is public where a node has a public address (section 9)."""
    if not state.nodes:
        return "unknown"
    addresses = [a.address for n in state.nodes.values() for a in n.status.addresses if a.type == "ExternalIP"]
    return "internet" if any(load_balancer.scope_of(a) == "internet" for a in addresses) else "internal"
