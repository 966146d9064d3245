"""YAML as Kubernetes reads it (sigs.k8s.io/yaml over go-yaml), with line marks and duplicate keys. Alone imports yaml.

libyaml is what go-yaml is a port of, so what is accepted and where errors stand agree with kubectl; the types of
scalars do not (PyYAML reads YAML 1.1 its own way), so a resolver that decides nothing leaves scalars alone and `scalar`
types them as go-yaml's resolve.go does. Lines and columns count from 1.
"""

from __future__ import annotations

import operator
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from functools import lru_cache
from textwrap import dedent
from typing import Any, NamedTuple

import yaml
from yaml._yaml import CParser
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

MAX_DEPTH = 500
"""Deeper nesting is refused. No Kubernetes object comes near it; libyaml's composer overflows the C stack at 20,000."""
MAX_EXPANDED_NODES = 1_000_000
"""A document may not grow past this through aliases (go-yaml: "document contains excessive aliasing")."""

FLOW_COLON = re.compile(r"(?<=[^\s\"'\]}]):(?=[,?\[\]{}])")
INNER_COLON = "\ufdd0"
"""`[2001:db8::]`: libyaml refuses a colon before a bracket inside of a plain scalar, go-yaml takes it for one of the
scalar. So where libyaml does, the text is read again with another character (one that no text may have) in its place.
"""
BRACKETS = re.compile(r"[\[\]{}]")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|0[bB]([01]+)|(0|[1-9][0-9]*))\Z")

_PREFIX = "tag:yaml.org,2002:"
_COLLECTION_TAGS = frozenset({"!", *(_PREFIX + name for name in ("map", "seq", "omap", "set", "pairs"))})
_WORDS: dict[str, object] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
for _words, _value in (("y yes on true", True), ("n no off false", False)):
    for _word in _words.split():
        _WORDS |= dict.fromkeys((_word, _word.capitalize(), _word.upper()), _value)
_NOT_JSON = frozenset(sign + word for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")) | {
    ".nan",
    ".NaN",
    ".NAN",
}
_HINTS = frozenset("+-0123456789.yYnNtTfFoO~")


class YamlError(Exception):
    """One document that cannot be read. `line` and `column` count from 1; 0 where the place is not known."""

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.line, self.column = reason, line, column


class DuplicateKey(NamedTuple):
    """A key given twice in one mapping; the last one counts (kubectl's strict decoding refuses it)."""

    key: str
    first_line: int
    line: int
    column: int


class Document(NamedTuple):
    """One YAML document: plain Python data, the line its content starts at, and its duplicate keys.

    `item_lines` are the lines of the entries of a top-level `items` (a `kind: List`).
    """

    value: Any
    line: int
    duplicates: list[DuplicateKey]
    item_lines: list[int]


class Chunk(NamedTuple):
    """The text between two `---` lines, and the line of the file it starts at."""

    text: str
    line: int


class Mark(NamedTuple):
    """Where a key or value stands, and the text of the scalar as written (None for a collection)."""

    line: int
    column: int
    source: str | None


class _Composer(CParser):
    """libyaml's composer with a resolver that decides nothing: marks come for free, types are ours.

    The composer calls these hooks for every node, so they are built-ins that return at once: a Python function here
    would cost as much as the parsing. An unresolved tag is therefore a `slice`, an explicit one a string.
    """

    descend_resolver = operator.is_
    ascend_resolver = int
    resolve = slice


def split_documents(text: str) -> Iterator[Chunk]:
    """Cut a stream at its `---` lines as kubectl does before parsing: one broken document leaves the others alone."""
    start, line, at = 0, 1, 0 if text.startswith("---") else text.find("\n---") + 1
    while at or text.startswith("---", start):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        rest = text[at + 3 : end].strip()
        if not rest or rest[0] == "#":
            if at > start:
                yield Chunk(text[start:at], line)
            line += text.count("\n", start, end) + 1
            start = min(end + 1, len(text))
        at = text.find("\n---", max(end - 1, 0)) + 1
        if start >= len(text) or not at:
            break
    if start < len(text):
        yield Chunk(text[start:], line)


