"""Names of kinds, of objects and of places in files."""

from __future__ import annotations

from typing import NamedTuple

new_tuple = tuple.__new__
"""A NamedTuple without its constructor, which takes longer than all else where there are thousands to make."""


class Name(NamedTuple):
    """`namespace/name`, of whatever kind the context says. Cluster-scoped objects have an empty namespace."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class GroupKind(NamedTuple):
    """A kind of an API group: what two groups call by one name are two kinds. The core group is the empty one."""

    group: str
    kind: str

    @property
    def is_custom(self) -> bool:
        """Whether the group is not one of Kubernetes itself: a custom resource."""
        return "." in self.group and not self.group.endswith("k8s.io")

    def __str__(self) -> str:
        """`Service`, `Gateway.networking.istio.io`: the group where the kind is none of Kubernetes' own."""
        return f"{self.kind}.{self.group}" if self.is_custom else self.kind

    @property
    def title(self) -> str:
        """The same for people: `Gateway (networking.istio.io)`."""
        return f"{self.kind} ({self.group})" if self.is_custom else self.kind

    def ref(self, namespace: str, name: str) -> ObjectRef:
        """An object of this kind."""
        return ObjectRef(self.kind, namespace, name, self.group)


class ObjectRef(NamedTuple):
    """`Kind/namespace/name`: one object of the source. Its kind makes it (`SERVICE.ref(*name)`) and knows the group."""

    kind: str
    namespace: str
    name: str
    group: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in self[:3] if part)

    @property
    def of_kind(self) -> GroupKind:
        return GroupKind(self.group, self.kind)

    @property
    def title(self) -> str:
        """`Deployment web`."""
        return f"{self.kind} {self.name}"

    @property
    def own_name(self) -> Name:
        """Its name among the objects of its kind."""
        return Name(self.namespace, self.name)

    def kubectl(self, verb: str) -> str:
        """A command about it, with the group where the kind is none of Kubernetes' own: several may have its name."""
        kind = str(self.of_kind).lower()
        return f"kubectl {verb} {kind}{f' -n {self.namespace}' if self.namespace else ''} {self.name}"


class Location(NamedTuple):
    """A place in a file. Lines and columns count from 1; 0 means not known."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return self.file + (f":{self.line}" if self.line else "") + (f":{self.column}" if self.column else "")


def parse_service_name(text: str, namespace: str | None) -> Name | None:
    """`NS/NAME`, `NAME` or `svc/NAME` (with `namespace`, default `default`); None if it is none of these."""
    parts = text.split("/")
    if len(parts) > 1 and parts[0] in ("svc", "service", "services"):
        parts = parts[1:]
    if not all(parts) or len(parts) > 2:
        return None
    return Name(*parts) if len(parts) == 2 else Name(namespace or "default", parts[0])
