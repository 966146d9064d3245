"""Files, folders and standard input: every YAML and JSON document of them."""

from __future__ import annotations

import gc
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from svcmap import console, exact_yaml
from svcmap.errors import SourceError
from svcmap.model.coverage import PodScope
from svcmap.model.state import ClusterState
from svcmap.sources import hints
from svcmap.sources.base import Gathering, YamlOrigin
from svcmap.sources.decode import decode
from svcmap.sources.encoding import first_bad_byte, to_text
from svcmap.sources.files import STDIN, Finding, find_files
from svcmap.sources.json_text import Text, begins_like_json, is_json, read_json
from svcmap.sources.large_lists import LargeList, split_large_list

MAX_FILE_SIZE = 512 * 1024 * 1024


class ManifestSource:
    """A StateFeed over paths. Standard input is read once and remembered, so that a reload gives the same."""

    def __init__(self, paths: Iterable[str], namespace: str | None = None, title: str | None = None) -> None:
        self.paths = list(paths)
        self.namespace = namespace or "default"
        self.title = title or ", ".join("standard input" if path == STDIN else path for path in self.paths)
        self._stdin: bytes | None = None

    def load(self) -> ClusterState:
        """Read everything. Raises SourceError if a path that was given cannot be read at all."""
        gathering = Gathering(self.namespace)
        collecting = gc.isenabled()
        gc.disable()
        try:
            for found in self._files(gathering):
                read_text(found.shown, found.data, gathering)
        finally:
            if collecting:
                gc.enable()
        return gathering.state(self.title)

    def need(self, wanted: Iterable[PodScope]) -> ClusterState:
        """Files hold what they hold: the state, read again."""
        del wanted
        return self.load()

    def _files(self, gathering: Gathering) -> Iterator[_File]:
        finding = Finding()
        for path in self.paths:
            if path == STDIN:
                yield _File("<stdin>", self._read_stdin())
                continue
            files = list(find_files(Path(path), finding))
            for number, file in enumerate(files):
                console.progress(f"{number:,} of {len(files):,} files")
                data = _read_file(file, gathering)
                if data is not None:
                    yield _File(shown(file), data)
        notes = list(finding.notes())
        for note in notes:
            gathering.issue(note.reason, shown(Path(note.file)), lost=note.lost)
        if not finding.seen_files and not notes and STDIN not in self.paths:
            raise SourceError(f"{self.title}: no YAML or JSON files")

    def _read_stdin(self) -> bytes:
        if self._stdin is None:
            if sys.stdin is None or sys.stdin.closed:
                raise SourceError("standard input is closed: nothing to read from -")
            try:
                self._stdin = sys.stdin.buffer.read()
            except OSError as error:
                raise SourceError(f"cannot read standard input: {error.strerror}") from None
        return self._stdin


class _File:
    """The bytes of one file and the name it is shown under."""

    def __init__(self, shown: str, data: bytes) -> None:
        self.shown, self.data = shown, data


def shown(path: Path) -> str:
    """A path as text that can be printed, seen from the working directory where that is shorter: names of files may
    hold bytes that are no text.
    """
    text = str(path)
    if path.is_absolute():
        with suppress(OSError):  # the working directory may be gone
            text = min(text, os.path.relpath(text), key=len)
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _read_file(path: Path, gathering: Gathering) -> bytes | None:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            gathering.issue("not a regular file: not read (- is standard input)", shown(path))
            return None
        if status.st_size > MAX_FILE_SIZE:
            gathering.issue("file larger than 512 MiB", shown(path))
            return None
        return path.read_bytes()
    except OSError as error:
        gathering.issue(f"cannot be read: {error.strerror}", shown(path))
        return None


def read_text(file: str, data: bytes, gathering: Gathering) -> None:
    """Every document of one file into `gathering`; a document that cannot be read costs itself only."""
    line = 1
    if is_json(data):
        left = read_json(Text(file, data), gathering)
        if left is None:
            return
        data, line = data[left:], 1 + data.count(b"\n", 0, left)
    text = to_text(data)
    if text is None:
        gathering.issue("a binary file, not a manifest", file)
        return
    for chunk in exact_yaml.split_documents(text):
        _read_document(file, exact_yaml.Chunk(chunk.text, chunk.line + line - 1), gathering)


def _read_document(file: str, chunk: exact_yaml.Chunk, gathering: Gathering) -> None:
    """One document: JSON where it begins like that and is, or as far as it is."""
    if begins_like_json(chunk.text):
        body = chunk.text.encode("utf-8", "surrogateescape")
        left = read_json(Text(file, body, chunk.line), gathering)
        if left is None:
            return
        line = chunk.line + body.count(b"\n", 0, left)
        chunk = exact_yaml.Chunk(body[left:].decode("utf-8", "surrogateescape"), line) if left else chunk
    large = split_large_list(chunk)
    if large is None:
        _read_chunk(file, chunk, gathering)
    else:
        _read_large_list(file, large, gathering)


def _read_chunk(
    file: str, chunk: exact_yaml.Chunk, gathering: Gathering, item_of: dict[str, object] | None = None
) -> None:
    """One document, or (with `item_of`, what its list says for all items) one item at the margin."""
    if bad := first_bad_byte(chunk.text):
        offset, line, byte = bad
        column = offset - chunk.text.rfind("\n", 0, offset)
        mark = exact_yaml.Mark(chunk.line + line, column, None)
        gathering.issue(f"byte 0x{byte:02x} is not UTF-8: save the file as UTF-8", file, mark)
        return
    if (hint := hints.pasted(chunk.text)) is not None:
        gathering.issue(hint.reason, file, exact_yaml.Mark(chunk.line + hint.line - 1, hint.column, None))
        return
    try:
        documents = exact_yaml.load(chunk.text, chunk.line)
    except exact_yaml.YamlError as error:
        _explain(file, chunk, error, gathering)
        return
    for index, document in enumerate(documents):
        origin = YamlOrigin(file, chunk, index, line=document.line)
        gathering.say_duplicates(document.duplicates, origin)
        if item_of is None:
            decode(document.value, origin, gathering, document.item_lines)
        else:
            for value in document.value:
                whole = {**item_of, **value} if isinstance(value, dict) else value
                decode(whole, origin._replace(prefix=(0,)), gathering)


def _read_large_list(file: str, large: LargeList, gathering: Gathering) -> None:
    """Item by item. What the list says for all of its items (a typed list) is read first."""
    frame = next(iter(exact_yaml.load(large.frame.text, large.frame.line)), None)
    value = frame.value if frame and isinstance(frame.value, dict) else {}
    kind = str(value.get("kind", "")).removesuffix("List")
    common = {"apiVersion": value.get("apiVersion"), "kind": kind} if kind else {}
    for chunk in large.items:
        _read_chunk(file, chunk, gathering, common)


def _explain(file: str, chunk: exact_yaml.Chunk, error: exact_yaml.YamlError, gathering: Gathering) -> None:
    reason, line, column = error.reason, error.line, error.column
    if hint := hints.explain(chunk.text, reason, line - chunk.line + 1):
        reason = f"{hint.reason} ({reason})" if hint.line != line - chunk.line + 1 else hint.reason
        line, column = hint.line + chunk.line - 1, hint.column
    gathering.issue(reason, file, exact_yaml.Mark(line or chunk.line, column, None))
