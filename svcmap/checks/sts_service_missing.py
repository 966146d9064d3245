"""sts-service-missing: a StatefulSet names a Service that does not exist, so its pods have no names."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.checks.finding import Finding
from svcmap.model.group_kinds import SERVICE, STATEFUL_SET
from svcmap.model.labels import has_labels
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState

CODE = "sts-service-missing"


def check(state: ClusterState) -> Iterator[Finding]:
    """D8: pod names of a StatefulSet live below the Service that spec.serviceName names."""
    for workload in state.workloads:
        wanted = workload.spec.service_name
        namespace = workload.metadata.namespace
        if workload.of_kind != STATEFUL_SET or not wanted or Name(namespace, wanted) in state.services:
            continue
        if not state.is_read(SERVICE, namespace):
            continue  # it may be there
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
            id=CODE,
            severity="warning",
            object=workload.ref,
            path=("spec", "serviceName"),
            message=f"StatefulSet {workload.metadata.name} names serviceName {wanted}, which does not exist: "
            "pod names will not resolve.",
            suggestion=suggestion,
            next=f"set serviceName to {suggestion}" if suggestion else f"create a headless Service {wanted}",
            services=(),
        )
