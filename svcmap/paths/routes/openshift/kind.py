"""OpenShift's Route as a kind of route. A front is some Routes of one host, which the router serves together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from svcmap.model.addresses import canonical
from svcmap.model.core import Service
from svcmap.model.group_kinds import OPENSHIFT_ROUTE, group_kind
from svcmap.model.openshift import Route
from svcmap.model.reads import reads
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Box, Entry, port_key
from svcmap.paths.asking.request import ANY_HOST, INTERNET, Request, Via
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.outcome import Answer, Hop, Trace
from svcmap.paths.routes.front import take_up_http
from svcmap.paths.routes.kind import Claim, HostRank, Overlooked
from svcmap.paths.routes.openshift.through import (
    RULE,
    WORD,
    Candidate,
    Refusal,
    is_at_router,
    router_service,
    through_router,
)
from svcmap.paths.walk import Walk
from svcmap.semantics import openshift as rules

Front = Sequence[Candidate]
RESTS_ON = reads(OPENSHIFT_ROUTE)


class RouteIndex:
    """The Routes by host, by the router's name and by the Services they name."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.by_host: dict[str, list[Candidate]] = {}
        self.by_address: dict[str, list[Candidate]] = {}
        self.by_backend: dict[Name, list[Candidate]] = {}
        self.by_name: dict[Name, Candidate] = {}
        held = rules.holders(route for route in routes if rules.admission(route).admitted is not False)
        for route in routes:
            self._add(Candidate(route, _refusal(route, held.get(route.name))))

    def _add(self, candidate: Candidate) -> None:
        route, host = candidate.route, rules.host_key(candidate.route)
        self.by_name[route.name] = candidate
        for name in dict.fromkeys(route.backend_services):
            self.by_backend.setdefault(name, []).append(candidate)
        if host:
            self.by_host.setdefault(host, []).append(candidate)
        if address := route.canonical_hostname:
            self.by_address.setdefault(canonical(address), []).append(candidate)


def _refusal(route: Route, holder: Route | None) -> Refusal | None:
    """Why a Route gets nothing: what a router said or would say, else who is older."""
    admitted, why = rules.admission(route)
    if admitted is False:
        step = f"kubectl describe route -n {route.name.namespace} {route.name.name}"
        because = f": {why.rstrip('.')}" if why else ""
        return Refusal("not-accepted", f"No router admits Route {route.name}{because}.", step)
    if route.spec.host and not rules.is_host(route.spec.host):
        says = f"The host {route.spec.host} is no name of DNS in lower case: the router refuses Route {route.name}."
        return Refusal("not-accepted", says, "set spec.host to a DNS name; for a wildcard set wildcardPolicy")
    if admitted is True or holder is None:
        return None
    older = "is older and " if rules.is_older(holder, route) else ""
    return Refusal(
        "host-taken",
        f"Route {holder.name} {older}holds {rules.host_key(holder)}, so Route {route.name} gets no requests.",
        "give one of them another host or path",
        tuple(_taken_for_granted(route, holder)),
    )


def _taken_for_granted(route: Route, holder: Route) -> Iterator[str]:
    if holder.name.namespace != route.name.namespace:
        yield "the router keeps a host to one namespace"
    if not rules.is_older(holder, route) and rules.admission(holder).admitted is not True:
        yield f"Route {holder.name} is older than Route {route.name}: the source does not say"


def index_of(state: ClusterState) -> RouteIndex:
    """The index of a state, made once."""

    def make() -> RouteIndex:
        return RouteIndex(list(state.all(OPENSHIFT_ROUTE, Route).values()))

    found: RouteIndex = state.remember("openshift_routes", None, make, RESTS_ON)
    return found


