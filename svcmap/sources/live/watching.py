"""The events of one watch, typed.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes (bookmarks, 410 Gone).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from svcmap.model.base import KubernetesObject
from svcmap.sources.live.decoders import EVENT, VERSIONED
from svcmap.sources.live.failures import RefusedError, UnreachableError, explain
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


class Change(NamedTuple):
    """What became of an object."""

    item: KubernetesObject
    gone: bool


class Watch:
    """An open watch. Iterating gives the changes that arrive together, until the server ends it; `stop` ends it from
    another thread.
    """

    def __init__(self, transport: Transport, resource: Resource, scope: Scope, version: str) -> None:
        self.transport, self.resource = transport, resource
        self._from, self._last = version, b""
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
        """The resourceVersion that the watch has come to."""
        if not self._last:
            return self._from
        try:
            return VERSIONED.decode(self._last).metadata.resource_version or self._from
        except msgspec.DecodeError:
            return self._from

    def __iter__(self) -> Iterator[list[Change]]:
        """Bookmarks are an empty list, as objects of an unexpected shape are. Raises RefusedError for an ERROR event
        (410: list again), UnreachableError when the connection breaks.
        """
        for lines in self._lines():
            changes: list[Change] = []
            failure: Exception | None = None
            for line in lines:
                try:
                    changes += self._change(line)
                except (RefusedError, UnreachableError) as error:
                    failure = error
                    break
            yield changes  # what came before a failure has happened
            if failure is not None:
                raise failure

    def _change(self, line: bytes) -> list[Change]:
        try:
            event = EVENT.decode(line)
            data = bytes(event.object)
            if event.type == "ERROR":  # it has no place in the history: the watch has come as far as before it
                raise RefusedError(VERSIONED.decode(data).code, data)
            item = None if event.type == "BOOKMARK" else read_object(data, self.resource, [])
        except msgspec.DecodeError:
            raise UnreachableError(f"{self.resource.plural}: a line of the watch is no event") from None
        self._last = data
        return [] if item is None else [Change(item, event.type == "DELETED")]

    def stop(self) -> None:
        """Wake whoever waits for the next event."""
        try:
            self.response.shutdown()
        except (OSError, ValueError, AttributeError, RuntimeError):
            return  # it has ended already

    def _lines(self) -> Iterator[list[bytes]]:
        from urllib3.exceptions import HTTPError

        rest = b""
        try:
            while chunk := self.response.read1(CHUNK, decode_content=True):
                *lines, rest = (rest + chunk).split(b"\n")
                if found := [line for line in lines if line.strip()]:
                    yield found
        except (HTTPError, OSError) as error:
            raise UnreachableError(explain(error, self.transport.chosen.server)) from error
        finally:
            self.response.close()
