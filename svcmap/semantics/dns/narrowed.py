"""The cluster as a kubernetes plugin sees it that is told to serve a part of it: `labels`, `namespace_labels`,
`noendpoints` (D1; plugin/kubernetes/setup.go and controller.go of CoreDNS).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import Endpoint, EndpointSet
from svcmap.model.labels import LabelSelector, parse_selector
from svcmap.model.refs import Name
from svcmap.semantics.dns.blocks import Plugin
from svcmap.semantics.dns.records import Cluster

NOTHING = EndpointSet()


class Narrowed:
    """A Cluster without the Services whose labels do not fit, and the namespaces whose do not."""

    def __init__(
        self, whole: Cluster, services: LabelSelector, namespaces: LabelSelector, *, has_endpoints: bool
    ) -> None:
        self.whole, self.services, self.namespaces, self.has_endpoints = whole, services, namespaces, has_endpoints

    def _has(self, service: Service | None) -> bool:
        if service is None:
            return False
        return self.services.matches(service.metadata.labels) and self.namespace_exists(service.metadata.namespace)

    def service(self, name: Name) -> Service | None:
        found = self.whole.service(name)
        return found if self._has(found) else None

    def endpoints(self, name: Name) -> EndpointSet:
        return self.whole.endpoints(name) if self.has_endpoints and self.service(name) is not None else NOTHING

    def ports(self, service: Service, name: str) -> Sequence[ServicePort]:
        return self.whole.ports(service, name)

    def services_at(self, address: str) -> Sequence[Service]:
        return [service for service in self.whole.services_at(address) if self._has(service)]

    def endpoints_at(self, address: str) -> Sequence[tuple[Name, Endpoint]]:
        found = self.whole.endpoints_at(address) if self.has_endpoints else ()
        return [(name, endpoint) for name, endpoint in found if self.service(name) is not None]

    def pod_runs_at(self, namespace: str, address: str) -> bool:
        return self.whole.pod_runs_at(namespace, address)

    def namespace_exists(self, namespace: str) -> bool:
        labels = self.whole.namespace_labels(namespace)
        return self.whole.namespace_exists(namespace) and self.namespaces.matches(labels or {})

    def namespace_labels(self, namespace: str) -> Mapping[str, str] | None:
        return self.whole.namespace_labels(namespace)


def narrowed(cluster: Cluster, plugin: Plugin, namespace: str) -> Cluster | str:
    """What a plugin serves; the option that decides about names of a namespace and cannot be told."""
    selectors = []
    for option in ("labels", "namespace_labels"):
        words = plugin.option(option)
        try:
            selectors.append(parse_selector(" ".join(words or ())))
        except ValueError:
            return option
    of_services, of_namespaces = selectors
    labels = cluster.namespace_labels(namespace) if cluster.namespace_exists(namespace) else {}
    if of_namespaces != LabelSelector() and of_namespaces.may_match(labels) is None:
        return "namespace_labels"
    has_endpoints = plugin.option("noendpoints") is None
    if of_services == of_namespaces == LabelSelector() and has_endpoints:
        return cluster
    return Narrowed(cluster, of_services, of_namespaces, has_endpoints=has_endpoints)
