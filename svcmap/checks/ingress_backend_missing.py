"""ingress-backend-missing: an Ingress leads to a Service that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.checks.check import Check
from svcmap.checks.finding import Finding
from svcmap.model.group_kinds import INGRESS, SERVICE
from svcmap.model.networking import Ingress
from svcmap.model.reads import NAMES, reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.near_miss import edit_distance
from svcmap.paths.missing import is_expected_elsewhere
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import alb_actions


def run(state: ClusterState, item: Ingress) -> Iterator[Finding]:
    """I5: a backend is a Service of the Ingress' own namespace; the name of an action of an ALB is none (CA-11)."""
    namespace = item.metadata.namespace
    missing: dict[str, list[rules.RuleTarget]] = {}
    for target in rules.targets(item):
        for backend in alb_actions.backends_of(item, target):
            if backend.name and Name(namespace, backend.name) not in state.services:
                missing.setdefault(backend.name, []).append(target)
    for service, targets in missing.items():
        near = _near(state, namespace, service)
        where = next((n.namespace for n in state.services if n.name == service), None)
        meant = f" Did you mean {near}?" if near else ""
        hint = f" A Service of that name is in namespace {where}." if where else meant
        texts = ", ".join(target.text for target in targets[:3])
        yield Finding(
            id=CHECK.id,
            severity="info" if is_expected_elsewhere(state, Name(namespace, service)) else CHECK.severity,
            object=item.ref,
            path=targets[0].field,
            message=f"{texts} leads to Service {service}, which does not exist in {namespace}.{hint}",
            suggestion=near,
            next=f"set the backend to {near}" if near else f"create Service {service} in {namespace}",
            services=(Name(namespace, service),),
            breaks=tuple(target.text for target in targets),
        )


def _near(state: ClusterState, namespace: str, wanted: str) -> str | None:
    names = [n.name for n in state.services if n.namespace == namespace]
    best = min(names, key=lambda n: edit_distance(n, wanted), default=None)
    return best if best and edit_distance(best, wanted) <= max(2, len(wanted) // 4) else None


CHECK = Check(
    id="ingress-backend-missing",
    title="An Ingress leads to a Service that does not exist",
    explain=(
        "I5: a backend is a Service of the namespace of its Ingress. Most controllers answer 503 for one that is "
        "not there. In files that hold no Service of the namespace it is worth knowing: they are somewhere else."
    ),
    severity="error",
    about="object",
    reads=reads(NAMES, INGRESS),
    objects=(INGRESS,),
    needs=(SERVICE,),
    run=run,
)
