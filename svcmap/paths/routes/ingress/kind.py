"""Ingress as a kind of route. A front is some Ingresses, of which those of one controller are merged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from svcmap.model.core import Service
from svcmap.model.group_kinds import INGRESS
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Entry
from svcmap.paths.known.class_params import as_served
from svcmap.paths.known.look_ups import find_service, hosts_of, served_by
from svcmap.paths.outcome import Answer, Hop, Trace
from svcmap.paths.routes.ingress.arriving import arriving
from svcmap.paths.routes.ingress.claims import at_address, claimants, host_index, meant_for, refused
from svcmap.paths.routes.ingress.controller import controller_service
from svcmap.paths.routes.ingress.controllers.registry import passed_on, passes_to, stream_entries, ways_of
from svcmap.paths.routes.ingress.entries import WORD, entries_of
from svcmap.paths.routes.ingress.tables import backends_of, naming, table_of
from svcmap.paths.routes.ingress.through import through_ingress
from svcmap.paths.routes.kind import Claim, HostRank, Overlooked
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import alb

Front = Sequence[Ingress]


class Ingresses:
    """The RouteKind of networking.k8s.io/v1 Ingress."""

    word = WORD
    object_kinds = (INGRESS,)
    other_kinds = ()
    takes_streams = False
    advice = "do host and path match, byte by byte?"

    def entries(self, state: ClusterState, service: Service) -> Iterator[Entry]:
        yield from entries_of(state, service)
        yield from stream_entries(state, service)

    def terms(self, state: ClusterState, service: Name) -> Iterator[str]:
        for item in naming(state, service):
            named = table_of(state, item).by_backend.get(service.name, ())
            yield from (target.host for _, target in named if target.host)
            yield from self.addresses([item])
        if (found := find_service(state, service)) is not None:
            yield from (entry.address for entry in stream_entries(state, found) if entry.address)

    def claim(self, state: ClusterState, host: str) -> Claim | None:
        ranked = claimants(state, host)
        there = [(rank, item) for rank, item in ranked if refused(state, item) is None]
        if not there and (meant := [item for _, item in ranked] or meant_for(state, host)):
            return Claim(HostRank.REFUSED, meant, tuple(item.ref for item in meant))
        best = max((rank for rank, _ in there), default=0)
        objects = tuple(item.ref for rank, item in there if rank == best)
        if not there:
            return None
        if best <= HostRank.ANY:
            return Claim(HostRank(best), [item for _, item in there], objects)
        front, *rivals = _fronts(state, there)
        return Claim(HostRank(best), front, objects, rivals=tuple((items[0].ref, items) for items in rivals))

    def at(self, state: ClusterState, address: str) -> Front | None:
        return at_address(state, address) or None

    def addresses(self, front: Front) -> Iterator[str]:
        return (place.ip or place.hostname for item in front for place in item.status.load_balancer.ingress)

    def served(self, state: ClusterState) -> Iterator[tuple[str, Name]]:
        for item in state.ingresses.values():
            for address in self.addresses([item]):
                yield from ((address, service) for service in backends_of(state, item))

    def led_by(self, state: ClusterState) -> Iterator[tuple[Name, Name]]:
        for item in state.ingresses.values():
            if not item.status.load_balancer.ingress and (front := controller_service(state, item)):
                yield from ((front.name, service) for service in backends_of(state, item))

    def may_be_at_any(self, state: ClusterState) -> Front | None:
        return host_index(state).may_be_anywhere or None

    def named(self, state: ClusterState, name: Name) -> Front | None:
        return [state.ingresses[name]] if name in state.ingresses else None

    def follow(self, walk: Walk, front: Front) -> Trace:
        return through_ingress(walk, front)

    def passes_to(self, state: ClusterState) -> Iterator[tuple[Name, Name]]:
        return passes_to(state)

    def passed_on(self, walk: Walk, found: Trace, service: Service) -> Trace | None:
        """By a stream of the controller, whoever's Ingresses it serves; else by the rules of these."""
        return passed_on(walk, found, service) or arriving(walk, found, service)

    def unclaimed(self, walk: Walk, overlooked: Overlooked | None) -> Trace | None:
        """The controller answers 404, where the host leads to it at all."""
        host, served = walk.request.authority, host_index(walk.state).first_served
        if served is None:
            return None
        if found := ways_of(served_by(walk.state, served)).unmatched(walk, served):
            return found
        said = f" {overlooked.says}" if overlooked else ""
        wide = host_index(walk.state).too_short(host)
        said += f" {wide}" if wide and not overlooked else ""
        hop = Hop(
            kind=WORD,
            address=f"{host}{walk.request.path}",
            rule="I1",
            object=served.ref,
            basis="assumed",
            says=f"No rule has {host}: where its name leads to the Ingress controller, that answers 404.{said}",
            next=overlooked.next if overlooked else "add a rule for the host, or check the spelling",
        )
        walk.assume("a name that no rule has leads to the Ingress controller")
        return walk.stop(hop, "no-matching-rule", answer=Answer(status=404))

    def overlooked(self, state: ClusterState, host: str) -> Overlooked | None:
        """I7: no controller serves its class."""
        for item in host_index(state).unserved(host):
            if hosts_of(state, item).specificity(host) > HostRank.ANY:
                reason = served_by(state, item).reason
                says = f"Ingress {item.name} has this host, but no controller serves it ({reason})."
                step = _class_to_set(state)
                return Overlooked(item.ref, says, step, reason or "no-ingress-class")
        return None

    def senders(self, state: ClusterState, ref: ObjectRef) -> Iterator[Name]:
        item = state.ingresses.get(ref.own_name)
        if item is not None and (front := controller_service(state, item)):
            yield front.name


def _fronts(state: ClusterState, ranked: Sequence[tuple[int, Ingress]]) -> list[list[Ingress]]:
    """The Ingresses that take a host, by who serves them, those first that name it best: others have a front of their
    own, which has the host only where one of theirs names it as well.
    """
    best = max(rank for rank, _ in ranked)
    found: dict[tuple[str, str], list[Ingress]] = {}
    for _, item in sorted(ranked, key=lambda pair: pair[0] != best):
        found.setdefault(_server_of(state, item), []).append(item)
    first, *others = found.values()
    return [first, *(items for items in others if (best, items[0]) in ranked)]


def _server_of(state: ClusterState, item: Ingress) -> tuple[str, str]:
    """The class of an Ingress, and the load balancer where not all share one: that of a group of ALB, or its own."""
    served = served_by(state, item)
    if rules.flavour(served) not in ("alb", "gce"):  # CA-4, CG-2
        return served.ingress_class, ""
    return served.ingress_class, alb.group_of(as_served(state, item)) or str(item.name)


def _class_to_set(state: ClusterState) -> str:
    """What to set so that a controller serves an Ingress: one that goes by an annotation looks at that alone."""
    for name, item in state.ingress_classes.items():
        by = rules.controller_of(item.spec.controller, name)
        if by is None or not by.by_annotation:
            return f"set spec.ingressClassName to {name}"
    return f"set the annotation {rules.CLASS_ANNOTATION}, or spec.ingressClassName to a class that is there"


INGRESSES = Ingresses()
