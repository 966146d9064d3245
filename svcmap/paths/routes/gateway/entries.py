"""The rules of routes that lead to a Service, as entries: each with a request that the rule takes."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from svcmap.model.core import Service
from svcmap.model.gateway import BackendRef, Listener, MethodMatch, ParentReference, Route, RouteMatch, ValueMatch
from svcmap.model.group_kinds import GATEWAY
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Box, Entry, port_key
from svcmap.paths.asking.request import ANY_HOST, INTERNET, SCHEME_PORTS, Request, Via
from svcmap.paths.routes.gateway.attached import attached_routes, listeners_of, parent_name, routes_to
from svcmap.paths.routes.gateway.entry_points import client_port, is_by_entry_point
from svcmap.paths.routes.sample import example, example_path

WORD = "gateway"
MOST = 24
"""Requests (host and match) of a rule that are asked; the rest of a very long list is counted."""


def entries_of(state: ClusterState, service: Service) -> Iterator[Entry]:
    """Every rule of a route that names the Service, at each of its parents."""
    for route in routes_to(state, service.name):
        for parent in route.spec.parent_refs:
            gateway = parent_name(state, route, parent)
            if gateway is not None:
                yield from _route_entries(state, service, route, parent, gateway)


def terms(state: ClusterState, service: Name) -> Iterator[str]:
    """The hosts of the routes that name a Service (without one those of their listeners), and their addresses."""
    for route in routes_to(state, service):
        yield from route.spec.hostnames
        for parent in route.spec.parent_refs:
            gateway = state.gateways.get(parent_name(state, route, parent) or Name("", ""))
            if gateway is None:
                continue
            places = (*gateway.status.addresses, *gateway.spec.addresses)
            yield from (item.value for item in places if item.value)
            if not route.spec.hostnames:
                yield from (listener.hostname for listener in gateway.spec.listeners if listener.hostname)


def _route_entries(
    state: ClusterState, service: Service, route: Route, parent: ParentReference, gateway: Name
) -> Iterator[Entry]:
    item = state.gateways.get(gateway)
    listener, hostnames = _listener(state, gateway, route)
    addresses = [a.value for a in (item.status.addresses or item.spec.addresses)] if item else []
    port = listener.port if listener else 80
    port = client_port(state, item, port) if item and is_by_entry_point(state, item) else port
    hosts = (hostnames or list(route.spec.hostnames) or [""])[:MOST]
    for index, rule in enumerate(route.spec.rules):
        refs = [ref for ref in rule.backend_refs if _is_to(ref, service.name, route)]
        if not refs:
            continue
        keys = list(dict.fromkeys(_port_key(service, ref) for ref in refs))
        asked = [(host, match) for match in rule.matches or (None,) for host in hosts]
        rest = len(hostnames or route.spec.hostnames or [""]) * max(1, len(rule.matches)) - len(asked[:MOST])
        lane = f"gw.{route.kind}.{route.metadata.name}.{gateway.name}.{parent.section_name}.{index}"
        for number, (host, match) in enumerate(asked[:MOST]):
            path = _sample_path(match) if match else "/"
            request = _asking(_route_request(route, listener, port, host, path, gateway, service.name), match)
            written = f"{host or '*'}{_written_path(match, path)}"
            for key in keys:
                own = f"{lane}.{key}" if len(keys) > 1 else lane
                yield Entry(
                    id=f"{own}.{number}" if number else own,
                    kind=WORD,
                    title=WORD,
                    requests=((key, request),),
                    address=addresses[0] if addresses else "",
                    host=host,
                    rule=route.kind if route.kind in ("TCPRoute", "UDPRoute") else written,
                    object=route.ref,
                    front=GATEWAY.ref(*gateway),
                    field=("spec", "rules", index),
                    edge=Box(kind=f"Gateway {gateway.name}", facts=(("Gateway", str(GATEWAY.ref(*gateway))),)),
                    proxy=Box(kind=route.ref.title),
                    found="route matches",
                    lane=own,
                    wants=", ".join(f"{name}: {value}" for name, value in request.headers.items()),
                    unasked=0 if number else rest,
                )


def _is_to(ref: BackendRef, service: Name, route: Route) -> bool:
    return Name(ref.namespace or route.metadata.namespace, ref.name) == service and ref.kind == "Service"


def _port_key(service: Service, ref: BackendRef) -> str:
    return next((port_key(port) for port in service.spec.ports if port.port == ref.port), "")


def _asking(request: Request, match: RouteMatch | None) -> Request:
    """A request with what a match wants beside the path."""
    if match is None:
        return request
    headers = {h.name: _sample_value(h) for h in match.headers}
    method = match.method if isinstance(match.method, str) and match.method else "GET"
    return replace(request, headers=headers, method=method)


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
    route: Route, listener: Listener | None, port: int, host: str, path: str, gateway: Name, service: Name
) -> Request:
    protocol = listener.protocol if listener else "HTTP"
    scheme = {"HTTPS": "https", "HTTP": "http", "TLS": "tls", "UDP": "udp"}.get(protocol, "tcp")
    name = host.replace("*.", "any.", 1) or ANY_HOST
    shown = (host or "*") + ("" if SCHEME_PORTS.get(scheme) == port else f":{port}")
    return Request(
        to=f"{scheme}://{shown}{path if route.kind in ('HTTPRoute', 'GRPCRoute') else ''}",
        scheme=scheme,
        host=name,
        port=port,
        path=path,
        vantage=INTERNET,
        via=Via(kind=WORD, name=gateway),
        prefer=service,
    )
