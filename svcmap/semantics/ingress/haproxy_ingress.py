"""How haproxy-ingress reads hosts and paths (controllers.md CH-21 to CH-23; its configuration keys)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from svcmap.model.networking import Ingress
from svcmap.patterns import found_in, matched_groups
from svcmap.semantics.ingress.tables import RuleTarget, host_specificity

PREFIXES = ("haproxy-ingress.github.io/", "ingress.kubernetes.io/")
KINDS = ("exact", "prefix", "begin", "regex")
"""Of paths, in the order in which those are tried that are as long."""
OF_SPEC = {"Exact": "exact", "Prefix": "prefix"}
BY_PATTERN, ANY = 2, 1
LINE = re.compile(r"\s*([^\s:]+)(?::\s?|\s)(.*)\Z")


class Asked(NamedTuple):
    """A request: `path` is without the query."""

    host: str
    path: str
    headers: Mapping[str, str] = {}


def key(annotations: Mapping[str, str], name: str) -> str:
    """The value of a key, by the first prefix it has."""
    return next((annotations[f"{p}{name}"].strip() for p in PREFIXES if f"{p}{name}" in annotations), "")


def names(ingress: Ingress) -> list[str]:
    """Other names of the hosts of an Ingress, and those that it sends to them; `*.` stands for one label."""
    found = (key(ingress.metadata.annotations, name) for name in ("server-alias", "redirect-from"))
    return [name for name in found if name]


def patterns(ingress: Ingress) -> list[Callable[[str], bool]]:
    """The same as regular expressions, found anywhere in a name."""
    found = (key(ingress.metadata.annotations, f"{name}-regex") for name in ("server-alias", "redirect-from"))
    return [partial(found_in, pattern) for pattern in found if pattern]


def redirected_host(ingress: Ingress, host: str) -> str:
    """Where `redirect-from` sends a host: to the first of the rules; empty where it does not."""
    annotations = ingress.metadata.annotations
    name, pattern = key(annotations, "redirect-from"), key(annotations, "redirect-from-regex")
    takes = (name and host_specificity(name, host)) or (pattern and found_in(pattern, host))
    return next((rule.host for rule in ingress.spec.rules if rule.host), "") if takes else ""


def rank_of(ingress: Ingress, target: RuleTarget, host: str) -> int:
    """How specific a rule is for a host: an exact name, a wildcard or pattern, every host; 0 if it is for another."""
    annotations = ingress.metadata.annotations
    alias, pattern = key(annotations, "server-alias"), key(annotations, "server-alias-regex")
    ranks = [ANY if target.to_default else host_specificity(target.host, host)]
    if target.host and alias:
        ranks.append(host_specificity(alias, host))
    if target.host and pattern and found_in(pattern, host):
        ranks.append(BY_PATTERN)
    return max(ranks)


def kind_of(annotations: Mapping[str, str], target: RuleTarget) -> str:
    """The kind of a path: `path-type` says it where the pathType leaves it open."""
    written = key(annotations, "path-type").lower()
    return OF_SPEC.get(target.path_type) or (written if written in KINDS else "begin")


def is_open(ingress: Ingress, target: RuleTarget) -> bool:
    """Whether a rule is for more hosts than its own, or its path is a regular expression."""
    return kind_of(ingress.metadata.annotations, target) == "regex" or any(
        key(ingress.metadata.annotations, name) for name in ("server-alias", "server-alias-regex")
    )


def taker(written: Iterable[tuple[Ingress, RuleTarget]], asked: Asked) -> RuleTarget | None:
    """The rule that takes a request: of the best host that has one, unmatched paths fall to wider ones. Rules come the
    oldest first, and the first of equal ones stays.
    """
    fitting = [
        (rank, item, target)
        for item, target in written
        if (rank := rank_of(item, target, asked.host)) and _fits(item, target, asked)
    ]
    if not fitting:
        return None
    return max(fitting, key=lambda found: _order(*found))[2]


def _order(rank: int, item: Ingress, target: RuleTarget) -> tuple[int, bool, bool, int, int]:
    """Rules with conditions first, patterns last, longer paths before shorter ones."""
    kind = kind_of(item.metadata.annotations, target)
    annotations = item.metadata.annotations
    has_conditions = any(_conditions(annotations, f"http-header-match{end}") for end in ("", "-regex"))
    return rank, has_conditions, kind != "regex", len(target.path.rstrip("/")), -KINDS.index(kind)


def _fits(item: Ingress, target: RuleTarget, asked: Asked) -> bool:
    given = {name.lower(): value for name, value in asked.headers.items()}
    annotations = item.metadata.annotations
    exact, by_pattern = (_conditions(annotations, f"http-header-match{end}") for end in ("", "-regex"))
    if any(given.get(name) != value for name, value in exact):
        return False
    if any(name not in given or not found_in(value, given[name]) for name, value in by_pattern):
        return False
    return target.to_default or _path_fits(kind_of(item.metadata.annotations, target), target.path or "/", asked.path)


def _path_fits(kind: str, written: str, path: str) -> bool:
    match kind:
        case "exact":
            return path == written
        case "prefix":
            stem = written.rstrip("/")
            return not stem or path == stem or path.startswith(f"{stem}/")
        case "begin":
            return path.lower().startswith(written.lower())
    return matched_groups(written, path) is not None


def headers_of(annotations: Mapping[str, str], example: Callable[[str], str]) -> Mapping[str, str]:
    """Headers as the rules of an Ingress ask for them; `example` makes a text that a pattern takes."""
    exact, by_pattern = (_conditions(annotations, f"http-header-match{end}") for end in ("", "-regex"))
    return {**dict(exact), **{name: example(pattern) for name, pattern in by_pattern}}


def _conditions(annotations: Mapping[str, str], name: str) -> Sequence[tuple[str, str]]:
    """Headers with their values, one a line: the name in lower case."""
    lines = key(annotations, name).splitlines()
    return [(found[1].lower(), found[2].strip()) for line in lines if (found := LINE.match(line))]
