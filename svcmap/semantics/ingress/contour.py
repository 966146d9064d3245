"""How Contour reads the rules of Ingresses, where the API leaves it open (contour: internal/dag/ingress_processor.go,
internal/sorter/sorter.go; seen in the real Contour 1.33.8 with Envoy).
"""

from __future__ import annotations

from svcmap.patterns import is_re2, matched_groups

SPECIAL = frozenset("^+*[]%")
"""A path of type ImplementationSpecific with one of these is a regular expression of the whole path."""


def is_regex(path: str, path_type: str) -> bool:
    """Whether a rule's path is read as a regular expression."""
    return path_type == "ImplementationSpecific" and not SPECIAL.isdisjoint(path)


def is_readable(path: str, path_type: str) -> bool:
    """Whether a path is no regular expression, or one that Go compiles. At any other Contour leaves the rule: the paths
    behind it are no routes either.
    """
    return not is_regex(path, path_type) or is_re2(path)


def fits(rule: str, path: str) -> bool:
    """ImplementationSpecific: by characters, not by segments, unless it looks like a regular expression."""
    if is_regex(rule, "ImplementationSpecific"):
        return matched_groups(rule, path, whole=True) is not None
    return path.startswith(rule or "/")


def rank(path: str, path_type: str) -> tuple[int, int, str]:
    """The order in which Envoy tries the paths of a host: exact ones, regular expressions, then the longest prefix; of
    equal ones the one by segments.
    """
    path = path.rstrip("/") or "/" if path_type == "Prefix" else path or "/"
    return 2 if path_type == "Exact" else int(is_regex(path, path_type)), len(path), f"{path} {path_type == 'Prefix':d}"
