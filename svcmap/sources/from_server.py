"""Objects as an API server writes them, straight from JSON into the structs: nothing is in them that a person may have
meant otherwise. What may be somebody's own work is left to be read as plain data (`decode`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import force_setattr

from svcmap.model.base import KubernetesObject, Part
from svcmap.model.core import ConfigMap, EndpointSlice, Service
from svcmap.model.group_kinds import group_kind
from svcmap.model.kinds import KINDS, Kind, is_foreign_policy
from svcmap.model.networking import Ingress
from svcmap.model.refs import GroupKind
from svcmap.sources.base import Gathering, Origin
from svcmap.sources.decoders import object_decoder, page_decoder
from svcmap.sources.fields import CHECKED, SERVICE_TYPES, slips
from svcmap.sources.nulls import decoded

TEXT = rb'\s*:\s*"([^"\\]*)"'
HEAD = re.compile(rb'\s*\{\s*"(apiVersion|kind)"' + TEXT + rb'\s*,\s*"(apiVersion|kind)"' + TEXT)
"""How kubectl and API servers begin an object, in either order."""
FIRST_ITEM = re.compile(rb'"items"\s*:\s*\[\s*(?=\{)')
NEAR = 4096
"""Bytes in which the first item of a list begins."""


FINE: dict[type[KubernetesObject], set[str]] = {}
"""Names of fields in which nothing is to be pointed out, seen so far: thousands of objects have the same few."""


class What(NamedTuple):
    """What an object says that it is."""

    api_version: str
    kind: str

    @property
    def of_kind(self) -> GroupKind:
        return group_kind(self.api_version, self.kind)


class _Shown(Part, frozen=True, forbid_unknown_fields=True):
    """The fields that objects of the API have, and the names of those of their spec."""

    api_version: str = ""
    kind: str = ""
    metadata: msgspec.Raw = msgspec.Raw()
    spec: dict[str, msgspec.Raw] = {}
    status: msgspec.Raw = msgspec.Raw()


class _ShownList(Part, frozen=True):
    items: list[_Shown] = []


class _RawList(Part, frozen=True):
    api_version: str = ""
    kind: str = ""
    items: list[msgspec.Raw] | None = None


_SHOWN, _SHOWN_LIST = msgspec.json.Decoder(_Shown), msgspec.json.Decoder(_ShownList)
_RAW_LIST = msgspec.json.Decoder(_RawList)


def what_at(data: bytes | memoryview) -> What | None:
    """What an object that begins here says it is, where it begins with that; None where it does not."""
    found = HEAD.match(data)
    if found is None or found[1] == found[3]:
        return None
    said = {found[1]: found[2].decode("utf-8", "replace"), found[3]: found[4].decode("utf-8", "replace")}
    return What(said[b"apiVersion"], said[b"kind"])


class Quick:
    """Takes the objects of one JSON value in, as far as an API server wrote them. Who edits a dump, and gives a key
    twice in it, is not told of it: the last one counts.

    `origin(index)` is where an item of a list (None: the whole) was read. `says_for_all` is what a typed list says for
    all of its items.
    """

    def __init__(self, gathering: Gathering, origin: Callable[[int | None], Origin]) -> None:
        self.gathering, self.origin = gathering, origin
        self.says_for_all: dict[str, str] = {}

    def take(self, data: memoryview) -> list[int] | None:
        """The items that are left to be read as plain data; None where the whole value is.

        Raises msgspec.DecodeError where that is no JSON, or where something stands behind it.
        """
        start = bytes(data[:NEAR])
        first = FIRST_ITEM.search(start)
        what = what_at(start)
        if first is None or (what is not None and not what.kind.endswith("List")):
            return self._one(what, data)
        return self._list(what_at(start[first.end() :]), what, data)

    def _one(self, what: What | None, data: memoryview) -> list[int] | None:
        known = KINDS.get(what.of_kind) if what else None
        if what is None or known is None:
            return None
        try:
            item = decoded(object_decoder(known.type).decode, data)
            shown = _SHOWN.decode(data) if known.type in CHECKED else None
        except msgspec.ValidationError:
            return None
        return [] if self._take(item, what, known, None, shown) else None

    def _list(self, first: What | None, of_list: What | None, data: memoryview) -> list[int] | None:
        """Items of one kind are decoded together, of several each by itself."""
        if first is None and of_list is not None:
            first = of_list._replace(kind=of_list.kind.removesuffix("List"))
        known = KINDS.get(first.of_kind) if first else None
        if first is not None and known is not None and (page := _page(known.type, data)) is not None:
            common = What(page.api_version, page.kind.removesuffix("List"))
            items: list[KubernetesObject] = page.items or []
            if page.kind.endswith("List") and all(_says(item, common) == first for item in items):
                return [*self._same(items, first, known, data, common)]
        try:
            raw = _RAW_LIST.decode(data)
        except msgspec.ValidationError:
            return None
        if not raw.kind.endswith("List") or raw.items is None:
            return None
        kind = raw.kind.removesuffix("List")
        self.says_for_all = {"apiVersion": raw.api_version, "kind": kind} if kind else {}
        return [index for index, item in enumerate(raw.items) if not self._item(index, item)]

    def _same(
        self, items: Iterable[KubernetesObject], what: What, known: Kind, data: memoryview, common: What
    ) -> Iterator[int]:
        self.says_for_all = {"apiVersion": common.api_version, "kind": common.kind} if common.kind else {}
        shown = _shown(data) if known.type in CHECKED else None
        for index, item in enumerate(items):
            if not item.kind:
                force_setattr(item, "kind", what.kind)
                force_setattr(item, "api_version", what.api_version)
            if not self._take(item, what, known, index, shown[index] if shown else None):
                yield index

    def _item(self, index: int, raw: msgspec.Raw) -> bool:
        """Take one item of a list of several kinds in; whether that worked."""
        what = what_at(memoryview(raw))
        if what is None:
            return False
        of_kind = what.of_kind
        known = KINDS.get(of_kind)
        if known is None:
            if of_kind.is_custom or is_foreign_policy(of_kind) or of_kind.kind.endswith("List"):
                return False
            self.gathering.skipped[of_kind] += 1
            return True
        try:
            item = decoded(object_decoder(known.type).decode, memoryview(raw))
            shown = _SHOWN.decode(raw) if known.type in CHECKED else None
        except msgspec.ValidationError:
            return False
        return self._take(item, what, known, index, shown)

    def _take(self, item: KubernetesObject, what: What, known: Kind, index: int | None, shown: _Shown | None) -> bool:
        """Take an object in; false where it does not look like one that an API server wrote."""
        metadata = item.metadata
        if not metadata.name or known.namespaced is not bool(metadata.namespace):
            return False
        if not metadata.uid and known.type is not EndpointSlice:  # of slices it is not read
            return False
        if (item.api_version, item.kind) != what or (known.type in CHECKED and _has_slips(item, shown)):
            return False
        if isinstance(item, ConfigMap) and not item.says_something:
            self.gathering.skipped[what.of_kind] += 1
            return True
        self.gathering.add(item, self.origin(index))
        return True


def _page(type_: type[KubernetesObject], data: memoryview) -> Any:
    """The list, its items typed; None where one of them does not fit."""
    try:
        return decoded(page_decoder(type_).decode, data)
    except msgspec.ValidationError:
        return None


def _says(item: KubernetesObject, common: What) -> What:
    return What(item.api_version, item.kind) if item.kind else common


def _shown(data: memoryview) -> list[_Shown] | None:
    try:
        return _SHOWN_LIST.decode(data).items
    except msgspec.ValidationError:
        return None


def _has_slips(item: KubernetesObject, shown: _Shown | None) -> bool:
    """Whether something is to be pointed out (`fields`): dumps get edited."""
    type_ = type(item)
    if shown is None:
        return True
    fine = FINE.setdefault(type_, set())
    if not shown.spec.keys() <= fine:
        if any(slips(type_, shown.spec)):
            return True
        fine.update(shown.spec)
    if isinstance(item, Service):
        return (item.spec.type or "ClusterIP") not in SERVICE_TYPES or any(
            not 1 <= port.port <= 65535 for port in item.spec.ports
        )
    return not isinstance(item, Ingress)
