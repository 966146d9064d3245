"""The Middlewares of Traefik between a rule and its Service: found by name, and what they do to a request (CT-A4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from svcmap.model.components import TRAEFIK
from svcmap.model.controller_objects import Middleware, field_of
from svcmap.model.core import Service
from svcmap.model.group_kinds import MIDDLEWARES, POD, SECRET, WORKLOADS
from svcmap.model.networking import Ingress
from svcmap.model.reads import reads
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.known.controller_arguments import traefik_arguments
from svcmap.paths.outcome import Answer, Hop, Trace, Undecided
from svcmap.paths.routes.ingress.addresses import UNAUTHORIZED, is_in
from svcmap.paths.routes.ingress.controllers.traefik.entry_points import entry_point_of
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.redirects import sent, to_https
from svcmap.paths.routes.ingress.running import running
from svcmap.paths.walk import Walk
from svcmap.semantics.ingress.middlewares import DEFAULT_PORTS, URL, Step, step_of
from svcmap.semantics.ingress.traefik import PREFIX

RULE, NEW, OLD_GROUP = "CT-A4", re.compile(r":v?([3-9]|\d{2,})(\.|$|-)"), MIDDLEWARES[1].group
PROVIDER = "kubernetescrd"
OF_ROUTER, OF_SERVICE = f"{PREFIX}router.middlewares", f"{PREFIX}service.middlewares"


class Named(NamedTuple):
    """A middleware as something names it, with the objects that it stands for, in order: a chain is those of its own.

    `missing` is what does not exist, `meant` one that is called alike.
    """

    field: str
    owner: ObjectRef
    objects: tuple[Middleware, ...] = ()
    missing: str = ""
    meant: str = ""


def named_by(state: ClusterState, owner: ObjectRef, annotations: Mapping[str, str], key: str) -> list[Named]:
    """The middlewares of an annotation: `NAMESPACE-NAME@kubernetescrd`, apart by commas."""
    field = f"metadata.annotations[{key}]"
    texts = [part.strip() for part in annotations.get(key, "").split(",") if part.strip()]
    return [_found(state, owner, field, text) for text in texts]


def _found(state: ClusterState, owner: ObjectRef, field: str, text: str) -> Named:
    name, _, provider = text.partition("@")
    by_key = _by_key(state)
    if provider == PROVIDER and name in by_key:
        objects, missing = _flat(state, by_key[name], ())
        return Named(field, owner, objects, missing)
    names = (name, f"{owner.namespace}-{name}") if provider in ("", PROVIDER) else ()
    meant = next((key for key in names if key in by_key), "")
    if not meant and (old := _of_old_group(state, name)):
        return Named(field, owner, missing=text, meant=f"{old} of {OLD_GROUP}, which Traefik 3 does not read,")
    return Named(field, owner, missing=text, meant=f"{meant}@{PROVIDER}" if meant else "")


def _of_old_group(state: ClusterState, key: str) -> str:
    """The Middleware of the group that Traefik 3 left, by what the provider called it; empty where it has none, or is
    read.
    """
    old = state.all(MIDDLEWARES[1], Middleware) if _is_new(state) else {}
    return next((str(name) for name in old if f"{name.namespace}-{name.name}" == key), "")


def _by_key(state: ClusterState) -> Mapping[str, Middleware]:
    """Every Middleware by what the provider calls it (traefik: pkg/provider/kubernetes/crd, makeID)."""

    def index() -> Mapping[str, Middleware]:
        kinds = MIDDLEWARES[:1] if _is_new(state) else tuple(reversed(MIDDLEWARES))
        every = (item for kind in kinds for item in state.all(kind, Middleware).values())
        return {f"{item.metadata.namespace}-{item.metadata.name}": item for item in every}

    return state.remember("middlewares", None, index, reads(*MIDDLEWARES, POD, *WORKLOADS))


def _is_new(state: ClusterState) -> bool:
    """Whether every Traefik of the source is of release 3 or later, which reads objects of traefik.io alone (its
    migration guide, "Kubernetes CRD Provider").
    """
    images = [c.image for item in running(state, TRAEFIK) for c in item.spec.containers if c.component == TRAEFIK]
    return bool(images) and all(NEW.search(image) for image in images)


def _flat(state: ClusterState, item: Middleware, above: tuple[Name, ...]) -> tuple[tuple[Middleware, ...], str]:
    """A middleware, or those of a chain in order; and the first that does not exist."""
    if item.spec.chain is None or item.name in above:
        return (item,), ""
    objects: list[Middleware] = []
    for part in item.spec.chain.middlewares:
        inner = _by_key(state).get(f"{part.namespace or item.metadata.namespace}-{part.name}")
        if inner is None:
            return tuple(objects), f"{part.namespace or item.metadata.namespace}/{part.name} of {item.ref}"
        found, missing = _flat(state, inner, (*above, item.name))
        objects += found
        if missing:
            return tuple(objects), missing
    return tuple(objects), ""


def off_because(state: ClusterState, ingress: Ingress, service: Service | None) -> str:
    """Why Traefik makes no router of the rules of an Ingress: a middleware that is certain not to exist, or cannot be
    made; empty where it makes one.
    """
    for named in _every(state, ingress, service):
        if named.missing and _is_certain(state, named):
            hint = f" ({named.meant} does)" if named.meant else ""
            return f"middleware {named.missing} does not exist{hint}"
        for item in named.objects:
            step = step_of(item.spec, URL("http", "", "", "/"))
            if step.kind == "broken":
                return f"{item.ref}: {step.text}"
    return ""


def _is_certain(state: ClusterState, named: Named) -> bool:
    """Files have what was written, a cluster all there is: one that is called alike was meant."""
    name, _, provider = named.missing.partition("@")
    if provider not in ("", PROVIDER):
        return False
    everything = state.is_of_cluster and all(map(state.is_read, MIDDLEWARES))
    return bool(named.meant) or (not provider and "/" not in name) or everything


def _every(state: ClusterState, ingress: Ingress, service: Service | None) -> Iterator[Named]:
    yield from named_by(state, ingress.ref, ingress.metadata.annotations, OF_ROUTER)
    if service is not None:
        yield from named_by(state, service.ref, service.metadata.annotations, OF_SERVICE)


def _of_entry_point(walk: Walk) -> Iterator[Named]:
    """Those of the entry point, as the command line of Traefik names them (CT-19)."""
    known, name = traefik_arguments(walk.state), entry_point_of(walk).name
    if known is None or name not in known[1].entry_points:
        return
    for text in known[1].entry_points[name].middlewares:
        yield _found(walk.state, known[0].ref, f"--entrypoints.{name}.http.middlewares", text)


def through_middlewares(walk: Walk, ingress: Ingress, service: Service) -> Trace | None:
    """The finished trace of a request that a middleware answers; None for one that gets through, with the path noted
    that the pod is asked for.
    """
    path, mark, query = (walk.proxied.path or walk.request.path).partition("?")
    port = f":{walk.request.port}" if str(walk.request.port) not in (*DEFAULT_PORTS.values(), "0") else ""
    method = walk.request.method or "GET"
    url = URL(walk.scheme, walk.request.authority, port, path, f"{mark}{query}", method)
    for named in (*_of_entry_point(walk), *_every(walk.state, ingress, service)):
        if named.missing:
            could = f"names middleware {named.missing}, which is not in the source"
            walk.doubt(Undecided(object=named.owner, field=named.field, could=could), WORD, RULE, refuses=False)
        for item in named.objects:
            step = step_of(item.spec, url)
            if step.kind == "passed":
                url = url._replace(path=step.text)
            elif (answered := _answered(walk, ingress, item, step)) is not None:
                return answered
    if url.path != path:
        walk.proxied = replace(walk.proxied, path=f"{url.path}{url.query}")
    return None


def _answered(walk: Walk, ingress: Ingress, item: Middleware, step: Step) -> Trace | None:
    match step.kind:
        case "sent":
            says = f"{item.ref} sends the request to {step.text} ({step.status})."
            if step.text == f"https://{walk.request.authority}{walk.request.path}":
                return to_https(walk, ingress, step.status, step.text, says)
            return sent(walk, ingress, step.status, step.text, RULE, says)
        case "listed":
            return _listed(walk, item, step)
        case "password":
            return _password(walk, item, step.text)
    walk.doubt(Undecided(object=item.ref, field=field_of(item.spec), could=step.text), WORD, RULE, refuses=False)
    return None


def _listed(walk: Walk, item: Middleware, step: Step) -> Trace | None:
    inside = is_in(walk, step.blocks)
    if inside is None:
        could = "may refuse the client: which address Traefik sees is not known"
        walk.doubt(Undecided(object=item.ref, field=field_of(item.spec), could=could), WORD, RULE, refuses=False)
    if inside is not False:
        return None
    hidden = walk.first_leg is not None and walk.first_leg.seen.snat
    who = "the address of a node" if hidden else walk.client.address or walk.client.title
    says = f"{item.ref} does not let it in: Traefik sees {who}, and answers {step.status}."
    local = "set externalTrafficPolicy Local in front of Traefik, so that it sees the client"
    next_step = local if hidden else "add the client to its sourceRange"
    hop = Hop(kind=WORD, object=item.ref, address=walk.request.authority, rule=RULE, says=says, next=next_step)
    return walk.stop(hop, "denied", answer=Answer(status=step.status))


def _password(walk: Walk, item: Middleware, secret: str) -> Trace | None:
    if any(key.lower() == "authorization" for key in walk.request.headers):
        undecided = Undecided(object=item.ref, field=field_of(item.spec), could="may refuse the password")
        walk.doubt(undecided, WORD, RULE, refuses=False)
        return None
    name = Name(item.metadata.namespace, secret)
    is_there = name in walk.state.objects.get(SECRET, {})
    ending = "." if is_there else f", or 404 if its Secret {name}, which is not in the source, does not exist."
    says = f"{item.ref} asks for a password: without one Traefik answers {UNAUTHORIZED}{ending}"
    step = "-H 'Authorization: Basic …' asks with one"
    hop = Hop(kind=WORD, object=item.ref, address=walk.request.authority, rule=RULE, says=says, next=step)
    return walk.stop(hop, "denied", answer=Answer(status=UNAUTHORIZED if is_there else None))
