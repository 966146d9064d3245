"""What the AWS Load Balancer Controller cannot build: one error stops the whole group, and what was there before stays
(CA-4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from svcmap.model.group_kinds import INGRESS_CLASS_PARAMS, SERVICE
from svcmap.model.networking import Ingress
from svcmap.model.reads import reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.class_params import way_to
from svcmap.paths.known.look_ups import SERVING, find_service
from svcmap.paths.outcome import Undecided
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.tables import table_of
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import alb, alb_actions


class Fault(NamedTuple):
    """A field, and what is wrong with it; `at` is a rule whose own requests are told so by the way they take."""

    field: str
    says: str
    at: rules.RuleTarget | None = None


PORT = re.compile(r"[0-9]{1,5}\Z")
HELD = "the load balancer then takes over nothing of the whole group"


def note_group_faults(
    walk: Walk, members: Sequence[Ingress], served: rules.ServedBy, taken: rules.RuleTarget | None
) -> None:
    """The first fault of each member of a group, as a doubt: what the load balancer had before nobody here knows. That
    the rule which takes the request leads to no node port is said where it does.
    """
    for item in members:
        others = (
            fault for fault in _faults(walk.state, item, members, served) if fault.at is None or fault.at != taken
        )
        for fault in islice(others, 1):
            undecided = Undecided(object=item.ref, field=fault.field, could=f"{fault.says}: {HELD}")
            walk.doubt(undecided, WORD, "CX-6", refuses=False)


def _faults(state: ClusterState, item: Ingress, members: Sequence[Ingress], served: rules.ServedBy) -> Sequence[Fault]:
    """Those of a member, looked for once: it may have thousands of rules."""

    def look() -> list[Fault]:
        return [*_of_annotations(item, members, alb.ssl_redirect(members)), *_of_backends(state, item, served)]

    key = (item.name, tuple(member.name for member in members))
    return state.remember("alb_faults", key, look, SERVING | reads(SERVICE, INGRESS_CLASS_PARAMS))


def _of_annotations(item: Ingress, members: Sequence[Ingress], port: str | None) -> Iterator[Fault]:
    annotations = item.metadata.annotations
    if alb.listens(item, "http", 0) is None:
        yield Fault(f"metadata.annotations[{alb.PREFIX}listen-ports]", "is no list of ports that can be read")
    order = annotations.get(f"{alb.PREFIX}group.order", "0")
    if not alb.ORDER.match(order):
        yield Fault(f"metadata.annotations[{alb.PREFIX}group.order]", f"is {order!r}, which is no number")
    protocol = annotations.get(f"{alb.PREFIX}backend-protocol", "HTTP")
    if protocol.upper() not in alb.PROTOCOLS:
        yield Fault(f"metadata.annotations[{alb.PREFIX}backend-protocol]", f"is {protocol!r}, neither HTTP nor HTTPS")
    own = annotations.get(f"{alb.PREFIX}ssl-redirect")
    if own and (not PORT.match(own) or not any(alb.listens(one, "https", int(own)) for one in members)):
        yield Fault(f"metadata.annotations[{alb.PREFIX}ssl-redirect]", f"is {own}, which is no HTTPS listener")
    elif own and own != port:
        yield Fault(f"metadata.annotations[{alb.PREFIX}ssl-redirect]", f"is {own}, and {port} in another member")


def _of_backends(state: ClusterState, item: Ingress, served: rules.ServedBy) -> Iterator[Fault]:
    """A port that the Service lacks; a target of type instance without node ports. A Service that does not exist is
    answered with 503 (CA-11).
    """
    for target in table_of(state, item).targets:
        field = ".".join(map(str, target.field))
        if target.path_type in ("Exact", "Prefix") and not {"*", "?"}.isdisjoint(target.path):
            yield Fault(field, f"has {target.path!r}: no wildcard may be in a path of type {target.path_type}")
        if fault := alb_actions.fault_of(item, target):
            yield Fault(f"metadata.annotations[{alb_actions.name_of(target)}]", fault)
        backends = alb_actions.backends_of(item, target)
        for backend in backends:
            service = find_service(state, Name(item.metadata.namespace, backend.name))
            if service is None and len(backends) > 1:
                yield Fault(field, f"leads to Service {backend.name}, which does not exist, beside others")
            if service is None:
                continue
            if rules.backend_port(service, backend, served)[0] is None:
                yield Fault(field, f"names a port that Service {service.name} does not have")
            way = way_to(state, item, served, service)
            if way == "node-port" and service.spec.type == "ClusterIP":
                says = f"leads to Service {service.name} of type ClusterIP, and targets are node ports (instance)"
                yield Fault(field, says, target)
