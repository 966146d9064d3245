"""What the engine asks of a state again and again: Services with their defaults, their endpoints. Worked out once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from svcmap.model.addresses import ByAddress, canonical
from svcmap.model.assumptions import DNSAssumptions
from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import Endpoint, EndpointSet
from svcmap.model.group_kinds import ENDPOINT_SLICE, ENDPOINTS, INGRESS, INGRESS_CLASS, NODE, POD, SERVICE, WORKLOADS
from svcmap.model.networking import Ingress
from svcmap.model.reads import reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.model.well_known import is_cluster_dns
from svcmap.paths.known.configuration import dns_configuration
from svcmap.paths.known.controller_arguments import adopting
from svcmap.semantics import dns, endpoints, ingress, service
from svcmap.semantics.ingress import haproxy_ingress, nginx
from svcmap.semantics.validation import Refusal, validate_service

NOTHING = EndpointSet(source="none")
ITSELF = reads(own=(SERVICE,))
ITS_ENDPOINTS = reads(NODE, *WORKLOADS, own=(SERVICE, ENDPOINT_SLICE, ENDPOINTS, POD))
"""Of pods and slices those of the Service; of nodes the zones, of workloads what makes pods."""
INGRESSES, SERVING = reads(INGRESS), reads(INGRESS, INGRESS_CLASS, *WORKLOADS)


def find_service(state: ClusterState, name: Name) -> Service | None:
    """A Service with its defaults applied; None if there is none of that name."""
    raw = state.services.get(name)
    return None if raw is None else state.remember("service", name, lambda: service.with_defaults(raw), ITSELF, name)


def refused_field(state: ClusterState, name: Name) -> str | None:
    """The field for which the API server refuses a Service that is still to be created; None where it takes it."""
    found = refusal_of(state, name)
    return found.field if found else None


def refusal_of(state: ClusterState, name: Name) -> Refusal | None:
    """What the API server says to a Service that it refuses, first; None where it takes it, or has."""
    raw = state.services.get(name)
    if raw is None or raw.metadata.uid or state.is_of_cluster:
        return None

    def refused() -> Refusal | None:
        return next((said for said in validate_service(raw) if said.level == "error"), None)

    return state.remember("refusal_of_service", name, refused, ITSELF, name)


def port_keyed(state: ClusterState, of: Service, key: str) -> ServicePort | None:
    """The port of a Service by its key (`443/TCP`); None if it has none."""

    def by_key() -> Mapping[str, ServicePort]:
        return {f"{port.port}/{port.protocol}": port for port in reversed(of.spec.ports)}

    ports = state.remember("ports_by_key", of.name, by_key, ITSELF, of.name)
    return ports.get(key)


def endpoints_of(state: ClusterState, name: Name) -> EndpointSet:
    """The endpoints of a Service; none for a Service that is not there."""
    found = find_service(state, name)
    if found is None:
        return NOTHING
    return state.remember("endpoints", name, lambda: endpoints.endpoint_set(state, found), ITS_ENDPOINTS, name)


class DNSView:
    """A state as the DNS server sees it (semantics.dns.Cluster)."""

    def __init__(self, state: ClusterState) -> None:
        self.state = state

    def service(self, name: Name) -> Service | None:
        return find_service(self.state, name)

    def endpoints(self, name: Name) -> EndpointSet:
        return endpoints_of(self.state, name)

    def ports(self, service: Service, name: str) -> Sequence[ServicePort]:
        def by_name() -> Mapping[str, Sequence[ServicePort]]:
            index: dict[str, list[ServicePort]] = {}
            for port in service.spec.ports:
                index.setdefault(port.name.lower(), []).append(port)
            return index

        return self.state.remember("ports_by_name", service.name, by_name, ITSELF, service.name).get(name, ())

    def services_at(self, address: str) -> Sequence[Service]:
        owners = self.state.services_by_address.get(address, ())
        return [self.state.services[name] for role, name in owners if role == "cluster-ip"]

    def endpoints_at(self, address: str) -> Sequence[tuple[Name, Endpoint]]:
        return ready_endpoints_by_address(self.state).get(address, [])

    def pod_runs_at(self, namespace: str, address: str) -> bool:
        return (namespace, canonical(address)) in self.state.pods_by_primary_address

    def namespace_exists(self, namespace: str) -> bool:
        return namespace in self.state.existing_namespaces

    def namespace_labels(self, namespace: str) -> Mapping[str, str] | None:
        return labels_of_namespace(self.state, namespace)


def ready_endpoints_by_address(state: ClusterState) -> Mapping[str, list[tuple[Name, Endpoint]]]:
    """Address → ready endpoints that have it, with their Service, also of slices whose Service does not exist (D12)."""

    def index() -> Mapping[str, list[tuple[Name, Endpoint]]]:
        found: ByAddress[list[tuple[Name, Endpoint]]] = ByAddress()
        orphans = [name for name in state.slices_by_service if name not in state.services]
        for name in (*state.services, *orphans):
            known = endpoints_of(state, name) if name in state.services else endpoints.orphaned(state, name)
            for endpoint in known.ready:
                for address in (endpoint.address, *endpoint.also):
                    if address:
                        found.setdefault(canonical(address), []).append((name, endpoint))
        return found

    return state.remember("ready_endpoints_by_address", None, index)


def ask_dns(
    state: ClusterState,
    name: str,
    type_: str,
    options: DNSAssumptions,
    upstream: dns.Upstream | None = None,
    server_ips: tuple[str, ...] = (),
) -> dns.Answer:
    """What the cluster's DNS answers one query; worked out once for a state where nothing outside it is asked."""
    if upstream is not None or server_ips:
        return _asked(state, name, type_, options, upstream, server_ips)
    return state.remember("dns", (name, type_, options), lambda: _asked(state, name, type_, options, None, ()))


