"""Expectation files: YAML in, questions out (product.md, "Expectation files")."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from svcmap.errors import SourceError
from svcmap.model.base import Part
from svcmap.one_document import one_document

FOR_PEOPLE = ("id", "note", "facts", "certainty", "expect")
MENTIONS = "mentions"
TOP_LEVEL = ("manifests", "options", "expectations", "facts", "note", "id")


class Expectation(Part, frozen=True):
    """One question: its kind (`trace`, `dns`, …), what is asked, and what is expected of the answer."""

    id: str
    kind: str
    question: dict[str, Any]
    expect: dict[str, Any]
    plugin_dependent: bool = False


class ExpectationFile(Part, frozen=True):
    """One file: where its objects are (paths as they can be opened), how components are configured, the questions."""

    file: str
    manifests: tuple[str, ...]
    options: dict[str, Any] | None
    expectations: tuple[Expectation, ...]


def read_expectations(path: Path, kinds: tuple[str, ...]) -> ExpectationFile:
    """One expectation file whose questions are of the given kinds. Raises SourceError, with the place."""
    value = one_document(path, str(path))
    if not isinstance(value, dict) or not isinstance(value.get("expectations"), list):
        raise SourceError(f"{path}: not an expectation file: it has no list `expectations:`")
    if unknown := [key for key in value if key not in TOP_LEVEL]:
        raise SourceError(f"{path}: unknown key {unknown[0]}; a file has {', '.join(TOP_LEVEL[:4])}")
    manifests = value.get("manifests") or []
    if not isinstance(manifests, list) or not all(isinstance(item, str) for item in manifests):
        raise SourceError(f"{path}: manifests: must be a list of paths")
    options = value.get("options")
    if options is not None and not isinstance(options, dict):
        raise SourceError(f"{path}: options: must be a mapping")
    found = tuple(_expectation(path, index, item, kinds) for index, item in enumerate(value["expectations"]))
    return ExpectationFile(
        file=str(path),
        manifests=tuple(str(path.parent / item) for item in manifests),
        options=options,
        expectations=found,
    )


def _expectation(path: Path, index: int, item: Any, kinds: tuple[str, ...]) -> Expectation:
    where = f"{path}: expectations[{index}]"
    if not isinstance(item, Mapping):
        raise SourceError(f"{where}: must be a mapping with a question and `expect`")
    name = str(item.get("id") or f"#{index + 1}")
    asked = [key for key in item if key not in FOR_PEOPLE]
    if len(asked) != 1 or asked[0] not in kinds:
        given = ", ".join(asked) or "none"
        raise SourceError(f"{where} ({name}): one question of {', '.join(kinds)} is needed; given: {given}")
    question, expect = item[asked[0]], item.get("expect")
    if not isinstance(question, dict) or not isinstance(expect, dict):
        raise SourceError(f"{where} ({name}): {asked[0]} and expect must be mappings")
    mentions = expect.get(MENTIONS) or []
    if not isinstance(mentions, list) or not all(isinstance(text, str) for text in mentions):
        raise SourceError(f"{where} ({name}): {MENTIONS} must be a list of texts")
    return Expectation(
        id=name,
        kind=asked[0],
        question=question,
        expect=expect,
        plugin_dependent=item.get("certainty") == "plugin-dependent",
    )
