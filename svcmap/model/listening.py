"""Flags of command lines that name an address to listen on, where that is the loopback one: no other pod gets there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

FLAG = re.compile(
    r"-{1,2}(?:host|hostname|bind|listen|address|addr|ip|interface|http-(?:host|address|addr)"
    r"|(?:[\w.-]+[.-])?(?:bind|listen)-(?:address|addr|host|ip))\Z"
)
"""What programs call it: of names with another beginning those alone that say that they listen."""
LOOPBACK = re.compile(r"(?:https?://|tcp://)?(?:127(?:\.\d+){3}|localhost|\[?::1\]?)(?::(?P<port>\d+))?/?\Z")


def loopback_flags(words: Sequence[str]) -> Iterator[str]:
    """Those of a command line, with their values: `--host=127.0.0.1`, `--listen localhost:80`. What a shell is given is
    one word, and is read as those in it.
    """
    parts = [part for word in words for part in (word.split() if " " in word else (word,))]
    for index, part in enumerate(parts):
        name, equals, value = part.partition("=")
        value = value if equals else parts[index + 1] if index + 1 < len(parts) else ""
        if FLAG.match(name) and LOOPBACK.match(value):
            yield f"{name}={value}" if equals else f"{name} {value}"


def is_about(flag: str, port: int) -> bool:
    """Whether such a flag may be about a port: it names none, or that one."""
    found = LOOPBACK.match(re.split(r"[= ]", flag, maxsplit=1)[1])
    return found is None or found["port"] in (None, str(port))
