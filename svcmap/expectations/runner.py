"""Runs expectation files against a state: each question to the engine, each answer compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from svcmap.errors import SvcmapError, UsageError
from svcmap.expectations.compare import holds
from svcmap.expectations.questions import QUESTIONS
from svcmap.expectations.questions.asked import SAID
from svcmap.expectations.read import Expectation, ExpectationFile
from svcmap.model.assumptions import Assumptions, from_options
from svcmap.model.base import Part
from svcmap.model.state import ClusterState

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
        yield from (_ask(state, assumptions, file.file, item) for item in asked)


def _ask(state: ClusterState, assumptions: Assumptions, file: str, item: Expectation) -> Result:
    try:
        answer = QUESTIONS[item.kind](state, item.question, assumptions)
    except SvcmapError as error:
        return Result(file=file, id=item.id, ok=False, expected=item.expect, got={}, error=str(error))
    said = answer.pop(SAID, "")
    if unknown := [key for key in item.expect if key not in answer and key not in NOT_IN_ANSWER.get(item.kind, ())]:
        known = ", ".join(NOT_IN_ANSWER["finding"] if item.kind == "finding" else answer)
        why = f"unknown key {unknown[0]} under expect; this question answers {known}"
        return Result(file=file, id=item.id, ok=False, expected=item.expect, got={}, error=why)
    ok = _passes(item, answer)
    got = {key: answer.get(key) for key in item.expect}
    return Result(file=file, id=item.id, ok=ok, expected=item.expect, got=got, said="" if ok else said)


def _passes(item: Expectation, answer: Json) -> bool:
    if item.plugin_dependent and answer.get("verdict") == "unknown":
        return True
    match item.kind:
        case "trace":
            return _trace_holds(item.expect, answer)
        case "validate":
            return _validation_holds(item.expect, answer)
        case "finding":
            return _finding_holds(item.expect, answer)
        case "env":
            return _environment_holds(item, answer)
    return holds(item.expect, answer)


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


def _environment_holds(item: Expectation, answer: Json) -> bool:
    """`vars` exactly where a Service is named or the list is `complete`, else those that are expected."""
    expect = item.expect
    exact = bool(item.question.get("service")) or bool(expect.get("complete"))
    if exact and isinstance(expect.get("vars"), Mapping) and set(expect["vars"]) != set(answer["vars"]):
        return False
    return holds({key: value for key, value in expect.items() if key != "complete"}, answer)