def load(text: str, first_line: int = 1) -> list[Document]:
    """Every document of `text`, whose first line is line `first_line` of its file. Raises YamlError."""
    documents = []
    for node in _compose(text, first_line):
        builder = _Builder(first_line, shared="&" in text)
        try:
            value = builder.build(node)
        except RecursionError:
            raise YamlError(f"nested more than {MAX_DEPTH} levels deep", _line(node, first_line)) from None
        lines = _item_lines(node, first_line) if isinstance(value, dict) and "items" in value else []
        documents.append(Document(value, _line(node, first_line), builder.duplicates, lines))
    return documents


def _item_lines(node: Any, first_line: int) -> list[int]:
    _, items = _child(node, "items")
    return [_line(item, first_line) for item in items.value] if isinstance(items, SequenceNode) else []


def locate(text: str, first_line: int, index: int, path: tuple[str | int, ...]) -> Mark | None:
    """Where `path` (keys and list indexes) stands in the `index`-th document of `text`; None if it is not there.

    A path that ends early gives its deepest existing part. The place of a mapping entry is that of its key.
    """
    try:
        node: Any = _nodes(text, first_line)[index]
    except (YamlError, IndexError):
        return None
    place = node
    for step in path:
        key, child = _child(node, step)
        if child is None:
            break
        place, node = key, child
    source = node.value if isinstance(node, ScalarNode) else None
    return Mark(_line(place, first_line), place.start_mark.column + 1, source)


def excerpt(text: str, first_line: int, index: int, path: tuple[str | int, ...]) -> str:
    """The lines of the value at `path` in the `index`-th document, as written, with the common indentation removed."""
    try:
        node: Any = _nodes(text, first_line)[index]
    except (YamlError, IndexError):
        return text
    for step in path:
        _, child = _child(node, step)
        node = child if child is not None else node
    end = node.end_mark.line + (1 if node.end_mark.column else 0)
    lines = text.split("\n")[node.start_mark.line : end]
    if lines:
        lines[0] = " " * node.start_mark.column + lines[0][node.start_mark.column :]
    return dedent("\n".join(lines))


def dump(value: Any) -> str:
    """A value as YAML, its keys in their order."""
    return str(yaml.safe_dump(value, sort_keys=False, default_flow_style=False, allow_unicode=True, width=10_000))


def _child(node: Any, step: str | int) -> tuple[Any, Any]:
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    if isinstance(node, MappingNode):
        for key, value in reversed(node.value):
            if key.value == step:
                return key, value
    return None, None


def _line(node: Any, first_line: int) -> int:
    return int(node.start_mark.line) + first_line


@lru_cache(maxsize=1)
def _nodes(text: str, first_line: int) -> list[Any]:
    """The nodes of a text that several places are looked for in, one behind the other: a List has an issue an item."""
    return _compose(text, first_line)


def _compose(text: str, first_line: int) -> list[Any]:
    _guard_depth(text, first_line)
    try:
        return _composed(text, first_line)
    except YamlError as error:
        if "unexpected ':'" not in error.reason or INNER_COLON in text:
            raise
    nodes = _composed(FLOW_COLON.sub(INNER_COLON, text), first_line)
    _put_colons_back(nodes)
    return nodes


def _put_colons_back(nodes: list[Any]) -> None:
    stack, seen = list(nodes), set()
    while stack:
        node = stack.pop()
        if isinstance(node, ScalarNode):
            node.value = node.value.replace(INNER_COLON, ":")
        elif id(node) not in seen:
            seen.add(id(node))
            for child in node.value:
                stack.extend(child if isinstance(node, MappingNode) else (child,))


def _composed(text: str, first_line: int) -> list[Any]:
    try:
        composer = _Composer(text)
    except UnicodeEncodeError as error:
        raise YamlError("not valid Unicode text", text.count("\n", 0, error.start) + first_line) from None
    try:
        nodes = []
        while composer.check_node():
            nodes.append(composer.get_node())
        return nodes
    except yaml.YAMLError as error:
        raise _yaml_error(error, text, first_line) from None
    finally:
        composer.dispose()


