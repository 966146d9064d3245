"""JSON as kubectl reads it: objects one after another, decoded as JSON; a line is looked up for what is reported only.

What an API server wrote (`kubectl get -o json`) goes straight into the structs. What a person may have written is read
as plain data first, for the slips that the structs do not show.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from svcmap import exact_yaml
from svcmap.model.base import Part
from svcmap.sources.base import Gathering, Path
from svcmap.sources.decode import decode
from svcmap.sources.from_server import Quick, what_at

BEGINS = re.compile(rb"\s*([{\[])")
TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
SPACE = re.compile(rb"\s*")
AN_ARRAY = "an array of objects is no object, and kubectl refuses it: put them below `items` of a List"


class _Items(Part, frozen=True):
    items: list[msgspec.Raw] | None = None


_ITEMS = msgspec.json.Decoder(_Items)
_RAW = msgspec.json.Decoder(msgspec.Raw)
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


class Text:
    """Some JSON of a file, in UTF-8, which begins at a line of the file."""

    def __init__(self, file: str, data: bytes, line: int = 1) -> None:
        self.file, self.data, self.line = file, data, line
        self._known = 0, line

    def line_at(self, offset: int) -> int:
        """The line of a byte. Asked for offsets that grow it counts on from the last one."""
        known, line = self._known if self._known[0] <= offset else (0, self.line)
        line += sum(self.data.count(end, known, offset) for end in (b"\n", b"\r"))
        line -= self.data.count(b"\r\n", known, offset)
        self._known = offset, line
        return line

    def mark(self, offset: int) -> exact_yaml.Mark:
        begins = max(self.data.rfind(end, 0, offset) for end in (b"\n", b"\r"))
        before = self.data[begins + 1 : offset]
        return exact_yaml.Mark(self.line_at(offset), len(before.decode("utf-8", "replace")) + 1, None)


class Value:
    """One JSON value in a text, and where the entries of its `items` stand: worked out when somebody asks."""

    def __init__(self, text: Text, start: int, end: int) -> None:
        self.text, self.start, self.end = text, start, end
        self._items: list[tuple[int, int]] | None = None

    @property
    def data(self) -> memoryview:
        return memoryview(self.text.data)[self.start : self.end]

    def raw_items(self) -> list[msgspec.Raw]:
        return _ITEMS.decode(self.data).items or []

    def place(self, index: int | None) -> tuple[int, int]:
        """The first byte of an item (None: of the whole), and the one behind it."""
        if index is None:
            return self.start, self.end
        if self._items is None:
            self._items = list(self._places())
        return self._items[index]

    def _places(self) -> Iterator[tuple[int, int]]:
        """They stand one behind the other: each is found where the last one ended, or a little later."""
        data, at = self.text.data, self.start
        found = re.compile(rb'"items"\s*:\s*\[').search(data, at)
        at = found.end() if found else at
        for raw in self.raw_items():
            whole = bytes(raw)
            at = data.index(whole, at)
            yield at, at + len(whole)
            at += len(whole)


class JsonOrigin(NamedTuple):
    """A value, or an item of a list in it, and the way to the object inside of that."""

    value: Value
    number: int | None = None
    prefix: Path = ()

    @property
    def file(self) -> str:
        return self.value.text.file

    @property
    def line(self) -> int:
        if self.prefix and (mark := self.at()):
            return mark.line
        return self.value.text.line_at(self.value.place(self.number)[0])

    def at(self, path: Path = ()) -> exact_yaml.Mark | None:
        chunk = self.chunk()
        return exact_yaml.locate(chunk.text, chunk.line, 0, self.prefix + path)

    def item(self, index: int, line: int) -> JsonOrigin:
        del line
        if self.number is None and not self.prefix:
            return JsonOrigin(self.value, index)
        return self._replace(prefix=(*self.prefix, "items", index))

    def excerpt(self) -> str:
        chunk = self.chunk()
        return exact_yaml.excerpt(chunk.text, chunk.line, 0, self.prefix)

    def text(self) -> str:
        start, end = self.value.place(self.number)
        return self.value.text.data[start:end].decode("utf-8", "replace")

    def chunk(self) -> exact_yaml.Chunk:
        """The text as YAML, which has marks: at the column that it has in its file."""
        mark = self.value.text.mark(self.value.place(self.number)[0])
        return exact_yaml.Chunk(" " * (mark.column - 1) + self.text(), mark.line)


def begins_like_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def is_json(data: bytes) -> bool:
    """Whether bytes begin like JSON: then they need not become text first."""
    return BEGINS.match(data) is not None


def read_json(text: Text, gathering: Gathering) -> int | None:
    """Take the objects of a text into `gathering`. Gives the byte from which on it is no JSON and may be YAML; None if
    there is none. Behind two objects no YAML is expected (apimachinery, YAMLOrJSONDecoder).
    """
    data, at, count = text.data, 0, 0
    begins = BEGINS.match(data)
    if begins is None or not _is_utf8(data):
        return 0
    if begins[1] == b"[":
        return _array(text, gathering)
    while (at := _space(data, at)) < len(data):
        value = Value(text, at, len(data))
        try:
            _read_value(value, gathering)
        except (msgspec.DecodeError, RecursionError) as error:
            if count < 2:
                return at
            gathering.issue(f"behind {count} JSON objects: {error}", text.file, text.mark(at))
            return None
        at, count = value.end, count + 1
    return None


def _is_utf8(data: bytes) -> bool:
    """What is not is told of as any other text of a wrong encoding."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _space(data: bytes, at: int) -> int:
    found = SPACE.match(data, at)
    return found.end() if found else at


