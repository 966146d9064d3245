"""Names of objects and places in files."""

from __future__ import annotations

from typing import NamedTuple

new_tuple = tuple.__new__
"""A NamedTuple without its constructor, which takes longer than all else where there are thousands to make."""


class Name(NamedTuple):
    """`namespace/name`, of whatever kind the context says. Cluster-scoped objects have an empty namespace."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class ObjectRef(NamedTuple):
    """`Kind/namespace/name`: one object of the source."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return "/".join(part for part in self if part)


class Location(NamedTuple):
    """A place in a file. Lines and columns count from 1; 0 means not known."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return self.file + (f":{self.line}" if self.line else "") + (f":{self.column}" if self.column else "")


def parse_service_name(text: str, namespace: str | None) -> Name | None:
    """`NS/NAME`, `NAME` or `svc/NAME` (with `namespace`, default `default`); None if it is none of these."""
    parts = text.split("/")
    if len(parts) > 1 and parts[0] in ("svc", "service", "services"):
        parts = parts[1:]
    if not all(parts) or len(parts) > 2:
        return None
    return Name(*parts) if len(parts) == 2 else Name(namespace or "default", parts[0])