def _yaml_error(error: yaml.YAMLError, text: str, first_line: int) -> YamlError:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        reason = ": ".join(part for part in (error.context, error.problem) if part)
        return YamlError(reason, mark.line + first_line, mark.column + 1) if mark else YamlError(reason, first_line)
    if isinstance(error, yaml.reader.ReaderError):
        before = text.encode("utf-8", "surrogatepass")[: error.position].decode("utf-8", "replace")
        line = before.count("\n") + first_line
        character = ord(text[len(before)]) if len(before) < len(text) else 0
        column = len(before) - (before.rfind("\n") + 1) + 1
        return YamlError(f"{error.reason} (character #x{character:02x})", line, column)
    return YamlError(str(error), first_line)


def _guard_depth(text: str, first_line: int) -> None:
    """Refuse nesting that would overflow the C stack of libyaml's composer, before composing."""
    if not _may_nest_deeply(text):
        return
    depth = 0
    try:
        event: Any
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise YamlError(f"nested more than {MAX_DEPTH} levels deep", event.start_mark.line + first_line)
    except yaml.YAMLError as error:
        raise _yaml_error(error, text, first_line) from None


def _may_nest_deeply(text: str) -> bool:
    """A cheap upper bound: real nesting needs as many brackets, or a line as long as its depth."""
    if text.count("[") + text.count("{") > MAX_DEPTH:
        depth = 0
        for bracket in BRACKETS.finditer(text):
            depth += 1 if bracket[0] in "[{" else -1
            if depth > MAX_DEPTH:
                return True
    return len(text) > MAX_DEPTH and max(map(len, text.split("\n"))) > MAX_DEPTH


