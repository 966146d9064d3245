"""What of a cluster was read. What was not read is never "none": it is named as a need, and may be fetched.

A live source lists no pods but those that an answer needs (EndpointSlices carry the rest), and may not be allowed to
list every kind in every namespace.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from svcmap.model.group_kinds import POD, SECRET
from svcmap.model.labels import format_labels
from svcmap.model.refs import GroupKind, Name

FIELDS = {"metadata.name": "pod", "status.podIP": "the pod with address", "spec.nodeName": "pods on node"}


class PodScope(NamedTuple):
    """Some pods: of a namespace (empty: all), with labels, or with a field of some value (FIELDS)."""

    namespace: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    field: str = ""
    value: str = ""

    def __str__(self) -> str:
        if self.field:
            return f"{FIELDS[self.field]} {Name(self.namespace, self.value)}"
        what = f" with {format_labels(dict(self.labels))}" if self.labels else ""
        return f"pods of {self.namespace or 'all namespaces'}{what}"


def pods_with(namespace: str, labels: Mapping[str, str]) -> PodScope:
    """The pods of a namespace that carry all of `labels`."""
    return PodScope(namespace, tuple(sorted(labels.items())))


def pod_named(name: Name) -> PodScope:
    return PodScope(name.namespace, field="metadata.name", value=name.name)


def pod_at(address: str) -> PodScope:
    return PodScope(field="status.podIP", value=address)


def pods_on(node: str) -> PodScope:
    return PodScope(field="spec.nodeName", value=node)


class Coverage(msgspec.Struct, frozen=True):
    """`partly` names the kinds that could not be listed everywhere, with the namespaces where they could; `pods` the
    pods that were read, where not all of them were.
    """

    partly: dict[GroupKind, tuple[str, ...]] = {}
    pods: tuple[PodScope, ...] = ()
    all_pods: bool = False

    def has(self, kind: GroupKind, namespace: str = "") -> bool:
        """Whether every object of a kind (in a namespace; without one, in the cluster) was read."""
        if kind == SECRET or (kind == POD and not self.all_pods):
            return False  # nobody asks a cluster for its Secrets
        return kind not in self.partly or (namespace != "" and namespace in self.partly[kind])

    def has_pods(self, wanted: PodScope) -> bool:
        """Whether all the pods of a scope were read."""
        if self.all_pods:
            return self.has(POD, wanted.namespace)
        if wanted.field == "status.podIP" and ":" in wanted.value:
            return False  # the server finds pods by their first address only, mostly the IPv4 one
        return any(_includes(read, wanted) for read in self.pods)


def _includes(read: PodScope, wanted: PodScope) -> bool:
    if read.field:
        return read == wanted
    return read.namespace in ("", wanted.namespace) and not wanted.field and set(read.labels) <= set(wanted.labels)
