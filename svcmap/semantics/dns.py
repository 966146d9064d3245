"""What the cluster's DNS answers: CoreDNS' kubernetes plugin (D1-D19).

Upstream: plugin/kubernetes/{kubernetes.go,parse.go,handler.go,reverse.go}, plugin/backend_lookup.go, and the
kubernetes/dns specification. Names are compared without case; answers carry a final dot in `data`, not in `name`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from svcmap.model.assumptions import DNSAssumptions
from svcmap.model.base import Part
from svcmap.model.core import Service
from svcmap.model.facts import Basis, Endpoint, EndpointSet
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState

SRV_WEIGHTS = 100
ADDRESS_TYPES = {"A": "IPv4", "AAAA": "IPv6"}
REVERSE = {"in-addr.arpa": "IPv4", "ip6.arpa": "IPv6"}

ServiceOf = Callable[[Name], Service | None]
EndpointsOf = Callable[[Name], EndpointSet]


class Record(Part, frozen=True):
    """One resource record; `data` is in zone-file form (`0 100 80 web.shop.svc.cluster.local.`)."""

    name: str
    type: str
    ttl: int
    data: str

    def __str__(self) -> str:
        return f"{self.name}. {self.ttl} IN {self.type} {self.data}"


class Answer(Part, frozen=True):
    """What a query gets. NOERROR without answers is NODATA. `note` says what is not known, for example an address
    that is allocated when the Service is created; `service` is the Service the name belongs to.
    """

    rcode: str
    answers: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    service: Name | None = None
    basis: Basis = "computed"
    note: str = ""
    rule: str = "D5"


NXDOMAIN = Answer(rcode="NXDOMAIN", rule="D3")
NODATA = Answer(rcode="NOERROR", rule="D13")


def answer(
    state: ClusterState,
    name: str,
    type_: str,
    options: DNSAssumptions,
    service_of: ServiceOf,
    endpoints_of: EndpointsOf,
) -> Answer:
    """The answer to one query, as CoreDNS would give it with these options. Services have their defaults."""
    query = name.rstrip(".")
    lowered = query.lower()
    zone = _zone_of(lowered, options.zones)
    if zone is None:
        return Answer(rcode="REFUSED", rule="D1", note=f"{query} is in no zone of the cluster", basis="unknown")
    if zone in REVERSE:
        return _reverse(state, query, zone, type_, options, endpoints_of)
    labels = lowered[: -len(zone)].rstrip(".").split(".") if lowered != zone else []
    if not labels:
        return NODATA
    kind, rest = labels[-1], labels[:-1]
    if kind != "svc" or not rest:
        return NODATA if labels in (["svc"], ["pod"]) else NXDOMAIN
    namespace, path = rest[-1], rest[:-1]
    if not _is_exposed(state, namespace, options):
        return NXDOMAIN
    if not path:
        return NODATA
    service = service_of(Name(namespace, path[-1]))
    if service is None:
        return NXDOMAIN
    return _service(service, path[:-1], _Query(query, type_, options, endpoints_of, state))


class _Query:
    """One question about one Service: the name as asked, the type, and where to look things up."""

    def __init__(
        self, name: str, type_: str, options: DNSAssumptions, endpoints_of: EndpointsOf, state: ClusterState
    ) -> None:
        self.name, self.type, self.options, self.endpoints_of, self.state = name, type_, options, endpoints_of, state

    def record(self, data: str, type_: str | None = None, name: str | None = None) -> Record:
        return Record(name=name or self.name, type=type_ or self.type, ttl=self.options.ttl, data=data)

    def service_name(self, service: Service) -> str:
        return service_name(service.name, self.options)


def service_name(service: Name, options: DNSAssumptions) -> str:
    """The full name of a Service, without a final dot."""
    return f"{service.name}.{service.namespace}.svc.{options.zones[0]}"


def endpoint_name(endpoint: Endpoint, options: DNSAssumptions) -> str:
    """D7: the label of an endpoint: its host name, else (endpoint_pod_names) its pod's, else its dashed address."""
    if endpoint.hostname:
        return endpoint.hostname
    if options.endpoint_pod_names and endpoint.pod and len(endpoint.pod.name) < 64:
        return endpoint.pod.name
    if ":" in endpoint.address:
        dashed = endpoint.address.replace(":", "-")
        return f"{dashed}0" if dashed.endswith("-") else dashed
    return endpoint.address.replace(".", "-")


