"""What an ALB answers by itself: redirects, fixed responses, on listeners it does not have, and to clients that it does
not know (CA-8 to CA-11, CA-17, CA-A11 to CA-A13).
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from svcmap.model.networking import Ingress
from svcmap.model.refs import Name
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.outcome import Answer, Hop, Trace, Undecided
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import alb, alb_actions

MOVED, HTTPS = 301, 443


def before_rules(walk: Walk, members: Sequence[Ingress]) -> Trace | None:
    """The finished trace of a request that no rule gets to see."""
    first, scheme = members[0], walk.request.scheme
    address = f"{walk.request.authority}:{walk.request.port}"
    front = alb.front_nlb(members)
    by_nlb = walk.client.far and front is not None and not front.is_internal and all(map(alb.is_internal, members))
    if front is not None and (stopped := _at_nlb(walk, members, front, only=by_nlb)):
        return stopped
    if walk.client.far and not by_nlb and all(map(alb.is_internal, members)):
        says = f"{alb.PREFIX}scheme is not internet-facing: whether the client's network leads to it nobody here knows."
        could = "is not internet-facing: whether the client's network leads to it nobody here knows"
        field = f"metadata.annotations[{alb.PREFIX}scheme]"
        walk.noted.append(Undecided(object=first.ref, field=field, could=could))
        return walk.unknown(Hop(kind="load-balancer", object=first.ref, address=address, rule="CA-17", says=says))
    if scheme in ("http", "https") and not any(
        alb.listens(item, scheme, walk.request.port) is not False for item in members
    ):
        says = f"The load balancer has no {scheme.upper()} listener on port {walk.request.port}."
        step = f'add {{"{scheme.upper()}": {walk.request.port}}} to {alb.PREFIX}listen-ports'
        hop = Hop(kind="load-balancer", object=first.ref, address=address, rule="CA-8", says=says, next=step)
        return walk.stop(hop, "no-listener")
    if (refused := _without_certificate(walk, members)) is not None:
        return refused
    if scheme == "https" and not alb.has_certificate(members):
        walk.assume(f"ACM has a certificate for {walk.request.authority}: none is named, so it is looked up there")
    if scheme == "http" and (port := alb.ssl_redirect(members)):
        location = f"https://{walk.request.authority}:{port}{walk.request.path}"
        says = f"ssl-redirect of the load balancer sends every http request to port {port}."
        return _redirect(walk, first, MOVED, location, "CA-9", says)
    return None


def _at_nlb(walk: Walk, members: Sequence[Ingress], front: alb.FrontNLB, *, only: bool) -> Trace | None:
    """CA-A20: the NLB in front; `only`: no client comes to the ALB but through it."""
    request, first = walk.request, members[0]
    ports = alb.behind_nlb(members, request.scheme, request.port)
    if only and not ports and not front.unread:
        says = f"The NLB in front of the load balancer has no listener on port {request.port}."
        address = f"{request.authority}:{request.port}"
        step = f"add {request.port} to {alb.PREFIX}{alb.NLB_PORTS}, or to listen-ports"
        hop = Hop(kind="load-balancer", object=first.ref, address=address, rule="CA-A20", says=says, next=step)
        return walk.stop(hop, "no-listener")
    arrives = ports if only else ports | {request.port}
    if front.unread or arrives != {request.port}:
        field = f"metadata.annotations[{alb.PREFIX}{front.unread or alb.NLB_PORTS}]"
        could = "decides at which port of the load balancer a request arrives that comes by the NLB in front of it"
        walk.doubt(Undecided(object=first.ref, field=field, could=could), WORD, "CA-A20", refuses=False)
    elif only:
        walk.assume(f"{request.authority} is a name of the NLB in front of the ALB ({alb.ENABLE_NLB})")
    return None


def _without_certificate(walk: Walk, members: Sequence[Ingress]) -> Trace | None:
    """CA-A13: the handshake of a client without a certificate, which any member of the group may ask for."""
    name = f"{alb.PREFIX}mutual-authentication"
    for item in members if walk.request.scheme == "https" else ():
        asks = alb.asks_certificate(item, walk.request.port or HTTPS)
        if asks is None:
            undecided = Undecided(
                object=item.ref, field=f"metadata.annotations[{name}]", could="may ask for a certificate"
            )
            walk.doubt(undecided, WORD, "CA-A13", refuses=True)
        elif asks:
            says = f"{name} of Ingress {item.name} is verify: the handshake fails without a certificate of the client."
            step, address = "ask with a client certificate", f"{walk.request.authority}:{walk.request.port}"
            hop = Hop(kind="load-balancer", object=item.ref, address=address, rule="CA-A13", says=says, next=step)
            return walk.stop(hop, "tls")
    return None


def turned_away(walk: Walk, ingress: Ingress, target: rules.RuleTarget) -> Trace | None:
    """The finished trace of a request whose client has not shown who it is. One that shows something may be let in."""
    backend = alb_actions.only_service(ingress, target)
    service = find_service(walk.state, Name(ingress.metadata.namespace, backend.name)) if backend else None
    of_service = service.metadata.annotations if service else {}
    found = alb.refusal_of(ingress.metadata.annotations, of_service)
    if found is None or walk.request.scheme != "https":
        return None
    owner = service.ref if service and found.annotation in of_service else ingress.ref
    if found.is_unread or alb.is_shown(found, walk.request.headers):
        undecided = Undecided(object=owner, field=f"metadata.annotations[{found.annotation}]", could="may refuse it")
        walk.doubt(undecided, WORD, "CA-A11", refuses=True)
        return None
    asks = f"{found.annotation} of {owner.kind} {owner.own_name.name} is {found.value}"
    hop = Hop(kind=WORD, object=owner, address=walk.request.authority, rule="CA-A11", says="")
    if found.status == alb.FOUND:
        walk.add(replace(hop, says=f"{asks}: who has not signed in is sent to the provider ({found.status})."))
        return walk.end("redirect", reason="redirect", answer=Answer(status=found.status))
    says, step = f"{asks}: the load balancer answers {found.status}.", "sign in, or bring a token"
    return walk.stop(replace(hop, says=says, next=step), "denied", answer=Answer(status=found.status))


def instead_of_service(walk: Walk, ingress: Ingress, target: rules.RuleTarget) -> Trace | None:
    """The finished trace of a rule whose action is none that sends requests to a Service."""
    action = alb_actions.action_of(ingress, target, url_of(walk))
    if action is None:
        return None
    name = f"actions.{target.backend.as_service.name}" if target.backend.as_service else "actions"
    if action.location:
        says = f"{name} of Ingress {ingress.name} redirects the rule {target.text}."
        return _redirect(walk, ingress, action.status or MOVED, action.location, "CA-11", says)
    hop = Hop(
        kind=WORD,
        object=ingress.ref,
        address=target.text,
        rule="CA-11",
        says=f"{name} answers {action.status} by itself: no Service gets the request.",
        next=f"look at metadata.annotations[{alb.PREFIX}{name}]",
    )
    if action.kind == "fixed-response" and action.status:
        return walk.stop(hop, "no-backend", answer=Answer(status=action.status))
    field = f"metadata.annotations[{alb.PREFIX}{name}]"
    could = "decides where the requests of the rule go"
    walk.doubt(Undecided(object=ingress.ref, field=field, could=could), WORD, "CA-11", refuses=False)
    return walk.end("reachable")


def _redirect(walk: Walk, ingress: Ingress, status: int, location: str, rule: str, says: str) -> Trace:
    address = f"{walk.request.authority}{walk.request.path}"
    walk.add(Hop(kind=WORD, object=ingress.ref, address=address, rule=rule, says=says))
    path = "/" + location.partition("://")[2].partition("/")[2].partition("?")[0]
    return walk.end("redirect", reason="redirect", answer=Answer(status=status, location=location, location_path=path))


def url_of(walk: Walk) -> str:
    """The request's URL with its port, as ALB writes it."""
    request = walk.request
    return f"{request.scheme}://{request.authority}:{request.port}{request.path}"
