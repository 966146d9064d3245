"""The two kinds of struct every API object is made of, and the metadata all objects share."""

from __future__ import annotations

import msgspec

from svcmap.model.group_kinds import group_kind
from svcmap.model.refs import GroupKind, Name, ObjectRef, new_tuple


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False, omit_defaults=True):
    """A part of an API object. Fields are the API's, in snake_case; a missing one is the type's empty value.

    `rename="camel"` would write `podIp`: names with capitals in them are given by hand, and a test compares all of
    them with the official client's.
    """


class OwnerReference(Part, frozen=True):
    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool = False


class Metadata(Part, frozen=True):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    creation_timestamp: str = ""
    deletion_timestamp: str = ""
    generation: int = 0
    owner_references: tuple[OwnerReference, ...] = ()


class KubernetesObject(Part, frozen=True):
    """An object of the API: what it is and what it is called. Cluster-scoped objects have an empty namespace."""

    kind: str = ""
    api_version: str = ""
    metadata: Metadata = Metadata()

    @property
    def name(self) -> Name:
        return new_tuple(Name, (self.metadata.namespace, self.metadata.name))

    @property
    def of_kind(self) -> GroupKind:
        return group_kind(self.api_version, self.kind)

    @property
    def ref(self) -> ObjectRef:
        return self.of_kind.ref(self.metadata.namespace, self.metadata.name)

    @property
    def age(self) -> tuple[str, str]:
        """Orders objects of equal rank: the oldest first, then by namespace and name; one not created yet is last."""
        return self.metadata.creation_timestamp or "~", str(self.name)
