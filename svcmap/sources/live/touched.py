"""Whose answers a change of one object can change: the Services it is about."""

from __future__ import annotations

from collections.abc import Iterable

from svcmap.model.base import KubernetesObject
from svcmap.model.core import EndpointSlice
from svcmap.model.gateway import Route
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name, new_tuple


def touched_by(kind: str, objects: Iterable[KubernetesObject]) -> set[Name] | None:
    """The Services that an object is about, as it was and as it is; None for kinds that may concern all of them.

    Not asked of pods: whose they are depends on which were read at all (Store._touch_pods).
    """
    found: set[Name] = set()
    for item in objects:
        if kind == "Service":
            found.add(item.name)
        elif isinstance(item, EndpointSlice):
            found.add(new_tuple(Name, (item.metadata.namespace, item.service_name)))
        elif isinstance(item, Ingress | Route):
            found.update(item.backend_services)
        else:
            return None
    return found
