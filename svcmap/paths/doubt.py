"""What could still cut a path and is not evaluated: then the answer is unknown, never "reachable"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from svcmap.model.core import ServicePort
from svcmap.model.facts import Endpoint
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.model.workloads import PodSpec
from svcmap.paths.walk import Hop
from svcmap.semantics import network_policy


def doubtful_policy(
    state: ClusterState, namespace: str, endpoints: Sequence[Endpoint], port: ServicePort
) -> Hop | None:
    """The hop of a NetworkPolicy that isolates one of the endpoints without letting everyone in; None if none does."""
    policies = state.network_policies_by_namespace.get(namespace)
    if not policies:
        return None
    for endpoint in {e.owner: e for e in endpoints}.values():
        labels, spec = _pod_of(state, namespace, endpoint)
        selecting = network_policy.isolating(policies, labels)
        binding = endpoint.port_for(port.name, port.protocol)
        number = binding.port if binding else 0
        if selecting and not network_policy.lets_everyone_in(selecting, number, port.protocol, spec):
            names = ", ".join(policy.metadata.name for policy in selecting[:3])
            says = f"NetworkPolicy {names} selects {endpoint.owner}; whom it lets in is not evaluated."
            return Hop(
                kind="network-policy",
                object=selecting[0].ref,
                address=names,
                rule="N2",
                says=says,
                next=f"kubectl describe networkpolicy -n {namespace} {selecting[0].metadata.name}",
            )
    return None


def _pod_of(state: ClusterState, namespace: str, endpoint: Endpoint) -> tuple[Mapping[str, str] | None, PodSpec | None]:
    """Labels and spec of an endpoint's pod, from the pod or its workload; None where neither was read."""
    if endpoint.pod and (pod := state.pods.get(endpoint.pod)):
        return pod.metadata.labels, pod.spec
    kind, _, name = endpoint.owner.partition(" ")
    workload = state.workload(kind, Name(namespace, name))
    return (workload.template.metadata.labels, workload.template.spec) if workload else (None, None)
