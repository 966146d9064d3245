"""Runs expectation files against a state: each question to the engine, each answer compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from svcmap.errors import SvcmapError, UsageError
from svcmap.expectations.compare import holds
from svcmap.expectations.mentions import lacking, texts_of
from svcmap.expectations.questions import QUESTIONS
from svcmap.expectations.questions.asked import SAID, TRACE
from svcmap.expectations.read import MENTIONS, Expectation, ExpectationFile
from svcmap.model.assumptions import Assumptions, from_options
from svcmap.model.base import Part
from svcmap.model.state import ClusterState
from svcmap.paths.known.assumptions import settle

Json = dict[str, Any]
TEXT_DEFAULTS = Assumptions()
"""What product.md says holds where an expectation file gives no options."""


NOT_IN_ANSWER = {
    "finding": ("code", "severity", "suggest", "reason", "workloads", "nodesWithout"),
    "env": ("complete",),
    "validate": ("message",),
}
"""Keys of `expect` that are not keys of the answer, by kind of question."""


class Result(Part, frozen=True):
    """One question's outcome. `got` has the keys that were expected, `said` is what a person would want to read of it;
    `error` says why there is no answer.
    """

    file: str
    id: str
    ok: bool
    expected: dict[str, Any]
    got: dict[str, Any]
    error: str | None = None
    said: str = ""


def run(
    files: Iterable[ExpectationFile],
    state_of: Callable[[ExpectationFile], ClusterState],
    base: Callable[[ClusterState], Assumptions],
    skip: Iterable[str] = (),
) -> Iterator[Result]:
    """Every question of the files, in order. `state_of` reads what a file is asked of, `base` what holds there where
    the file gives no options.
    """
    left_out = frozenset(skip)
    for file in files:
        asked = [item for item in file.expectations if item.kind not in left_out]
        if not asked:
            continue
        state = state_of(file)
        try:
            assumptions = from_options(file.options, base(state))
        except UsageError as error:
            raise UsageError(f"{file.file}: {error}") from None
        settle(state, assumptions)
        yield from (_ask(state, assumptions, file.file, item) for item in asked)


def _ask(state: ClusterState, assumptions: Assumptions, file: str, item: Expectation) -> Result:
    try:
        answer = QUESTIONS[item.kind](state, item.question, assumptions)
    except SvcmapError as error:
        return Result(file=file, id=item.id, ok=False, expected=item.expect, got={}, error=str(error))
    said, found = answer.pop(SAID, ""), answer.pop(TRACE, None)
    mentions = item.expect.get(MENTIONS) or []
    if unknown := [key for key in item.expect if key not in answer and key not in _others(item.kind)]:
        known = ", ".join(NOT_IN_ANSWER["finding"] if item.kind == "finding" else answer)
        why = f"unknown key {unknown[0]} under expect; this question answers {known}"
        return Result(file=file, id=item.id, ok=False, expected=item.expect, got={}, error=why)
    missing = lacking(mentions, item.question, texts_of(state, item.question, answer, found)) if mentions else []
    ok = _passes(item, answer) and not missing
    got = {key: answer.get(key) for key in item.expect if key != MENTIONS}
    if missing:
        got[MENTIONS] = [text for text in mentions if text not in missing]
    return Result(file=file, id=item.id, ok=ok, expected=item.expect, got=got, said="" if ok else said)


def _others(kind: str) -> tuple[str, ...]:
    return (MENTIONS, *NOT_IN_ANSWER.get(kind, ()))


def _passes(item: Expectation, answer: Json) -> bool:
    expect = {key: value for key, value in item.expect.items() if key != MENTIONS}
    if item.plugin_dependent and answer.get("verdict") == "unknown":
        return True
    match item.kind:
        case "trace":
            return _trace_holds(expect, answer)
        case "validate":
            return _validation_holds(expect, answer)
        case "finding":
            return _finding_holds(expect, answer)
        case "env":
            return _environment_holds(item, expect, answer)
    return holds(expect, answer)


def _trace_holds(expect: Json, answer: Json) -> bool:
    """`warning` is one of `warnings`; null: there is none."""
    rest = {key: value for key, value in expect.items() if key != "warning"}
    wanted = expect.get("warning")
    warned = wanted in answer["warnings"] if wanted is not None else "warning" not in expect or not answer["warnings"]
    return holds(rest, answer) and warned


def _validation_holds(expect: Json, answer: Json) -> bool:
    """`field` is one of those reported, `message` is for people."""
    rest = {key: value for key, value in expect.items() if key not in ("field", "message")}
    field = expect.get("field")
    named = field in answer["field"] if field is not None else "field" not in expect or not answer["field"]
    return holds(rest, answer) and named


def _finding_holds(expect: Json, answer: Json) -> bool:
    """One finding of the object fits; `code: null` is "there is none"."""
    found = answer["findings"]
    if "code" in expect and expect["code"] is None:
        return not found
    return any(holds(_normal(expect), _normal(item)) for item in found)


def _normal(item: Json) -> Json:
    code = str(item.get("code", "")).lower().replace("-", "").replace("_", "")
    return {**item, "code": code} if "code" in item else item


def _environment_holds(item: Expectation, expect: Json, answer: Json) -> bool:
    """`vars` exactly where a Service is named or the list is `complete`, else those that are expected."""
    exact = bool(item.question.get("service")) or bool(expect.get("complete"))
    if exact and isinstance(expect.get("vars"), Mapping) and set(expect["vars"]) != set(answer["vars"]):
        return False
    return holds({key: value for key, value in expect.items() if key != "complete"}, answer)
