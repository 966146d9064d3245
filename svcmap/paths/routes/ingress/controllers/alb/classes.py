"""IngressClassParams: what the class of an Ingress says before it does, and which namespaces may use it (CA-2)."""

from __future__ import annotations

import msgspec

from svcmap.model.labels import LabelSelector
from svcmap.model.networking import Ingress
from svcmap.model.state import ClusterState
from svcmap.paths.known.class_params import as_served, params_of
from svcmap.paths.known.look_ups import labels_of_namespace
from svcmap.paths.outcome import Hop, Trace, Undecided
from svcmap.paths.packets.arrival import DROPPED
from svcmap.paths.routes.ingress.annotated import is_in_lists
from svcmap.paths.routes.ingress.controllers.watching import watched
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.walk import Walk
from svcmap.semantics.ingress.class_params import UNREAD, as_annotations


def may_use(state: ClusterState, item: Ingress) -> bool | None:
    """Whether the namespace of an Ingress may use its class; None where labels decide that are not known."""
    params = params_of(state, item)
    selector = (params.spec.namespace_selector if params else None) or LabelSelector()
    return selector.may_match(labels_of_namespace(state, item.metadata.namespace))


def let_in(walk: Walk, ingress: Ingress) -> Trace | None:
    """CA-17: the finished trace of a client outside the addresses that the class lets in, before any annotation."""
    params = params_of(walk.state, ingress)
    blocks = params.spec.inbound_cidrs if params else ()
    if params is None or not blocks:
        return None
    inside = is_in_lists(walk, blocks, is_outside=True)
    if inside is None:
        could = "may refuse the client: which address is compared with the list is not known"
        undecided = Undecided(object=params.ref, field="spec.inboundCIDRs", could=could)
        walk.doubt(undecided, WORD, "CA-2", refuses=True)
    if inside is not False:
        return None
    who = walk.client.address or walk.client.title
    says = f"spec.inboundCIDRs of {params.ref} does not let {who} in: its packets are dropped."
    step = f"add the client to spec.inboundCIDRs of {params.ref}"
    hop = Hop(kind=WORD, object=params.ref, address=walk.request.authority, rule="CA-2", says=says, next=step)
    return walk.stop(hop, "denied", answer=DROPPED)


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
    fits = {item.name: may_use(walk.state, item) for item in candidates}
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
