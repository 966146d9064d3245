"""What was probably meant: the labels closest to a selector that matches nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from svcmap.model.base import Part
from svcmap.model.labels import format_labels
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState

MAX_CANDIDATES = 2_000


class NearMiss(Part, frozen=True):
    """A pod or workload whose labels almost fit: `labels` are its values for the selector's keys."""

    owner: ObjectRef
    labels: dict[str, str]

    @property
    def text(self) -> str:
        return format_labels(self.labels)


def closest(state: ClusterState, namespace: str, selector: Mapping[str, str]) -> NearMiss | None:
    """The nearest labels in the namespace: all but one pair equal, or every value within two edits; None if none."""
    best: tuple[int, NearMiss] | None = None
    for owner, labels in _candidates(state, namespace):
        distance = _distance(selector, labels)
        if distance is not None and (best is None or distance < best[0]):
            shown = {key: labels[key] for key in selector if key in labels}
            best = distance, NearMiss(owner=owner, labels=shown)
    return best[1] if best else None


def elsewhere(state: ClusterState, namespace: str, selector: Mapping[str, str]) -> tuple[ObjectRef, str] | None:
    """A workload or pod of another namespace that the selector would match, and that namespace."""
    for other in sorted(state.namespaces_with_workloads - {namespace}):
        for found in (state.workloads_with(other, selector), state.pods_with(other, selector)):
            if found:
                return found[0].ref, other
    return None


def _candidates(state: ClusterState, namespace: str) -> Iterator[tuple[ObjectRef, Mapping[str, str]]]:
    seen = 0
    for workload in state.workloads_by_namespace.get(namespace, []):
        yield workload.ref, workload.template.metadata.labels
    for pod in state.pods.values():
        if pod.metadata.namespace == namespace and seen < MAX_CANDIDATES:
            seen += 1
            yield pod.ref, pod.metadata.labels


def _distance(selector: Mapping[str, str], labels: Mapping[str, str]) -> int | None:
    """Edits between the values of a selector and those of some labels; None if they are not near each other."""
    wrong = [key for key, value in selector.items() if labels.get(key) != value]
    if len(wrong) != 1 or wrong[0] not in labels:
        return None
    wanted, found = selector[wrong[0]], labels[wrong[0]]
    edits = edit_distance(wanted, found)
    related = edits <= max(2, len(wanted) // 3) or wanted in found or found in wanted
    # One pair of several differing is a near miss whatever the values are; a lone pair must look alike.
    return edits if related or len(selector) > 1 else None


@lru_cache(maxsize=4096)
def edit_distance(one: str, other: str) -> int:
    """Levenshtein distance: insertions, deletions and replacements."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]
