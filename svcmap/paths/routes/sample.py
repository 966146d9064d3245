"""A request that a rule with a regular expression takes: something to send, since nobody can send the pattern."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from re import _parser  # type: ignore[attr-defined]  # the one parser of exactly the patterns that `re` matches
from typing import Any

from svcmap.semantics.gateway import fits_whole

LIKELY = "a1A-/_. "


def example_path(pattern: str) -> str:
    """A path, starting with `/`, that the whole of `pattern` matches; the pattern itself where none was found."""
    text = _attempt(pattern)
    return next((path for path in (text, "/" + text) if path.startswith("/") and fits_whole(pattern, path)), pattern)


def example(pattern: str) -> str:
    """A short text that the whole of `pattern` matches; the pattern itself where none was found."""
    text = _attempt(pattern)
    return text if fits_whole(pattern, text) else pattern


def _attempt(pattern: str) -> str:
    """A text that the pattern should match; the pattern itself if it cannot be read, which then matches nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return _text(_parser.parse(pattern))
    except (re.error, RecursionError, OverflowError):
        return pattern


def _text(parsed: Iterable[tuple[Any, Any]]) -> str:
    return "".join(_piece(str(code), value) for code, value in parsed)


def _piece(code: str, value: Any) -> str:
    """What one instruction of the parsed pattern may stand for; nothing for assertions, which only look."""
    match code:
        case "LITERAL":
            return chr(value)
        case "NOT_LITERAL":
            return next(letter for letter in LIKELY if ord(letter) != value)
        case "ANY":
            return LIKELY[0]
        case "IN":
            return _one_of([(str(kind), member) for kind, member in value])
        case "BRANCH":
            return _text(value[1][0])
        case "SUBPATTERN":
            return _text(value[-1])
        case "ATOMIC_GROUP":
            return _text(value)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return _text(value[2]) * min(int(value[0]), 100)
    return ""


def _one_of(members: list[tuple[str, Any]]) -> str:
    """The first letter inside a set such as `[0-9_]` or outside one such as `[^/]`."""
    inside = members[0][0] != "NEGATE"
    named = [chr(value if kind == "LITERAL" else value[0]) for kind, value in members if kind in ("LITERAL", "RANGE")]
    letters = (*LIKELY, *named)
    return next((letter for letter in letters if _is_in(members, letter) is inside), "")


def _is_in(members: list[tuple[str, Any]], letter: str) -> bool:
    return any(_holds(kind, value, letter) for kind, value in members)


def _holds(kind: str, value: Any, letter: str) -> bool:
    match kind:
        case "LITERAL":
            return chr(value) == letter
        case "RANGE":
            return ord(letter) in range(value[0], value[1] + 1)
        case "CATEGORY":
            escape = {"DIGIT": r"\d", "WORD": r"\w", "SPACE": r"\s"}[str(value).rpartition("_")[2]]
            return (re.match(escape, letter) is not None) is ("_NOT_" not in str(value))
    return False