def _asked(
    state: ClusterState,
    name: str,
    type_: str,
    options: DNSAssumptions,
    upstream: dns.Upstream | None,
    server_ips: tuple[str, ...],
) -> dns.Answer:
    """As the Corefile says, unless `--assume` says otherwise."""
    found = dns_configuration(state)
    if found is not None and not found.is_read:
        note = f"a block of the Corefile in {found.ref} is not closed: CoreDNS does not take it, and keeps what it had"
        return dns.Answer(rcode="", basis="unknown", note=note, rule="D10b")
    if note := dns_loop(state):
        return dns.Answer(rcode="", basis="unknown", note=note, rule="D10b")
    if found is not None and found.options in (None, options):
        query = dns.Query(name.rstrip("."), type_, options, upstream, found.files, server_ips)
        return dns.answer_of(DNSView(state), query, found.blocks)
    return dns.answer(DNSView(state), name, type_, options, upstream, server_ips)


def dns_loop(state: ClusterState) -> str:
    """Why CoreDNS ends whenever it starts, its plugin loop finding that it forwards to itself; empty: it does not."""
    known = dns_configuration(state)
    looped = state.remember("dns_loop", None, lambda: _loop(state, known.blocks)) if known else ""
    return (
        f"plugin loop of the Corefile in {known.ref} ends CoreDNS: it forwards to itself ({looped})"
        if known and looped
        else ""
    )


def _loop(state: ClusterState, blocks: Sequence[dns.ServerBlock]) -> str:
    """The address by which the cluster's DNS forwards to itself."""
    servers = (one.spec for one in state.services.values() if is_cluster_dns(one))
    return dns.loop_in(blocks, {ip for spec in servers for ip in (spec.cluster_ip, *spec.cluster_ips)})


def served_by(state: ClusterState, item: Ingress) -> ingress.ServedBy:
    """The class and controller of an Ingress."""

    def served() -> ingress.ServedBy:
        return ingress.served_by(item, state.ingress_classes, adopting(state))

    return state.remember("served_by", item.name, served, SERVING)


def takes_any_host(state: ClusterState, item: Ingress) -> bool:
    """Whether an Ingress has a default backend for hosts that no rule names, with the controller that serves it."""
    return ingress.takes_any_host(item, ingress.flavour(served_by(state, item)))


def hosts_of(state: ClusterState, item: Ingress) -> ingress.HostSet:
    """The hosts that an Ingress gives its controller: those of its rules, and other names that ingress-nginx has."""

    def hosts() -> ingress.HostSet:
        written = [rule.host for rule in item.spec.rules]
        served = served_by(state, item)
        if ingress.flavour(served) == "haproxy-ingress":
            return ingress.HostSet((*written, *haproxy_ingress.names(item)), haproxy_ingress.patterns(item))
        if ingress.flavour(served) != "nginx":
            more = served.by.aliases_of(item.metadata.annotations) if served.by else []
            return ingress.HostSet((*written, *more), deep=bool(served.by and served.by.deep_wildcards))
        aliases = nginx.aliases(item)
        patterns = [partial(nginx.alias_fits, alias) for alias in aliases if alias.startswith(("~", "*"))]
        return ingress.HostSet((*written, *aliases, *nginx.counterparts(item)), patterns)

    return state.remember("hosts_of_rules", item.name, hosts, SERVING)


def host_rank(state: ClusterState, item: Ingress, host: str) -> int:
    """How specific the claim of an Ingress on a host is, with the controller that serves it; 0 for none."""
    return ingress.host_rank(item, hosts_of(state, item), host, ingress.flavour(served_by(state, item)))


def namespace_labels(state: ClusterState) -> Mapping[str, Mapping[str, str]]:
    """Labels of every namespace that is in the source as an object."""
    return {name: item.metadata.labels for name, item in state.namespaces.items()}


def labels_of_namespace(state: ClusterState, name: str) -> Mapping[str, str] | None:
    """The labels of a namespace; None (not known) for one that is not in the source as an object."""
    found = state.namespaces.get(name)
    return found.metadata.labels if found else None