class OpenShiftRoutes:
    """The RouteKind of route.openshift.io."""

    word = WORD
    object_kinds = (OPENSHIFT_ROUTE,)
    other_kinds = ()
    takes_streams = False
    advice = "is it admitted, and do host, path and tls fit the request?"

    def entries(self, state: ClusterState, service: Service) -> Iterator[Entry]:
        for candidate in index_of(state).by_backend.get(service.name, ()):
            yield _entry(state, service, candidate)

    def terms(self, state: ClusterState, service: Name) -> Iterator[str]:
        for item in index_of(state).by_backend.get(service, ()):
            yield from (text for text in (rules.host_key(item.route), item.route.canonical_hostname) if text)

    def claim(self, state: ClusterState, host: str) -> Claim | None:
        if not (found := _of_host(index_of(state), host)):
            return None
        served = [item.route for item in found if item.refusal is None]
        ranks = [HostRank.WILDCARD if rules.is_wildcard(route) else HostRank.EXACT for route in served]
        objects = tuple(item.route.ref for item in found)
        return Claim(max(ranks, default=HostRank.REFUSED), found, objects, tuple(_owners(served)))

    def at(self, state: ClusterState, address: str) -> Front | None:
        return index_of(state).by_address.get(address)

    def addresses(self, front: Front) -> Iterator[str]:
        return (item.route.canonical_hostname for item in front if item.route.canonical_hostname)

    def served(self, state: ClusterState) -> Iterator[tuple[str, Name]]:
        for service, candidates in index_of(state).by_backend.items():
            yield from ((address, service) for address in self.addresses(candidates))

    def led_by(self, state: ClusterState) -> Iterator[tuple[Name, Name]]:
        for service, candidates in index_of(state).by_backend.items():
            fronts = (router_service(state, candidate.route) for candidate in candidates)
            yield from ((front.name, service) for front in fronts if front)

    def may_be_at_any(self, state: ClusterState) -> Front | None:
        """A router is at one address with every Route; which host was meant, an address alone does not say."""
        del state
        return None

    def named(self, state: ClusterState, name: Name) -> Front | None:
        """A Route that is served, with those of its host: the router knows no request for one of them."""
        index = index_of(state)
        candidate = index.by_name.get(name)
        if candidate is None or candidate.refusal or not candidate.route.host:
            return [candidate] if candidate else None
        return _of_host(index, candidate.route.host)

    def follow(self, walk: Walk, front: Front) -> Trace:
        return through_router(walk, front)

    def passes_to(self, state: ClusterState) -> Iterator[tuple[Name, Name]]:
        """None: what its proxies pass on has a route."""
        del state
        yield from ()

    def passed_on(self, walk: Walk, found: Trace, service: Service) -> Trace | None:
        """By a Service in front of the router, through the Routes of the host."""
        if not walk.request.has_own_host or not is_at_router(found, service):
            return None
        if (unlike := take_up_http(walk, found, service)) is not None:
            return unlike
        routes = _of_host(index_of(walk.state), walk.request.authority)
        return through_router(walk, routes) if routes else self.unclaimed(walk, None)

    def unclaimed(self, walk: Walk, overlooked: Overlooked | None) -> Trace | None:
        """The router answers 503, where the host leads to it at all."""
        first = next((item.route for item in index_of(walk.state).by_name.values() if item.refusal is None), None)
        if first is None:
            return None
        host, said = walk.request.authority, f" {overlooked.says}" if overlooked else ""
        hop = Hop(
            kind=WORD,
            object=first.ref,
            address=f"{host}{walk.request.path}",
            rule=RULE,
            basis="assumed",
            says=f"No Route has {host}: where its name leads to the router, that answers 503.{said}",
            next=overlooked.next if overlooked else "add a Route for the host, or check the spelling",
        )
        walk.assume("a name that no Route has leads to the router")
        return walk.stop(hop, "no-matching-rule", answer=Answer(status=503))

    def overlooked(self, state: ClusterState, host: str) -> Overlooked | None:
        """None: a Route that is not admitted claims its host, and says why it gets nothing."""
        del state, host
        return None

    def senders(self, state: ClusterState, ref: ObjectRef) -> Iterator[Name]:
        """Nothing in a Route names the router's pods."""
        del state, ref
        yield from ()


def _owners(routes: Sequence[Route]) -> Iterator[ObjectRef]:
    """What Routes were made of: OpenShift makes some of each Ingress (CO-1)."""
    for route in routes:
        for owner in route.metadata.owner_references:
            yield group_kind(owner.api_version, owner.kind).ref(route.metadata.namespace, owner.name)


def _of_host(index: RouteIndex, host: str) -> list[Candidate]:
    """The Routes that have a host, of a wildcard too: a path that the first do not have the second may."""
    return [item for key in rules.host_keys(host) for item in index.by_host.get(key, ())]


def _entry(state: ClusterState, service: Service, candidate: Candidate) -> Entry:
    route = candidate.route
    host = rules.host_key(route)
    scheme = "https" if route.termination else "http"
    path = f"/{route.spec.path.removeprefix('/')}"
    ports = rules.ports_of(route, service, endpoints_of(state, service.name))
    request = Request(
        to=f"{scheme}://{host or '*'}{path}",
        scheme=scheme,
        host=host.replace("*.", "any.", 1) or ANY_HOST,
        port=443 if scheme == "https" else 80,
        path=path,
        vantage=INTERNET,
        via=Via(kind=WORD, name=route.name),
        prefer=service.name,
    )
    target = str(route.spec.port.target_port) if route.spec.port else "every port"
    facts = (
        ("rule", f"{host or '*'}{path} -> {service.metadata.name}"),
        ("port.targetPort", target),
        ("tls.termination", route.termination or "none"),
        ("tls.insecureEdgeTerminationPolicy", route.insecure_policy or "None"),
    )
    address = route.canonical_hostname
    return Entry(
        id=f"route.{route.metadata.name}",
        kind=WORD,
        title=WORD,
        requests=((port_key(ports[0]) if ports else "", request),),
        address=address,
        host=host,
        rule=f"{host or '*'}{path}",
        object=route.ref,
        field=("spec",),
        edge=Box(kind="OpenShift router", facts=(("routerCanonicalHostname", address or "?"),)),
        proxy=Box(kind=f"Route {route.metadata.name}", facts=facts),
        is_served=candidate.refusal is None,
        found="route matches",
    )


OPENSHIFT_ROUTES = OpenShiftRoutes()