def _zone_of(name: str, zones: Iterable[str]) -> str | None:
    matching = [zone for zone in zones if name == zone or name.endswith(f".{zone}")]
    return max(matching, key=len, default=None)


def _is_exposed(state: ClusterState, namespace: str, options: DNSAssumptions) -> bool:
    return namespace in state.existing_namespaces and (not options.namespaces or namespace in options.namespaces)


def _service(service: Service, path: list[str], query: _Query) -> Answer:
    """The labels left of a Service: none, one (an endpoint), two (port and protocol); more is NXDOMAIN (D2)."""
    if service.spec.type == "ExternalName":
        return _external_name(service, path, query)
    headless = service.spec.cluster_ip == "None"
    found = query.endpoints_of(service.name)
    if query.options.ignore_empty_service and not headless and not found.ready:
        return NXDOMAIN
    if len(path) > 2:
        return NXDOMAIN
    if len(path) == 1:
        return _endpoint(service, path[0], found, query)
    port, protocol = (path[0].lstrip("_"), path[1].lstrip("_")) if path else ("", "")
    if headless:
        return _headless(service, found, port, protocol, query)
    return _cluster_ip(service, port, protocol, query)


def _cluster_ip(service: Service, port: str, protocol: str, query: _Query) -> Answer:
    """D5, D9, D10: addresses are the cluster IPs, SRV points at the Service and its *Service* port."""
    ports = [p for p in service.spec.ports if not port or (p.name.lower() == port and p.protocol.lower() == protocol)]
    if port and not ports:
        return NXDOMAIN
    ips = service.spec.cluster_ips
    target = query.service_name(service)
    if query.type == "SRV":
        weight = max(1, SRV_WEIGHTS // max(1, len(ports) * max(1, len(ips))))
        records = tuple(query.record(f"0 {weight} {p.port} {target}.") for p in ports)
        extra = tuple(query.record(ip, _address_type(ip), target) for ip in ips)
        return Answer(rcode="NOERROR", answers=records, additional=extra, service=service.name, rule="D9")
    family = ADDRESS_TYPES.get(query.type)
    if family is None:
        return _no_data(service)
    if not ips:
        note = "the cluster IP is allocated when the Service is created"
        return Answer(rcode="NOERROR", service=service.name, basis="unknown", note=note, rule="D19")
    answers = tuple(query.record(ip) for ip in ips if _family(ip) == family)
    return Answer(rcode="NOERROR", answers=answers, service=service.name, rule="D5")


def _no_data(service: Service) -> Answer:
    return Answer(rcode="NOERROR", service=service.name, rule="D13")


def _headless(service: Service, found: EndpointSet, port: str, protocol: str, query: _Query) -> Answer:
    """D6, D9: the ready endpoints themselves; with none at all the name does not exist."""
    pairs = [
        (endpoint, binding)
        for endpoint in found.ready
        for binding in endpoint.ports
        if not port or (binding.name.lower() == port and binding.protocol.lower() == protocol)
    ]
    endpoints = list(dict.fromkeys(e for e, _ in pairs)) if port else found.ready
    if not endpoints:
        return Answer(rcode="NXDOMAIN", service=service.name, basis=found.basis, rule="D6")
    if all(not endpoint.address for endpoint in endpoints):
        note = "answers with the addresses of ready pods; none has been seen yet"
        return Answer(rcode="NOERROR", service=service.name, basis="predicted", note=note, rule="D6")
    endpoints = [endpoint for endpoint in endpoints if endpoint.address]
    base = query.service_name(service)
    if query.type == "SRV":
        pairs = [(e, b) for e, b in pairs if e.address]
        weight = max(1, SRV_WEIGHTS // max(1, len(pairs)))
        data = {f"0 {weight} {b.port} {endpoint_name(e, query.options)}.{base}.": e for e, b in pairs}
        records = tuple(query.record(text) for text in data)
        unique = {e.address: e for e in data.values()}
        extra = tuple(
            query.record(ip, _address_type(ip), f"{endpoint_name(e, query.options)}.{base}") for ip, e in unique.items()
        )
        return Answer(rcode="NOERROR", answers=records, additional=extra, service=service.name, rule="D9")
    family = ADDRESS_TYPES.get(query.type)
    if family is None:
        return _no_data(service)
    answers = tuple(query.record(ip) for ip in dict.fromkeys(e.address for e in endpoints if e.family == family))
    return Answer(rcode="NOERROR", answers=answers, service=service.name, basis=found.basis, rule="D6")


def _endpoint(service: Service, label: str, found: EndpointSet, query: _Query) -> Answer:
    """D7, D10: the name of one endpoint, for every kind of Service that has endpoints."""
    named = [e for e in found.ready if endpoint_name(e, query.options).lower() == label]
    if not named:
        return Answer(rcode="NXDOMAIN", service=service.name, basis=found.basis, rule="D7")
    if all(not endpoint.address for endpoint in named):
        note = "answers with the pod's address; the pod has not been seen yet"
        return Answer(rcode="NOERROR", service=service.name, basis="predicted", note=note, rule="D8")
    if query.type == "SRV":
        pairs = [(e, b) for e in named for b in e.ports]
        weight = max(1, SRV_WEIGHTS // max(1, len(pairs)))
        records = tuple(query.record(f"0 {weight} {b.port} {query.name}.") for _, b in pairs)
        extra = tuple(query.record(e.address, _address_type(e.address)) for e in named)
        return Answer(rcode="NOERROR", answers=records, additional=extra, service=service.name, rule="D10")
    family = ADDRESS_TYPES.get(query.type)
    if family is None:
        return _no_data(service)
    answers = tuple(query.record(ip) for ip in dict.fromkeys(e.address for e in named if e.family == family))
    return Answer(rcode="NOERROR", answers=answers, service=service.name, basis=found.basis, rule="D7")


def _external_name(service: Service, path: list[str], query: _Query) -> Answer:
    """D11, D14: a CNAME for address queries, nothing below it; a name that looks like an address is not served."""
    target = service.spec.external_name.rstrip(".")
    if path or not target or _looks_like_address(target):
        return Answer(rcode="NXDOMAIN", service=service.name, rule="D14" if not path else "D11")
    if query.type in ("A", "AAAA", "CNAME"):
        records = (query.record(f"{target}.", "CNAME"),)
        note = "" if query.type == "CNAME" else f"{target} is resolved outside the cluster"
        return Answer(rcode="NOERROR", answers=records, service=service.name, rule="D11", note=note)
    return _no_data(service)


def _looks_like_address(text: str) -> bool:
    parts = text.split(".")
    return ":" in text or (len(parts) == 4 and all(part.isdigit() for part in parts))


def _reverse(
    state: ClusterState, query: str, zone: str, type_: str, options: DNSAssumptions, endpoints_of: EndpointsOf
) -> Answer:
    """D12: a cluster IP first, else every ready endpoint with that address."""
    address = _address_of(query.lower(), zone)
    names = tuple(_reverse_names(state, address, options, endpoints_of)) if address else ()
    if not names:
        return Answer(rcode="NXDOMAIN", rule="D12")
    if type_ != "PTR":
        return NODATA
    records = tuple(Record(name=query, type="PTR", ttl=options.ttl, data=f"{name}.") for name in names)
    return Answer(rcode="NOERROR", answers=records, rule="D12")


def _reverse_names(
    state: ClusterState, address: str, options: DNSAssumptions, endpoints_of: EndpointsOf
) -> Iterator[str]:
    for role, service in state.services_by_address.get(address, []):
        if role == "cluster-ip":
            yield service_name(service.name, options)
            return
    for name in state.services:
        for endpoint in endpoints_of(name).ready:
            if endpoint.address == address and _is_exposed(state, name.namespace, options):
                yield f"{endpoint_name(endpoint, options)}.{service_name(name, options)}"


def _address_of(name: str, zone: str) -> str:
    """The address a reverse name asks for; empty if it is not a whole one."""
    labels = name[: -len(zone)].rstrip(".").split(".")[::-1]
    if REVERSE[zone] == "IPv4":
        return ".".join(labels) if len(labels) == 4 else ""
    if len(labels) != 32:
        return ""
    from ipaddress import IPv6Address

    groups = ["".join(labels[i : i + 4]) for i in range(0, 32, 4)]
    return str(IPv6Address(":".join(groups)))


def reverse_name(address: str) -> str | None:
    """`10.96.0.1` → `1.0.96.10.in-addr.arpa`, without a final dot; None for what is no address."""
    from ipaddress import ip_address

    try:
        return ip_address(address).reverse_pointer
    except ValueError:
        return None


def _family(ip: str) -> str:
    return "IPv6" if ":" in ip else "IPv4"


def _address_type(ip: str) -> str:
    return "AAAA" if ":" in ip else "A"
