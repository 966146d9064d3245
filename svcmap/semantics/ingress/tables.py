"""Targets of Ingresses by host and path: a request looks at the few that may take it (I1, I2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from svcmap.model.base import Part
from svcmap.model.networking import IngressBackend
from svcmap.model.refs import Name
from svcmap.semantics.ingress.contour import SPECIAL

LONGEST = 120
"""Characters of a path that a sentence says."""
PATTERN = SPECIAL | {"?"}
"""A path with one of these is a pattern to some controller (ALB takes `*` and `?`)."""
CUTS = PATTERN | frozenset(".(){}|$\\")
"""Characters at which the literal beginning of such a path ends."""


class RuleTarget(Part, frozen=True):
    """One path of an Ingress (or its default backend) and where it leads. `field` is where it stands."""

    owner: Name
    host: str
    path: str
    path_type: str
    backend: IngressBackend
    field: tuple[str | int, ...]

    @property
    def is_default(self) -> bool:
        return self.field[-1] in ("defaultBackend", "backend") and len(self.field) == 2

    @property
    def to_default(self) -> bool:
        """A default backend, or a rule without paths, which leads to it (I4)."""
        return self.is_default or self.field[-1] == "host"

    @property
    def text(self) -> str:
        """`www.example.com/pay`, `*` for every host."""
        path = self.path if len(self.path) <= LONGEST else f"{self.path[:LONGEST]}…"
        return "default backend" if self.is_default else f"{self.host or '*'}{path or '/'}"


def host_specificity(rule: str, host: str) -> int:
    """I1: 3 exact, 2 wildcard (exactly one label), 1 no host in the rule, 0 no match."""
    rule, host = rule.lower(), host.lower().rstrip(".")
    if not rule:
        return 1
    if rule == host:
        return 3
    if rule.startswith("*."):
        label, dot, rest = host.partition(".")
        return 2 if label and dot and rest == rule[2:] else 0
    return 0


class HostSet:
    """The hosts of some rules, asked how specific the best of them is for a host (`host_specificity`).

    `patterns` are tests of a host in lower case, each as good as a wildcard; wildcards that are `deep` stand for any
    number of labels.
    """

    def __init__(
        self, hosts: Iterable[str], patterns: Sequence[Callable[[str], bool]] = (), *, deep: bool = False
    ) -> None:
        self.hosts = frozenset(host.lower() for host in hosts)
        self.patterns, self.deep = patterns, deep

    def specificity(self, host: str) -> int:
        """3 exact, 2 wildcard, 1 a rule without host, 0 none."""
        rank = next((rank for rank, key in _ranked_keys(host, deep=self.deep) if key in self.hosts), 0)
        if rank < 2 and any(fits(host.lower().rstrip(".")) for fits in self.patterns):
            return 2
        return rank

    def takes(self, host: str) -> bool:
        """Whether Envoy gives a host to a wildcard of them, which takes every label before it. Contour then matches
        only one of them: deeper names are answered 404 and never get to a rule without a host.
        """
        _, dot, rest = host.lower().rstrip(".").partition(".")
        while dot:
            if f"*.{rest}" in self.hosts:
                return True
            _, dot, rest = rest.partition(".")
        return False


def _ranked_keys(host: str, *, deep: bool = False) -> Iterator[tuple[int, str]]:
    """The hosts of rules that take a host, the most specific one first, each with how specific it is (I1); `deep`:
    wildcards stand for any number of labels.
    """
    host = host.lower().rstrip(".")
    yield 3, host
    label, dot, rest = host.partition(".")
    while label and dot:
        yield 2, f"*.{rest}"
        label, dot, rest = rest.partition(".") if deep else ("", "", "")
    yield 1, ""


def host_keys(host: str, *, deep: bool = False) -> list[str]:
    """The hosts of rules that take a host, the most specific one first, in lower case."""
    return [key for _, key in _ranked_keys(host, deep=deep)]


class HostRules:
    """The targets of one host, in the order in which equals win."""

    def __init__(self) -> None:
        self.targets: list[RuleTarget] = []
        self.owners: set[Name] = set()
        self._by_stem: dict[str, list[tuple[int, RuleTarget]]] = {}

    def add(self, target: RuleTarget) -> None:
        self._by_stem.setdefault(_stem(target.path, target.path_type), []).append((len(self.targets), target))
        self.targets.append(target)
        self.owners.add(target.owner)

    def near(self, path: str) -> list[tuple[int, RuleTarget]]:
        """The targets that may take a path, however their controller reads paths that are no regular expressions."""
        stems = (path[:length] for length in range(len(path) + 1))
        return sorted(pair for stem in stems for pair in self._by_stem.get(stem, ()))

    def some_and_near(self, path: str, some: int) -> Iterator[tuple[int, RuleTarget]]:
        """In their order: the targets until `some` of them cannot take a path, and behind those the ones that may."""
        near = self.near(path)
        fitting, others = {index for index, _ in near}, 0
        for index, target in enumerate(self.targets):
            yield index, target
            others += index not in fitting
            if others == some:
                yield from (pair for pair in near if pair[0] > index)
                return


NO_RULES = HostRules()


def _stem(path: str, path_type: str) -> str:
    """What every path begins with that a rule's path takes. One of no type is a pattern to some controller as a whole
    (Cilium), whatever is in it.
    """
    signs = CUTS if path_type == "ImplementationSpecific" else PATTERN
    if not signs.isdisjoint(path):
        cut = next(index for index, character in enumerate(path) if character in CUTS)
        path = path[: max(cut - 1, 0)]  # a `*` may be about the character before it
    return path.rstrip("/")


class RuleTable:
    """Targets by host: `readable` ones, in the order in which equals win; `deep` as of a HostSet."""

    def __init__(self, candidates: Iterable[RuleTarget], *, deep: bool = False) -> None:
        self.deep = deep
        self.defaults: list[RuleTarget] = []
        self.with_rules: set[Name] = set()
        self._by_host: dict[str, HostRules] = {}
        for target in candidates:
            if target.is_default:
                self.defaults.append(target)
            else:
                self._by_host.setdefault(target.host.lower(), HostRules()).add(target)
                self.with_rules.add(target.owner)
        self.hosts = HostSet(self._by_host)

    def best_for(self, host: str) -> tuple[int, HostRules]:
        """How specific the best rules for a host are, and these rules; 0 and none where there are none."""
        keys = _ranked_keys(host, deep=self.deep)
        found = ((rank, self._by_host[key]) for rank, key in keys if key in self._by_host)
        return next(found, (0, NO_RULES))


class Shortlist:
    """Targets of an Ingress in the order they are written, of which a request looks at those few that may take it:
    whatever a controller makes of upper case, and of how many labels a wildcard stands for. `is_open` are those that
    may take requests for another host, or another path, than they have.
    """

    def __init__(self, targets: Iterable[RuleTarget], is_open: Callable[[RuleTarget], bool]) -> None:
        self._open: list[tuple[int, RuleTarget]] = []
        self._by_host: dict[str, dict[str, list[tuple[int, RuleTarget]]]] = {}
        for pair in enumerate(targets):
            target = pair[1]
            if target.to_default or is_open(target):
                self._open.append(pair)
            else:
                stem = _stem(target.path, target.path_type).lower()
                self._by_host.setdefault(target.host.lower(), {}).setdefault(stem, []).append(pair)

    def near(self, host: str, path: str) -> list[RuleTarget]:
        """The targets that may take a request."""
        stems = [path[:length].lower() for length in range(len(path) + 1)]
        hosts = [self._by_host[key] for key in host_keys(host, deep=True) if key in self._by_host]
        near = (pair for by_stem in hosts for stem in stems for pair in by_stem.get(stem, ()))
        return [target for _, target in sorted([*near, *self._open], key=lambda pair: pair[0])]
