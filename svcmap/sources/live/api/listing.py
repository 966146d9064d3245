"""One list of one resource: by pages, typed, from a consistent resourceVersion.

https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple, cast

import msgspec

from svcmap.model.base import KubernetesObject
from svcmap.model.refs import Name, new_tuple
from svcmap.model.unread import UnreadObject
from svcmap.model.well_known import LAST_APPLIED
from svcmap.sources.decoders import RAW_PAGE, ListMetadata, Page, object_decoder, page_decoder
from svcmap.sources.live.api.failures import RefusedError, UnreachableError
from svcmap.sources.live.api.resources import Resource
from svcmap.sources.live.api.sharing import Sharing
from svcmap.sources.live.api.transport import Transport
from svcmap.sources.nulls import decoded, without_nulls

PAGE = 500


class Listing(NamedTuple):
    """Every object of a list, the resourceVersion it is of, and the objects that could not be read, with why."""

    objects: dict[Name, KubernetesObject]
    resource_version: str
    unreadable: list[tuple[Name, str]]


class Scope(NamedTuple):
    """Which objects of a resource: of one namespace (empty: all), with some labels or fields."""

    namespace: str = ""
    labels: str = ""
    fields: str = ""

    def query(self, resource: Resource) -> dict[str, str]:
        found = {"labelSelector": self.labels} if self.labels else {}
        fields = f"metadata.name={resource.only[1]}" if resource.only else self.fields
        return found | ({"fieldSelector": fields} if fields else {})


EVERYTHING = Scope()


def list_objects(
    transport: Transport,
    resource: Resource,
    scope: Scope = EVERYTHING,
) -> Listing:
    """Every object in a scope, as of one moment.

    A continue token that has expired starts the list again, unpaged. Raises what `Transport.get` raises.
    """
    found, sharing = Listing({}, "", []), Sharing()
    version, token, limit = "", "", PAGE
    while True:
        query = {**scope.query(resource), **({"limit": str(limit)} if limit else {})}
        query |= {"continue": token} if token else {}
        try:
            body = transport.get(resource.path(scope.namespace), query, resource.accept)
        except RefusedError as error:
            if not (token and error.has_expired):
                raise
            found, token, limit = Listing({}, "", []), "", 0
            continue
        known = len(found.objects)
        page = read_page(body, resource, found)
        sharing.share(islice(found.objects.values(), known, None))
        version, token = page.resource_version or version, page.continue_
        if not token:
            return found._replace(resource_version=version)


def read_page(body: bytes, resource: Resource, found: Listing) -> ListMetadata:
    """Take the objects of one page into `found`. One of an unexpected shape costs itself only."""
    try:
        page = decoded(page_decoder(resource.type).decode, body)
    except msgspec.ValidationError:
        raw = RAW_PAGE.decode(body)
        for item in _one_by_one(raw, resource, found):
            found.objects[item.name] = item
        return raw.metadata
    except msgspec.DecodeError as error:
        raise UnreachableError(f"{resource.plural}: the answer is no JSON ({error}); is this an API server?") from None
    kind, api_version, objects = resource.kind, resource.api_version, found.objects
    for item in page.items or ():
        metadata = take(item, kind, api_version).metadata
        objects[new_tuple(Name, (metadata.namespace, metadata.name))] = item
    return cast(ListMetadata, page.metadata)


def take(item: KubernetesObject, kind: str, api_version: str) -> KubernetesObject:
    """Complete an object of a list, whose items leave out what the list says for all, and drop what nobody looks at."""
    if not item.kind:
        msgspec.structs.force_setattr(item, "kind", kind)
        msgspec.structs.force_setattr(item, "api_version", api_version)
    if item.metadata.annotations:
        item.metadata.annotations.pop(LAST_APPLIED, None)
    if isinstance(item, UnreadObject):
        item.pick()
    return item


def _one_by_one(page: Page[msgspec.Raw], resource: Resource, found: Listing) -> Iterator[KubernetesObject]:
    for raw in page.items or ():
        item = read_object(bytes(raw), resource, found.unreadable)
        if item is not None:
            yield item


def read_object(data: bytes, resource: Resource, unreadable: list[tuple[Name, str]]) -> KubernetesObject | None:
    """One object: typed, and where a null stands in the way, without nulls. Noted in `unreadable` if neither works."""
    try:
        return take(object_decoder(resource.type).decode(data), resource.kind, resource.api_version)
    except msgspec.ValidationError:
        value = without_nulls(msgspec.json.decode(data))
    try:
        return take(msgspec.convert(value, resource.type), resource.kind, resource.api_version)
    except msgspec.ValidationError as error:
        metadata = value.get("metadata") if isinstance(value, dict) else None
        metadata = metadata if isinstance(metadata, dict) else {}
        name = Name(str(metadata.get("namespace", "")), str(metadata.get("name", "")))
        unreadable.append((name, str(error)))
        return None
