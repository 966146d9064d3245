"""What there is to read on an API server: the resources of the picture, at the versions this server has."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from svcmap.model import unread
from svcmap.model.base import KubernetesObject, Part
from svcmap.model.group_kinds import MOVED, POD, group_kind
from svcmap.model.kinds import KINDS, POLICY_GROUPS, is_foreign_policy, plural
from svcmap.model.refs import GroupKind, Name
from svcmap.model.unread import UnreadObject, is_unread
from svcmap.sources.live.api.failures import RefusedError
from svcmap.sources.live.api.transport import JSON, Transport

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
VERSION = "v1"
"""Of every kind that is always read."""
OPTIONAL = frozenset(kind for kind, known in KINDS.items() if known.live == "optional")
"""Read where the server has them: newer kinds, and custom resources of Gateway API."""
GROUPS = {
    *(kind.group for kind in OPTIONAL),
    *(group for group, kinds in MOVED.items() if OPTIONAL & set(kinds)),
    *POLICY_GROUPS,
    *unread.GROUPS,
}


class Resource(NamedTuple):
    """One kind as an API server serves it. `only` limits it to one object."""

    group: str
    version: str
    plural: str
    kind: str
    type: type[KubernetesObject]
    namespaced: bool = True
    accept: str = JSON
    only: Name | None = None

    @property
    def of_kind(self) -> GroupKind:
        return group_kind(self.api_version, self.kind)

    @property
    def title(self) -> str:
        """As kubectl names it: with its group where it is none of Kubernetes' own."""
        return f"{self.plural}.{self.group}" if self.of_kind.is_custom else self.plural

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "") -> str:
        """The path of the collection, of the whole cluster or of one namespace."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        inside = namespace or (self.only[0] if self.only else "")
        return f"{root}/namespaces/{inside}/{self.plural}" if inside and self.namespaced else f"{root}/{self.plural}"


class _Kind(Part, frozen=True):
    kind: str = ""


class _Resource(Part, frozen=True):
    resource: str = ""
    response_kind: _Kind | None = None
    scope: str = ""
    verbs: list[str] = []


class _Version(Part, frozen=True):
    version: str = ""
    resources: list[_Resource] = []


class _Named(Part, frozen=True):
    name: str = ""


class _Group(Part, frozen=True):
    metadata: _Named = _Named()
    versions: list[_Version] = []


class _Groups(Part, frozen=True):
    kind: str = ""
    items: list[_Group] = []


class _Plain(Part, frozen=True):
    name: str = ""
    versions: list[_Version] = []


class _PlainGroups(Part, frozen=True):
    groups: list[_Plain] = []


class _PlainResource(Part, frozen=True):
    name: str = ""
    kind: str = ""
    namespaced: bool = False
    verbs: list[str] = []


class _PlainResources(Part, frozen=True):
    resources: list[_PlainResource] = []


def resource_of(kind: GroupKind) -> Resource:
    """A kind in the version that every server has, with the struct its objects are read into."""
    known = KINDS[kind]
    return Resource(kind.group, VERSION, plural(kind.kind), kind.kind, known.type, known.namespaced)


def _asked_for(kind: GroupKind) -> list[Resource]:
    """A kind as a cluster is asked for it: all of its objects, or a few one by one."""
    whole = resource_of(kind)
    return [whole._replace(only=name) for name in KINDS[kind].only] or [whole]


PODS = resource_of(POD)


def picture(transport: Transport) -> list[Resource]:
    """The resources svcmap reads, Services first. One request, and two for each group of interest of a server older
    than 1.27; it is the first of a session, so it also shows whether the credentials work.
    """
    served = _discover(transport)
    found = [one for kind, known in KINDS.items() if known.live == "always" for one in _asked_for(kind)]
    seen = {item.of_kind for item in found}
    for item in served:
        if item.of_kind in OPTIONAL - seen:
            seen.add(item.of_kind)
            found.append(item._replace(type=KINDS[item.of_kind].type))
        elif is_foreign_policy(item.of_kind):
            found.append(item._replace(accept=METADATA))
        elif is_unread(item.of_kind):
            found.append(item._replace(type=UnreadObject))
    return found


def _discover(transport: Transport) -> list[Resource]:
    """Every resource of the groups of interest that can be listed and watched, the server's preferred version first."""
    try:
        body = transport.get("/apis", accept=f"{AGGREGATED},{JSON}")
    except RefusedError as error:
        if error.status in (403, 404):  # a proxy that shows part of the API: the kinds of Kubernetes itself remain
            return []
        raise
    if b'"APIGroupDiscoveryList"' in body[:200]:
        groups = msgspec.json.decode(body, type=_Groups).items
    else:
        groups = [_plain_group(transport, item) for item in _plain(body) if item.name in GROUPS]
    found: dict[tuple[str, str], Resource] = {}
    for group in groups:
        for version in group.versions if group.metadata.name in GROUPS else ():
            for item in version.resources:
                kind = item.response_kind.kind if item.response_kind else ""
                if {"list", "watch"} <= set(item.verbs):
                    scope = item.scope == "Namespaced"
                    where = group.metadata.name, version.version, item.resource, kind
                    made = Resource(*where, KubernetesObject, scope)
                    found.setdefault((made.group, made.kind), made)
    return list(found.values())


def _plain(body: bytes) -> list[_Plain]:
    return msgspec.json.decode(body, type=_PlainGroups).groups


def _plain_group(transport: Transport, group: _Plain) -> _Group:
    """The resources of a group, of a server without aggregated discovery."""
    versions = []
    for version in group.versions:
        listed = msgspec.json.decode(transport.get(f"/apis/{group.name}/{version.version}"), type=_PlainResources)
        resources = [
            _Resource(
                resource=item.name,
                response_kind=_Kind(kind=item.kind),
                scope="Namespaced" if item.namespaced else "Cluster",
                verbs=item.verbs,
            )
            for item in listed.resources
            if "/" not in item.name
        ]
        versions.append(_Version(version=version.version, resources=resources))
    return _Group(metadata=_Named(name=group.name), versions=versions)
