"""ingress-port-not-found: an Ingress names a port the Service does not have."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.checks.check import Check
from svcmap.checks.finding import Finding, Spot
from svcmap.model.core import Service
from svcmap.model.group_kinds import INGRESS, INGRESS_CLASS, SERVICE, WORKLOADS
from svcmap.model.reads import reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.routes.ingress.entries import entries_of
from svcmap.paths.routes.ingress.tables import table_of
from svcmap.semantics.ingress import alb_actions


def run(state: ClusterState, service: Service) -> Iterator[Finding]:
    """I5: an Ingress names the *Service* port, by number or name."""
    for entry in entries_of(state, service):
        if entry.object is None or entry.requests[0][0]:
            continue
        item = state.ingresses[Name(entry.object.namespace, entry.object.name)]
        target = table_of(state, item).target_at(entry.field)
        backend = target.backend.as_service if target and not alb_actions.has_action(item, target) else None
        if backend is None:
            continue
        wanted = backend.port.name or str(backend.port.number or "")
        shown = f"port {wanted}" if wanted else "no port"
        has = [str(port.port) + (f" ({port.name})" if port.name else "") for port in service.spec.ports]
        meant = next((p for p in service.spec.ports if str(p.target_port) == wanted), None)
        suggestion = str(meant.port) if meant else str(service.spec.ports[0].port) if len(has) == 1 else None
        hint = f" {wanted} is the container port." if meant else ""
        yield Finding(
            id=CHECK.id,
            severity=CHECK.severity,
            object=entry.object,
            path=entry.field,
            message=f"{entry.rule} leads to {shown} of Service {service.name.name}, which has ports "
            f"{', '.join(has) or 'none'}.{hint}",
            suggestion=suggestion,
            next=f"set backend.service.port to {suggestion}" if suggestion else "name one of the Service's ports",
            services=(service.name,),
            spot=Spot(kind="entry", key=entry.id),
            breaks=(entry.requests[0][1].to,),
        )


CHECK = Check(
    id="ingress-port-not-found",
    title="An Ingress names a port that the Service does not have",
    explain="I5: an Ingress names a port of the Service by number or name, not one of the pods.",
    severity="error",
    about="service",
    reads=reads(INGRESS_CLASS, *WORKLOADS, own=(SERVICE, INGRESS)),
    needs=(INGRESS, INGRESS_CLASS),
    run=run,
)
