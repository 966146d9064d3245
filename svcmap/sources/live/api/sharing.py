"""Makes the EndpointSlices of a large cluster small: a text that thousands of endpoints carry is kept once.

What is decoded has a copy of its own of every node, zone and namespace. Equal values take the place of each other here:
an object compares equal to one that has not been through this.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from msgspec.structs import force_setattr

from svcmap.model.base import KubernetesObject, Metadata
from svcmap.model.core import EndpointHints, EndpointSlice, SliceEndpoint

MOST = 100_000
"""Values that are remembered; the names of Services are among them."""
NO_ANNOTATIONS: dict[str, str] = {}
NO_HINTS = EndpointHints()


class Sharing:
    """The values seen so far. Used by one thread at a time, or by several: at worst a text is kept twice."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._parts: dict[Hashable, Any] = {}

    def share(self, items: Iterable[KubernetesObject]) -> None:
        """Let objects use what others have already; all but EndpointSlices are few."""
        if len(self._texts) + len(self._parts) > MOST:
            self._texts.clear()
            self._parts.clear()
        for item in items:
            if isinstance(item, EndpointSlice):
                self._metadata(item.metadata)
                force_setattr(item, "address_type", self._texts.setdefault(item.address_type, item.address_type))
                force_setattr(item, "ports", self._parts.setdefault(item.ports, item.ports))
                for endpoint in item.endpoints:
                    self._endpoint(endpoint)

    def _metadata(self, metadata: Metadata) -> None:
        text = self._texts.setdefault
        force_setattr(metadata, "namespace", text(metadata.namespace, metadata.namespace))
        labels = metadata.labels.items()
        force_setattr(metadata, "labels", {text(key, key): text(value, value) for key, value in labels})
        force_setattr(metadata, "annotations", NO_ANNOTATIONS)  # else an empty dict of its own for each slice

    def _endpoint(self, endpoint: SliceEndpoint) -> None:
        text, part, target = self._texts.setdefault, self._parts.setdefault, endpoint.target_ref
        force_setattr(endpoint, "node_name", text(endpoint.node_name, endpoint.node_name))
        force_setattr(endpoint, "zone", text(endpoint.zone, endpoint.zone))
        force_setattr(endpoint, "conditions", part(endpoint.conditions, endpoint.conditions))
        if endpoint.hints != NO_HINTS:
            force_setattr(endpoint, "hints", part(endpoint.hints, endpoint.hints))
        if target is not None:
            force_setattr(target, "kind", text(target.kind, target.kind))
            force_setattr(target, "namespace", text(target.namespace, target.namespace))
