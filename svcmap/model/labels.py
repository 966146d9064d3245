"""Label selectors (Kubernetes documentation, "Labels and Selectors"; apimachinery pkg/labels)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from svcmap.model.base import Part


class SomeLabels(dict[str, str]):
    """Labels that an object has for certain, beside others that are not known."""


Labels = Mapping[str, str] | None
"""The labels of an object: all of them, `SomeLabels`, or None where none is known."""


class LabelSelectorRequirement(Part, frozen=True):
    key: str = ""
    operator: str = ""
    values: list[str] = []

    def matches(self, labels: Mapping[str, str]) -> bool:
        """In and Exists need the key; NotIn and DoesNotExist are also true where it is absent (N4)."""
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels
        return False

    def may_match(self, labels: Labels) -> bool | None:
        """As `matches`; None where it is about a label that is not known."""
        if labels is None or (isinstance(labels, SomeLabels) and self.key not in labels):
            return None
        return self.matches(labels)


class LabelSelector(Part, frozen=True):
    """An empty selector matches everything; an absent one is None wherever the API makes a difference."""

    match_labels: dict[str, str] = {}
    match_expressions: list[LabelSelectorRequirement] = []

    def matches(self, labels: Mapping[str, str]) -> bool:
        if not has_labels(labels, self.match_labels):
            return False
        return not self.match_expressions or all(item.matches(labels) for item in self.match_expressions)

    def may_match(self, labels: Labels) -> bool | None:
        """As `matches`; None where labels decide that are not known."""
        if labels is not None and not isinstance(labels, SomeLabels):
            return self.matches(labels)
        known: Mapping[str, str] = labels or {}
        found = [known[key] == value if key in known else None for key, value in self.match_labels.items()]
        found += [item.may_match(labels) for item in self.match_expressions]
        return False if False in found else None if None in found else True


_SETS = re.compile(r"\s*(?P<key>[^\s,!=()]+)\s+(?P<how>in|notin)\s*\((?P<values>[^)]*)\)\s*(?:,|\Z)")
_PAIRS = re.compile(r"\s*(?P<key>[^\s,!=()]+)\s*(?P<how>==|=|!=)\s*(?P<value>[^\s,!=()]*)\s*(?:,|\Z)")
_KEYS = re.compile(r"\s*(?P<no>!?)\s*(?P<key>[^\s,!=()]+)\s*(?:,|\Z)")


def parse_selector(text: str) -> LabelSelector:
    """A selector as kubectl takes it: `app=web,tier!=db,env in (prod, qa),!legacy`. Raises ValueError for others."""
    parts: list[LabelSelectorRequirement] = []
    at = 0
    while at < len(text):
        if found := _SETS.match(text, at):
            values = [value.strip() for value in found["values"].split(",")]
            operator = "In" if found["how"] == "in" else "NotIn"
            parts.append(LabelSelectorRequirement(key=found["key"], operator=operator, values=values))
        elif found := _PAIRS.match(text, at):
            operator = "NotIn" if found["how"] == "!=" else "In"
            parts.append(LabelSelectorRequirement(key=found["key"], operator=operator, values=[found["value"]]))
        elif found := _KEYS.match(text, at):
            parts.append(
                LabelSelectorRequirement(key=found["key"], operator="DoesNotExist" if found["no"] else "Exists")
            )
        else:
            raise ValueError(text)
        at = found.end()
    return LabelSelector(match_expressions=parts)


NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label with its name that the API server gives to every namespace."""


def fits_namespace(selector: LabelSelector, name: str, labels: Labels) -> bool | None:
    """Whether a selector matches a namespace. `labels` None is one whose object was not read: of it only the label with
    its name is known, and it may have any others; None then says that these decide.
    """
    known = {NAMESPACE_NAME: name}
    return selector.may_match(SomeLabels(known) if labels is None else {**known, **labels})


def has_labels(labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Every pair of `wanted` is in `labels` (an empty `wanted` always is)."""
    # A loop, not all(…): it is asked for every selector and pod of a cluster, and three times as fast.
    for key, value in wanted.items():  # noqa: SIM110
        if labels.get(key) != value:
            return False
    return True


def format_labels(labels: Mapping[str, str]) -> str:
    """`app=web,tier=front`, as kubectl prints a selector."""
    return ",".join(f"{key}={value}" for key, value in labels.items())
