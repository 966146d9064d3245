"""What proxies make of a path before they compare it with rules (controllers.md CN-12, CI-12, CC-6, CT-12, GW-20)."""

from __future__ import annotations

import re
from posixpath import normpath
from typing import Literal
from urllib.parse import unquote

Cleaning = Literal["unknown", "none", "dots", "merged", "decoded"]
"""None at all; Envoy's way: letters, digits and `-._~` decoded, `.` and `..` taken out; that with slashes merged;
nginx' way, which decodes everything.
"""
ENCODED, UNRESERVED = re.compile("%[0-9A-Fa-f]{2}"), re.compile("[A-Za-z0-9._~-]")
SLASHES = re.compile("/+")


def cleaned(path: str, how: Cleaning) -> str:
    """The path that rules are compared with; as it is where nobody has written down what a proxy does."""
    if how in ("unknown", "none") or is_clean(path):
        return path
    if how != "decoded":
        made = _without_dots(ENCODED.sub(_decoded, path))
        return SLASHES.sub("/", made) if how == "merged" else made
    path = SLASHES.sub("/", unquote(path))
    made = normpath(path)
    return made if made.endswith("/") or not path.endswith(("/", "/.", "/..")) else f"{made}/"


def _decoded(found: re.Match[str]) -> str:
    """RFC 3986 section 6.2.2.2: what never had to be encoded is the same as itself."""
    text = unquote(found[0])
    return text if UNRESERVED.fullmatch(text) else found[0]


def is_clean(path: str) -> bool:
    """Whether every proxy compares a path as it is."""
    return "%" not in path and "//" not in path and "/." not in path


def _without_dots(path: str) -> str:
    """RFC 3986 section 5.2.4; empty segments stay."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    ending = "/" if segments[-1:] in (["."], [".."]) and kept else ""
    return f"/{'/'.join(kept)}{ending}"
