"""Which files of a folder are manifests: links, hidden files, Helm charts and kustomize inputs told apart."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from svcmap.errors import SourceError

STDIN = "-"
SUFFIXES = (".yaml", ".yml", ".json")
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


class Note(NamedTuple):
    """Something about files that a person should know."""

    reason: str
    file: str
    lost: bool


class Finding:
    """What was met on the way: files already given, charts and kustomize folders, links that lead nowhere."""

    def __init__(self) -> None:
        self.seen: set[tuple[int, int]] = set()
        self.seen_files = 0
        self.charts: list[Path] = []
        self.kustomize: list[Path] = []
        self.broken: list[Note] = []

    def is_new(self, path: Path) -> bool:
        """Each file and folder counts once, however many links lead to it."""
        status = path.stat()
        key = status.st_dev, status.st_ino
        if key in self.seen:
            return False
        self.seen.add(key)
        return True

    def notes(self) -> Iterator[Note]:
        """One line for all charts, one for all kustomize folders, and one for each file that cannot be reached."""
        for chart in self.charts:
            render = f"helm template {chart} | svcmap -"
            says = f"an unrendered Helm chart: its templates are left out; render it first: {render}"
            yield Note(says, str(chart), lost=True)
        if self.kustomize:
            first = min(self.kustomize, key=lambda path: (len(path.parts), path))
            more = f" ({len(self.kustomize)} folders)" if len(self.kustomize) > 1 else ""
            build = f"kustomize build {first} | svcmap -"
            says = f"kustomize inputs{more}, parts of objects: left out; build them first: {build}"
            yield Note(says, str(first), lost=True)
        yield from self.broken


def find_files(root: Path, finding: Finding) -> Iterator[Path]:
    """Manifest files of a path, in a stable order. A file given by name is read whatever it is called.

    Raises SourceError if the path does not exist or may not be read.
    """
    try:
        if not root.is_dir():
            root.stat()
            if not os.access(root, os.R_OK):
                raise SourceError(f"{root}: permission denied")
            if finding.is_new(root):
                finding.seen_files += 1
                yield root
            return
        if not os.access(root, os.R_OK | os.X_OK):
            raise SourceError(f"{root}: permission denied")
    except OSError as error:
        raise SourceError(f"{root}: {(error.strerror or str(error)).lower()}") from None
    yield from _walk(root, root.resolve(), finding)


def _walk(folder: Path, root: Path, finding: Finding) -> Iterator[Path]:
    try:
        if not finding.is_new(folder):
            return
        entries = sorted(os.listdir(folder))
    except OSError as error:
        finding.broken.append(Note(f"cannot be read: {error.strerror}", str(folder), lost=True))
        return
    if "Chart.yaml" in entries:
        finding.charts.append(folder)
        return
    if any(name in entries for name in KUSTOMIZATIONS):
        finding.kustomize.append(folder)
        return
    folders = []
    for name in entries:
        path = folder / name
        if name.startswith(".") or not _inside(path, root, finding):
            continue
        if path.is_dir():
            folders.append(path)
        elif name.lower().endswith(SUFFIXES) and finding.is_new(path):
            finding.seen_files += 1
            yield path
    for path in folders:
        yield from _walk(path, root, finding)


def _inside(path: Path, root: Path, finding: Finding) -> bool:
    """False for links that lead out of the folder or nowhere."""
    if not path.is_symlink():
        return True
    manifest = path.name.lower().endswith(SUFFIXES)
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        if manifest:
            finding.broken.append(Note("a link that leads nowhere", str(path), lost=True))
        return False
    if not target.is_relative_to(root):
        if manifest or target.is_dir():
            finding.broken.append(Note("a link that leads out of the folder: not followed", str(path), lost=False))
        return False
    return True
