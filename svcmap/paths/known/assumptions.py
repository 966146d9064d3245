"""How the components of a cluster are configured, as far as its objects say (D1, K11, R1)."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.assumptions import DEFAULT, Assumptions
from svcmap.model.components import INGRESS_NGINX
from svcmap.model.state import ClusterState
from svcmap.paths.known.configuration import dns_configuration, kubelet_configuration, proxy_configuration
from svcmap.paths.known.controller_arguments import GIVEN
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.known.name_servers import main_dns_service

SETTLED = "assumptions"


def assumptions_of(state: ClusterState, default: Assumptions) -> Assumptions:
    """`default` with what the objects of a state say instead: kube-proxy's and the kubelets' configuration, the
    Corefile, the address of the DNS Service.
    """
    made = default
    if (proxy := proxy_configuration(state)) is not None:
        made = replace(made, proxy=proxy.says)
    found = dns_configuration(state)
    made = replace(made, dns=found.options) if found and found.options else made
    service = find_service(state, main_dns_service(state))
    ips = tuple(service.spec.cluster_ips) if service else ()
    if ips and ips != ("None",):
        made = replace(made, kubelet=replace(made.kubelet, cluster_dns=ips))
    if (kubelet := kubelet_configuration(state)) is not None:
        domain = kubelet.says.cluster_domain or made.kubelet.cluster_domain
        kept = replace(
            made.kubelet, cluster_dns=kubelet.says.cluster_dns or made.kubelet.cluster_dns, cluster_domain=domain
        )
        made = replace(made, kubelet=kept)
    return made


def settle(state: ClusterState, assumptions: Assumptions) -> ClusterState:
    """Let every answer about a state rest on these assumptions; returns the state."""
    state.settle(SETTLED, assumptions)
    state.settle(GIVEN, assumptions.options_of(INGRESS_NGINX))
    return state


def settled(state: ClusterState) -> Assumptions:
    """What answers about a state rest on: what it was settled on, else what its objects say over kubeadm's defaults."""
    return state.remember(SETTLED, None, lambda: assumptions_of(state, DEFAULT))
