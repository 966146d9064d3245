"""What an answer would have to read to be whole: the pods that a live source did not list.

A source fetches these and the question is asked again; what is not fetched stays `unknown`, never "none".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from svcmap.model.addresses import address_of, canonical
from svcmap.model.coverage import PodScope, pod_at, pod_named, pods_with
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import Vantage, split_name
from svcmap.paths.entries import traced_entries
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.outcome import Trace
from svcmap.paths.policies.judgement import has_touched_pod
from svcmap.paths.policies.natural_client import clients_in_front
from svcmap.paths.routes.kinds import kind_called

MOST_FAULTS = 50
"""Services of a list whose pods are read for the reason why nothing answers, or of which policies may be; of more the
picture of each says it."""


def unread(state: ClusterState, wanted: Iterable[PodScope]) -> list[PodScope]:
    """Those of some scopes that were not read, each once."""
    return [scope for scope in dict.fromkeys(wanted) if state.lacks_pods(scope)]


def of_vantage(vantage: Vantage | None) -> list[PodScope]:
    """The pod that asks, by its name or address."""
    if vantage is None or not vantage.value:
        return []
    if vantage.kind == "pod":
        return [pod_named(split_name(vantage.value))]
    if vantage.kind == "workload" and "/Pod/" in vantage.value:
        namespace, _, name = vantage.value.split("/", 2)
        return [pod_named(Name(namespace, name))]
    return [pod_at(canonical(vantage.value))] if vantage.kind == "ip" else []


def of_trace(state: ClusterState, trace: Trace) -> list[PodScope]:
    """What its hops name, and the pods of every Service on its way: the controller's that sends, and the backends'."""
    found = [need for hop in trace.hops for need in hop.needs if isinstance(need, PodScope)]
    services: list[Name | None] = [trace.service, *(backend.service for backend in trace.backends)]
    for hop in trace.hops:
        kind = kind_called(hop.kind)
        services += kind.senders(state, hop.object) if kind and hop.object else ()
    return found + [scope for name in services if name for scope in of_pods(state, name)]


def of_service(state: ClusterState, name: Name) -> list[PodScope]:
    """The pods of a Service and what the traces of all ways into it need."""
    traces = (trace for entry in traced_entries(state, name) for _, trace in entry.traces)
    own = [*of_pods(state, name), *(scope for trace in traces for scope in of_trace(state, trace))]
    return [*own, *of_clients(state, name)]


def of_pods(state: ClusterState, name: Name) -> Iterator[PodScope]:
    """The pods a Service selects; none for one that selects nothing."""
    service = state.services.get(name)
    if service is not None and service.spec.selector and service.spec.type != "ExternalName":
        yield pods_with(name.namespace, service.spec.selector)


def of_clients(state: ClusterState, name: Name) -> Iterator[PodScope]:
    """The pods that policies in front of a Service let in, where it is not known yet who is."""
    ways = (entry for entry in traced_entries(state, name) if entry.entry.kind == "cluster-ip")
    if any(found.verdict == "unknown" for entry in ways for _, found in entry.traces):
        yield from clients_in_front(state, name)


def of_list(state: ClusterState, names: Iterable[Name]) -> list[PodScope]:
    """The pods of Services that have nothing to answer with: only they tell why. Then of those that policies may be
    about, and whom these let in.
    """
    every = list(names)
    faulty = [name for name in every if not endpoints_of(state, name).usable]
    found = unread(state, (scope for name in faulty for scope in of_pods(state, name)))[:MOST_FAULTS]
    if state.coverage is None or state.coverage.all_pods or len(state.coverage.pods) >= MOST_FAULTS:
        return found
    ruled = (name for name in every if has_touched_pod(state, name))
    more = (scope for name in ruled for scope in (*of_pods(state, name), *of_clients(state, name)))
    return found + list(islice(_lacking(state, more), max(0, MOST_FAULTS - len(found))))


def _lacking(state: ClusterState, wanted: Iterable[PodScope]) -> Iterator[PodScope]:
    """Those that were not read, one after the other: of many only the first are worked out."""
    seen: set[PodScope] = set()
    for scope in wanted:
        if scope not in seen and state.lacks_pods(scope):
            seen.add(scope)
            yield scope


def of_text(text: str) -> list[PodScope]:
    """The pod that a looked-up address may be of."""
    return [pod_at(canonical(text))] if address_of(text) is not None else []
