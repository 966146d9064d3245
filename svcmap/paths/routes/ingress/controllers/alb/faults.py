"""What the AWS Load Balancer Controller cannot build: one error stops the whole group, and what was there before stays
(CA-4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from svcmap.model.networking import Ingress
from svcmap.model.refs import Name
from svcmap.paths.known.class_params import way_to
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.outcome import Undecided
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.tables import table_of
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import alb, alb_actions

Fault = tuple[str, str]
"""A field, and what is wrong with it."""
PORT = re.compile(r"[0-9]{1,5}\Z")
HELD = "the load balancer then takes over nothing of the whole group"


def note_group_faults(
    walk: Walk, members: Sequence[Ingress], served: rules.ServedBy, taken: rules.RuleTarget | None
) -> None:
    """The first fault of each member of a group, as a doubt: what the load balancer had before nobody here knows. That
    the rule which takes the request leads to no node port is said where it does.
    """
    port = alb.ssl_redirect(members)
    for item in members:
        faults = [*_of_annotations(item, members, port), *_of_backends(walk, item, served, taken)]
        for field, says in faults[:1]:
            could = f"{says}: {HELD}"
            walk.doubt(Undecided(object=item.ref, field=field, could=could), WORD, "CX-6", refuses=False)


def _of_annotations(item: Ingress, members: Sequence[Ingress], port: str | None) -> Iterator[Fault]:
    annotations = item.metadata.annotations
    if alb.listens(item, "http", 0) is None:
        yield f"metadata.annotations[{alb.PREFIX}listen-ports]", "is no list of ports that can be read"
    order = annotations.get(f"{alb.PREFIX}group.order", "0")
    if not alb.ORDER.match(order):
        yield f"metadata.annotations[{alb.PREFIX}group.order]", f"is {order!r}, which is no number"
    protocol = annotations.get(f"{alb.PREFIX}backend-protocol", "HTTP")
    if protocol.upper() not in alb.PROTOCOLS:
        yield f"metadata.annotations[{alb.PREFIX}backend-protocol]", f"is {protocol!r}, neither HTTP nor HTTPS"
    own = annotations.get(f"{alb.PREFIX}ssl-redirect")
    if own and (not PORT.match(own) or not any(alb.listens(one, "https", int(own)) for one in members)):
        yield f"metadata.annotations[{alb.PREFIX}ssl-redirect]", f"is {own}, which is no HTTPS listener"
    elif own and own != port:
        yield f"metadata.annotations[{alb.PREFIX}ssl-redirect]", f"is {own}, and {port} in another member"


def _of_backends(walk: Walk, item: Ingress, served: rules.ServedBy, taken: rules.RuleTarget | None) -> Iterator[Fault]:
    """A port that the Service lacks; a target of type instance without node ports. A Service that does not exist is
    answered with 503 (CA-11).
    """
    for target in table_of(walk.state, item).targets:
        field = ".".join(map(str, target.field))
        if target.path_type in ("Exact", "Prefix") and not {"*", "?"}.isdisjoint(target.path):
            yield field, f"has {target.path!r}: no wildcard may be in a path of type {target.path_type}"
        if fault := alb_actions.fault_of(item, target):
            yield f"metadata.annotations[{alb_actions.name_of(target)}]", fault
        backends = alb_actions.backends_of(item, target)
        for backend in backends:
            service = find_service(walk.state, Name(item.metadata.namespace, backend.name))
            if service is None and len(backends) > 1:
                yield field, f"leads to Service {backend.name}, which does not exist, beside others"
            if service is None:
                continue
            if rules.backend_port(service, backend, served)[0] is None:
                yield field, f"names a port that Service {service.name} does not have"
            way = way_to(walk.state, item, served, service)
            if way == "node-port" and service.spec.type == "ClusterIP" and target != taken:
                yield field, f"leads to Service {service.name} of type ClusterIP, and targets are node ports (instance)"
