"""Regular expressions of manifests, run against a clock: a pattern such as `(a+)+$` must not hold svcmap up.

Envoy's engine is linear (RE2) and nginx' gives up (pcre_match_limit); Python's own would go on for years.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

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


LITERAL = re.compile(r"\\[^1-9]|\[\^?\]?(?:\\.|[^\]\\])*\]")
"""An escaped character, or a class of characters: signs in them mean themselves."""
NOT_RE2 = re.compile(r"\(\?(?:[=!>]|<[=!])|\\[1-9]|[*+?}]\+")
"""What Python knows and RE2 does not: looking around, atomic groups, references to groups, possessive quantifiers."""


def is_re2(pattern: str) -> bool:
    """Whether Go and Envoy take a regular expression (https://github.com/google/re2/wiki/Syntax)."""
    return _compiled(pattern, ignore_case=False) is not None and NOT_RE2.search(LITERAL.sub("x", pattern)) is None
