"""The natural client behind policies: a pod that the rules in front of a Service name as one to let in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from svcmap.model.connection import INWARD
from svcmap.model.core import Service, ServicePort
from svcmap.model.coverage import PodScope, pods_with
from svcmap.model.label_classes import keys_of
from svcmap.model.labels import LabelSelector, fits_namespace
from svcmap.model.networking import NetworkPolicy, NetworkPolicyPeer
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.client import resolve
from svcmap.paths.asking.parties import endpoint_party
from svcmap.paths.asking.request import Vantage
from svcmap.paths.known.look_ups import endpoints_of, labels_of_namespace
from svcmap.paths.policies.judgement import judge
from svcmap.paths.policies.network_policy import isolation_of

ENOUGH = 8
"""Workloads and pods that a peer means of which one is looked for that is let through."""


def natural_client(state: ClusterState, service: Service, port: ServicePort, anybody: Vantage) -> Vantage:
    """Who asks for a port in the ordinary course, of the namespace of the Service or (`anybody` apart from it) of the
    others: anybody where anybody is let through, else a workload or pod that a NetworkPolicy in front names as a peer
    and that is; without one anybody again.
    """
    key = service.name, port.name, port.protocol, anybody
    return state.remember("natural_client", key, lambda: _natural_client(state, service, port, anybody))


def _natural_client(state: ClusterState, service: Service, port: ServicePort, anybody: Vantage) -> Vantage:
    found = endpoints_of(state, service.name).endpoints
    bound = ((endpoint, endpoint.port_for(port.name, port.protocol)) for endpoint in found if endpoint.ready)
    target, number = next(((endpoint, binding.port) for endpoint, binding in bound if binding), (None, 0))
    if target is None:
        return anybody
    subject = endpoint_party(state, service.metadata.namespace, target)

    def is_let_through(sender: Vantage) -> bool:
        party = resolve(state, sender).party
        if party.pod is not None and party.pod == subject.pod:  # who reaches itself says nothing of others
            return False
        return judge(state, party, subject, number, port.protocol).verdict == "allowed"

    named = _named(state, service.name, own=not anybody.apart_from)
    senders = chain([anybody], named, _free(state, service, anybody))
    return next(filter(is_let_through, senders), anybody)


def _named(state: ClusterState, service: Name, *, own: bool) -> Iterator[Vantage]:
    """Those whom the policies in front name, of the namespace of the Service or of the others."""
    for peer, home in _peers(state, service):
        for namespace in _namespaces(state, peer, home):
            if (namespace == service.namespace) is own:
                yield from islice(_senders(state, peer.pod_selector, namespace), ENOUGH)


def clients_in_front(state: ClusterState, service: Name) -> Iterator[PodScope]:
    """The pods among which `natural_client` looks for one that is let through."""
    for peer, home in _peers(state, service):
        labels = peer.pod_selector.match_labels if peer.pod_selector else {}
        for namespace in islice(_namespaces(state, peer, home), ENOUGH):
            yield pods_with(namespace, labels)


def _peers(state: ClusterState, service: Name) -> Iterator[tuple[NetworkPolicyPeer, str]]:
    """The pods that policies in front let in, as their rules name them, each with the namespace of its policy."""
    for policy in _in_front(state, service):
        for rule in policy.spec.ingress:
            yield from ((peer, policy.metadata.namespace) for peer in rule.from_ if peer.ip_block is None)


def _free(state: ClusterState, service: Service, anybody: Vantage) -> Iterator[Vantage]:
    """Others of its namespace, where policies isolate some of it for egress: they may send to anybody."""
    if not anybody.value:
        return
    of_service = LabelSelector(match_labels=service.spec.selector)
    for sender in islice(_senders(state, LabelSelector(), anybody.value), ENOUGH):
        if of_service.may_match(resolve(state, sender).party.labels) is False:
            yield sender


def _in_front(state: ClusterState, service: Name) -> list[NetworkPolicy]:
    """The policies that isolate, or may isolate, the pods of a Service for what comes in."""
    isolation = isolation_of(state)
    found: dict[Name, NetworkPolicy] = {}
    for endpoint in endpoints_of(state, service).endpoints:
        for policies in isolation(endpoint_party(state, service.namespace, endpoint), INWARD):
            found.update((policy.name, policy) for policy in policies)
    return list(found.values())


def _namespaces(state: ClusterState, peer: NetworkPolicyPeer, home: str) -> Iterator[str]:
    """N4: without a namespaceSelector a peer is of the policy's own namespace."""
    selector = peer.namespace_selector
    if selector is None:
        yield home
        return
    for namespace in sorted(state.existing_namespaces):
        if fits_namespace(selector, namespace, labels_of_namespace(state, namespace)):
            yield namespace


def _senders(state: ClusterState, selector: LabelSelector | None, namespace: str) -> Iterator[Vantage]:
    """The workloads and pods of a namespace that a selector matches; without one any pod of it."""
    if not keys_of(selector):
        yield Vantage(kind="namespace", value=namespace)
    selector = selector or LabelSelector()
    for workload in state.workloads_by_namespace.get(namespace, ()):
        template = workload.template
        if selector.matches(template.metadata.labels) and not template.spec.host_network:
            yield Vantage(kind="workload", value=f"{namespace}/{workload.ref.kind}/{workload.metadata.name}")
    for found in state.label_classes.selected(namespace, selector):
        for pod in found.pods:
            if not pod.is_finished and not pod.spec.host_network:
                yield Vantage(kind="pod", value=str(pod.name))
