"""Whom ingress-nginx keeps out by its own rules: lists of addresses, passwords (CN-A19 to CN-A26, CF-13)."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.addresses import block_of, contains, family_of
from svcmap.model.group_kinds import SECRET
from svcmap.model.networking import Ingress
from svcmap.paths.asking.client import node_addresses
from svcmap.paths.outcome import Answer, Hop, Trace, Undecided
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.settings import nginx_settings
from svcmap.paths.walk import Walk
from svcmap.semantics import front_listener
from svcmap.semantics.ingress import nginx

UNAUTHORIZED, FORBIDDEN, UNAVAILABLE = 401, 403, 503
OF_NODES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
"""Where the addresses of nodes lie that are not in the source."""


def refused(walk: Walk, ingress: Ingress) -> Trace | None:
    """The finished trace of a request that gets 401 or 403. What cannot be told of a list is noted as a doubt."""
    if nginx.lets_any_pass(ingress) and nginx.asks_elsewhere(ingress):
        return None  # the doubt about auth-url stands: it alone may let the client in
    by_list, by_password = _by_lists(walk, ingress), _by_password(walk, ingress)
    settings = nginx_settings(walk, ingress).settings
    if nginx.lets_any_pass(ingress) and nginx.wants_password(ingress) and nginx.allowed(ingress, settings):
        return by_password if by_list else None  # both have to fail, and what fails last answers
    return by_list or by_password


def _by_lists(walk: Walk, ingress: Ingress) -> Trace | None:
    settings = nginx_settings(walk, ingress).settings
    for found, keeps_out in ((nginx.refused(ingress, settings), True), (nginx.allowed(ingress, settings), False)):
        if found is None:
            continue
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


def is_in(walk: Walk, blocks: Sequence[str]) -> bool | None:
    """Whether the address that the controller sees is in one of the blocks; None where nobody can tell."""
    every = {block.version for block in map(block_of, blocks) if block is not None and not block.prefixlen}
    mine = {family_of(ip) for ip in walk.client.addresses} or {"IPv4"}
    if mine <= {f"IPv{version}" for version in every}:
        return True
    seen = _seen(walk)
    if seen is None:
        return None
    if not seen:  # nodes whose addresses are not in the source
        return None if any(_overlaps(block, other) for block in blocks for other in OF_NODES) else False
    found = {any(contains(b, ip) for b in map(block_of, blocks) if b is not None) for ip in seen}
    return found.pop() if len(found) == 1 else None


def _overlaps(one: str, other: str) -> bool:
    first, second = block_of(one), block_of(other)
    return first is None or second is None or (first.version == second.version and first.overlaps(second))


def _seen(walk: Walk) -> tuple[str, ...] | None:
    """The addresses the controller may see: the client's, or (CF-13) those of nodes; None where nobody can tell."""
    leg = walk.first_leg
    # CF-14: PROXY protocol brings the client's address along, where both sides speak it.
    if leg is None or (walk.front is not None and front_listener.tells_the_client(walk.front)):
        return None
    if not leg.seen.snat:
        return walk.client.addresses or None
    via = walk.request.via.node if walk.request.via else ""
    nodes = [node for name, node in walk.state.nodes.items() if via in ("", name)]
    return tuple(address for node in nodes for address in node_addresses(node)[:1])


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
    is_there = secret in walk.state.objects.get(SECRET, {})
    hop = Hop(
        kind=WORD,
        object=ingress.ref,
        address=walk.request.authority,
        rule="CN-16",
        says=f"{nginx.PREFIX}auth-type of the Ingress asks for a password: without one it answers {UNAUTHORIZED}"
        + ("." if is_there else f", or {UNAVAILABLE} if Secret {secret}, which is not in the source, does not exist."),
        next="-H 'Authorization: Basic …' asks with one",
    )
    return walk.stop(hop, "denied", answer=Answer(status=UNAUTHORIZED if is_there else None))
