"""How Kong orders the routes it makes of Ingresses: whole routes, not single paths (controllers.md CK-3 to CK-6)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from svcmap.model.networking import Ingress, IngressBackend
from svcmap.patterns import found_in, matched_groups
from svcmap.semantics.ingress.tables import RuleTarget, host_keys

PREFIX = "konghq.com/"
HEADER = f"{PREFIX}headers."
REGEX = "/~"
SLASHES = re.compile("/+")
PROTOCOLS = frozenset(("http", "https", "grpc", "grpcs", "ws", "wss", "tcp", "tls", "tls_passthrough", "udp"))
PRIORITY = re.compile("-?[0-9]{1,9}\\Z")


Rank = tuple[int, int, bool, bool, int, int]


class Route(NamedTuple):
    """The paths of an Ingress that lead from one host to one port of a Service. `rank` is what the router compares, the
    greater the better; of equals the older route is taken.
    """

    owner: Ingress
    rank: Rank


def _rank(owner: Ingress, host: str, targets: Sequence[RuleTarget]) -> Rank:
    """First how many kinds of things a route asks for."""
    annotations = owner.metadata.annotations
    asked = conditions_of(annotations)
    priority = annotations.get(f"{PREFIX}regex-priority", "")
    return (
        bool(host) + bool(asked.headers) + bool(asked.methods) + bool(asked.names),
        len(asked.headers),
        not host.startswith("*"),
        any(is_pattern(target, mark_of(annotations)) for target in targets),
        int(priority) if PRIORITY.match(priority) else 0,
        max(len(_cleaned(target.path)) for target in targets),
    )


class Conditions(NamedTuple):
    """What a route asks for beside host and path (CK-A5): methods, values by header, and server names of TLS."""

    methods: tuple[str, ...] = ()
    headers: Mapping[str, tuple[str, ...]] = {}
    names: tuple[str, ...] = ()

    def hold(self, method: str, headers: Mapping[str, str], server_name: str) -> bool:
        """Whether a request is as the route asks; `server_name` is empty without TLS."""
        if self.methods and method not in self.methods:
            return False
        if self.names and server_name not in self.names:
            return False
        given = {name.lower(): value for name, value in headers.items()}
        return all(any(_is_value(given.get(name), value) for value in values) for name, values in self.headers.items())


def conditions_of(annotations: Mapping[str, str]) -> Conditions:
    """Those of the annotations of an Ingress."""
    separator = annotations.get(f"{PREFIX}headers-separator", ",") or ","
    headers = {
        key.removeprefix(HEADER).lower(): tuple(part.strip() for part in value.split(separator) if part.strip())
        for key, value in annotations.items()
        if key.startswith(HEADER)
    }
    return Conditions(
        tuple(part.upper() for part in _parts(annotations.get(f"{PREFIX}methods", ""))),
        headers,
        tuple(part.lower() for part in _parts(annotations.get(f"{PREFIX}snis", ""))),
    )


def takes_http(annotations: Mapping[str, str]) -> bool:
    """CK-A4: whether plain http is among the protocols of an Ingress; a word that is none undoes the whole list."""
    written = _parts(annotations.get(f"{PREFIX}protocols", ""))
    return not written or "http" in written or not PROTOCOLS.issuperset(written)


def _is_value(given: str | None, wanted: str) -> bool:
    if given is None:
        return False
    return found_in(wanted[2:], given, ignore_case=True) if wanted.startswith("~*") else given == wanted


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


class Routes:
    """The routes that Kong makes of an Ingress; its default backend is none of them. Those without a host are for the
    other names alone, where the Ingress has any: the paths of a name are those of every rule that has it.
    """

    def __init__(self, item: Ingress, targets: Sequence[RuleTarget]) -> None:
        self._others = aliases_of(item.metadata.annotations)
        self._named: dict[tuple[str, IngressBackend], list[RuleTarget]] = {}
        for target in targets:
            for name in () if target.to_default else self._names(target):
                self._named.setdefault((name, target.backend), []).append(target)
        self._made = {key: Route(item, _rank(item, key[0], mine)) for key, mine in self._named.items()}

    def _names(self, target: RuleTarget) -> list[str]:
        own = [target.host.lower()] if target.host or not self._others else []
        return list(dict.fromkeys([*own, *self._others]))

    def of(self, target: RuleTarget, host: str) -> Route | None:
        """The route with the path of a target that is for a host, by the most specific of its names."""
        names = self._names(target)
        name = next((key for key in host_keys(host, deep=True) if key in names), None)
        return None if name is None else self._made.get((name, target.backend))


def is_open(ingress: Ingress, target: RuleTarget) -> bool:
    """Whether a rule is for more hosts than its own, or its path is none to be compared by characters."""
    annotations = ingress.metadata.annotations
    is_regex = target.path_type == "ImplementationSpecific" and target.path.startswith(mark_of(annotations))
    return is_regex or "//" in target.path or bool(aliases_of(annotations))


def aliases_of(annotations: Mapping[str, str]) -> list[str]:
    """More hosts of every route of an Ingress (`overrideHosts` in dataplane/kongstate/route.go)."""
    return [name.lower() for name in _parts(annotations.get(f"{PREFIX}host-aliases", ""))]


def mark_of(annotations: Mapping[str, str]) -> str:
    """What a path of no type begins with that is a regular expression."""
    return annotations.get(f"{PREFIX}regex-prefix", "").strip() or REGEX


def is_pattern(target: RuleTarget, mark: str = REGEX) -> bool:
    """CK-4: Exact, and Prefix of more than `/`, are regular expressions to Kong."""
    if target.path_type == "ImplementationSpecific":
        return target.path.startswith(mark)
    return target.path_type == "Exact" or _cleaned(target.path) != "/"


def fits(target: RuleTarget, path: str, mark: str = REGEX) -> bool:
    """CK-4: Exact, by segments, by characters, or behind the mark as a regular expression from the start."""
    mine = _cleaned(target.path)
    match target.path_type:
        case "Exact":
            return path == mine
        case "Prefix":
            stem = mine.rstrip("/")
            return not stem or path == stem or path.startswith(f"{stem}/")
    if target.path.startswith(mark):
        return matched_groups(target.path.removeprefix(mark), path) is not None
    return path.startswith(mine)


def _cleaned(path: str) -> str:
    """A path as it is handed to the router: `//` is one slash, and none at all is `/`."""
    return SLASHES.sub("/", path) or "/"
