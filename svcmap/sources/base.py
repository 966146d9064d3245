"""What every reader of manifests gathers as it goes, and how it becomes a state."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from svcmap import exact_yaml
from svcmap.model.base import KubernetesObject
from svcmap.model.refs import GroupKind, Location, Name, ObjectRef, new_tuple
from svcmap.model.state import ClusterState, LoadIssue, Source
from svcmap.model.unread import Unread

Path = tuple[str | int, ...]


class Origin(Protocol):
    """Where an object was read. Its line, and the places of its fields, are looked up for what is shown to a person."""

    @property
    def file(self) -> str:
        """The file, as it is shown."""

    @property
    def line(self) -> int:
        """The line the object begins at; lines count from 1."""

    def at(self, path: Path = ()) -> exact_yaml.Mark | None:
        """The place of a field of the object; None if it is not there."""

    def item(self, index: int, line: int) -> Origin:
        """An entry of `items` of the object, which begins at a line (0: nobody knows, look it up)."""

    def excerpt(self) -> str:
        """The text it was read from."""


class YamlOrigin(NamedTuple):
    """A document of some text, and the way to the object inside of it."""

    file: str
    chunk: exact_yaml.Chunk
    document: int
    prefix: Path = ()
    line: int = 0

    def at(self, path: Path = ()) -> exact_yaml.Mark | None:
        return exact_yaml.locate(self.chunk.text, self.chunk.line, self.document, self.prefix + path)

    def item(self, index: int, line: int) -> YamlOrigin:
        return self._replace(prefix=(*self.prefix, "items", index), line=line or self.line)

    def excerpt(self) -> str:
        return exact_yaml.excerpt(self.chunk.text, self.chunk.line, self.document, self.prefix)


class Gathering:
    """Objects, issues and counts, in the order they are met."""

    def __init__(self, namespace: str = "default") -> None:
        self.namespace = namespace
        self.objects: dict[GroupKind, dict[Name, KubernetesObject]] = {}
        self.origins: dict[ObjectRef, Origin] = {}
        self.issues: list[LoadIssue] = []
        self.skipped: Counter[GroupKind] = Counter()
        self.custom: list[ObjectRef] = []
        self.foreign_policies: list[ObjectRef] = []
        self.unread: list[Unread] = []

    def add(self, item: KubernetesObject, origin: Origin) -> None:
        """Take an object in; of two with the same name the last one wins, and an issue names both."""
        kind, name = item.of_kind, item.name
        ref = new_tuple(ObjectRef, (kind.kind, *name, kind.group))
        if (known := self.objects.get(kind)) is None:
            known = self.objects[kind] = {}
        elif name in known:
            before = self.origins[ref]
            places = f"{before.file}:{before.line}, replaced by {origin.file}:{origin.line}"
            self.issue(f"{ref.kind} {name} is given twice: {places}", origin, item=str(ref), lost=False)
        known[name] = item
        self.origins[ref] = origin

    def issue(
        self,
        reason: str,
        origin: Origin | str,
        mark: exact_yaml.Mark | None = None,
        *,
        item: str | None = None,
        lost: bool = True,
    ) -> None:
        """Note what could not be read. Without a mark the place is that of the object or file."""
        file, line = (origin, 0) if isinstance(origin, str) else (origin.file, origin.line)
        line, column = (mark.line, mark.column) if mark else (line, 0)
        self.issues.append(LoadIssue(reason=reason, file=file, line=line, column=column, object=item, lost=lost))

    def say_duplicates(self, found: Iterable[exact_yaml.DuplicateKey], origin: Origin) -> None:
        """Note keys that are given twice."""
        for duplicate in found:
            says = f'key "{duplicate.key}" is given twice (first in line {duplicate.first_line}); the last one counts'
            mark = exact_yaml.Mark(duplicate.line, duplicate.column, None)
            self.issue(f"{says}, and kubectl refuses it", origin, mark, lost=False)

    def state(self, name: str) -> ClusterState:
        """The state of what was gathered, under the name of its source."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return ClusterState(
            Source("manifests", name, now),
            self.objects,
            self.issues,
            dict(self.skipped),
            self._locate,
            self.custom,
            self._excerpt,
            self.foreign_policies,
            unread=self.unread,
        )

    def _excerpt(self, ref: ObjectRef) -> str | None:
        origin = self.origins.get(ref)
        return origin.excerpt() if origin else None

    def _locate(self, ref: ObjectRef, path: Path) -> Location | None:
        origin = self.origins.get(ref)
        if origin is None:
            return None
        if not path:
            return Location(origin.file, origin.line)
        mark = origin.at(path)
        return Location(origin.file, mark.line, mark.column) if mark else Location(origin.file, origin.line)
