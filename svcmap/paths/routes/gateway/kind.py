"""Gateway API as a kind of route. A front is a Gateway, or the name of one that is not in the source."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.model.core import Service
from svcmap.model.gateway import Gateway
from svcmap.model.group_kinds import GATEWAY, LISTENER_SETS, ROUTES
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Entry
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.routes.gateway.arriving import arriving
from svcmap.paths.routes.gateway.attached import is_absent, is_parent, parent_name
from svcmap.paths.routes.gateway.claims import at_address, claimants, with_listener_off
from svcmap.paths.routes.gateway.entries import WORD, entries_of, terms
from svcmap.paths.routes.gateway.fronts import service_of
from svcmap.paths.routes.gateway.overlooked import unattached, without_route
from svcmap.paths.routes.gateway.through import through_gateway
from svcmap.paths.routes.kind import Claim, HostRank, Overlooked
from svcmap.paths.walk import Walk

Front = Gateway | Name


class Gateways:
    """The RouteKind of gateway.networking.k8s.io."""

    word = WORD
    object_kinds = (GATEWAY, *ROUTES)
    other_kinds = LISTENER_SETS
    takes_streams = True
    advice = "are Accepted and ResolvedRefs true?"

    def entries(self, state: ClusterState, service: Service) -> Iterator[Entry]:
        return entries_of(state, service)

    def terms(self, state: ClusterState, service: Name) -> Iterator[str]:
        return terms(state, service)

    def claim(self, state: ClusterState, host: str) -> Claim | None:
        found = claimants(state, host)
        if found is not None:
            (exact, _), (item, *others) = found
            rank = HostRank.EXACT if exact == 2 else HostRank.WILDCARD
            return Claim(rank, item, (item.ref,), rivals=tuple((other.ref, other) for other in others))
        refused = with_listener_off(state, host)
        return Claim(HostRank.REFUSED, refused) if refused else None

    def at(self, state: ClusterState, address: str) -> Front | None:
        return at_address(state, address)

    def addresses(self, front: Front) -> Iterator[str]:
        places = (*front.status.addresses, *front.spec.addresses) if isinstance(front, Gateway) else ()
        return (place.value for place in places if place.value)

    def served(self, state: ClusterState) -> Iterator[tuple[str, Name]]:
        for route in state.routes:
            parents = (parent_name(state, route, parent) for parent in route.spec.parent_refs)
            for name in parents:
                gateway = state.gateways.get(name) if name else None
                for address in self.addresses(gateway) if gateway else ():
                    yield from ((address, service) for service in route.backend_services)

    def led_by(self, state: ClusterState) -> Iterator[tuple[Name, Name]]:
        for route in state.routes:
            parents = (parent_name(state, route, parent) for parent in route.spec.parent_refs)
            gateways = (state.gateways[name] for name in parents if name and name in state.gateways)
            for front in (service_of(state, gateway) for gateway in gateways):
                yield from ((front.name, service) for service in route.backend_services if front)

    def may_be_at_any(self, state: ClusterState) -> Front | None:
        del state
        return None

    def named(self, state: ClusterState, name: Name) -> Front | None:
        if name in state.gateways:
            return state.gateways[name]
        return name if any(is_parent(state, name, route) for route in state.routes) else None

    def follow(self, walk: Walk, front: Front) -> Trace:
        if isinstance(front, Gateway):
            return through_gateway(walk, front)
        if is_absent(walk.state, front):
            says = f"Gateway {front} does not exist (without a namespace a parentRef means the route's own)."
            step = "correct spec.parentRefs of the route; kubectl get gateways -A"
            hop = Hop(kind=WORD, object=GATEWAY.ref(*front), address="?", rule="G2", says=says, next=step)
            return walk.stop(hop, "no-listener")
        says = f"Gateway {front} is not in the source: nothing is known of its listeners."
        ref, needs = GATEWAY.ref(*front), (f"Gateway/{front}",)
        return walk.unknown(Hop(kind=WORD, object=ref, address="?", rule="G2", says=says, needs=needs))

    def passes_to(self, state: ClusterState) -> Iterator[tuple[Name, Name]]:
        """None: what its proxies pass on has a route."""
        del state
        yield from ()

    def passed_on(self, walk: Walk, found: Trace, service: Service) -> Trace | None:
        """By the Service in front of a Gateway, through what listens there."""
        return arriving(walk, found, service)

    def unclaimed(self, walk: Walk, overlooked: Overlooked | None) -> Trace | None:
        del walk, overlooked
        return None

    def overlooked(self, state: ClusterState, host: str) -> Overlooked | None:
        """G2: a route with the host that no listener took, or a listener with the host for which there is no route."""
        return unattached(state, host) or without_route(state, host)

    def senders(self, state: ClusterState, ref: ObjectRef) -> Iterator[Name]:
        """Nothing in a Gateway names its pods."""
        del state, ref
        yield from ()


GATEWAYS = Gateways()
