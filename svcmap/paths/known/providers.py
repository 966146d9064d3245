"""Who made a load balancer, as far as the Service, the nodes or the workloads of a state tell."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from svcmap.model.components import AWS_CONTROLLER, flag
from svcmap.model.core import Service
from svcmap.model.group_kinds import NODE, POD, WORKLOADS
from svcmap.model.reads import reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.model.workloads import Pod
from svcmap.paths.known.command_lines import command_lines
from svcmap.semantics import providers
from svcmap.semantics.component_config import disabled_of_k3s, node_args
from svcmap.semantics.providers import Provider, Targets

SERVICE_LB = "servicelb"
OF_SERVICE_LB = "svccontroller.k3s.cattle.io/svcname"
OF_NAMESPACE = "svccontroller.k3s.cattle.io/svcnamespace"
"""Labels of the pods that ServiceLB of k3s makes for a Service."""


def provider_of(state: ClusterState, service: Service) -> Provider | None:
    """The provider of a Service's load balancer; None where nothing tells."""
    found = providers.by_service(service)
    if found is not None or service.spec.load_balancer_class:
        return found
    return state.remember("provider", None, lambda: _of_cluster(state), reads(NODE, *WORKLOADS))


def _of_cluster(state: ClusterState) -> Provider | None:
    """One that is installed goes before the cloud that the nodes are of."""
    workloads = (providers.by_workload(workload.metadata.name) for workload in state.workloads)
    nodes = (providers.by_node(node.spec.provider_id) for node in state.nodes.values())
    off = SERVICE_LB in disabled_of_k3s([node_args(node.metadata.annotations) for node in state.nodes.values()])
    found = (item for item in chain(workloads, nodes) if item is not None)
    return next((item for item in found if not (off and item is providers.SERVICE_LB)), None)


def targets_of(state: ClusterState, service: Service) -> Targets | None:
    """What the load balancer of a Service connects to (K16); None where nobody says."""
    return providers.targets(service, provider_of(state, service), aws_default(state))


def aws_default(state: ClusterState) -> str:
    """The --default-target-type of the AWS controller in the source: instance, if it has none; empty without one."""
    lines = command_lines(state, AWS_CONTROLLER)
    found = {flag(line.words, "default-target-type") or "instance" for line in lines}
    return found.pop() if len(found) == 1 else ""


def pending_svclb(state: ClusterState, service: Service) -> str:
    """Why ServiceLB of k3s has no address for a Service: its pod, which takes the port of a node, waits for one."""

    def index() -> Mapping[Name, list[Pod]]:
        found: dict[Name, list[Pod]] = {}
        for pod in state.pods.values():
            if name := pod.metadata.labels.get(OF_SERVICE_LB):
                found.setdefault(Name(pod.metadata.labels.get(OF_NAMESPACE, ""), name), []).append(pod)
        return found

    for pod in state.remember("service_lb_pods", None, index, reads(POD)).get(service.name, ()):
        waits = next((c for c in pod.status.conditions if c.type == "PodScheduled" and c.status == "False"), None)
        if waits is not None:
            return f"Pod {pod.name} of ServiceLB waits for a node: {waits.message or waits.reason}"
    return ""
