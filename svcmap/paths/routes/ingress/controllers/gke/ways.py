"""GKE's load balancer (controllers.md CG)."""

from __future__ import annotations

from svcmap.model.core import Service, ServicePort
from svcmap.model.refs import Name
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.outcome import Trace, Undecided
from svcmap.paths.routes.ingress.controllers.gke.answers import at_front_end, through_backend_config
from svcmap.paths.routes.ingress.controllers.plain import PLAIN, by_annotations, note_reading
from svcmap.paths.routes.ingress.controllers.ways import Met
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.tables import table_of
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import gke


def note(walk: Walk, met: Met) -> None:
    """CG-4: one backend that cannot be used blocks the whole Ingress; what the load balancer had before stays."""
    note_reading(walk, met)
    item, served = met.item, met.served

    def broken() -> rules.RuleTarget | None:
        for target in table_of(walk.state, item).targets:
            backend = target.backend.as_service
            service = find_service(walk.state, Name(item.metadata.namespace, backend.name)) if backend else None
            if not backend or not service or rules.backend_port(service, backend, served)[0] is None:
                return target
            if gke.without_neg(service) or ("*" in target.path and target.path_type != "ImplementationSpecific"):
                return target
        return None

    target = walk.state.remember("blocking_backend", item.name, broken)
    if target is not None:
        could = f"has {target.text}, which GKE cannot make: the load balancer then takes over nothing of the Ingress"
        field = ".".join(map(str, target.field))
        walk.doubt(Undecided(object=item.ref, field=field, could=could), WORD, "CX-6", refuses=False)


def answer(walk: Walk, met: Met) -> Trace | None:
    """What its front end answers."""
    return by_annotations(walk, met) or at_front_end(walk, met.item)


def to_service(walk: Walk, met: Met, service: Service, port: ServicePort) -> Trace | None:
    """Who is let in, and whether pods are healthy."""
    if gke.awaits_neg(service):
        walk.assume(f"GKE gives Service {service.name} a NEG ({gke.NEG}), as it does in VPC-native clusters")
    return through_backend_config(walk, met.item, service, port)


GKE = PLAIN._replace(note=note, answer=answer, to_service=to_service)
