"""Snapshots: what was read of a cluster (or of files), stripped, in one JSON file.

Only the fields the model has are written, so no environment, managedFields or Secret data can be in it; and of the
annotations those of Kubernetes and of load balancers: what others keep in theirs nobody knows.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from svcmap.errors import SourceError
from svcmap.model.base import KubernetesObject
from svcmap.model.coverage import Coverage, PodScope
from svcmap.model.kinds import KINDS, parse_kind, tally
from svcmap.model.refs import GroupKind, Name, ObjectRef
from svcmap.model.state import ClusterState, LoadIssue, Source
from svcmap.model.unread import Unread
from svcmap.model.well_known import LAST_APPLIED

API_VERSION = "svcmap/v1"
KIND = "Snapshot"
HEAD = re.compile(rb'\s*\{\s*"apiVersion"\s*:\s*"svcmap/v\d+"\s*,\s*"kind"\s*:\s*"Snapshot"')
OWNERS = frozenset(owner for kind in KINDS.values() for owner in kind.annotations)
"""Of annotations that rules read, beside Kubernetes and its Ingress controllers (`*.kubernetes.io`)."""
LEFT_OUT = "(left out of the snapshot)"
GZIP = b"\x1f\x8b"


class Read(msgspec.Struct, rename="camel"):
    """A Coverage, its kinds as text."""

    partly: dict[str, tuple[str, ...]] = {}
    pods: tuple[PodScope, ...] = ()
    all_pods: bool = False


class Snapshot(msgspec.Struct, kw_only=True, rename="camel", omit_defaults=True):
    """The file's document: a ClusterState in full. `objects` are lists by kind, as `str` of a GroupKind writes it;
    `coverage` is null for files.
    """

    api_version: str
    kind: str
    source: Source
    coverage: Read | None = None
    issues: list[LoadIssue] = []
    skipped: dict[str, int] = {}
    custom: list[ObjectRef] = []
    foreign_policies: list[ObjectRef] = []
    unread: list[Unread] = []
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
    for text, kind in sorted((str(kind), kind) for kind in state.objects):
        items = [_stripped(item) for _, item in sorted(state.objects[kind].items())]
        if items:
            objects[text] = msgspec.Raw(msgspec.json.encode(items))
    read = state.coverage
    made = Snapshot(
        api_version=API_VERSION,
        kind=KIND,
        source=state.source,
        coverage=Read(_by_text(read.partly), read.pods, read.all_pods) if read else None,
        issues=list(state.issues),
        skipped=tally(state.skipped),
        custom=list(state.custom),
        foreign_policies=list(state.foreign_policies),
        unread=list(state.unread),
        objects=objects,
    )
    return msgspec.json.encode(made) + b"\n"


def _by_text(partly: Mapping[GroupKind, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {str(kind): namespaces for kind, namespaces in partly.items()}


def _stripped(item: KubernetesObject) -> KubernetesObject:
    annotations = item.metadata.annotations
    kept = {key: LEFT_OUT if is_text(key) else value for key, value in annotations.items() if is_kept(key)}
    if kept == annotations:
        return item
    metadata = msgspec.structs.replace(item.metadata, annotations=kept)
    return msgspec.structs.replace(item, metadata=metadata)


def is_kept(annotation: str) -> bool:
    """Whether a snapshot has an annotation: one that an answer may rest on."""
    owner = annotation.rpartition("/")[0]
    known = owner in OWNERS or owner == "kubernetes.io" or owner.endswith(".kubernetes.io")
    return known and annotation != LAST_APPLIED


def is_text(annotation: str) -> bool:
    """Whether an annotation is a piece of a configuration: that there is one may decide, what is in it stays out."""
    return annotation.endswith(("-snippet", "-snippets"))


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
            read = _Read(found)
        except OSError as error:
            raise SourceError(f"{self.path}: {error.strerror or error}") from None
        except (msgspec.DecodeError, EOFError, zlib.error) as error:
            raise SourceError(f"{self.path}: a damaged snapshot: {error}") from None
        covered = found.coverage
        partly = {parse_kind(text): namespaces for text, namespaces in covered.partly.items()} if covered else {}
        return ClusterState(
            Source("snapshot", self.title, found.source.read_at),
            read.objects,
            found.issues,
            read.skipped,
            custom=found.custom,
            foreign_policies=found.foreign_policies,
            unread=found.unread,
            coverage=Coverage(partly, covered.pods, covered.all_pods) if covered else None,
        )

    def need(self, wanted: Iterable[PodScope]) -> ClusterState:
        """A snapshot holds what it holds: the state, read again."""
        del wanted
        return self.load()


class _Read:
    """The objects of a snapshot by kind. One of an svcmap that did not tell groups apart may have others among them:
    policies of Calico are called NetworkPolicy too, and stand under `foreignPolicies` as well.
    """

    def __init__(self, found: Snapshot) -> None:
        self.skipped = Counter({parse_kind(text): count for text, count in found.skipped.items()})
        self.objects: dict[GroupKind, dict[Name, KubernetesObject]] = {}
        for text, raw in found.objects.items():
            if (kind := parse_kind(text)) in KINDS:
                self._take(kind, raw)

    def _take(self, kind: GroupKind, raw: msgspec.Raw) -> None:
        items: list[KubernetesObject] = msgspec.json.decode(raw, type=list.__class_getitem__(KINDS[kind].type))
        self.objects[kind] = {item.name: item for item in items if item.of_kind == kind}
