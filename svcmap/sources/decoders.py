"""The decoders of what an API server writes, made one at a time.

msgspec learns the shape of a struct when a decoder first asks for it, and crashes the process (0.22) where two threads
make it learn shapes that share a part. So decoders are made under a lock, never by `msgspec.json.decode(type=)`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import msgspec

from svcmap.model.base import KubernetesObject, Part

Item = TypeVar("Item")


class ListMetadata(Part, frozen=True):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class Page(Part, Generic[Item], frozen=True):
    """A page of a list. `items` is null in what some servers write for none."""

    kind: str = ""
    api_version: str = ""
    metadata: ListMetadata = ListMetadata()
    items: list[Item] | None = None


class Event(Part, Generic[Item], frozen=True):
    """One line of a watch."""

    type: str
    object: Item


class Version(Part, frozen=True):
    resource_version: str = ""


class Versioned(Part, frozen=True):
    """What every object of an event has, a bookmark's and a Status too."""

    metadata: Version = Version()
    code: int = 0


class Status(Part, frozen=True):
    """What an API server answers with where it does not do what was asked."""

    message: str = ""
    reason: str = ""


RAW_PAGE: msgspec.json.Decoder[Page[msgspec.Raw]] = msgspec.json.Decoder(Page[msgspec.Raw])
RAW_EVENT: msgspec.json.Decoder[Event[msgspec.Raw]] = msgspec.json.Decoder(Event[msgspec.Raw])
VERSIONED_EVENT: msgspec.json.Decoder[Event[Versioned]] = msgspec.json.Decoder(Event[Versioned])
STATUS = msgspec.json.Decoder(Status)
_lock = threading.Lock()
_pages: dict[type[KubernetesObject], msgspec.json.Decoder[Any]] = {}
_events: dict[type[KubernetesObject], msgspec.json.Decoder[Any]] = {}
_objects: dict[type[KubernetesObject], msgspec.json.Decoder[Any]] = {}


def page_decoder(type_: type[KubernetesObject]) -> msgspec.json.Decoder[Any]:
    """Reads a `Page` of these objects."""
    if type_ not in _pages:
        with _lock:
            _pages[type_] = msgspec.json.Decoder(Page[type_])  # type: ignore[valid-type]
    return _pages[type_]


def event_decoder(type_: type[KubernetesObject]) -> msgspec.json.Decoder[Any]:
    """Reads an `Event` of these objects, or lines of them."""
    if type_ not in _events:
        with _lock:
            _events[type_] = msgspec.json.Decoder(Event[type_])  # type: ignore[valid-type]
    return _events[type_]


def object_decoder(type_: type[KubernetesObject]) -> msgspec.json.Decoder[Any]:
    """Reads one of these objects."""
    if type_ not in _objects:
        with _lock:
            _objects[type_] = msgspec.json.Decoder(type_)
    return _objects[type_]


def prepare(types: Iterable[type[KubernetesObject]]) -> None:
    """Make the decoders of these objects now: `msgspec.convert` learns shapes too, and has no lock."""
    for type_ in types:
        page_decoder(type_)
        event_decoder(type_)
        object_decoder(type_)
