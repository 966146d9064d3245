"""Regular expressions of manifests, run against a clock: a pattern such as `(a+)+$` must not hold svcmap up.

Envoy's engine is linear (RE2) and nginx' gives up (pcre_match_limit); Python's own would go on for years.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import regex

SECONDS = 0.2
"""After which a text counts as one that does not match."""


@lru_cache(maxsize=1024)
def _compiled(pattern: str, *, ignore_case: bool) -> regex.Pattern[str] | None:
    import regex  # only where a rule has one: 20 ms

    try:
        return regex.compile(pattern, regex.IGNORECASE if ignore_case else 0)
    except (regex.error, RecursionError, OverflowError):
        return None


@lru_cache(maxsize=16384)
def matched_groups(
    pattern: str, text: str, *, whole: bool = False, ignore_case: bool = False
) -> tuple[str | None, ...] | None:
    """The groups of a match at the start of a text (of the `whole` of it); None where it, or nothing, can be read."""
    compiled = _compiled(pattern, ignore_case=ignore_case)
    if compiled is None:
        return None
    try:
        found = compiled.fullmatch(text, timeout=SECONDS) if whole else compiled.match(text, timeout=SECONDS)
    except TimeoutError:
        return None
    return found.groups() if found is not None else None


class Found(NamedTuple):
    """Whether a pattern was found in a text; of the first place where it was the whole `text`, and the groups."""

    is_there: bool
    groups: tuple[str | None, ...] = ()
    text: str = ""


def search(pattern: str, text: str) -> Found | None:
    """The first place of a text at which a pattern matches; None where it cannot be read, or takes too long."""
    compiled = _compiled(pattern, ignore_case=False)
    if compiled is None:
        return None
    try:
        found = compiled.search(text, timeout=SECONDS)
    except TimeoutError:
        return None
    return Found(True, found.groups(), found.group()) if found is not None else Found(False)


def replaced(pattern: str, write: Callable[[Mapping[str, str]], str], text: str) -> str | None:
    """A text with every match of a pattern replaced by what `write` makes of its groups, by number and by name; None
    where the pattern cannot be read, or takes too long.
    """
    compiled = _compiled(pattern, ignore_case=False)
    if compiled is None:
        return None

    def made(found: regex.Match[str]) -> str:
        groups = {str(number): value or "" for number, value in enumerate((found.group(), *found.groups()))}
        return write(groups | {name: value or "" for name, value in found.groupdict().items()})

    try:
        return compiled.sub(made, text, timeout=SECONDS)
    except TimeoutError:
        return None


def found_in(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether a pattern matches anywhere in a text; not where it cannot be read."""
    compiled = _compiled(pattern, ignore_case=ignore_case)
    if compiled is None:
        return False
    try:
        return compiled.search(text, timeout=SECONDS) is not None
    except TimeoutError:
        return False


def is_readable(pattern: str) -> bool:
    """Whether a pattern can be read at all."""
    return _compiled(pattern, ignore_case=False) is not None


LITERAL = re.compile(r"\\[pP](?:\{\^?\w+\}|\w)|\\[\W_]|\\[aftnrvABbzDdSsWwx]|\\0|\\[1-7][0-7]{1,2}")
"""Escapes that RE2 knows: what they stand for has no meaning of its own in a pattern."""
CLASS = re.compile(r"\[\^?\]?(?:\[:\^?\w+:\]|[^\]\\])*\]")
"""A class of characters, when the escapes are taken out: signs in it mean themselves."""
NOT_RE2 = re.compile(r"\\|\(\?(?!:|P<\w+>|<\w+>|[imsU]*(?:-[imsU]+)?[:)])|[*+?}]\+|\{(?:\d*,)?(?!1000\b)[1-9]\d{3,}\b")
"""What is left and RE2 does not know: other escapes, references, looking around, atomic groups, conditions, comments,
possessive quantifiers, more than 1,000 times.
"""


def is_re2(pattern: str) -> bool:
    """Whether Go and Envoy take a regular expression (https://github.com/google/re2/wiki/Syntax)."""
    if _compiled(pattern, ignore_case=False) is None:
        return False
    return NOT_RE2.search(CLASS.sub("x", LITERAL.sub("x", pattern))) is None
