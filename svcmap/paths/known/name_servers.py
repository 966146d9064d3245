"""The servers of the cluster's names: the Service of its DNS, and the cache that may run on every node (R1, N10)."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.addresses import canonical
from svcmap.model.components import NODE_LOCAL_DNS, flag, split
from svcmap.model.core import Service
from svcmap.model.group_kinds import SERVICE, WORKLOADS
from svcmap.model.reads import reads
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.model.well_known import CLUSTER_DNS, DNS_SERVICES, is_cluster_dns
from svcmap.paths.known.command_lines import command_lines
from svcmap.paths.known.look_ups import find_service


def dns_services(state: ClusterState) -> Sequence[Service]:
    """The Services that lead to the cluster's DNS, those of a usual name first."""

    def found() -> Sequence[Service]:
        mine = [item for item in state.services.values() if is_cluster_dns(item)]
        return sorted(mine, key=lambda item: (item.name not in DNS_SERVICES, item.name))

    return state.remember("dns_services", None, found, reads(SERVICE))


def dns_service_at(state: ClusterState, address: str) -> Service | None:
    """The Service whose cluster IP a name server is."""
    for role, name in state.services_by_address.get(canonical(address), ()):
        if role == "cluster-ip":
            return find_service(state, name)
    return None


def main_dns_service(state: ClusterState) -> Name:
    """The Service that is the cluster's DNS: the first of those there are, else kubeadm's name for it."""
    usual = next((name for name in DNS_SERVICES if name in state.services), None)
    return usual or next((item.name for item in dns_services(state)), CLUSTER_DNS)


def local_cache(state: ClusterState, address: str) -> ObjectRef | None:
    """The workload that listens for look-ups at an address on every node: NodeLocal DNSCache (`-localip`)."""

    def listening() -> dict[str, ObjectRef]:
        lines = command_lines(state, NODE_LOCAL_DNS)
        return {canonical(ip): line.ref for line in lines for ip in split(flag(line.words, "localip", "local-ip"))}

    return state.remember("local_dns_caches", None, listening, reads(*WORKLOADS)).get(canonical(address))


def is_name_server(state: ClusterState, address: str) -> bool:
    """Whether the cluster's names are answered at an address."""
    service = dns_service_at(state, address)
    return (service is not None and is_cluster_dns(service)) or local_cache(state, address) is not None
