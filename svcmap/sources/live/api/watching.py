"""The connection of one watch."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from svcmap.sources.live.api.events import Events
from svcmap.sources.live.api.failures import RefusedError, UnreachableError
from svcmap.sources.live.api.listing import Scope
from svcmap.sources.live.api.resources import Resource
from svcmap.sources.live.api.transport import Transport

if TYPE_CHECKING:
    from urllib3 import HTTPResponse

QUIET = 150.0
"""Seconds without a byte after which a watch counts as dead: bookmarks come about once a minute."""
LENGTH = (300, 600)
"""Seconds after which the server ends a watch, drawn anew each time as client-go does."""
CHUNK = 65536
GATHER, TAKE = 0.1, 0.005
"""Seconds for which events gather in the socket, and seconds for which each is then taken as it comes: to wake up for
each of a thousand a second costs more than to read it. Never while there is something to read: a reader that is slow
for another reason would fall behind for good.
"""


class Watch:
    """An open watch. Iterating lets what the server sends arrive at `events`, a piece at a time, until the server ends
    it; `stop` ends it from another thread.
    """

    def __init__(self, transport: Transport, resource: Resource, scope: Scope, version: str) -> None:
        """Raises RefusedError where the server does not open it, and what `Transport.open` raises."""
        self.transport = transport
        self.events = Events(resource, version, self.stop)
        query = {**scope.query(resource), "watch": "1", "allowWatchBookmarks": "true", "resourceVersion": version}
        query["timeoutSeconds"] = str(random.randint(*LENGTH))
        accept = resource.accept.replace("PartialObjectMetadataList", "PartialObjectMetadata")
        self.response: HTTPResponse = transport.open(resource.path(scope.namespace), query, accept, QUIET)
        if self.response.status != 200:
            status, body = self.response.status, self.response.read()
            self.response.release_conn()
            raise RefusedError(status, body)

    def __iter__(self) -> Iterator[bytes]:
        """Raises UnreachableError when the connection breaks. An event that ends the watch ends this too."""
        from urllib3.exceptions import HTTPError

        until = 0.0
        try:
            for piece in self._pieces():
                self.events.arrived(piece)
                yield piece
                if self.events.failure is not None:
                    return
                if time.monotonic() > until and not self._has_more():
                    time.sleep(GATHER)
                    until = time.monotonic() + TAKE
        except (HTTPError, OSError) as error:
            raise UnreachableError(self.transport.explain(error)) from error
        finally:
            self.response.close()

    def _pieces(self) -> Iterator[bytes]:
        """What the server sends together: an event, as a rule."""
        if self.response.chunked:
            yield from self.response.read_chunked(decode_content=True)
        else:  # some proxies
            yield from iter(partial(self.response.read1, CHUNK, decode_content=True), b"")

    def _has_more(self) -> bool:
        """Whether something waits to be read: at the end that is the end."""
        from urllib3.util import wait_for_read

        return self.response.closed or wait_for_read(self.response, 0)  # type: ignore[arg-type]  # it has a fileno

    def stop(self) -> None:
        """Wake whoever waits for the next event."""
        try:
            self.response.shutdown()
        except (OSError, ValueError, AttributeError, RuntimeError):
            return  # it has ended already
