"""Which Ingresses their controller looks at: what its arguments leave out, and what it rejects."""

from __future__ import annotations

import msgspec

from svcmap.model.components import (
    AWS_CONTROLLER,
    HAPROXY,
    HAPROXY_INGRESS,
    KONG,
    NGINX_INC,
    PASSED,
    WATCHED,
    watches,
)
from svcmap.model.labels import LabelSelector
from svcmap.model.networking import Ingress
from svcmap.paths.known.class_params import as_served, params_of
from svcmap.paths.known.command_lines import command_lines
from svcmap.paths.known.look_ups import labels_of_namespace, served_by
from svcmap.paths.outcome import Hop, Trace, Undecided
from svcmap.paths.routes.ingress.arguments import watched_of
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.traefik_answers import read_by_traefik
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx_inc
from svcmap.semantics.ingress.class_params import UNREAD, as_annotations

COMPONENTS = {
    "NGINX Ingress Controller": NGINX_INC,
    "ALB": AWS_CONTROLLER,
    "Kong": KONG,
    "HAProxy": HAPROXY,
    "haproxy-ingress": HAPROXY_INGRESS,
}
"""By the title of a controller: what its workload runs."""


def looked_at(walk: Walk, candidates: list[Ingress], flavour: rules.Flavour) -> Trace | list[Ingress]:
    """Those of some Ingresses that their controller looks at, as far as its arguments say; the finished trace where it
    looks at none of them.
    """
    by = served_by(walk.state, candidates[0]).by
    seen = _watched(walk, candidates, by) if by else candidates
    if isinstance(seen, Trace):
        return seen
    candidates = seen
    match flavour:
        case "nginx":
            return watched_of(walk, candidates)
        case "traefik":
            return read_by_traefik(walk, candidates)
        case "alb":
            return _of_class(walk, candidates)
        case "nginx-inc":
            return _not_rejected(walk, candidates)
    return candidates


def _watched(walk: Walk, candidates: list[Ingress], by: rules.Controller) -> Trace | list[Ingress]:
    """Those of some Ingresses whose namespaces the arguments of their controller have in view (CX-4)."""
    lines = command_lines(walk.state, COMPONENTS[by.title]) if by.title in COMPONENTS else ()
    kept = [i for i in candidates if not lines or any(watches(line.words, i.metadata.namespace) for line in lines)]
    if kept:
        return kept
    first, line = candidates[0], lines[0]
    namespace = first.metadata.namespace
    says = f"{line.ref} looks at Ingresses of other namespaces alone: {by.title} does not see those of {namespace}."
    step = f"move the Ingress, or change {' or '.join(f'--{name}' for name in (*WATCHED, PASSED))}"
    hop = Hop(kind=WORD, object=first.ref, address=walk.request.authority, rule="CX-4", says=says, next=step)
    return walk.stop(hop, "not-accepted")


def _of_class(walk: Walk, candidates: list[Ingress]) -> Trace | list[Ingress]:
    """CA-2: those of some Ingresses whose namespace may use the class, with what its IngressClassParams say."""
    params = params_of(walk.state, candidates[0])
    if params is None:
        return candidates
    if names := ", ".join(name.rpartition("/")[2] for name in as_annotations(params)):
        walk.assume(f"{params.ref} says {names} for its Ingresses, before their annotations")
    for field in (name for name in UNREAD if getattr(params.spec, name)):
        written = msgspec.structs.fields(params.spec)
        name = next(item.encode_name for item in written if item.name == field)
        undecided = Undecided(object=params.ref, field=f"spec.{name}", could="may refuse clients")
        walk.doubt(undecided, WORD, "CA-2", refuses=True)
    selector = params.spec.namespace_selector or LabelSelector()
    fits = {i.name: selector.may_match(labels_of_namespace(walk.state, i.metadata.namespace)) for i in candidates}
    if kept := [as_served(walk.state, item) for item in candidates if fits[item.name] is not False]:
        if unknown := next((item for item in kept if fits[item.name] is None), None):
            could = f"decides whether namespace {unknown.metadata.namespace}, whose labels are not known, may use it"
            undecided = Undecided(object=params.ref, field="spec.namespaceSelector", could=could)
            walk.doubt(undecided, WORD, "CA-2", refuses=True)
        return kept
    first = candidates[0]
    says = (
        f"{params.ref} is not for namespace {first.metadata.namespace}: no load balancer serves Ingress {first.name}."
    )
    step = f"label the namespace as spec.namespaceSelector of {params.ref} asks"
    hop = Hop(kind=WORD, object=first.ref, address=walk.request.authority, rule="CA-2", says=says, next=step)
    return walk.stop(hop, "not-accepted")


def _not_rejected(walk: Walk, candidates: list[Ingress]) -> Trace | list[Ingress]:
    """CI-5: those of some Ingresses that NGINX Inc's controller takes; the finished trace where it rejects them all."""
    faults = {item.name: nginx_inc.fault(item) for item in candidates}
    kept = [item for item in candidates if not faults[item.name]]
    first = next((item for item in candidates if faults[item.name]), None)
    if first is None:
        return kept
    says = f"NGINX Ingress Controller rejects Ingress {first.name}, all of it: {faults[first.name]}."
    if kept:
        walk.assume(says.rstrip("."))
        return kept
    step = f"correct it; {first.ref.kubectl('describe')} shows the Event Rejected"
    hop = Hop(kind=WORD, object=first.ref, address=walk.request.authority, rule="CI-5", says=says, next=step)
    return walk.stop(hop, "not-accepted")
