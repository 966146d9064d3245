"""Services that are there, and that the Corefile does not let DNS serve: `namespaces`, `labels` (D1, D4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from svcmap.model.core import Service
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.configuration import dns_configuration
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.walk import Walk
from svcmap.semantics.dns.backend import NoSuchNameError, parse
from svcmap.semantics.dns.blocks import Plugin
from svcmap.semantics.dns.names import is_below

NARROWING = ("namespaces", "labels", "namespace_labels", "noendpoints")


def is_hidden(walk: Walk, tries: Sequence[str]) -> Trace | None:
    """The finished trace of a name that a Service would have; None where none has, or no option hides it."""
    known = dns_configuration(walk.state)
    options = [text for block in known.blocks for text in _options(block.named("kubernetes"))] if known else []
    service = next(_services(walk.state, tries, walk.assumptions.dns.zone), None) if options else None
    if known is None or service is None:
        return None
    says = f"Service {service.name} exists, and the kubernetes plugin of the Corefile does not serve it: {options[0]}."
    step = f"correct the Corefile: {known.ref.kubectl('get')} -o yaml"
    hop = Hop(kind="dns", object=known.ref, address=walk.request.host, rule="D4", says=says, next=step)
    walk.at_service(service, None)
    return walk.stop(hop, "name-not-found")


def _options(plugins: Sequence[Plugin]) -> Iterator[str]:
    for plugin in plugins:
        for name in NARROWING:
            words = plugin.option(name)
            if words is not None:
                yield " ".join((name, *words))


def _services(state: ClusterState, tries: Sequence[str], zone: str) -> Iterator[Service]:
    """Those whose names are tried."""
    for name in tries:
        try:
            asked = parse(name, zone) if is_below(name.rstrip("."), zone) else None
        except NoSuchNameError:
            continue
        service = find_service(state, Name(asked.namespace, asked.service)) if asked and asked.kind == "svc" else None
        if service is not None:
            yield service
