"""The DNS server's own names (D15). Upstream: plugin/kubernetes/ns.go nsAddrs."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.model.assumptions import DNSAssumptions
from svcmap.model.refs import Name
from svcmap.semantics.dns.names import endpoint_name
from svcmap.semantics.dns.records import Cluster, Found


def default_name_server(zone: str) -> str:
    """The name of the server where no Service leads to it, without a final dot."""
    return f"ns.dns.{zone}"


def name_servers(cluster: Cluster, server_ips: tuple[str, ...], zone: str, options: DNSAssumptions) -> list[Found]:
    """The Services whose endpoints have the server's own addresses; without such endpoints the addresses."""
    names = {name: None for ip in server_ips for name, _ in cluster.endpoints_at(ip)}
    found = [item for name in names for item in _of_service(cluster, name, zone, options)]
    return found if names else [Found(host=ip, key=default_name_server(zone)) for ip in server_ips]


def _of_service(cluster: Cluster, name: Name, zone: str, options: DNSAssumptions) -> Iterator[Found]:
    service = cluster.service(name)
    if service is None:
        return
    key = f"{name.name}.{name.namespace}.svc.{zone}"
    if service.spec.cluster_ip != "None":
        for ip in service.spec.cluster_ips:
            yield Found(host=ip, key=key)
        return
    for endpoint in cluster.endpoints(name).ready:
        yield Found(host=endpoint.address, key=f"{endpoint_name(endpoint, endpoint.address, options)}.{key}")
