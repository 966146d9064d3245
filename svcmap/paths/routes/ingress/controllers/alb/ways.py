"""ALB: the first rule of the load balancer that fits, of all Ingresses of its group (controllers.md CA)."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.networking import Ingress
from svcmap.paths.known.class_params import as_served
from svcmap.paths.known.look_ups import served_by
from svcmap.paths.outcome import Trace, Undecided
from svcmap.paths.routes.ingress.controllers.alb.answers import (
    before_rules,
    instead_of_service,
    turned_away,
    url_of,
)
from svcmap.paths.routes.ingress.controllers.alb.classes import let_in, may_use, of_class
from svcmap.paths.routes.ingress.controllers.alb.faults import note_group_faults
from svcmap.paths.routes.ingress.controllers.alb.forwards import forwarded
from svcmap.paths.routes.ingress.controllers.alb.nodes import without_nodes
from svcmap.paths.routes.ingress.controllers.plain import PLAIN, by_annotations, note_reading
from svcmap.paths.routes.ingress.controllers.ways import Met, Taken
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.tables import near, table_of, with_best_rules
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import alb, alb_actions
from svcmap.semantics.ingress.alb_conditions import Asked, annotation_of, is_open, takes


def take(walk: Walk, candidates: Sequence[Ingress], served: rules.ServedBy) -> Taken:
    """CA-6: the first rule of the load balancer that fits; one that redirects to what was asked for is left out."""
    del served
    request = walk.request
    url = url_of(walk)
    path, _, query = request.path.partition("?")
    addresses = () if walk.client.inside else tuple(walk.client.addresses)
    asked = Asked(request.authority, path, query, request.method or "GET", request.headers, addresses)
    members = alb.in_order(_group(walk, candidates))
    default = None
    for item in members:
        if alb.listens(item, request.scheme, request.port) is False:
            continue
        for target in alb.by_priority(near(walk.state, item, is_open, request.authority, path)):
            action = alb_actions.action_of(item, target, url)
            fits = takes(item.metadata.annotations, target, asked)
            if fits is not False and (action is None or action.location != url):
                if fits is None:
                    _doubt_conditions(walk, item, target)
                return Taken(members, rules.Match(target=target))
        default = default or next((t for t in table_of(walk.state, item).targets if t.is_default), None)
    return Taken(members, rules.Match(target=default))


def _doubt_conditions(walk: Walk, item: Ingress, target: rules.RuleTarget) -> None:
    field = f"metadata.annotations[{annotation_of(target)}]"
    could = "decides whether the rule takes the request: that, or the client's address, is not known"
    walk.doubt(Undecided(object=item.ref, field=field, could=could), WORD, "CA-A3", refuses=False)


def _group(walk: Walk, candidates: Sequence[Ingress]) -> list[Ingress]:
    """The Ingresses that share a load balancer with the one that names the host best."""
    best = next(iter(with_best_rules(walk.state, candidates, walk.request.authority)), candidates[0])
    best = as_served(walk.state, best)
    name = alb.group_of(best)
    if not name:
        return [best]
    wanted = served_by(walk.state, best).ingress_class
    of_class = (i for i in walk.state.ingresses.values() if served_by(walk.state, i).ingress_class == wanted)
    mine = (as_served(walk.state, item) for item in of_class if may_use(walk.state, item) is not False)
    return [item for item in mine if alb.group_of(item) == name]


def note(walk: Walk, met: Met) -> None:
    """What stops the whole group."""
    note_reading(walk, met)
    note_group_faults(walk, met.main, met.served, met.target)


def answer(walk: Walk, met: Met) -> Trace | None:
    """Lists of all members; then listeners, sign-in, and actions instead of a Service."""
    others = [other for other in met.main if other is not met.item]
    if answered := let_in(walk, met.item) or by_annotations(walk, met, others) or before_rules(walk, met.main):
        return answered
    if met.target is None:
        return None
    turned = turned_away(walk, met.item, met.target)
    return turned or forwarded(walk, met, met.target) or instead_of_service(walk, met.item, met.target)


ALB = PLAIN._replace(
    looks_at=of_class,
    take=take,
    note=note,
    sharing=lambda met: met.main,
    answer=answer,
    to_service=without_nodes,
)
