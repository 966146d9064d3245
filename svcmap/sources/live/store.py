"""What was read of a cluster so far, and the frozen state of it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from svcmap.model.base import KubernetesObject
from svcmap.model.coverage import Coverage, PodScope
from svcmap.model.kinds import CLUSTER_POLICIES
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState, LoadIssue, Source
from svcmap.sources.live.listing import Listing, Scope
from svcmap.sources.live.resources import PODS, Resource

DENIED = "not allowed to list them (RBAC); what depends on them is unknown"
Objects = dict[Name, KubernetesObject]


class Store:
    """Objects by resource and scope, as lists and watches leave them. Not thread-safe: one thread at a time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.objects: dict[Resource, dict[str, Objects]] = {}
        self.refused: dict[Resource, dict[str, str]] = {}
        self.unreadable: dict[Resource, list[tuple[str, str]]] = {}
        self.pods: dict[PodScope, Objects] = {}
        self.all_pods = False

    def put(self, resource: Resource, namespace: str, listing: Listing) -> None:
        """Take a list in the place of all that was known of a resource (in a namespace; empty: everywhere)."""
        self.objects.setdefault(resource, {})[namespace] = listing.objects
        self.refused.get(resource, {}).pop(namespace, None)
        self.unreadable[resource] = listing.unreadable

    def refuse(self, resource: Resource, namespace: str, reason: str) -> None:
        """Note that a resource may not be listed (in a namespace; empty: everywhere)."""
        self.objects.setdefault(resource, {}).pop(namespace, None)
        self.refused.setdefault(resource, {})[namespace] = reason

    def put_pods(self, scope: PodScope, listing: Listing) -> None:
        self.pods[scope] = listing.objects

    def put_all_pods(self, listing: Listing) -> None:
        self.pods, self.all_pods = {PodScope(): listing.objects}, True

    def state(self) -> ClusterState:
        """The frozen state of now. Shares the objects, copies the tables that hold them."""
        found: dict[str, Objects] = {}
        policies: list[ObjectRef] = []
        for resource, by_namespace in self.objects.items():
            if resource.type is KubernetesObject:
                policies += [_policy(resource, item) for items in by_namespace.values() for item in items.values()]
                continue
            table = found.setdefault(resource.kind, {})
            for items in by_namespace.values():
                table.update(items)
        found["Pod"] = {name: pod for items in self.pods.values() for name, pod in items.items()}
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return ClusterState(
            Source("cluster", self.name, now),
            found,
            issues=tuple(self._issues()),
            foreign_policies=policies,
            coverage=self._coverage(),
        )

    def _coverage(self) -> Coverage:
        partly = {
            resource.kind: tuple(sorted(name for name in self.objects.get(resource, {}) if name))
            for resource, refused in self.refused.items()
            if refused and resource.only is None and resource != PODS
        }
        return Coverage(partly=partly, pods=tuple(sorted(self.pods)), all_pods=self.all_pods)

    def _issues(self) -> Iterable[LoadIssue]:
        for resource, refused in self.refused.items():
            read = sorted(name for name in self.objects.get(resource, {}) if name)
            if "" in refused:
                # Not in the whole cluster: said once, with the namespaces in which it works.
                says = f"{refused['']}; read in {', '.join(read)} only" if read else refused[""]
                yield LoadIssue(reason=says, resource=resource.plural, lost=resource.only is None)
                continue
            for namespace, reason in refused.items():
                yield LoadIssue(reason=reason, resource=resource.plural, namespace=namespace)
        for resource, items in self.unreadable.items():
            for name, reason in items:
                yield LoadIssue(reason=f"of an unexpected shape: {reason}", resource=resource.plural, object=name)


def _policy(resource: Resource, item: KubernetesObject) -> ObjectRef:
    namespace = "" if resource.kind in CLUSTER_POLICIES else item.metadata.namespace
    return ObjectRef(resource.kind, namespace, item.metadata.name)


def scope_of(wanted: PodScope) -> Scope:
    """The list of pods that a need asks for."""
    labels = ",".join(f"{key}={value}" for key, value in wanted.labels)
    return Scope(wanted.namespace, labels, f"{wanted.field}={wanted.value}" if wanted.field else "")
