"""The DNS names that lead to a Service, with the answer each of them gets and from where it works."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.model.assumptions import Assumptions
from svcmap.model.base import Part
from svcmap.model.core import Service
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import port_key
from svcmap.paths.asking.request import ADDRESS
from svcmap.paths.entries import traced_entries
from svcmap.paths.known.assumptions import settled
from svcmap.paths.known.look_ups import ask_dns, endpoints_of, find_service
from svcmap.semantics import dns


class NameRow(Part, frozen=True):
    """One name. `type` is a record type, or `search` for a short form that a pod's search list completes.

    `works_from` is cluster, namespace (pods of the same one) or public. `way`, `port` and `endpoint` say what of the
    picture the name leads to; `note` what is not known about the answer.
    """

    name: str
    type: str
    ttl: int
    data: tuple[str, ...]
    works_from: str
    note: str = ""
    way: str = ""
    port: str = ""
    endpoint: str = ""


def name_rows(state: ClusterState, name: Name, assumptions: Assumptions | None = None) -> list[NameRow]:
    """Every name of a Service, the full one first."""
    service = find_service(state, name)
    if service is None:
        return []
    rests_on = assumptions or settled(state)
    return state.remember("names", (name, rests_on), lambda: list(_rows(state, service, rests_on)))


def _rows(state: ClusterState, service: Service, assumptions: Assumptions) -> Iterator[NameRow]:
    options = assumptions.dns
    full = dns.service_name(service.name, options)
    for type_ in _types(service):
        yield _ask(state, full, type_, assumptions, way="in")
    yield NameRow(
        name=f"{service.name.name}.{service.name.namespace}",
        type="search",
        ttl=0,
        data=(full,),
        works_from="cluster",
        way="in",
    )
    yield NameRow(name=service.name.name, type="search", ttl=0, data=(full,), works_from="namespace", way="in")
    if service.spec.type != "ExternalName":
        for port in service.spec.ports:
            if port.name:
                srv = f"_{port.name}._{port.protocol.lower()}.{full}"
                yield _ask(state, srv, "SRV", assumptions, port=port_key(port))
    for endpoint in endpoints_of(state, service.name).ready:
        if endpoint.hostname:
            label = f"{dns.endpoint_name(endpoint, endpoint.address, options)}.{full}"
            type_ = "AAAA" if endpoint.family == "IPv6" else "A"
            yield _ask(state, label, type_, assumptions, endpoint=endpoint.id)
    for ip in service.spec.cluster_ips:
        reverse = dns.reverse_name(ip)
        if reverse and any(zone.endswith(".arpa") for zone in options.zones):
            yield _ask(state, reverse, "PTR", assumptions, way="in")
    yield from _public(state, service, assumptions)


def _types(service: Service) -> list[str]:
    if service.spec.type == "ExternalName":
        return ["CNAME"]
    families = service.spec.ip_families or ["IPv4"]
    return [{"IPv4": "A", "IPv6": "AAAA"}.get(family, "A") for family in families]


def _ask(
    state: ClusterState,
    name: str,
    type_: str,
    assumptions: Assumptions,
    *,
    way: str = "",
    port: str = "",
    endpoint: str = "",
) -> NameRow:
    answer = ask_dns(state, name, type_, assumptions.dns)
    note = answer.note or ("" if answer.answers else answer.rcode if answer.rcode != "NOERROR" else "no data")
    return NameRow(
        name=name,
        type=type_,
        ttl=assumptions.dns.ttl,
        data=tuple(r.data for r in answer.answers),
        works_from="cluster",
        note=note,
        way=way,
        port=port,
        endpoint=endpoint,
    )


def _public(state: ClusterState, service: Service, assumptions: Assumptions) -> Iterator[NameRow]:
    """Host names of rules; their records are kept outside the cluster, so the TTL is not known."""
    seen = set()
    for traced in traced_entries(state, service.name, assumptions):
        entry = traced.entry
        if not entry.is_route or not entry.host or entry.host in seen:
            continue
        seen.add(entry.host)
        type_ = "A" if not entry.address or ADDRESS.match(entry.address) else "CNAME"
        note = "" if entry.address else "should lead to the address of its controller, which is not in the source"
        yield NameRow(
            name=entry.host,
            type=type_,
            ttl=0,
            data=(entry.address,) if entry.address else (),
            works_from="public",
            note=note,
            way=entry.id,
        )
