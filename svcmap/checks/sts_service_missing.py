"""sts-service-missing: a StatefulSet names a Service that does not exist, so its pods have no names."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.checks.check import Check
from svcmap.checks.finding import Finding
from svcmap.model.group_kinds import SERVICE, STATEFUL_SET, WORKLOADS
from svcmap.model.labels import has_labels
from svcmap.model.reads import SELECTORS, reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.model.workloads import Workload


def run(state: ClusterState, workload: Workload) -> Iterator[Finding]:
    """D8: pod names of a StatefulSet live below the Service that spec.serviceName names."""
    wanted, namespace = workload.spec.service_name, workload.metadata.namespace
    if not wanted or Name(namespace, wanted) in state.services:
        return
    labels = workload.template.metadata.labels
    selecting = [
        service.name
        for service in state.services.values()
        if service.metadata.namespace == namespace
        and service.spec.selector
        and has_labels(labels, service.spec.selector)
    ]
    headless = [name for name in selecting if state.services[name].spec.cluster_ip == "None"]
    suggestion = headless[0].name if headless else None
    yield Finding(
        id=CHECK.id,
        severity=CHECK.severity,
        object=workload.ref,
        path=("spec", "serviceName"),
        message=f"StatefulSet {workload.metadata.name} names serviceName {wanted}, which does not exist: "
        "pod names will not resolve.",
        suggestion=suggestion,
        next=f"set serviceName to {suggestion}" if suggestion else f"create a headless Service {wanted}",
        services=(),
    )


CHECK = Check(
    id="sts-service-missing",
    title="A StatefulSet names a Service that does not exist",
    explain=(
        "D8: the names of the pods of a StatefulSet are below that of the Service in spec.serviceName. Without it "
        "none of them resolves."
    ),
    severity="warning",
    about="object",
    reads=reads(SELECTORS, *WORKLOADS),
    objects=(STATEFUL_SET,),
    needs=(SERVICE,),
    run=run,
)
