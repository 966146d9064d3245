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
    """One event: what became of an object (None for a bookmark, or one that cannot be read), and where the watch is."""

    type: str
    item: KubernetesObject | None
    version: str


class Watch:
    """An open watch. Iterating gives changes until the server ends it; `stop` ends it from another thread."""

    def __init__(self, transport: Transport, resource: Resource, scope: Scope, version: str) -> None:
        self.transport, self.resource = transport, resource
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

    def __iter__(self) -> Iterator[Change]:
        """Raises RefusedError for an ERROR event (410: list again), UnreachableError when the connection breaks."""
        for line in self._lines():
            try:
                event = EVENT.decode(line)
                known = VERSIONED.decode(event.object)
            except msgspec.DecodeError:
                raise UnreachableError(f"{self.resource.plural}: a line of the watch is no event") from None
            if event.type == "ERROR":
                raise RefusedError(known.code, bytes(event.object))
            item = None if event.type == "BOOKMARK" else read_object(bytes(event.object), self.resource, [])
            yield Change(event.type, item, known.metadata.resource_version)

    def stop(self) -> None:
        """Wake whoever waits for the next event."""
        try:
            self.response.shutdown()
        except (OSError, ValueError, AttributeError, RuntimeError):
            return  # it has ended already

    def _lines(self) -> Iterator[bytes]:
        from urllib3.exceptions import HTTPError

        rest = b""
        try:
            while chunk := self.response.read1(CHUNK, decode_content=True):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (line for line in lines if line.strip())
        except (HTTPError, OSError) as error:
            raise UnreachableError(explain(error, self.transport.chosen.server)) from error
        finally:
            self.response.close()
