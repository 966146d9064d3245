"""What annotations have controllers other than ingress-nginx answer by themselves (`OwnAnswers`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from svcmap.model.addresses import block_of, contains
from svcmap.model.networking import Ingress
from svcmap.paths.outcome import Answer, Hop, Reason, Trace, Undecided
from svcmap.paths.packets.arrival import DROPPED
from svcmap.paths.routes.ingress.addresses import UNAUTHORIZED, is_in
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.redirects import sent, to_https
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import kong

RULE = "CX-3"
FOUND = 302
REDIRECTS = ("301", "302", "303", "307", "308")


def annotated_answer(walk: Walk, ingress: Ingress, controller: rules.Controller) -> Trace | None:
    """The finished trace of a request that the controller of an Ingress answers for an annotation of it."""
    own, annotations = controller.own, ingress.metadata.annotations
    if not own.names or walk.scheme not in ("http", "https"):
        return None
    return (
        _closed(walk, ingress, controller)
        or refused_by_annotation(walk, ingress, controller)
        or _to_https(walk, ingress, own, annotations)
        or _elsewhere(walk, ingress, own, annotations)
        or to_root(walk, ingress, own)
    )


def refused_by_annotation(
    walk: Walk, ingress: Ingress, controller: rules.Controller, also: Sequence[Ingress] = ()
) -> Trace | None:
    """The finished trace of a client that a list of addresses, or a password, keeps out. `also` are Ingresses whose
    lists count as well.
    """
    if walk.scheme not in ("http", "https"):
        return None
    for item in (ingress, *also):
        if (kept_out := _listed(walk, item, controller)) is not None:
            return kept_out
    return _password(walk, ingress, controller.own)


def _given(annotations: Mapping[str, str], names: str) -> tuple[str, str] | None:
    """The first of some annotations that is set, with its value."""
    return next(((name, value) for name in names.split() if (value := annotations.get(name, "").strip())), None)


def _closed(walk: Walk, ingress: Ingress, controller: rules.Controller) -> Trace | None:
    """Plain http where only https is served."""
    own, annotations = controller.own, ingress.metadata.annotations
    if walk.scheme != "http":
        return None
    found = _given(annotations, own.without_http)
    closed = found is not None and found[1].lower() == "false"
    if not closed:
        found = _given(annotations, own.protocols)
        closed = found is not None and not kong.takes_http(annotations)
    if not closed or found is None:
        return None
    if (code := _given(annotations, own.closed_code)) and code[1] in REDIRECTS:
        says = f"{found[0]} of the Ingress is {found[1]}: {controller.title} sends http to https ({code[0]})."
        return to_https(walk, ingress, int(code[1]), f"https://{walk.request.authority}{walk.request.path}", says)
    ending = f"{controller.title} answers {own.closed}" if own.closed else "there is no listener for http"
    says = f"{found[0]} of the Ingress is {found[1]}: {ending}."
    step = f"ask for https, or change {found[0]}"
    hop = Hop(kind=WORD, object=ingress.ref, address=walk.request.authority, rule=RULE, says=says, next=step)
    reason: Reason = "no-matching-rule" if own.closed == 404 else "denied" if own.closed else "no-listener"
    return walk.stop(hop, reason, answer=Answer(status=own.closed or None))


def _listed(walk: Walk, ingress: Ingress, controller: rules.Controller) -> Trace | None:
    own, annotations = controller.own, ingress.metadata.annotations
    for names, keeps_out in ((own.deny, True), (own.allow, False)):
        found = _given(annotations, names)
        if found is None:
            continue
        name, value = found
        if _given(annotations, own.client_from):
            could = "is compared with an address that a header brings"
            undecided = Undecided(object=ingress.ref, field=f"metadata.annotations[{name}]", could=could)
            walk.doubt(undecided, WORD, RULE, refuses=True)
            continue
        blocks = [part for part in value.replace(",", " ").split() if part]
        inside = is_in_lists(walk, blocks, is_outside=controller.is_outside)
        if inside is None:
            could = "may refuse the client: which address is compared with the list, or what is in it, is not known"
            field = f"metadata.annotations[{name}]"
            walk.doubt(Undecided(object=ingress.ref, field=field, could=could), WORD, RULE, refuses=True)
        elif inside is keeps_out:
            return _kept_out(walk, ingress, controller, name)
    return None


def is_in_lists(walk: Walk, blocks: Sequence[str], *, is_outside: bool) -> bool | None:
    """Whether the address that is compared is in one of some blocks; None where nobody can tell. A load balancer that
    is outside sees the client's own.
    """
    read = [block for text in blocks if (block := block_of(text)) is not None]
    if len(read) < len(blocks):
        return None
    if is_outside and walk.client.inside:
        return None  # a gateway on the way may put its own address on what leaves the cluster
    if is_outside and walk.client.addresses:
        return any(contains(block, ip) for block in read for ip in walk.client.addresses)
    return is_in(walk, blocks)


def _kept_out(walk: Walk, ingress: Ingress, controller: rules.Controller, name: str) -> Trace:
    who, own = walk.client.address or walk.client.title, controller.own
    ending = f"{controller.title} answers {own.outside}" if own.outside else "its packets are dropped"
    says = f"{name} of the Ingress does not let {who} in: {ending}."
    step = f"correct the list of {name}"
    hop = Hop(kind=WORD, object=ingress.ref, address=walk.request.authority, rule=RULE, says=says, next=step)
    return walk.stop(hop, "denied", answer=Answer(status=own.outside) if own.outside else DROPPED)


def _password(walk: Walk, ingress: Ingress, own: rules.OwnAnswers) -> Trace | None:
    found = _given(ingress.metadata.annotations, own.password)
    if found is None or (own.password_type and found[1] != own.password_type):
        return None
    if any(key.lower() == "authorization" for key in walk.request.headers):
        undecided = Undecided(
            object=ingress.ref, field=f"metadata.annotations[{found[0]}]", could="may refuse the password"
        )
        walk.doubt(undecided, WORD, RULE, refuses=True)
        return None
    says = f"{found[0]} of the Ingress asks for a password: without one the answer is {UNAUTHORIZED}."
    step = "-H 'Authorization: Basic …' asks with one"
    hop = Hop(kind=WORD, object=ingress.ref, address=walk.request.authority, rule=RULE, says=says, next=step)
    return walk.stop(hop, "denied", answer=Answer(status=UNAUTHORIZED))


def _to_https(walk: Walk, ingress: Ingress, own: rules.OwnAnswers, annotations: Mapping[str, str]) -> Trace | None:
    found = _given(annotations, own.to_https)
    if walk.scheme != "http" or found is None or found[1].lower() != "true":
        return None
    location = f"https://{walk.request.authority}{walk.request.path}"
    says = f"{found[0]} of the Ingress sends http to https ({own.moved})."
    return to_https(walk, ingress, own.moved, location, says)


def _elsewhere(walk: Walk, ingress: Ingress, own: rules.OwnAnswers, annotations: Mapping[str, str]) -> Trace | None:
    """CH-A3: every request is sent to another host, with the path it has (pkg/haproxy/rules/reqRequestRedirect.go)."""
    found, code = _given(annotations, own.redirect), _given(annotations, own.redirect_code)
    if found is None:
        return None
    if "%" in found[1] or (code and code[1] not in REDIRECTS):
        undecided = Undecided(
            object=ingress.ref, field=f"metadata.annotations[{found[0]}]", could=rules.COULD["redirect"]
        )
        walk.doubt(undecided, WORD, RULE, refuses=False)
        return None
    scheme, _, host = found[1].rpartition("://")
    status = int(code[1]) if code else FOUND
    says = f"{found[0]} of the Ingress sends every request to {found[1]} ({status})."
    return sent(walk, ingress, status, f"{scheme or 'http'}://{host}{walk.request.path}", RULE, says)


def to_root(walk: Walk, ingress: Ingress, own: rules.OwnAnswers) -> Trace | None:
    """The finished trace of a request for `/` that is sent to another path."""
    found = _given(ingress.metadata.annotations, own.app_root)
    if found is None or walk.request.path.partition("?")[0] != "/":
        return None
    says = f"{found[0]} of the Ingress is {found[1]}: / is answered with {FOUND} to it."
    return sent(walk, ingress, FOUND, f"{walk.scheme}://{walk.request.authority}{found[1]}", RULE, says)
