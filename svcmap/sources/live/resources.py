"""What there is to read on an API server: the resources of the picture, at the versions this server has."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from svcmap.model.base import KubernetesObject, Part
from svcmap.model.kinds import GATEWAY_GROUPS, KINDS, POLICY_GROUPS, ROUTE_KINDS, is_foreign_policy, plural
from svcmap.sources.live.failures import RefusedError
from svcmap.sources.live.transport import JSON, Transport

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
CORE = ("Service", "Node", "Namespace")
BUILT_IN = (
    ("discovery.k8s.io", "v1", "EndpointSlice"),
    ("networking.k8s.io", "v1", "Ingress"),
    ("networking.k8s.io", "v1", "IngressClass"),
    ("networking.k8s.io", "v1", "NetworkPolicy"),
    ("apps", "v1", "Deployment"),
    ("apps", "v1", "StatefulSet"),
    ("apps", "v1", "DaemonSet"),
)
OPTIONAL = {
    "networking.k8s.io": ("ServiceCIDR",),
    **dict.fromkeys(
        GATEWAY_GROUPS, (*ROUTE_KINDS, "GatewayClass", "Gateway", "ListenerSet", "XListenerSet", "ReferenceGrant")
    ),
}
"""Read where the server has them: newer kinds, and custom resources of Gateway API."""


class Resource(NamedTuple):
    """One kind as an API server serves it. `only` limits it to one object (`namespace/name`)."""

    group: str
    version: str
    plural: str
    kind: str
    type: type[KubernetesObject]
    namespaced: bool = True
    accept: str = JSON
    only: tuple[str, str] | None = None

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


def resource_of(group: str, version: str, plural: str, kind: str, *, namespaced: bool = True) -> Resource:
    """A resource with the struct its objects are read into."""
    return Resource(group, version, plural, kind, KINDS[group, kind].type, namespaced)


PODS = Resource("", "v1", "pods", "Pod", KINDS["", "Pod"].type)
COREFILE = Resource("", "v1", "configmaps", "ConfigMap", KINDS["", "ConfigMap"].type, only=("kube-system", "coredns"))


def picture(transport: Transport) -> list[Resource]:
    """The resources svcmap reads, Services first. One request, and two for each group of interest of a server older
    than 1.27; it is the first of a session, so it also shows whether the credentials work.
    """
    served = _discover(transport)
    found = [_core(kind) for kind in CORE] + [COREFILE]
    for group, version, kind in BUILT_IN:
        found.append(resource_of(group, version, plural(kind), kind, namespaced=KINDS[group, kind].namespaced))
    known = {(item.group, item.kind) for item in found}
    for item in served:
        if item.kind in OPTIONAL.get(item.group, ()) and (item.group, item.kind) not in known:
            known.add((item.group, item.kind))
            found.append(item)
        elif item.group in POLICY_GROUPS and is_foreign_policy(item.api_version, item.kind):
            found.append(item._replace(type=KubernetesObject, accept=METADATA))
    return found


def _core(kind: str) -> Resource:
    return Resource("", "v1", f"{kind.lower()}s", kind, KINDS["", kind].type, KINDS["", kind].namespaced)


def _discover(transport: Transport) -> list[Resource]:
    """Every resource of the groups of interest that can be listed and watched, the server's preferred version first."""
    wanted = {*OPTIONAL, *POLICY_GROUPS}
    try:
        body = transport.get("/apis", accept=f"{AGGREGATED},{JSON}")
    except RefusedError as error:
        if error.status in (403, 404):  # a proxy that shows part of the API: the kinds of Kubernetes itself remain
            return []
        raise
    if b'"APIGroupDiscoveryList"' in body[:200]:
        groups = msgspec.json.decode(body, type=_Groups).items
    else:
        groups = [_plain_group(transport, item) for item in _plain(body) if item.name in wanted]
    found: dict[tuple[str, str], Resource] = {}
    for group in groups:
        for version in group.versions if group.metadata.name in wanted else ():
            for item in version.resources:
                kind = item.response_kind.kind if item.response_kind else ""
                if {"list", "watch"} <= set(item.verbs):
                    known = KINDS.get((group.metadata.name, kind))
                    type_ = known.type if known else KubernetesObject
                    made = Resource(
                        group.metadata.name, version.version, item.resource, kind, type_, item.scope == "Namespaced"
                    )
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
