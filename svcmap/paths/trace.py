"""Follow one request: name or address, the entry that has it, and on to the pods.

`trace` is the only function that decides what becomes of a request; every view of svcmap is a view of its results.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from svcmap.errors import NotFoundError, UsageError
from svcmap.model.assumptions import Assumptions
from svcmap.model.core import Service
from svcmap.model.group_kinds import SERVICE
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import NODE, Aim, Request, Via, parse_request, split_name
from svcmap.paths.destination.by_address import to_address
from svcmap.paths.destination.by_name import by_name
from svcmap.paths.destination.unread_hosts import unread_at_front
from svcmap.paths.known.assumptions import settled
from svcmap.paths.known.contested import Contest, contest_of
from svcmap.paths.known.look_ups import find_service, port_keyed, refusal_of
from svcmap.paths.known.variables import lacking
from svcmap.paths.outcome import Hop, Trace, Undecided
from svcmap.paths.packets.kube_proxy import through_proxy
from svcmap.paths.packets.load_balancer import through_load_balancer
from svcmap.paths.packets.node_port import through_node_port
from svcmap.paths.packets.service import to_service_address
from svcmap.paths.routes.kind import RouteKind
from svcmap.paths.routes.kinds import ROUTE_KINDS, ROUTE_WORDS, kind_called
from svcmap.paths.walk import PASSING, Walk


def trace(state: ClusterState, request: Request, assumptions: Assumptions | None = None) -> Trace:
    """What becomes of a request, hop by hop; where it is sent elsewhere, the target is followed once. Raises
    NotFoundError for a `via` or client that is not in the source.
    """
    found = _with_variables(state, _as_created(state, request, assumptions))
    if found.verdict != "redirect" or not found.answer.location:
        return found
    try:
        to = parse_request(found.answer.location, request.vantage, request.via, request.method, dict(request.headers))
    except UsageError:  # a location of another scheme, or none that could be asked for
        return found
    return _sent_on(found, _as_created(state, to, assumptions))


def _as_created(state: ClusterState, request: Request, assumptions: Assumptions | None) -> Trace:
    """A request, followed. Nothing gets to a Service that the API server refuses (S1-S22): it is not there. Of several
    backends that share requests the others stay.
    """
    found = _passed_on(state, _followed(state, request, assumptions), assumptions)
    is_over = found.verdict in ("unreachable", "redirect") or len(found.backends) > 1
    if found.service is None or is_over:
        return found
    if (refusal := refusal_of(state, found.service)) is not None:
        says = f"The API server refuses Service {found.service} ({refusal.field} {refusal.message}): such an object is"
        return _not_there(state, found, found.service, Refused(refusal.field, f"{says} not there.", "S1"))
    contest = contest_of(state, found.service)
    return found if contest is None else _contested(state, found, found.service, contest)


class Refused(NamedTuple):
    """A field for which the API server refuses a Service, the sentence about it, and its rule."""

    field: str
    says: str
    rule: str


def _contested(state: ClusterState, found: Trace, name: Name, contest: Contest) -> Trace:
    """S5: of two Services that ask for one node port, the API server takes the first."""
    rule = "S5"
    other, number, field = contest.other, contest.number, contest.field
    if contest.is_taken:
        says = f"Service {other} has node port {number} already: the API server refuses Service {name} ({field})."
        return _not_there(state, found, name, Refused(field, says, rule))
    could = f"asks for node port {number}, as Service {other} does: the API server refuses the later one"
    undecided = Undecided(object=SERVICE.ref(*name), field=field, could=could)
    hop = _hop_at(state, name, Refused(field, f"Service {name} {could}.", rule))
    seen = _where(found, hop)
    return replace(
        found,
        verdict="unknown",
        reason=None,
        likely=found.likely if found.verdict == "unknown" else found.verdict,
        undecided=(*found.undecided, undecided),
        hops=(*found.hops[:seen], replace(hop, verdict="unknown", basis="unknown"), *found.hops[seen:]),
    )


def _not_there(state: ClusterState, found: Trace, name: Name, refused: Refused) -> Trace:
    hop = _hop_at(state, name, refused)
    return replace(
        found,
        verdict="unreachable",
        reason="object-refused",
        hops=(*found.hops[: _where(found, hop)], hop),
        endpoints=(),
        undecided=(),
        likely=None,
    )


def _where(found: Trace, hop: Hop) -> int:
    """The hop at which a request meets the object of another one; behind the last where it never does."""
    return next((at for at, item in enumerate(found.hops) if item.object == hop.object), len(found.hops))


def _hop_at(state: ClusterState, name: Name, refused: Refused) -> Hop:
    service = find_service(state, name)
    return Hop(
        kind="service" if service and service.spec.ports else "dns",  # nobody asks for more than its name
        object=SERVICE.ref(*name),
        address=refused.field,
        verdict="stop",
        rule=refused.rule,
        says=refused.says,
        next=f"correct {refused.field}",
    )


def _passed_on(state: ClusterState, found: Trace, assumptions: Assumptions | None) -> Trace:
    """A connection that has come to the pods of a proxy at layer 4, and what that makes of it: of several kinds of
    routes that it serves, the one with a rule for it.
    """
    service = find_service(state, found.service) if found.service and found.verdict in PASSING else None
    if service is None or any(hop.kind in ROUTE_WORDS for hop in found.hops):
        return found
    known = assumptions or settled(state)
    if not found.request.has_own_host:
        walk = Walk(state, found.request, known)
        return next((end for kind in ROUTE_KINDS if (end := kind.passed_on(walk, found, service))), found)
    ends = [end for kind in ROUTE_KINDS if (end := _by_kind(kind, state, found, service, known)) is not None]
    return next((end for end in ends if end.reason != "no-matching-rule"), next(iter(ends), found))


def _by_kind(
    kind: RouteKind, state: ClusterState, found: Trace, service: Service, assumptions: Assumptions
) -> Trace | None:
    """What a proxy makes of a Host header by one kind of route; unknown where unread objects name the host (CX-5)."""
    walk = Walk(state, found.request, assumptions)
    walk.hops = list(found.hops)
    if (unread := unread_at_front(walk)) is None:
        return kind.passed_on(walk, found, service)
    is_proxy = kind.passed_on(Walk(state, found.request, assumptions), found, service) is not None
    return unread if is_proxy else None


def _with_variables(state: ClusterState, found: Trace) -> Trace:
    """V1, V3: what a pod that asks reads of its environment about the Service, and does not have, is warned of."""
    vantage = found.request.vantage
    pod = state.pods.get(split_name(vantage.value)) if vantage.kind == "pod" and vantage.value else None
    service = find_service(state, found.service) if pod and found.service else None
    lack = lacking(pod, service, state.services) if pod and service else None
    if lack is None or pod is None:
        return found
    says = f"container {lack.container} of pod {pod.name} reads {lack.variable}, which is not set: {lack.why}"
    return replace(found, warnings=(*found.warnings, "variable-not-set"), assumed=(*found.assumed, says))


def _sent_on(found: Trace, after: Trace) -> Trace:
    """A redirect with what is behind it: one that leads back is a loop, one to something that fails is warned of."""
    here = _url(found.request)
    if after.verdict == "redirect" and after.answer.location == here:
        says = f"{after.request.to} redirects back to {here}, for ever."
        stop = Hop(kind=found.hops[-1].kind, address=after.request.to, verdict="stop", rule="CF-15", says=says)
        hops = (*found.hops, stop)
        return replace(found, verdict="unreachable", reason="redirect-loop", hops=hops)
    if after.verdict == "redirect" and after.answer.location == _url(after.request):
        why = f"{after.request.to} fails: it redirects to itself, for ever"
    elif after.verdict != "unreachable" or after.reason == "name-not-found":
        return found
    else:
        why = f"{after.request.to} fails: {after.stop.says}" if after.stop else ""
    return replace(found, warnings=(*found.warnings, "redirect-target-fails"), assumed=(*found.assumed, why))


def _url(asked: Request) -> str:
    return f"{asked.scheme}://{asked.authority}{asked.path}"


def _followed(state: ClusterState, request: Request, assumptions: Assumptions | None) -> Trace:
    walk = Walk(state, request, assumptions or settled(state))
    if walk.client.unread:
        says = f"{walk.client.missing} could not be read: what its packets meet is not known."
        return walk.unknown(Hop(kind="client", address=walk.client.title, rule="N1", says=says))
    if walk.client.missing:
        raise NotFoundError(f"{walk.client.missing} is not in {state.source.name}")
    walk.add(
        Hop(
            kind="client",
            address=walk.client.title,
            rule="N1",
            basis="observed" if request.vantage.value else "assumed",
            says=_client_sentence(walk),
        )
    )
    if request.aim:
        return _to_aim(walk, request.aim)
    if request.via and not request.via.node:
        return _via(walk, request.via)
    if request.via and request.via.node not in state.nodes:
        raise NotFoundError(f"Node {request.via.node} is not in {state.source.name}")
    if request.host.rstrip(".") == "localhost":  # in every /etc/hosts
        return to_address(walk, "127.0.0.1")
    return to_address(walk, request.host) if request.is_address else by_name(walk)


def _client_sentence(walk: Walk) -> str:
    client, kind = walk.client, walk.request.vantage.kind
    where = f" on node {client.node}" if client.node else ""
    match kind:
        case "internet":
            return "A client somewhere on the internet."
        case "intranet":
            return "A machine of the private network that leads to this address."
        case "node":
            return f"Node {client.node} itself." if client.node else "Anything that can reach a node address."
        case "ip" if not client.inside:
            return "A machine outside the cluster with this address."
        case "ip":
            return f"This address is {client.title}{where}."
        case "namespace":
            return f"A pod of namespace {client.namespace} of which nothing else is known."
        case "workload":
            return f"A pod as {client.title} makes it."
    return f"A pod{where}." if client.address else "A pod in the cluster."


def _via(walk: Walk, via: Via) -> Trace:
    kind = kind_called(via.kind)
    front = kind.named(walk.state, via.name) if kind else None
    if kind is None or front is None:
        raise NotFoundError(f"{via} is not in {walk.state.source.name}")
    return unread_at_front(walk) or kind.follow(walk, front)


def parse_via(text: str | None) -> Via | None:
    """`node:NAME`, or `WORD:NS/NAME` for a kind of route. Raises UsageError for anything else."""
    if text is None:
        return None
    kind, _, value = text.partition(":")
    if kind == NODE and value and "/" not in value:
        return Via(kind=NODE, name=Name("", value))
    if kind in ROUTE_WORDS and value.count("/") == 1 and all(value.split("/")):
        return Via(kind=kind, name=split_name(value))
    ways = ", ".join(f"{kind.word}:NS/NAME" for kind in ROUTE_KINDS)
    raise UsageError(f"--via {text}: where a request arrives is node:NAME, {ways}")


def _to_aim(walk: Walk, aim: Aim) -> Trace:
    """A way in that is named by the Service and its role, because it has no address to ask for yet."""
    service = find_service(walk.state, aim.service)
    if service is None:
        raise NotFoundError(f"Service {aim.service} is not in {walk.state.source.name}")
    port = port_keyed(walk.state, service, aim.port)
    if port is None:
        raise NotFoundError(f"Service {aim.service} has no port {aim.port}")
    walk.at_service(service, port)
    if aim.address:
        return to_service_address(walk, service, aim.role, aim.address)
    match aim.role:
        case "load-balancer":
            return through_load_balancer(walk, service, port, aim.address)
        case "node-port":
            return through_node_port(walk, service, port)
    return through_proxy(walk, service, port, aim.role, aim.address)
