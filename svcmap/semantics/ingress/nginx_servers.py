"""The servers, locations and upstreams that ingress-nginx makes of all its Ingresses (controllers.md 1.2, 1.5).

Upstream: internal/ingress/controller/controller.go (createUpstreams, createServers, getBackendServers).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from svcmap.model.networking import Ingress, IngressServiceBackend
from svcmap.semantics.ingress import nginx
from svcmap.semantics.ingress.rules import Match, match, targets
from svcmap.semantics.ingress.tables import RuleTable, RuleTarget, host_specificity

Upstream = tuple[str, str, int | str]
"""Namespace, Service and port as it is written: a name and its number are two."""


def in_order(ingresses: Iterable[Ingress]) -> list[Ingress]:
    """CN-5: the oldest first, those of one second from the end of the alphabet. Of those that are not created yet
    canaries come last, as people make them.
    """
    from_behind = sorted(ingresses, key=lambda item: str(item.name), reverse=True)
    return sorted(from_behind, key=_made)


def _made(item: Ingress) -> tuple[str, bool]:
    created = item.metadata.creation_timestamp
    return created or "~", not created and nginx.is_canary(item)


class Upstreams:
    """CN-24: of every upstream the Ingress that makes it, which decides for all others whether it is a canary's."""

    def __init__(self, ingresses: Sequence[Ingress]) -> None:
        self._makers: dict[Upstream, Ingress] = {}
        self._shared: dict[Upstream, list[Ingress]] = {}
        for item in ingresses:
            for target in sorted(targets(item), key=lambda target: not target.is_default):
                if (key := upstream_of(target)) is None:
                    continue
                sharing = self._shared.setdefault(key, [])
                if not sharing or sharing[-1] is not item:  # an Ingress may lead there with thousands of rules
                    sharing.append(item)
                if target.is_default:  # made anew, whoever made it before
                    self._makers[key] = item
                self._makers.setdefault(key, item)

    def is_canary(self, target: RuleTarget) -> bool:
        """Whether the upstream of a target is that of a canary, so that the target gets no location."""
        maker = self.maker(target)
        return maker is not None and nginx.is_canary(maker)

    def maker(self, target: RuleTarget) -> Ingress | None:
        """The Ingress whose annotations shape the upstream of a target."""
        key = upstream_of(target)
        return self._makers.get(key) if key else None

    def contested_by(self, target: RuleTarget) -> Ingress | None:
        """A canary that shares the upstream of a target with plain Ingresses, where it is not known which is older."""
        key = upstream_of(target)
        sharing = self._shared.get(key, []) if key else []
        canaries = [item for item in sharing if nginx.is_canary(item)]
        if len(canaries) == len(sharing) or all(item.metadata.creation_timestamp for item in sharing):
            return None
        return next(iter(canaries), None)


def upstream_of(target: RuleTarget) -> Upstream | None:
    """The upstream of a target; None where its backend is no Service."""
    backend = target.backend.as_service
    return (target.owner.namespace, backend.name, _port(backend)) if backend else None


def _port(backend: IngressServiceBackend) -> int | str:
    return backend.port.name or backend.port.number or 0


def joining(items: Sequence[Ingress]) -> dict[Upstream | None, list[tuple[Ingress, RuleTarget]]]:
    """Which canaries join which upstreams: that of a plain rule with the host, path and type of one of theirs, and with
    it all rules to that Service and port, for upstreams are shared. A backend is no alternative to itself.
    """
    plain: dict[tuple[str, str, str], set[Upstream | None]] = {}
    for item in items:
        if not nginx.is_canary(item):
            for target in targets(item):
                plain.setdefault(_place(target), set()).add(upstream_of(target))
    found: dict[Upstream | None, list[tuple[Ingress, RuleTarget]]] = {}
    for item in items:
        if nginx.is_canary(item):
            for target in targets(item):
                for upstream in plain.get(_place(target), set()) - {upstream_of(target), None}:
                    found.setdefault(upstream, []).append((item, target))
    return found


def _place(target: RuleTarget) -> tuple[str, str, str]:
    """What a canary and the rule that it joins have in common; namespaces may differ (mergeAlternativeBackends)."""
    return target.host.lower(), target.path or "/", target.path_type


def locations(items: Sequence[Ingress], upstreams: Upstreams) -> Iterator[RuleTarget]:
    """The targets that get a location, in the order in which equals win: those whose upstream is no canary's."""
    hosts = {rule.host.lower() for item in items if not nginx.is_canary(item) for rule in item.spec.rules}
    for item in items:
        for target in targets(item):
            if target.is_default and nginx.is_canary(item):
                continue
            if not upstreams.is_canary(target) and (target.is_default or target.host.lower() in hosts):
                yield target


def server_of(items: Sequence[Ingress], host: str) -> str:
    """The host of the rules that answer for a host: its own, else one that has it as an alias (CN-11, CN-A9)."""
    host = host.lower().rstrip(".")
    items = [item for item in items if not nginx.is_canary(item)]
    named = {rule.host.lower() for item in items for rule in item.spec.rules if rule.host}
    if host in named:
        return host
    taken: set[str] = set()
    for item in items:
        hosts = [rule.host.lower() for rule in item.spec.rules if rule.host]
        names = nginx.aliases(item)
        for own in hosts if names else ():
            if own not in taken and any(name not in named and _is_alias(name, host) for name in names):
                return own
            taken.add(own)
    return host


def _is_alias(name: str, host: str) -> bool:
    return host in (name, name.lower()) or nginx.alias_fits(name, host)


def match_location(table: RuleTable, items: Sequence[Ingress], host: str, path: str, *, regex: bool) -> Match:
    """The location that takes a request; `items` are the Ingresses of `table` in CN-5's order (CN-5 to CN-10)."""
    found = match(table, host, path, "nginx", regex=regex)
    if found.slash_added or (found.target is not None and not found.target.is_default):
        return found
    rank, _ = table.best_for(host)
    return Match(target=_default(table, items, host if rank > 1 else ""), losers=found.losers)


def _default(table: RuleTable, items: Sequence[Ingress], host: str) -> RuleTarget | None:
    """CN-10: the default backend of the Ingress that makes the server of a host; of the server of all other hosts that
    of the first Ingress without rules.
    """
    if not host:
        without_rules = {item.name for item in items if not item.spec.rules}
        return next((target for target in table.defaults if target.owner in without_rules), None)
    best = max((_specificity(item, host) for item in items), default=0)
    maker = next((item for item in items if not nginx.is_canary(item) and _specificity(item, host) == best), None)
    return next((target for target in table.defaults if maker and target.owner == maker.name), None)


def _specificity(item: Ingress, host: str) -> int:
    return max((host_specificity(rule.host, host) for rule in item.spec.rules), default=0)
