"""What a watch says: lines of JSON, each an event, to typed changes.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes (bookmarks, 410 Gone).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import msgspec

from svcmap.model.base import KubernetesObject
from svcmap.model.refs import Name
from svcmap.sources.decoders import RAW_EVENT, VERSIONED_EVENT, event_decoder
from svcmap.sources.live.api.failures import RefusedError, UnreachableError
from svcmap.sources.live.api.listing import read_object, take
from svcmap.sources.live.api.resources import Resource
from svcmap.sources.nulls import decoded

FEW = 50
"""Pieces that are read in one go: so many that little is done for each, and so few that they stay in fast memory."""
EXPECTED = frozenset({"ADDED", "MODIFIED", "DELETED", "BOOKMARK"})
"""The types of events that are no error."""


class Change(NamedTuple):
    """What became of an object."""

    item: KubernetesObject
    gone: bool


class Events:
    """The events of one watch. One thread lets pieces arrive, another reads them when it has the time."""

    def __init__(self, resource: Resource, version: str, fail: Callable[[], None]) -> None:
        """`version` is where the watch begins; `fail` is called when an event ends it."""
        self.resource, self._fail = resource, fail
        self.count = 0
        """How many were read so far, bookmarks too."""
        self.failure: RefusedError | UnreachableError | None = None
        """What an event said that ends the watch: an error of the server (410: list again), or nonsense."""
        self.unreadable: list[tuple[Name, str]] = []
        """Objects of an unexpected shape that came, with why; without a reason they went. Whoever reads empties it."""
        self._from, self._last, self._rest = version, b"", b""
        self._pieces: deque[bytes] = deque()

    def arrived(self, piece: bytes) -> None:
        """Keep a piece of the stream, which may end anywhere, until it is read."""
        self._pieces.append(piece)

    @property
    def version(self) -> str:
        """The resourceVersion of the last event that was read."""
        if self._last:
            try:
                self._from = VERSIONED_EVENT.decode(self._last).object.metadata.resource_version or self._from
            except (msgspec.DecodeError, ValueError):
                return self._from  # two events in a line, or one in two: no API server writes that; begin again
        return self._from

    def read(self) -> list[Change]:
        """The changes that have arrived. What ends the watch is noted in `failure`, and nothing behind it counts.

        By one thread at a time.
        """
        changes: list[Change] = []
        while self._pieces and self.failure is None:
            some = (self._pieces.popleft() for _ in range(min(FEW, len(self._pieces))))
            data = b"".join((self._rest, *some))
            end = data.rfind(b"\n") + 1
            self._rest = data[end:]
            if lines := data[:end].strip():
                changes += self._together(lines)
        return changes

    def _together(self, lines: bytes) -> list[Change]:
        """The changes of lines, read in one go where all of them are as they should be."""
        try:
            events = decoded(event_decoder(self.resource.type).decode_lines, lines)
        except Exception:  # noqa: BLE001 - whatever it is, one by one it costs one event, or says what is wrong
            return self._one_by_one(lines)
        if not all(event.type in EXPECTED for event in events):
            return self._one_by_one(lines)
        self._last = lines[lines.rfind(b"\n") + 1 :]
        self.count += len(events)
        kind, api_version = self.resource.kind, self.resource.api_version
        changes = [
            Change(take(event.object, kind, api_version), event.type == "DELETED")
            for event in events
            if event.type != "BOOKMARK"
        ]
        if self.unreadable:
            self._can_read({change.item.name for change in changes})
        return changes

    def _one_by_one(self, lines: bytes) -> list[Change]:
        changes: list[Change] = []
        try:
            for line in lines.split(b"\n"):
                if line.strip():
                    changes += self._change(line)
        except (RefusedError, UnreachableError) as error:
            self.failure = error
        except Exception as error:  # noqa: BLE001 - it ends this watch, and never the thread that reads for all
            says = f"{self.resource.plural}: an event that makes no sense ({type(error).__name__})"
            self.failure = UnreachableError(says)
        if self.failure is not None:
            self._fail()
        return changes

    def _change(self, line: bytes) -> list[Change]:
        try:
            type_, raw = (event := RAW_EVENT.decode(line)).type, bytes(event.object)
            if type_ == "ERROR":  # it has no place in the history: the watch has come as far as before it
                raise RefusedError(VERSIONED_EVENT.decode(line).object.code, raw)
            item = None if type_ == "BOOKMARK" else self._object(raw, gone=type_ == "DELETED")
        except msgspec.DecodeError:
            raise UnreachableError(f"{self.resource.plural}: a line of the watch is no event") from None
        self._last = line
        self.count += 1
        return [] if item is None else [Change(item, type_ == "DELETED")]

    def _object(self, data: bytes, *, gone: bool) -> KubernetesObject | None:
        unreadable: list[tuple[Name, str]] = []
        item = read_object(data, self.resource, unreadable)
        if item is not None and self.unreadable:
            self._can_read({item.name})
        self.unreadable += [(name, "" if gone else reason) for name, reason in unreadable]
        return item

    def _can_read(self, names: AbstractSet[Name]) -> None:
        """Of these objects the last event was as it should be, whatever an earlier one was."""
        self.unreadable = [pair for pair in self.unreadable if pair[0] not in names]
