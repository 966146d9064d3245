"""Snapshots: what was read of a cluster (or of files), stripped, in one JSON file.

Only the fields the model has are written, so no environment, managedFields or Secret data can be in it; and of the
annotations those of Kubernetes and of load balancers: what others keep in theirs nobody knows.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from svcmap.errors import SourceError
from svcmap.model.base import KubernetesObject
from svcmap.model.coverage import Coverage, PodScope
from svcmap.model.kinds import KINDS
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState, LoadIssue, Source
from svcmap.model.well_known import LAST_APPLIED

API_VERSION = "svcmap/v1"
KIND = "Snapshot"
HEAD = re.compile(rb'\s*\{\s*"apiVersion"\s*:\s*"svcmap/v\d+"\s*,\s*"kind"\s*:\s*"Snapshot"')
OWNERS = ("cloud.google.com", "networking.gke.io")
"""Of annotations that rules read, beside Kubernetes and its Ingress controllers (`*.kubernetes.io`)."""
GZIP = b"\x1f\x8b"
TYPES = {kind: known.type for (_, kind), known in KINDS.items()}


class Snapshot(msgspec.Struct, kw_only=True, rename="camel", omit_defaults=True):
    """The file's document: a ClusterState in full. `objects` are lists by kind, `coverage` is null for files."""

    api_version: str
    kind: str
    source: Source
    coverage: Coverage | None = None
    issues: list[LoadIssue] = []
    skipped: dict[str, int] = {}
    custom: list[ObjectRef] = []
    foreign_policies: list[ObjectRef] = []
    objects: dict[str, msgspec.Raw] = {}


def is_snapshot(path: Path) -> bool:
    """Whether a file is a snapshot, by how it begins."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            start = file.read(400)
        if start.startswith(GZIP):
            with gzip.open(path) as file:
                start = file.read(400)
        return HEAD.match(start) is not None
    except (OSError, EOFError, zlib.error):
        return False  # the reader of manifests says what is wrong with it


def dump(state: ClusterState) -> bytes:
    """The file of a state. The same state gives the same bytes."""
    objects: dict[str, msgspec.Raw] = {}
    for kind in sorted(state.objects):
        items = [_stripped(item) for _, item in sorted(state.objects[kind].items())]
        if items:
            objects[kind] = msgspec.Raw(msgspec.json.encode(items))
    made = Snapshot(
        api_version=API_VERSION,
        kind=KIND,
        source=state.source,
        coverage=state.coverage,
        issues=list(state.issues),
        skipped=state.skipped,
        custom=list(state.custom),
        foreign_policies=list(state.foreign_policies),
        objects=objects,
    )
    return msgspec.json.encode(made) + b"\n"


def _stripped(item: KubernetesObject) -> KubernetesObject:
    annotations = item.metadata.annotations
    kept = {key: value for key, value in annotations.items() if is_kept(key)}
    if len(kept) == len(annotations):
        return item
    metadata = msgspec.structs.replace(item.metadata, annotations=kept)
    return msgspec.structs.replace(item, metadata=metadata)


def is_kept(annotation: str) -> bool:
    """Whether a snapshot has an annotation: one that an answer may rest on, and no piece of a configuration."""
    owner, _, name = annotation.rpartition("/")
    known = owner in OWNERS or owner == "kubernetes.io" or owner.endswith(".kubernetes.io")
    return known and annotation != LAST_APPLIED and not name.endswith("-snippet")


class SnapshotSource:
    """A StateFeed over one snapshot file."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.title = path

    def load(self) -> ClusterState:
        """Read the file. Raises SourceError if it cannot be read or is of another version."""
        try:
            data = self.path.read_bytes()
            found = msgspec.json.decode(gzip.decompress(data) if data.startswith(GZIP) else data, type=Snapshot)
            if found.api_version != API_VERSION:
                raise SourceError(f"{self.path}: a snapshot of {found.api_version}; this svcmap reads {API_VERSION}")
            objects = {kind: _objects(kind, raw) for kind, raw in found.objects.items() if kind in TYPES}
        except OSError as error:
            raise SourceError(f"{self.path}: {error.strerror or error}") from None
        except (msgspec.DecodeError, EOFError, zlib.error) as error:
            raise SourceError(f"{self.path}: a damaged snapshot: {error}") from None
        return ClusterState(
            Source("snapshot", self.title, found.source.read_at),
            objects,
            found.issues,
            found.skipped,
            custom=found.custom,
            foreign_policies=found.foreign_policies,
            coverage=found.coverage,
        )

    def need(self, wanted: Iterable[PodScope]) -> ClusterState:
        """A snapshot holds what it holds: the state, read again."""
        del wanted
        return self.load()


def _objects(kind: str, raw: msgspec.Raw) -> dict[Any, KubernetesObject]:
    items: list[KubernetesObject] = msgspec.json.decode(raw, type=list.__class_getitem__(TYPES[kind]))
    return {item.name: item for item in items}
