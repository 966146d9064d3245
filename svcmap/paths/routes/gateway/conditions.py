"""What the status of a Gateway and of a route says beside yes and no: quoted; what could decide is a doubt (GW-13), and
that there is no address decides.

Conditions by which a controller has not accepted something are in `attached`: they decide too.
"""

from __future__ import annotations

from svcmap.model.gateway import Gateway, GatewayClass, ListenerSet, Observed, Route, RouteMatch, RouteRule
from svcmap.model.group_kinds import GATEWAY_CLASS
from svcmap.model.refs import Name, ObjectRef
from svcmap.paths.outcome import Hop, Trace, Undecided
from svcmap.paths.routes.gateway.attached import conditions_of, implementation_of, parent_name
from svcmap.paths.routes.gateway.backends import Problem, backend_problem
from svcmap.paths.routes.gateway.entries import WORD
from svcmap.paths.walk import Walk
from svcmap.semantics import gateway as rules

NOT_PROGRAMMED = "not-programmed"
WITHOUT_ADDRESS = ("AddressNotAssigned", "AddressNotUsable")
"""Reasons of Programmed False by which nobody has given a Gateway an address (apis/v1/gateway_types.go)."""

RESOLVABLE = ("ref-not-permitted", "backend-not-found", "backend-port-not-found")
"""What a controller would have said of a reference in ResolvedRefs (HTTPRouteReason)."""


def without_address(walk: Walk, gateway: Gateway, port: int) -> Trace | None:
    """The finished trace of a request to a Gateway of which its controller says that it has no address: as a Service
    whose load balancer is pending (S13), nobody can connect to it. A pod that is sent there (`--via`) knows its proxy.
    """
    if walk.client.inside and walk.request.via:
        return None
    found = rules.said(gateway.status.conditions, gateway.metadata.generation, "Programmed", "False")
    if gateway.status.addresses or found is None or found.reason not in WITHOUT_ADDRESS:
        return None
    hop = Hop(
        kind="load-balancer",
        object=gateway.ref,
        address=f"<pending>:{port}",
        rule="GW-13",
        basis="observed",
        says=f"Gateway {gateway.name} has no address, says its controller ({found.reason}): {rules.quoted(found)}.",
        next=gateway.ref.kubectl("describe"),
    )
    return walk.stop(hop, "no-address")


def note_programmed(walk: Walk, gateway: Gateway, bound: rules.BoundListener) -> None:
    """Programmed False: not ready yet, or no address. What was programmed before may serve all the same."""
    owner: Gateway | ListenerSet = gateway
    if bound.owner != gateway.ref:
        owner = walk.state.all(bound.owner.of_kind, ListenerSet)[bound.owner.own_name]
    of_listener = [item.conditions for item in owner.status.listeners if item.name == bound.name]
    for conditions, what, generation in (
        (gateway.status.conditions, f"Gateway {gateway.name}", gateway.metadata.generation),
        *((item, f"listener {bound.name}", owner.metadata.generation) for item in of_listener),
    ):
        if (waits := rules.said(conditions, generation, "Accepted", "Unknown")) and not rules.is_taken_up(conditions):
            could = f"is Unknown: {rules.quoted(waits)}"
            undecided = Undecided(object=gateway.ref, field="status condition Accepted", could=could)
            walk.doubt(undecided, WORD, "GW-13", refuses=True, why="")
        if found := rules.said(conditions, generation, "Programmed", "False"):
            walk.warn(NOT_PROGRAMMED)
            walk.assume(f"{what} serves, although its controller says that it is not programmed: {rules.quoted(found)}")
        _note_outdated(walk, what, conditions, generation)


def note_route(walk: Walk, gateway: Gateway, route: Route, rule: RouteRule, match: RouteMatch) -> None:
    """What its controller says of a route that it has taken: rules it left out, references it did not find; and the
    features of its rule that nobody claims for the implementation.
    """
    generation, accepted = route.metadata.generation, False
    for parent in route.spec.parent_refs:
        if parent_name(walk.state, route, parent) != gateway.name:
            continue
        conditions = tuple(conditions_of(walk.state, route, parent))
        _note_outdated(walk, str(route.ref), conditions, generation)
        partly = rules.said(conditions, generation, "PartiallyInvalid", "True")
        unresolved = rules.said(conditions, generation, "ResolvedRefs", "False")
        if partly is not None:
            _doubt(walk, route.ref, partly)
        elif unresolved is not None and not _has_problem(walk, route):
            _doubt(walk, route.ref, unresolved)
        elif (resolved := rules.said(conditions, generation, "ResolvedRefs", "True")) and (
            lack := _lack(walk, route, rule)
        ):
            _doubt(walk, route.ref, resolved, f", but of the source: {lack.says.rstrip('.')}")
        elif rules.said(conditions, generation, "Accepted", "True"):
            accepted = True
    if not accepted:
        _note_features(walk, gateway, route, rule, match)


def _lack(walk: Walk, route: Route, rule: RouteRule) -> Problem | None:
    """What a controller that has resolved the references of a rule has found, and the source does not have."""
    found = (backend_problem(walk.state, route, ref) for ref in rule.backend_refs)
    return next((problem for problem in found if problem and problem.reason in RESOLVABLE), None)


def _doubt(walk: Walk, ref: ObjectRef, condition: Observed, beside: str = "") -> None:
    could = f"is {condition.status}, says its controller: {rules.quoted(condition)}{beside}"
    undecided = Undecided(object=ref, field=f"status condition {condition.type}", could=could)
    walk.doubt(undecided, WORD, "GW-13", refuses=False, why="")


def _has_problem(walk: Walk, route: Route) -> bool:
    """Whether what the controller did not find is not found here either: it is said where it decides."""
    return any(backend_problem(walk.state, route, ref) for rule in route.spec.rules for ref in rule.backend_refs)


def _note_outdated(walk: Walk, what: str, conditions: tuple[Observed, ...], generation: int) -> None:
    for found in rules.outdated(conditions, generation):
        walk.assume(
            f"{what} is as it is written now: condition {found.type} {found.status} is about generation"
            f" {found.observed_generation}, and this is {generation}"
        )


def _note_features(walk: Walk, gateway: Gateway, route: Route, rule: RouteRule, match: RouteMatch) -> None:
    claimed, known = claims_of(walk, gateway)
    index = route.spec.rules.index(rule) if rule in route.spec.rules else 0
    for feature in rules.unsupported(rule, match, claimed, known):
        note_feature(walk, gateway, route.ref, f"spec.rules[{index}]", f"uses {feature}")


def claims_of(walk: Walk, gateway: Gateway) -> tuple[frozenset[str], rules.Implementation | None]:
    """The features that the class of a Gateway lists, and what is known of its implementation."""
    of_class = walk.state.all(GATEWAY_CLASS, GatewayClass).get(Name("", gateway.spec.gateway_class_name))
    return of_class.status.features if of_class else frozenset(), implementation_of(walk.state, gateway)


def note_feature(walk: Walk, gateway: Gateway, ref: ObjectRef, field: str, says: str) -> None:
    """A feature that nobody claims for the implementation of a Gateway: what it does then nobody knows (GW-72)."""
    claimed, known = claims_of(walk, gateway)
    by = f"GatewayClass {gateway.spec.gateway_class_name}" if claimed or known is None else known.title
    undecided = Undecided(object=ref, field=field, could=f"{says}, which {by} does not claim to support")
    walk.doubt(undecided, WORD, "GW-13", refuses=False)
