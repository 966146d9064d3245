"""The reverse look-up: an address, `:nodePort`, host name or pod, and every way that leads through it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from svcmap.model.addresses import canonical
from svcmap.model.assumptions import Assumptions
from svcmap.model.base import KubernetesObject, Part
from svcmap.model.core import Service
from svcmap.model.facts import Endpoint
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Entry
from svcmap.paths.asking.request import ADDRESS, NODE_PORT
from svcmap.paths.entries import TracedEntry, traced_entries
from svcmap.paths.known.assumptions import settled
from svcmap.paths.known.look_ups import endpoints_of, find_service
from svcmap.paths.outcome import Trace
from svcmap.paths.routes.kinds import ROUTE_KINDS


class Way(Part, frozen=True):
    """One way into a Service that leads through what was looked for. `kept_out` is why a pod gets nothing this way."""

    service: Name
    entry: Entry
    trace: Trace
    kept_out: str = ""


def ways_through(state: ClusterState, text: str, assumptions: Assumptions | None = None) -> list[Way]:
    """Every way through an address, `:nodePort`, host name, Service or pod (`NS/NAME`, `pod:NS/NAME` or a name)."""
    term = _term(text)
    return [
        way
        for name in sorted(services_at(state, term))
        for way in _ways_into(state, name, term, traced_entries(state, name, assumptions))
    ]


def standing_at(state: ClusterState, text: str) -> ObjectRef | None:
    """The Gateway, Ingress or Route with an address, whether or not anything is behind it."""
    for kind in ROUTE_KINDS:
        front = kind.at(state, _term(text))
        if front is not None:
            return front.ref if isinstance(front, KubernetesObject) else front[0].ref
    return None


def url_at(address: str) -> str:
    """A request to an address, as a URL."""
    return f"http://[{address}]/" if ":" in address else f"http://{address}/"


def _ways_into(state: ClusterState, name: Name, term: str, traced: Sequence[TracedEntry]) -> Iterator[Way]:
    """The entries that are the very thing; for a pod the ways that end at it or leave it out; else all of them."""
    if NODE_PORT.match(term):
        for item in traced:
            for _, trace in item.traces:
                if (
                    item.entry.kind == "node-port"
                    and trace.service_port
                    and trace.service_port.node_port == int(term[1:])
                ):
                    yield Way(service=name, entry=item.entry, trace=trace)
        return
    own = [item for item in traced if _is_entry(state, item, term)]
    endpoints = [e for e in endpoints_of(state, name).endpoints if term in _endpoint_terms(e)]
    for item in own or traced:
        for _, trace in item.traces:
            if own or not endpoints or any(endpoint in trace.endpoints for endpoint in endpoints):
                yield Way(service=name, entry=item.entry, trace=trace)
            elif why := next((why for e, why in trace.excluded if e in endpoints), ""):
                yield Way(service=name, entry=item.entry, trace=trace, kept_out=why)


def _term(text: str) -> str:
    return canonical(text.removeprefix("pod:").strip().lower().rstrip("."))


def services_at(state: ClusterState, text: str) -> frozenset[Name]:
    """The Services that an address, `:nodePort`, host name, DNS name or pod belongs to."""
    term = _term(text)
    book = address_book(state)
    found = set(book.get(term, ()))
    rest = "" if found or ADDRESS.match(term) else term
    while not found and "." in rest:  # a wildcard of a route stands for several labels (G3)
        rest = rest.partition(".")[2]
        found = set(book.get(f"*.{rest}", ()))
    return frozenset(found)


def services_like(state: ClusterState, text: str) -> frozenset[Name]:
    """The Services that a text leads to, or where it is none of their terms, those with a term that it begins."""
    if found := services_at(state, text):
        return found
    if not (term := _term(text)):
        return frozenset()
    return frozenset(name for known, names in address_book(state).items() if known.startswith(term) for name in names)


def is_term(text: str) -> bool:
    """Whether a text may be (the beginning of) an address, a node port, a host or a pod: worth a look into the book."""
    return len(text) > 3 and (text[0] == ":" or any(letter in text for letter in ".:-"))


def address_book(state: ClusterState) -> Mapping[str, set[Name]]:
    """Everything a Service can be found by, in lower case; worked out once for a state."""

    def write() -> Mapping[str, set[Name]]:
        book: dict[str, set[Name]] = {}
        for name in state.services:
            for term in _terms(state, name):
                book.setdefault(canonical(term.lower()), set()).add(name)
        for node in state.nodes.values():
            users = [name for name, service in state.services.items() if any(p.node_port for p in service.spec.ports)]
            for address in node.status.addresses:
                if address.type != "Hostname":
                    book.setdefault(canonical(address.address), set()).update(users)
        return book

    return state.remember("address_book", None, write)


def _terms(state: ClusterState, name: Name) -> Iterator[str]:
    service = find_service(state, name)
    if service is None:
        return
    short = f"{name.name}.{name.namespace}"
    yield from (short, f"{short}.svc", f"{short}.svc.{settled(state).cluster_domain}", str(name))
    yield from _addresses(service)
    for port in service.spec.ports:
        if port.node_port:
            yield f":{port.node_port}"
    for endpoint in endpoints_of(state, name).endpoints:
        yield from _endpoint_terms(endpoint)
    for kind in ROUTE_KINDS:
        yield from kind.terms(state, name)


def _addresses(service: Service) -> Iterator[str]:
    spec = service.spec
    yield from (ip for ip in (*spec.cluster_ips, *spec.external_ips, spec.external_name) if ip and ip != "None")
    yield from (i.ip or i.hostname for i in service.status.load_balancer.ingress)


def _endpoint_terms(endpoint: Endpoint) -> Iterator[str]:
    if endpoint.address:
        yield canonical(endpoint.address.lower())
    if endpoint.pod is not None:
        yield from (str(endpoint.pod), endpoint.pod.name)


def _is_entry(state: ClusterState, item: TracedEntry, term: str) -> bool:
    """Whether an entry is the very thing: its address, its host, or a node's address with its node ports."""
    entry = item.entry
    if any(term == canonical(a.address) for n in state.nodes.values() for a in n.status.addresses):
        return entry.kind == "node-port" or term == canonical(entry.address.lower())
    hosts: Iterable[str] = (entry.address, entry.host)
    wild = entry.host.startswith("*.") and term.endswith(entry.host[1:].lower())
    return term in (canonical(host.lower()) for host in hosts if host) or wild