class _Builder:
    """Nodes of one document to plain Python data."""

    def __init__(self, first_line: int, shared: bool) -> None:
        self.first_line = first_line
        self.duplicates: list[DuplicateKey] = []
        # Only a document with anchors can reach a node twice; everything else skips the book-keeping.
        self.built: dict[int, tuple[Any, int]] | None = {} if shared else None
        self.building: set[int] = set()
        self.expanded = 0

    def build(self, node: Any) -> Any:
        if node.__class__ is ScalarNode:
            return self._scalar(node)
        return self._collection(node) if self.built is None else self._anchored(node, self.built)

    def _anchored(self, node: Any, built: dict[int, tuple[Any, int]]) -> Any:
        key = id(node)
        if key in self.building:
            raise self._refuse(node, "an alias refers to a value that contains it")
        if key in built:
            value, size = built[key]
            self.expanded += size
            if self.expanded > MAX_EXPANDED_NODES:
                raise self._refuse(node, "excessive aliasing: aliases would expand to more than a million values")
            return value
        self.building.add(key)
        before = self.expanded
        value = self._collection(node)
        self.expanded += 1
        built[key] = value, self.expanded - before
        self.building.discard(key)
        return value

    def _collection(self, node: Any) -> Any:
        if node.tag.__class__ is str and node.tag not in _COLLECTION_TAGS:
            raise self._refuse(node, f"tag {_short_tag(node.tag)} is not allowed here")
        if node.__class__ is SequenceNode:
            return [self.build(item) for item in node.value]
        return self._mapping(node)

    def _mapping(self, node: Any) -> dict[str, Any]:
        # The hot loop of every load: keys and plain scalars that were seen before are looked up without a call.
        mapping: dict[str, Any] = {}
        seen = _SCALARS
        for key_node, value_node in node.value:
            key = key_node.value
            if key.__class__ is not str or key not in _KEYS:
                if key == "<<" and not key_node.style:
                    self._merge(mapping, value_node, node)
                    continue
                key = self._key(key_node)
            if key in mapping:
                self._note_duplicate(node, key_node)
            if value_node.__class__ is not ScalarNode:
                mapping[key] = self.build(value_node)
            elif value_node.tag.__class__ is str:
                mapping[key] = self._scalar(value_node)
            elif value_node.style:
                mapping[key] = value_node.value
            else:
                text = value_node.value
                mapping[key] = seen[text] if text in seen else self._scalar(value_node)
        return mapping

    def _note_duplicate(self, node: Any, key_node: Any) -> None:
        mark = key_node.start_mark
        for other, _ in node.value:
            if other is key_node:
                return
            if other.value == key_node.value:
                first = _line(other, self.first_line)
                self.duplicates.append(DuplicateKey(other.value, first, mark.line + self.first_line, mark.column + 1))
                return

    def _merge(self, mapping: dict[str, Any], value_node: Any, parent: Any) -> None:
        """`<<`: keys of the merged mappings that the mapping itself does not give (go-yaml decode.go merge)."""
        own = {key.value for key, _ in parent.value}
        merged = self.build(value_node)
        for source in merged if isinstance(merged, list) else [merged]:
            if not isinstance(source, dict):
                raise self._refuse(value_node, "map merge requires a mapping or a list of mappings as the value")
            for key, value in source.items():
                if key not in own:
                    mapping.setdefault(key, value)

    def _key(self, node: Any) -> str:
        if node.__class__ is not ScalarNode:
            raise self._refuse(node, "a mapping or list cannot be a key")
        value = self._scalar(node)
        if value is None:
            raise self._refuse(node, "null cannot be a key")
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str) and len(value) < 64 and len(_KEYS) < 5_000 and scalar(node.value) == value:
            _KEYS.add(value)  # however it is quoted, this text is this key
        return str(value)

    def _scalar(self, node: Any) -> Any:
        text = node.value
        if node.tag.__class__ is str:
            return self._tagged(node, node.tag.removeprefix(_PREFIX), text)
        if node.style:
            return text
        if text in _NOT_JSON:
            raise self._refuse(node, f"{text} has no place in JSON")
        if text in _SCALARS:
            return _SCALARS[text]
        value = scalar(text)
        if len(_SCALARS) < 20_000 and len(text) < 200:
            _SCALARS[text] = value
        return value

    def _tagged(self, node: Any, tag: str, text: str) -> Any:
        if tag in ("str", "timestamp", "!"):
            return text
        if tag == "binary":
            try:
                return b64decode(text).decode("utf-8")
            except (Base64Error, UnicodeDecodeError):
                raise self._refuse(node, "!!binary value is not base64 of UTF-8 text") from None
        expected: tuple[type, ...] = {"int": (int,), "float": (int, float), "bool": (bool,), "null": (type(None),)}.get(
            tag, ()
        )
        if not expected:
            raise self._refuse(node, f"tag {_short_tag(node.tag)} is not allowed here")
        value = scalar(text)
        if not isinstance(value, expected):
            raise self._refuse(node, f"cannot read {text!r} as !!{tag}")
        return value

    def _refuse(self, node: Any, reason: str) -> YamlError:
        return YamlError(reason, _line(node, self.first_line), node.start_mark.column + 1)


def scalar(text: str) -> Any:
    """The value of a plain scalar: None, bool, int, float or str, as go-yaml's resolve.go types it.

    Integral floats come out as int, as they do in the JSON that Kubernetes decodes.
    """
    if not text or text[0] not in _HINTS:
        return text if text else None
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "yYnNtTfFoO~":
        return text
    plain = text if text[0] == "." else text.replace("_", "")
    if (match := INTEGER.match(plain)) and len(plain) < 200:
        sign, hexadecimal, octal, binary, decimal = match.groups()
        digits, base = next((d, b) for d, b in ((hexadecimal, 16), (octal, 8), (binary, 2), (decimal, 10)) if d)
        number = int(sign + digits, base)
        if -(2**63) <= number < 2**64:
            return number
    if FLOAT.match(plain) and len(plain) < 400:
        value = float(plain)
        if value - value != 0:  # out of range: strconv.ParseFloat refuses it, so it stays text
            return text
        return int(value) if value == int(value) and abs(value) < 1e21 else value
    return text


_SCALARS: dict[str, Any] = dict(_WORDS)
_KEYS: set[str] = set()


def _short_tag(tag: str) -> str:
    return "!!" + tag.removeprefix(_PREFIX) if tag.startswith(_PREFIX) else tag
