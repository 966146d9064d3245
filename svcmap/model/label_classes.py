"""Pods that no selector can tell apart, so that a question about labels is asked once for all of them.

Of a pod's labels only the keys matter that some selector mentions. Pods of one namespace that agree on those are one
class: 150,000 pods are about 9,000 classes, and a class is matched instead of each of its pods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from svcmap.model.labels import LabelSelector, has_labels
from svcmap.model.workloads import Pod

Projection = tuple[str | None, ...]
"""The values of the labels that selectors mention; None where a pod has no such label."""


class LabelClass(NamedTuple):
    """`labels` are those that selectors mention, `projection` their values."""

    labels: Mapping[str, str]
    projection: Projection
    pods: list[Pod]


class LabelClasses:
    """The pods of a source by what selectors with the keys `mentioned` see of them."""

    def __init__(self, pods: Iterable[Pod], mentioned: Iterable[str]) -> None:
        self._mentioned = frozenset(mentioned)
        self._keys = tuple(sorted(self._mentioned))
        by_projection: dict[tuple[str, Projection], list[Pod]] = {}
        for pod in pods:
            key = pod.metadata.namespace, tuple(map(pod.metadata.labels.get, self._keys))
            if (members := by_projection.get(key)) is None:
                by_projection[key] = [pod]
            else:
                members.append(pod)
        self._by_namespace: dict[str, list[LabelClass]] = {}
        self._by_label: dict[tuple[str, str, str], list[LabelClass]] = {}
        for (namespace, values), members in by_projection.items():
            self._add(namespace, values, members)

    def _add(self, namespace: str, values: Projection, members: list[Pod]) -> None:
        labels = {key: value for key, value in zip(self._keys, values, strict=True) if value is not None}
        item = LabelClass(labels, values, members)
        self._by_namespace.setdefault(namespace, []).append(item)
        for key, value in labels.items():
            self._by_label.setdefault((namespace, key, value), []).append(item)

    def projection(self, labels: Mapping[str, str]) -> Projection:
        """What selectors see of `labels`."""
        return tuple(map(labels.get, self._keys))

    def of(self, namespace: str) -> list[LabelClass]:
        """The classes of a namespace, in the order in which their first pods were read."""
        return self._by_namespace.get(namespace, [])

    def selected(self, namespace: str, selector: LabelSelector) -> list[LabelClass]:
        """The classes of a namespace that a selector matches; it must be one whose keys are mentioned."""
        found = self._with(namespace, selector.match_labels)
        if not selector.match_expressions:
            return found
        return [item for item in found if all(part.matches(item.labels) for part in selector.match_expressions)]

    def _with(self, namespace: str, wanted: Mapping[str, str]) -> list[LabelClass]:
        lists = [self._by_label.get((namespace, key, value), []) for key, value in wanted.items()]
        if len(lists) < 2:
            return lists[0] if lists else self.of(namespace)
        return [item for item in min(lists, key=len) if has_labels(item.labels, wanted)]

    def pods_with(self, namespace: str, wanted: Mapping[str, str]) -> Sequence[Pod]:
        """Pods of a namespace that carry all of `wanted`, keys that no selector mentions included."""
        if self._mentioned.issuperset(wanted):
            classes = self._with(namespace, wanted)
            return classes[0].pods if len(classes) == 1 else [pod for item in classes for pod in item.pods]
        told_apart = {key: value for key, value in wanted.items() if key in self._mentioned}
        return [
            pod
            for item in self._with(namespace, told_apart)
            for pod in item.pods
            if has_labels(pod.metadata.labels, wanted)
        ]


def keys_of(selector: LabelSelector | None) -> set[str]:
    """The keys that a selector mentions."""
    if selector is None:
        return set()
    return {*selector.match_labels, *(requirement.key for requirement in selector.match_expressions)}
