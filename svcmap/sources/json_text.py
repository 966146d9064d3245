"""JSON that is not YAML: escapes libyaml does not know, and surrogate pairs. Other JSON is read as YAML, with marks."""

from __future__ import annotations

import msgspec

from svcmap.exact_yaml import Chunk, Document


def load_json(chunk: Chunk) -> list[Document] | None:
    """The document of a JSON text; None if it is none."""
    body = chunk.text.strip()
    if not body.startswith(("{", "[")):
        return None
    try:
        value = msgspec.json.decode(body.encode())
    except (msgspec.DecodeError, RecursionError):
        return None
    leading = len(chunk.text) - len(chunk.text.lstrip())
    return [Document(value, chunk.line + chunk.text.count("\n", 0, leading), [], [])]
