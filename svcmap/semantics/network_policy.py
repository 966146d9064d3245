"""NetworkPolicy, as far as svcmap goes today: which policies isolate a pod, and whether they let everyone in (N2, N3).

Upstream: staging/src/k8s.io/api/networking/v1/types.go. Who else gets in is not evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from svcmap.model.networking import NetworkPolicy, NetworkPolicyPort
from svcmap.model.workloads import PodSpec


def isolating(policies: Iterable[NetworkPolicy], labels: Mapping[str, str] | None) -> list[NetworkPolicy]:
    """The policies of a pod's namespace that isolate it for traffic coming in (N2); labels None: not known, may be."""
    return [
        policy
        for policy in policies
        if "Ingress" in (policy.spec.policy_types or ["Ingress"])
        and (labels is None or policy.spec.pod_selector.matches(labels))
    ]


def lets_everyone_in(policies: Iterable[NetworkPolicy], number: int, protocol: str, pod: PodSpec | None) -> bool:
    """Whether a rule of the policies has no peers and covers a pod port: then all of them together let everyone in."""
    return any(
        not rule.from_ and (not rule.ports or any(_covers(port, number, protocol, pod) for port in rule.ports))
        for policy in policies
        for rule in policy.spec.ingress
    )


def _covers(port: NetworkPolicyPort, number: int, protocol: str, pod: PodSpec | None) -> bool:
    """N6: protocol TCP by default, a number, a range, or a name of the destination pod."""
    if (port.protocol or "TCP") != protocol:
        return False
    if port.port is None:
        return True
    if isinstance(port.port, int):
        return port.port <= number <= (port.end_port or port.port)
    containers = pod.containers if pod else []
    return any(p.name == port.port and p.container_port == number for c in containers for p in c.ports)
