"""The answers of `svcmap verify` as text: of one that failed what was expected, why, and what to do; then the tally."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from svcmap.console import one_line
from svcmap.expectations.compare import holds
from svcmap.expectations.runner import Result


def verify_report(results: Iterable[Result]) -> str:
    """One line for each failure, with what was got and what was expected, then the tally."""
    found = list(results)
    lines = [f"{_failure(result)}\n{_said(result)}" for result in found if not result.ok]
    failed = len(lines)
    return "".join(lines) + f"{len(found) - failed} passed, {failed} failed\n"


def _said(result: Result) -> str:
    """Why it is so, below a failure: a line, or none."""
    return f"    {one_line(result.said)}\n" if result.said else ""


def _failure(result: Result) -> str:
    if result.error:
        return one_line(f"{result.file}: {result.id}: {result.error}")
    wrong = {key: value for key, value in result.expected.items() if not holds(value, result.got.get(key), key)}
    wrong = wrong or result.expected
    got = {key: result.got.get(key) for key in wrong}
    return one_line(f"{result.file}: {result.id}: got {_json(got)}, expected {_json(wrong)}")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
