"""IngressClassParams: what the class of an Ingress says before it does, and which namespaces may use it (CA-2)."""

from __future__ import annotations

import msgspec

from svcmap.model.labels import LabelSelector
from svcmap.model.networking import Ingress
from svcmap.paths.known.class_params import as_served, params_of
from svcmap.paths.known.look_ups import labels_of_namespace
from svcmap.paths.outcome import Hop, Trace, Undecided
from svcmap.paths.routes.ingress.controllers.watching import watched
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.walk import Walk
from svcmap.semantics.ingress.class_params import UNREAD, as_annotations


def of_class(walk: Walk, candidates: list[Ingress]) -> Trace | list[Ingress]:
    """CA-2: those of some Ingresses whose namespace may use the class, with what its IngressClassParams say."""
    seen = watched(walk, candidates)
    params = params_of(walk.state, candidates[0])
    if isinstance(seen, Trace) or params is None:
        return seen
    candidates = seen
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
