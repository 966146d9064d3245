"""What every reader of manifests gathers as it goes, and how it becomes a state."""

from __future__ import annotations

import datetime
from collections import Counter
from typing import NamedTuple

from svcmap import exact_yaml
from svcmap.model.base import KubernetesObject
from svcmap.model.refs import GroupKind, Location, Name, ObjectRef
from svcmap.model.state import ClusterState, LoadIssue, Source

Path = tuple[str | int, ...]


class Origin(NamedTuple):
    """Where an object was read: its file, the text around it, and the way to it inside that text."""

    file: str
    chunk: exact_yaml.Chunk
    document: int
    prefix: Path = ()
    line: int = 0

    def at(self, path: Path = ()) -> exact_yaml.Mark | None:
        """The place of a field of the object. Reads the document again: only for what is shown to a person."""
        return exact_yaml.locate(self.chunk.text, self.chunk.line, self.document, self.prefix + path)


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

    def add(self, item: KubernetesObject, origin: Origin) -> None:
        """Take an object in; of two with the same name the last one wins, and an issue names both."""
        ref = item.ref
        if before := self.origins.get(ref):
            places = f"{before.file}:{before.line}, replaced by {origin.file}:{origin.line}"
            self.issue(f"{ref.kind} {item.name} is given twice: {places}", origin, item=str(ref), lost=False)
        self.objects.setdefault(item.of_kind, {})[item.name] = item
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
        )

    def _excerpt(self, ref: ObjectRef) -> str | None:
        origin = self.origins.get(ref)
        if origin is None:
            return None
        return exact_yaml.excerpt(origin.chunk.text, origin.chunk.line, origin.document, origin.prefix)

    def _locate(self, ref: ObjectRef, path: Path) -> Location | None:
        origin = self.origins.get(ref)
        if origin is None:
            return None
        if not path:
            return Location(origin.file, origin.line)
        mark = origin.at(path)
        return Location(origin.file, mark.line, mark.column) if mark else Location(origin.file, origin.line)