def _read_value(value: Value, gathering: Gathering) -> None:
    """Take the objects of a value in, and note where it ends. Raises msgspec.DecodeError where it is no JSON."""
    quick = Quick(gathering, lambda index: JsonOrigin(value, index))
    try:
        left = quick.take(value.data)
        if left is None:
            _RAW.decode(value.data)
    except msgspec.DecodeError as error:
        behind = TRAILING.search(str(error))
        if behind is None:
            raise
        value.end = value.start + int(behind[1]) - 1  # it has read the first character that is too much
        left = quick.take(value.data)
    if left is None:
        _read_plain(JsonOrigin(value), gathering)
        return
    for index in left:
        _read_plain(JsonOrigin(value, index), gathering, quick.says_for_all)


def _array(text: Text, gathering: Gathering) -> int | None:
    """A top-level array is no object to kubectl; what looks like one and is YAML is left to YAML."""
    try:
        entries = _ARRAY.decode(text.data)
    except (msgspec.DecodeError, RecursionError):
        return 0
    lost = any(what_at(memoryview(raw)) for raw in entries[:100])
    gathering.issue(AN_ARRAY if lost else "not a Kubernetes object: a list", text.file, text.mark(0), lost=lost)
    return None


class _TwiceError(Exception):
    """A key is given twice."""


def _read_plain(origin: JsonOrigin, gathering: Gathering, says_for_all: dict[str, str] | None = None) -> None:
    """An object that a person may have written: as YAML has it, which JSON is."""
    text = origin.text()
    try:
        found = json.loads(text, object_pairs_hook=_pairs, parse_float=exact_yaml.scalar, parse_int=exact_yaml.scalar)
    except _TwiceError:
        _say_duplicates(origin, gathering)
        found = json.loads(text, parse_float=exact_yaml.scalar, parse_int=exact_yaml.scalar)
    if says_for_all and isinstance(found, dict):
        found = {**says_for_all, **found}
    decode(found, origin, gathering)


def _pairs(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _TwiceError
    return made


def _say_duplicates(origin: JsonOrigin, gathering: Gathering) -> None:
    """Where they are, YAML knows; and JSON that is no YAML has a line at least."""
    chunk = origin.chunk()
    try:
        (document,) = exact_yaml.load(chunk.text, chunk.line)
    except exact_yaml.YamlError:
        gathering.issue("a key is given twice; the last one counts, and kubectl refuses it", origin, lost=False)
        return
    gathering.say_duplicates(document.duplicates, origin)
