"""How the components of a cluster are configured, as far as its objects say: today the Corefile (D1)."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.assumptions import DEFAULT, Assumptions
from svcmap.model.state import ClusterState
from svcmap.model.well_known import CLUSTER_DNS
from svcmap.paths.known.look_ups import find_service
from svcmap.semantics.dns.corefile import read_corefile

SETTLED = "assumptions"


def assumptions_of(state: ClusterState, default: Assumptions) -> Assumptions:
    """`default` with what the objects of a state say instead: the Corefile, the address of the DNS Service."""
    found = read_corefile(state.corefile or "")
    made = replace(default, dns=found.dns) if found and found.dns else default
    service = find_service(state, CLUSTER_DNS)
    ips = tuple(service.spec.cluster_ips) if service else ()
    if ips and ips != ("None",):
        made = replace(made, kubelet=replace(made.kubelet, cluster_dns=ips))
    return made


def settle(state: ClusterState, assumptions: Assumptions) -> ClusterState:
    """Let every answer about a state rest on these assumptions; returns the state."""
    state.settle(SETTLED, assumptions)
    return state


def settled(state: ClusterState) -> Assumptions:
    """What answers about a state rest on: what it was settled on, else what its objects say over kubeadm's defaults."""
    return state.remember(SETTLED, None, lambda: assumptions_of(state, DEFAULT))


def unevaluated_plugins(state: ClusterState) -> tuple[str, ...]:
    """Plugins of the Corefile that may change answers and that svcmap does not evaluate."""
    found = read_corefile(state.corefile or "")
    return found.not_evaluated if found else ()
