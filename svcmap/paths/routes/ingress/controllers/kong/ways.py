"""Kong: whole routes are compared, and plugins may answer (controllers.md CK)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from svcmap.model.core import Service, ServicePort
from svcmap.model.group_kinds import INGRESS
from svcmap.model.networking import Ingress
from svcmap.model.reads import reads
from svcmap.model.state import ClusterState
from svcmap.paths.routes.ingress.controllers.kong.plugins import note_plugins
from svcmap.paths.routes.ingress.controllers.plain import PLAIN, compared_path
from svcmap.paths.routes.ingress.controllers.ways import Met, Taken
from svcmap.paths.routes.ingress.tables import near, table_of
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import kong


def take(walk: Walk, candidates: Sequence[Ingress], served: rules.ServedBy) -> Taken:
    """CK-3: the route that is best as a whole, whichever of its paths fits; the default backend of the oldest Ingress
    that has one is behind all of them (CK-6).
    """
    del served
    host, path, request = walk.request.authority, compared_path(walk, candidates), walk.request
    oldest_first = sorted(candidates, key=lambda item: item.age)
    server_name = host.lower() if request.scheme == "https" else ""
    fitting = [
        pair
        for item in oldest_first
        if kong.conditions_of(item.metadata.annotations).hold(request.method, request.headers, server_name)
        for pair in _fitting(walk, item, host, path)
    ]
    if not fitting:
        every = (target for item in oldest_first for target in table_of(walk.state, item).targets)
        return Taken(candidates, rules.Match(target=next((t for t in every if t.is_default), None)))
    best, target = max(fitting, key=lambda pair: pair[0].rank)
    lost = [f"{other.text}: Kong puts the whole route of {target.text} before it (CK-3)" for _, other in fitting]
    losers = [text for text, (route, _) in zip(lost, fitting, strict=True) if route is not best]
    equal = tuple(route.owner.name for route, _ in fitting if route is not best and route.rank == best.rank)
    return Taken(candidates, rules.Match(target=target, losers=tuple(losers[: rules.NAMED]), equal=equal))


def _fitting(walk: Walk, item: Ingress, host: str, path: str) -> Iterator[tuple[kong.Route, rules.RuleTarget]]:
    """The routes of an Ingress that take a request, each with the longest of its paths that does."""
    mark, found = kong.mark_of(item.metadata.annotations), dict[int, tuple[kong.Route, rules.RuleTarget]]()
    for target in near(walk.state, item, kong.is_open, host, path):
        route = _routes(walk.state, item).of(target, host)
        if route is None or not kong.fits(target, path, mark):
            continue
        if (best := found.get(id(route))) is None or len(target.path) > len(best[1].path):
            found[id(route)] = route, target
    yield from found.values()


def _routes(state: ClusterState, item: Ingress) -> kong.Routes:
    made = partial(kong.Routes, item, table_of(state, item).targets)
    return state.remember("kong_routes", item.name, made, reads(INGRESS))


def through_plugins(walk: Walk, met: Met, service: Service, port: ServicePort) -> None:
    """The plugins of Ingress and Service have their say before the pods do."""
    del port
    note_plugins(walk, met.item, service)


KONG = PLAIN._replace(take=take, to_service=through_plugins)
