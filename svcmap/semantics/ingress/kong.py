"""How Kong orders the routes it makes of Ingresses: whole routes, not single paths (controllers.md CK-3 to CK-6)."""

from __future__ import annotations

import re
from typing import NamedTuple

from svcmap.model.networking import Ingress, IngressBackend
from svcmap.patterns import matched_groups
from svcmap.semantics.ingress.tables import RuleTarget, host_keys

PREFIX = "konghq.com/"
REGEX = "/~"
SLASHES = re.compile("/+")
PRIORITY = re.compile("-?[0-9]{1,9}\\Z")


class Route(NamedTuple):
    """The paths of an Ingress that lead from one host to one port of a Service."""

    owner: Ingress
    host: str
    backend: IngressBackend
    targets: tuple[RuleTarget, ...]

    @property
    def rank(self) -> tuple[bool, int, bool, bool, int, int]:
        """What the router compares, the greater the better; of equals the older route is taken."""
        annotations = self.owner.metadata.annotations
        headers = sum(key.startswith(f"{PREFIX}headers.") for key in annotations)
        priority = annotations.get(f"{PREFIX}regex-priority", "")
        return (
            bool(self.host),
            headers,
            not self.host.startswith("*"),
            any(map(is_pattern, self.targets)),
            int(priority) if PRIORITY.match(priority) else 0,
            max(len(_cleaned(target.path)) for target in self.targets),
        )

    def taker(self, path: str) -> RuleTarget | None:
        """The target whose path takes one, the longest of them."""
        fitting = [target for target in self.targets if fits(target, path)]
        return max(fitting, key=lambda target: len(target.path), default=None)


def routes_for(item: Ingress, targets: tuple[RuleTarget, ...], host: str) -> list[Route]:
    """The routes that Kong makes of an Ingress and that are for a host; its default backend is none of them."""
    keys = host_keys(host, deep=True)
    found: dict[tuple[str, IngressBackend], list[RuleTarget]] = {}
    for target in targets:
        if not target.to_default and target.host.lower() in keys:
            found.setdefault((target.host.lower(), target.backend), []).append(target)
    return [Route(item, host, backend, tuple(mine)) for (host, backend), mine in found.items()]


def is_pattern(target: RuleTarget) -> bool:
    """CK-4: Exact, and Prefix of more than `/`, are regular expressions to Kong."""
    if target.path_type == "ImplementationSpecific":
        return target.path.startswith(REGEX)
    return target.path_type == "Exact" or _cleaned(target.path) != "/"


def fits(target: RuleTarget, path: str) -> bool:
    """CK-4: Exact, by segments, by characters, or where it begins with `/~` as a regular expression from the start."""
    mine = _cleaned(target.path)
    match target.path_type:
        case "Exact":
            return path == mine
        case "Prefix":
            stem = mine.rstrip("/")
            return not stem or path == stem or path.startswith(f"{stem}/")
    if mine.startswith(REGEX):
        return matched_groups(mine.removeprefix(REGEX), path) is not None
    return path.startswith(mine)


def _cleaned(path: str) -> str:
    """A path as it is handed to the router: `//` is one slash, and none at all is `/`."""
    return SLASHES.sub("/", path) or "/"
