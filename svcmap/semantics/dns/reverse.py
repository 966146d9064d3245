"""Which names an address has (D12). Upstream: plugin/kubernetes/reverse.go serviceRecordForIP."""

from __future__ import annotations

from svcmap.model.assumptions import DNSAssumptions
from svcmap.semantics.dns.names import endpoint_name, service_name
from svcmap.semantics.dns.records import Cluster


def names_of_address(cluster: Cluster, address: str, options: DNSAssumptions) -> list[str]:
    """The Service with this cluster IP, else every ready endpoint with this address, without final dots."""
    for service in cluster.services_at(address):
        if not options.namespaces or service.metadata.namespace in options.namespaces:
            return [service_name(service.name, options)]
    return [
        f"{endpoint_name(endpoint, address, options)}.{service_name(name, options)}"
        for name, endpoint in cluster.endpoints_at(address)
        if not options.namespaces or name.namespace in options.namespaces
    ]
