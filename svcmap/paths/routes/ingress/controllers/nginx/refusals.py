"""Whom ingress-nginx keeps out by its own rules: lists of addresses, passwords (CN-A19 to CN-A26, CF-13)."""

from __future__ import annotations

from svcmap.model.addresses import block_of
from svcmap.model.group_kinds import SECRET
from svcmap.model.networking import Ingress
from svcmap.paths.outcome import Answer, Hop, Trace, Undecided
from svcmap.paths.routes.ingress.addresses import FORBIDDEN, UNAUTHORIZED, is_in
from svcmap.paths.routes.ingress.controllers.nginx.settings import nginx_settings
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.walk import Walk
from svcmap.semantics.ingress import nginx

UNAVAILABLE = 503


def refused(walk: Walk, ingress: Ingress) -> Trace | None:
    """The finished trace of a request that gets 401 or 403. What cannot be told of a list is noted as a doubt."""
    if nginx.lets_any_pass(ingress) and nginx.asks_elsewhere(ingress):
        return None  # the doubt about auth-url stands: it alone may let the client in
    settings = nginx_settings(walk, ingress).settings
    if nginx.lets_any_pass(ingress) and nginx.wants_password(ingress) and nginx.allowed(ingress, settings):
        # both have to fail, and what fails last answers
        is_let_in = _lists_let_in(walk, ingress)
        if is_let_in is False:
            return _by_password(walk, ingress)
        return None if is_let_in else _by_lists(walk, ingress)
    return _by_lists(walk, ingress) or _by_password(walk, ingress)


def _lists(walk: Walk, ingress: Ingress) -> list[tuple[nginx.Blocks, bool]]:
    """The lists of an Ingress in the order in which they are asked, each with whether it keeps out whom it names."""
    settings = nginx_settings(walk, ingress).settings
    both = ((nginx.refused(ingress, settings), True), (nginx.allowed(ingress, settings), False))
    return [(found, keeps_out) for found, keeps_out in both if found is not None]


def _lists_let_in(walk: Walk, ingress: Ingress) -> bool | None:
    """Whether the lists let the client in; None where nobody can tell."""
    answers = []
    for found, keeps_out in _lists(walk, ingress):
        if any(block_of(block) is None for block in found.blocks):
            answers.append(False if found.object == ingress.ref else None)
        else:
            inside = is_in(walk, found.blocks)
            answers.append(None if inside is None else inside is not keeps_out)
    return False if False in answers else None if None in answers else True


def _by_lists(walk: Walk, ingress: Ingress) -> Trace | None:
    for found, keeps_out in _lists(walk, ingress):
        if broken := next((block for block in found.blocks if block_of(block) is None), None):
            if found.object == ingress.ref:
                return _denied(walk, found, broken)
            could = f"has {broken!r}, which is no CIDR: nginx may keep the configuration that it had"
            walk.doubt(Undecided(object=found.object, field=found.field, could=could), WORD, "CN-16", refuses=True)
            continue
        inside = is_in(walk, found.blocks)
        if inside is None:
            could = "may refuse the client: which address the controller sees is not known"
            walk.doubt(Undecided(object=found.object, field=found.field, could=could), WORD, "CN-16", refuses=True)
        elif inside is keeps_out:
            return _forbidden(walk, found, keeps_out)
    return None


def _denied(walk: Walk, found: nginx.Blocks, broken: str) -> Trace:
    """CN-32: a list with what is no CIDR makes the location one that is denied."""
    says = f"{found.title} has {broken!r}, which is no CIDR: ingress-nginx denies the location ({UNAVAILABLE})."
    hop = Hop(
        kind=WORD, object=found.object, address=walk.request.authority, rule="CN-16", says=says, next="correct it"
    )
    return walk.stop(hop, "denied", answer=Answer(status=UNAVAILABLE))


def _forbidden(walk: Walk, found: nginx.Blocks, keeps_out: bool) -> Trace:
    leg = walk.first_leg
    hidden = leg is not None and leg.seen.snat
    who = walk.client.address or walk.client.title
    seen = "sees the address of a node" if hidden else f"sees {who}"
    where = f" (externalTrafficPolicy of Service {walk.front.name})" if hidden and walk.front else ""
    step = f"take the client out of {found.title}" if keeps_out else f"add the client to {found.title}"
    step = "set externalTrafficPolicy Local, so that it sees the client" if hidden else step
    hop = Hop(
        kind=WORD,
        object=found.object,
        address=walk.request.authority,
        rule="CN-16",
        says=f"{found.title} does not let it in: the controller {seen}{where}, and answers {FORBIDDEN}.",
        next=step,
    )
    return walk.stop(hop, "denied", answer=Answer(status=FORBIDDEN))


def _by_password(walk: Walk, ingress: Ingress) -> Trace | None:
    if not nginx.wants_password(ingress):
        return None
    if fault := nginx.password_fault(ingress):
        says = f"{fault}: ingress-nginx denies the location ({UNAVAILABLE})."
        step = "set auth-type to basic, and auth-secret to a Secret with the users, of the namespace of the Ingress"
        hop = Hop(kind=WORD, object=ingress.ref, address=walk.request.authority, rule="CN-16", says=says, next=step)
        return walk.stop(hop, "denied", answer=Answer(status=UNAVAILABLE))
    field = f"metadata.annotations[{nginx.PREFIX}auth-type]"
    if any(key.lower() == "authorization" for key in walk.request.headers):
        could = "may refuse the password"
        walk.doubt(Undecided(object=ingress.ref, field=field, could=could), WORD, "CN-16", refuses=True)
        return None
    secret = nginx.secret_of(ingress)
    secrets = walk.state.objects.get(SECRET, {})
    is_there = secret in secrets
    elsewhere = (
        "" if is_there else next((str(other) for other in sorted(secrets) if secret and other.name == secret.name), "")
    )
    missing = f", or {UNAVAILABLE} if Secret {secret}, which is not in the source, does not exist."
    missing += f" There is Secret {elsewhere}." if elsewhere else ""
    hop = Hop(
        kind=WORD,
        object=ingress.ref,
        address=walk.request.authority,
        rule="CN-16",
        says=f"{nginx.PREFIX}auth-type of the Ingress asks for a password: without one it answers {UNAUTHORIZED}"
        + ("." if is_there else missing),
        next="-H 'Authorization: Basic …' asks with one",
    )
    return walk.stop(hop, "denied", answer=Answer(status=UNAUTHORIZED if is_there else None))
