"""The events of one watch, typed.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes (bookmarks, 410 Gone).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from svcmap.model.base import KubernetesObject
from svcmap.model.refs import Name
from svcmap.sources.live.decoders import EVENT, VERSIONED
from svcmap.sources.live.failures import RefusedError, UnreachableError
from svcmap.sources.live.listing import Scope, read_object
from svcmap.sources.live.resources import Resource
from svcmap.sources.live.transport import Transport

if TYPE_CHECKING:
    from urllib3 import HTTPResponse

QUIET = 150.0
"""Seconds without a byte after which a watch counts as dead: bookmarks come about once a minute."""
LENGTH = (300, 600)
"""Seconds after which the server ends a watch, drawn anew each time as client-go does."""
CHUNK = 65536
HEADS = {f'{{"type":"{type_}","object":'.encode(): type_ for type_ in ("ADDED", "MODIFIED", "DELETED", "BOOKMARK")}
"""How an event of each type begins."""


class Change(NamedTuple):
    """What became of an object."""

    item: KubernetesObject
    gone: bool


class Watch:
    """An open watch. Iterating gives the lines that arrive together, until the server ends it; `read` says what they
    mean, in whatever thread has the time; `stop` ends it from another thread.
    """

    def __init__(self, transport: Transport, resource: Resource, scope: Scope, version: str) -> None:
        self.transport, self.resource = transport, resource
        self._from, self._last = version, b""
        self.events = 0
        """How many were read so far, bookmarks too."""
        self.failure: RefusedError | UnreachableError | None = None
        """What a line said that ends the watch: an error of the server (410: list again), or nonsense."""
        self.unreadable: list[tuple[Name, str]] = []
        """Objects of an unexpected shape that came, with why; without a reason they went. Whoever reads empties it."""
        query = {**scope.query(resource), "watch": "1", "allowWatchBookmarks": "true", "resourceVersion": version}
        accept = resource.accept.replace("PartialObjectMetadataList", "PartialObjectMetadata")
        query["timeoutSeconds"] = str(random.randint(*LENGTH))
        self.response: HTTPResponse = transport.open(
            resource.path(scope.namespace),
            query,
            accept,
            QUIET,
        )
        if self.response.status != 200:
            status, body = self.response.status, self.response.read()
            self.response.release_conn()
            raise RefusedError(status, body)

    @property
    def version(self) -> str:
        """The resourceVersion of the last event that was read."""
        if self._last:
            try:
                self._from = VERSIONED.decode(self._last).metadata.resource_version or self._from
            except (msgspec.DecodeError, ValueError):
                return self._from  # read as something else: the place before it is as good
        return self._from

    def __iter__(self) -> Iterator[list[bytes]]:
        """Raises UnreachableError when the connection breaks."""
        from urllib3.exceptions import HTTPError

        rest = b""
        try:
            while chunk := self.response.read1(CHUNK, decode_content=True):
                *lines, rest = (rest + chunk).split(b"\n")
                if lines:
                    yield lines
        except (HTTPError, OSError) as error:
            raise UnreachableError(self.transport.explain(error)) from error
        finally:
            self.response.close()

    def read(self, lines: Iterable[bytes]) -> list[Change]:
        """The changes of lines. One that ends the watch is noted in `failure`, and nothing behind it counts."""
        changes: list[Change] = []
        try:
            for line in lines:
                if self.failure is None and line.strip():
                    changes += self._change(line)
        except (RefusedError, UnreachableError) as error:
            self.failure = error
        except Exception as error:  # noqa: BLE001 - it ends this watch, and never the thread that reads for all
            says = f"{self.resource.plural}: an event that makes no sense ({type(error).__name__})"
            self.failure = UnreachableError(says)
        if self.failure is not None:
            self.stop()
        return changes

    def _change(self, line: bytes) -> list[Change]:
        try:
            type_, data = _parts(line)
            if type_ == "ERROR":  # it has no place in the history: the watch has come as far as before it
                raise RefusedError(VERSIONED.decode(data).code, data)
            item = None if type_ == "BOOKMARK" else self._object(data, gone=type_ == "DELETED")
        except msgspec.DecodeError:
            raise UnreachableError(f"{self.resource.plural}: a line of the watch is no event") from None
        self._last = data
        self.events += 1
        return [] if item is None else [Change(item, type_ == "DELETED")]

    def _object(self, data: bytes, *, gone: bool) -> KubernetesObject | None:
        unreadable: list[tuple[Name, str]] = []
        item = read_object(data, self.resource, unreadable)
        if item is not None and self.unreadable:
            self.unreadable = [pair for pair in self.unreadable if pair[0] != item.name]
        self.unreadable += [(name, "" if gone else reason) for name, reason in unreadable]
        return item

    def stop(self) -> None:
        """Wake whoever waits for the next event."""
        try:
            self.response.shutdown()
        except (OSError, ValueError, AttributeError, RuntimeError):
            return  # it has ended already


def _parts(line: bytes) -> tuple[str, bytes]:
    """The type and the object of an event: cut out where the line is as API servers write it, else decoded."""
    head = line[: line.find(b":", 8) + 1]
    if (type_ := HEADS.get(head)) is not None and line.endswith(b"}"):
        return type_, line[len(head) : -1]
    event = EVENT.decode(line)
    return event.type, bytes(event.object)
