"""Objects that came in a shape nobody expected. They are named, for what depends on them is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from svcmap.model.coverage import PodScope
from svcmap.model.kinds import KINDS
from svcmap.model.refs import Name
from svcmap.model.state import LoadIssue
from svcmap.sources.live.api.resources import Resource

Scope = str | PodScope
"""A namespace (empty: the whole cluster), or some pods."""


class Unreadable:
    """Why objects could not be read, by the list they are of."""

    def __init__(self) -> None:
        self._found: dict[tuple[Resource, Scope], dict[Name, str]] = {}

    def replace(self, resource: Resource, scope: Scope, found: Iterable[tuple[Name, str]]) -> bool:
        """All there are in a list. Whether they are others than before."""
        before, now = self._found.pop((resource, scope), {}), dict(found)
        if now:
            self._found[resource, scope] = now
        return now != before

    def add(self, resource: Resource, scope: Scope, found: Iterable[tuple[Name, str]]) -> None:
        """Some more; those without a reason are gone."""
        now = {**self._found.get((resource, scope), {}), **dict(found)}
        self.replace(resource, scope, [pair for pair in now.items() if pair[1]])

    def discard(self, resource: Resource, scope: Scope, names: Iterable[Name]) -> bool:
        """Objects that can be read now. Whether one of them could not."""
        before = self._found.get((resource, scope))
        if not before:
            return False
        left = before.keys() - set(names)
        return self.replace(resource, scope, [(name, before[name]) for name in left])

    def issues(self) -> Iterator[LoadIssue]:
        """One for each object."""
        objects = {(resource, name): why for (resource, _), found in self._found.items() for name, why in found.items()}
        for (resource, name), why in objects.items():
            says = f"of an unexpected shape: {why}"
            kind = resource.of_kind
            group = kind.group if kind.is_custom or kind not in KINDS else ""
            yield LoadIssue(reason=says, resource=resource.title, object=f"{kind.kind}/{name}", group=group)
