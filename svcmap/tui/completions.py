"""What may be meant in the trace bar: clients, Services, hosts and addresses by the text of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from svcmap.model.addresses import before_port
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import ANYONE
from svcmap.paths.routes.kinds import ROUTE_KINDS


def completions(state: ClusterState, field: str, text: str) -> Sequence[str]:
    """What begins with a text, then what contains it; in a field `from` or `url`."""

    def every() -> list[str]:
        return list(dict.fromkeys(_clients(state) if field == "from" else _urls(state)))

    known = state.remember("completions", field, every)
    term = text.lower()
    begins = [item for item in known if item.lower().startswith(term)]
    return [*begins, *(item for item in known if term in item.lower() and not item.lower().startswith(term))]


def _clients(state: ClusterState) -> Iterator[str]:
    yield from ANYONE
    for namespace in sorted({name.namespace for name in state.services} | set(state.namespaces)):
        yield f"namespace:{namespace}"
    for workload in state.workloads:
        yield f"workload:{workload.metadata.namespace}/{workload.kind}/{workload.metadata.name}"
    yield from (f"pod:{name}" for name in sorted(state.pods))
    yield from (f"node:{name}" for name in sorted(state.nodes))


def _urls(state: ClusterState) -> Iterator[str]:
    for name, service in sorted(state.services.items()):
        for port in service.spec.ports[:3]:
            yield f"{scheme_of(port.port, port.name)}://{name.name}.{name.namespace}" + _number(port.port, port.name)
        yield str(name)
    for name in sorted(state.services):
        for kind in ROUTE_KINDS:
            for term in kind.terms(state, name):
                if term and not term.startswith("*"):
                    yield f"https://{before_port(term)}/"


def scheme_of(port: int, name: str) -> str:
    """The scheme that a port is probably asked with."""
    if port == 443 or name.lower().startswith("https"):
        return "https"
    return "http" if port == 80 or name.lower().startswith(("http", "web")) else "tcp"


def _number(port: int, name: str) -> str:
    return "" if {"http": 80, "https": 443}.get(scheme_of(port, name)) == port else f":{port}"


def url_of(state: ClusterState, text: str) -> str:
    """The URL that a bare name means: `web` is http://web; other texts as they are."""
    bare = text and not any(letter in text for letter in "/.:")
    if not bare:
        return text
    named = [service for name, service in state.services.items() if name.name == text]
    if named and named[0].spec.ports and not any(port.port == 80 for port in named[0].spec.ports):
        port = named[0].spec.ports[0]
        return f"{scheme_of(port.port, port.name)}://{text}" + _number(port.port, port.name)
    return f"http://{text}"
