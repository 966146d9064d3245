"""How Cilium, Istio and HAProxy's controller read the rules of Ingresses, where the API leaves it open (controllers.md
CY-3, CY-5, CS-2, CS-3, CH-3, CH-4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from svcmap.patterns import matched_groups

Default = Literal["any host", "unnamed hosts", "none"]
OPEN = "ImplementationSpecific"
WILD = ("/*", ".*")
"""Endings of paths that are prefixes to Istio."""


class Reading(NamedTuple):
    """One controller's way: whether a path of no type takes another path, the rank of a path, and which requests that
    no rule takes default backends are for. A host that a rule names never falls to rules of wider hosts.
    """

    fits: Callable[[str, str], bool]
    rank: Callable[[str, str], tuple[int, int, str]]
    default: Default


def _whole_pattern(written: str, path: str) -> bool:
    return matched_groups(written or "/", path, whole=True) is not None


def _by_characters(written: str, path: str) -> bool:
    return path.startswith(written or "/")


def _by_ending(written: str, path: str) -> bool:
    """CS-2: `x/*` and `x.*` are the prefix x, nothing and a lone wildcard every path, all else is exact."""
    if written in ("", "*"):
        return True
    ending = next((ending for ending in WILD if written.endswith(ending)), "")
    stem = written.removesuffix(ending).rstrip("/") if ending else ""
    return path == (stem or written) or (bool(ending) and path.startswith(f"{stem}/"))


def _exact_first(path: str, path_type: str) -> tuple[int, int, str]:
    order = {"Exact": 2, OPEN: 1}
    return order.get(path_type, 0), len(path.rstrip("/")), ""


def _longest_first(path: str, path_type: str) -> tuple[int, int, str]:
    return len(path.removesuffix("*").rstrip("/.")), int(path_type == "Exact"), ""


def _exact_then_longest(path: str, path_type: str) -> tuple[int, int, str]:
    return int(path_type == "Exact"), len(path.rstrip("/")), f"{path_type == 'Prefix':d}"


READINGS: Mapping[str, Reading] = {
    "cilium": Reading(_whole_pattern, _exact_first, "unnamed hosts"),
    "istio": Reading(_by_ending, _longest_first, "none"),
    "haproxy": Reading(_by_characters, _exact_then_longest, "any host"),
}
"""By the flavour of a controller."""
