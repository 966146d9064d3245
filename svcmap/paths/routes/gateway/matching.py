"""Which rule of a Gateway's routes takes a request, as its implementation reads rules (controllers.md 11.2)."""

from __future__ import annotations

import re

from svcmap.clean_paths import cleaned, is_clean
from svcmap.model.gateway import Gateway, GatewayClass
from svcmap.model.group_kinds import GATEWAY_CLASS
from svcmap.model.refs import Name, ObjectRef
from svcmap.paths.asking.request import Request
from svcmap.paths.outcome import Answer, Hop, Trace, Undecided
from svcmap.paths.routes.gateway.attached import Attached, attached_routes, implementation_of, listeners_of
from svcmap.paths.routes.gateway.entries import WORD
from svcmap.paths.walk import Walk
from svcmap.semantics import gateway as rules

ESCAPED = re.compile("%2[Ff]|%5[Cc]")
NEAR = 2
"""Rules that nearly match of which a sentence tells."""


def matches_of(walk: Walk, gateway: Gateway, attached: Attached) -> list[rules.RuleMatch]:
    """The rules that fit, the winner first. Where implementations differ about it, and this one is not known, its class
    decides (GW-13).
    """
    request = walk.request
    readings = rules.readings_of(implementation_of(walk.state, gateway))
    found = [
        rules.match_rules(
            attached, request.authority, as_compared(request.path, reading), request.method, request.headers, reading
        )
        for reading in readings
    ]
    if readings[0].cleaning == "unknown" and not is_clean(request.path.partition("?")[0]):
        could = "is of an implementation that may clean the path first, before it compares it with rules"
        undecided = Undecided(object=gateway.ref, field="spec.gatewayClassName", could=could)
        walk.doubt(undecided, WORD, "GW-13", refuses=False)
    winners = [rules_[0] if rules_ else None for rules_ in found]
    others = [item for item in winners if _place(item) != _place(winners[0])]
    if others:
        names = dict.fromkeys(_told(item) for item in (winners[0], *others))
        wanted = gateway.spec.gateway_class_name
        of_class = walk.state.all(GATEWAY_CLASS, GatewayClass).get(Name("", wanted))
        could = f"is an implementation whose order of rules is not known: {' or '.join(names)} may take the request"
        field = "spec.controllerName" if of_class else "spec.gatewayClassName"
        ref = of_class.ref if of_class else gateway.ref
        walk.doubt(Undecided(object=ref, field=field, could=could), WORD, "GW-13", refuses=False)
    return found[0]


def as_compared(path: str, reading: rules.Reading) -> str:
    """The path that is compared, with the query."""
    target, mark, query = path.partition("?")
    return f"{cleaned(target, reading.cleaning)}{mark}{query}"


def unescaped(walk: Walk, gateway: Gateway, address: str) -> Trace | None:
    """GW-20: Envoy Gateway sends a path with encoded slashes to the one without (path.escapedSlashesAction)."""
    found = implementation_of(walk.state, gateway)
    path = walk.request.path.partition("?")[0]
    if found is None or found.reading is None or not found.reading.unescapes or not ESCAPED.search(path):
        return None
    location = as_compared(ESCAPED.sub("/", walk.request.path), found.reading)
    says = f"The path has encoded slashes: {found.title} answers with a redirect (307) to {location}."
    walk.add(Hop(kind=WORD, object=gateway.ref, address=address, rule="GW-13", says=says))
    answer = Answer(status=307, location=location, location_path=location.partition("?")[0])
    return walk.end("redirect", reason="redirect", answer=answer)


def _place(found: rules.RuleMatch | None) -> tuple[ObjectRef, int] | None:
    return (found.route.ref, found.rule_index) if found else None


def _told(found: rules.RuleMatch | None) -> str:
    if found is None:
        return "no rule"
    return f"{found.match.path.type} {found.match.path.value} of {found.route.kind} {found.route.metadata.name}"


def elsewhere(walk: Walk, gateway: Gateway) -> str:
    """A route with the host that is attached to another listener of the Gateway (GEP-1713: listeners are apart)."""
    host = walk.request.authority
    for bound in listeners_of(walk.state, gateway):
        for route, names in attached_routes(walk.state, gateway, bound):
            if any(rules.hostname_matches(name, host) for name in names):
                return f" {route.kind} {route.name} has this host, and is attached to listener {bound.name}."
    return ""


def near(request: Request, attached: Attached) -> str:
    """Which rule would take the request but for one thing."""
    asked = attached, request.authority, request.path, request.method, request.headers
    found = dict.fromkeys(f"{lack} ({route.kind} {route.name})" for route, _, lack in rules.near_misses(*asked))
    return f" Nearly: one asks for {', one for '.join(list(found)[:NEAR])}." if found else ""
