"""Whose answers a change of one object can change: the Services it is about."""

from __future__ import annotations

from collections.abc import Iterable

from svcmap.model.base import KubernetesObject
from svcmap.model.core import EndpointSlice
from svcmap.model.gateway import Route
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name


def touched_by(kind: str, objects: Iterable[KubernetesObject]) -> set[Name] | None:
    """The Services that an object is about, as it was and as it is; None for kinds that may concern all of them."""
    found: set[Name] = set()
    for item in objects:
        if kind == "Service":
            found.add(item.name)
        elif isinstance(item, EndpointSlice):
            found.add(Name(item.metadata.namespace, item.service_name))
        elif isinstance(item, Ingress):
            found.update(_of_ingress(item))
        elif isinstance(item, Route):
            found.update(_of_route(item))
        elif kind != "Pod":
            return None
    return found


def _of_ingress(item: Ingress) -> Iterable[Name]:
    backends = [item.default_backend] if item.default_backend else []
    backends += [path.backend for rule in item.spec.rules if rule.http for path in rule.http.paths]
    for backend in backends:
        if service := backend.as_service:
            yield Name(item.metadata.namespace, service.name)


def _of_route(item: Route) -> Iterable[Name]:
    for rule in item.spec.rules:
        for backend in rule.backend_refs:
            yield Name(backend.namespace or item.metadata.namespace, backend.name)
