"""What was read of a cluster so far, and the frozen state of it."""

from __future__ import annotations

import datetime
import time
from collections.abc import Collection, Iterable

from svcmap.model.base import KubernetesObject
from svcmap.model.core import Service
from svcmap.model.coverage import Coverage, PodScope
from svcmap.model.group_kinds import POD, SERVICE
from svcmap.model.kinds import KINDS
from svcmap.model.refs import GroupKind, Name, ObjectRef
from svcmap.model.state import ClusterState, LoadIssue, Source
from svcmap.model.unread import Unread, UnreadObject
from svcmap.sources.live.api.events import Change
from svcmap.sources.live.api.listing import Listing, Scope
from svcmap.sources.live.api.resources import PODS, Resource
from svcmap.sources.live.api.sharing import Sharing
from svcmap.sources.live.touched import touched_by
from svcmap.sources.live.unreadable import Unreadable

FRESH = 30.0
"""Seconds for which pods that were read once, and are not watched, stand for what there is."""
DENIED = "not allowed to list them (RBAC); what depends on them is unknown"
Objects = dict[Name, KubernetesObject]
Table = dict[Name, KubernetesObject]


class Changes:
    """What became different since the last state: kinds, and the Services whose own answer it can change.

    `services` is None where a change may concern every Service.
    """

    def __init__(self) -> None:
        self.kinds: set[GroupKind] = set()
        self.services: set[Name] | None = set()

    def __bool__(self) -> bool:
        return bool(self.kinds)

    def add(self, kind: GroupKind, objects: Iterable[KubernetesObject]) -> None:
        """Note that objects changed: as they were, and as they are."""
        self.kinds.add(kind)
        if self.services is not None:
            found = touched_by(kind, objects)
            if found is None:
                self.services = None
            else:
                self.services |= found

    def add_all(self, kind: GroupKind, before: Objects, after: Objects) -> None:
        """Note the differences between two lists. A first list concerns everything."""
        if not before and after:
            self.kinds.add(kind)
            self.services = None
            return
        differ = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
        if differ:
            self.add(kind, [part[name] for part in (before, after) for name in differ if name in part])


class Store:
    """Objects by resource and namespace, as lists and watches leave them. Not thread-safe: one thread at a time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.objects: dict[Resource, dict[str, Objects]] = {}
        self.versions: dict[tuple[Resource, str], str] = {}
        self.refused: dict[Resource, dict[str, str]] = {}
        self.unreadable = Unreadable()
        self.pods: dict[PodScope, Objects] = {}
        self.all_pods = False
        self.changes, self.sharing = Changes(), Sharing()
        self.watched_pods: PodScope | None = None
        self._read_at: dict[PodScope, float] = {}
        self._tables: dict[GroupKind, Table] = {}

    def put(self, resource: Resource, namespace: str, listing: Listing) -> None:
        """Take a list in the place of all that was known of a resource (in a namespace; empty: everywhere)."""
        known = self.objects.setdefault(resource, {})
        refused = self.refused.get(resource, {}).pop(namespace, None)
        self.changes.add_all(resource.of_kind, known.get(namespace, {}), listing.objects)
        if refused is not None:
            self._concerns_all(resource.of_kind)
        known[namespace] = listing.objects
        self.versions[resource, namespace] = listing.resource_version
        if self.unreadable.replace(resource, namespace, listing.unreadable):
            self._concerns_all(resource.of_kind)
        self._tables.pop(resource.of_kind, None)

    def drop(self, resource: Resource, namespace: str) -> None:
        """Forget a namespace of a resource, because the whole cluster's list has taken its place."""
        self.objects.get(resource, {}).pop(namespace, None)
        self.refused.get(resource, {}).pop(namespace, None)
        self.unreadable.replace(resource, namespace, ())
        self._concerns_all(resource.of_kind)

    def refuse(self, resource: Resource, namespace: str, reason: str) -> None:
        """Note that a resource may not be listed (in a namespace; empty: everywhere)."""
        if self.refused.get(resource, {}).get(namespace) != reason:
            self._concerns_all(resource.of_kind)
        self.objects.setdefault(resource, {}).pop(namespace, None)
        self.unreadable.replace(resource, namespace, ())
        self.refused.setdefault(resource, {})[namespace] = reason

    def cannot_read(self, resource: Resource, scope: str | PodScope, found: Iterable[tuple[Name, str]]) -> None:
        """Note objects of a watch that have no shape one knows: what they were before stands, unless they went (which
        has no reason).
        """
        noted = dict(found)
        self.unreadable.add(resource, scope, noted.items())
        parts = self.pods.values() if resource == PODS else self.objects.get(resource, {}).values()
        for name in [name for name, reason in noted.items() if not reason]:
            for part in parts:
                part.pop(name, None)
        self._concerns_all(resource.of_kind)

    def change(self, resource: Resource, namespace: str, changes: Iterable[Change]) -> None:
        """Take objects in, or out. One that is as it was is no change."""
        part = self.objects.setdefault(resource, {}).setdefault(namespace, {})
        kind, changes = resource.of_kind, tuple(changes)
        self.sharing.share(change.item for change in changes)
        if self.unreadable.discard(resource, namespace, (change.item.name for change in changes)):
            self._concerns_all(kind)
        differ = [version for change in changes for version in _take(part, change)]
        if differ:
            self.changes.add(kind, differ)
            self._tables.pop(kind, None)

    def put_pods(self, scope: PodScope, listing: Listing) -> None:
        """Take some pods in."""
        known = self.pods.get(scope)
        if known != listing.objects or scope.namespace in self.refused.get(PODS, {}):
            self._touch_pods(scope, [*(known or {}).values(), *listing.objects.values()])
        self.pods[scope] = listing.objects
        if self.unreadable.replace(PODS, scope, listing.unreadable):
            self._concerns_all(POD)
        self._read_at[scope] = time.monotonic()
        self.refused.get(PODS, {}).pop(scope.namespace, None)

    def take_pods(self, found: Iterable[tuple[PodScope, Listing | str]]) -> None:
        """Take in what a session fetched, and why it could not fetch the rest."""
        for scope, listing in found:
            if isinstance(listing, str):
                self.refuse(PODS, scope.namespace, listing)
            else:
                self.put_pods(scope, listing)

    def change_pods(self, scope: PodScope, changes: Iterable[Change]) -> None:
        """Take pods of a scope in, or out."""
        changes = tuple(changes)
        if self.unreadable.discard(PODS, scope, (change.item.name for change in changes)):
            self._concerns_all(POD)
        for change in changes:
            for known, part in self.pods.items():
                # Other scopes may hold the same pod, as it was when an answer needed it.
                if (known == scope or change.item.name in part) and (differ := _take(part, change)):
                    self._touch_pods(scope, differ)

    def forget_pods(self) -> None:
        """Drop pods that an answer needed a while ago: nothing keeps them current."""
        now = time.monotonic()
        for scope in [scope for scope, at in self._read_at.items() if now - at > FRESH]:
            if scope != self.watched_pods and not self.all_pods:
                self.drop_pods(scope)

    def drop_pods(self, scope: PodScope) -> None:
        """Forget pods that are not kept current any more."""
        self._read_at.pop(scope, None)
        self.unreadable.replace(PODS, scope, ())
        if (gone := self.pods.pop(scope, None)) is not None:
            self._touch_pods(scope, list(gone.values()))

    def _touch_pods(self, scope: PodScope, pods: Collection[KubernetesObject]) -> None:
        """Pods came, went or changed, or are known to be none: a matter of the Services of their namespace, and of
        those of others whose selector they match (a Service is told where the pods are that it means).
        """
        self.changes.kinds.add(POD)
        self._tables.pop(POD, None)
        if self.changes.services is None:
            return
        namespaces = {scope.namespace, *(pod.metadata.namespace for pod in pods)}
        worn = {frozenset(pod.metadata.labels.items()) for pod in pods}
        for name, service in self._table(SERVICE).items():
            wanted = service.spec.selector.items() if isinstance(service, Service) else ()
            if name.namespace in namespaces or (wanted and any(wanted <= labels for labels in worn)):
                self.changes.services.add(name)

    def put_all_pods(self, listing: Listing) -> None:
        """Take in every pod there is."""
        self.pods, self.all_pods = {PodScope(): listing.objects}, True
        self.unreadable.replace(PODS, PodScope(), listing.unreadable)

    def state(self) -> ClusterState:
        """The frozen state of now. It shares the objects, and the tables of kinds that have not changed."""
        found: dict[GroupKind, Table] = {}
        policies: list[ObjectRef] = []
        unread: list[Unread] = []
        for resource, by_namespace in self.objects.items():
            if resource.type is UnreadObject:
                every = (item for items in by_namespace.values() for item in items.values())
                unread += [item.found for item in every if isinstance(item, UnreadObject) and item.found]
            elif resource.of_kind not in KINDS:
                policies += [_policy(resource, item) for items in by_namespace.values() for item in items.values()]
            else:
                found[resource.of_kind] = self._table(resource.of_kind)
        found[POD] = self._table(POD)
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return ClusterState(
            Source("cluster", self.name, now),
            found,
            issues=tuple(self._issues()),
            foreign_policies=policies,
            coverage=self._coverage(),
            unread=unread,
        )

    def service(self, name: Name) -> Service | None:
        """A Service as it is now."""
        found = self._table(SERVICE).get(name)
        return found if isinstance(found, Service) else None

    def take_changes(self) -> Changes:
        """What became different since this was last asked."""
        found, self.changes = self.changes, Changes()
        return found

    def _concerns_all(self, kind: GroupKind) -> None:
        self.changes.kinds.add(kind)
        self._tables.pop(kind, None)
        self.changes.services = None

    def _table(self, kind: GroupKind) -> Table:
        if kind not in self._tables:
            # What is watched wins over what was read once.
            scopes = sorted(self.pods, key=lambda scope: scope == self.watched_pods)
            parts = [self.pods[scope] for scope in scopes] if kind == POD else self._parts(kind)
            table: Table = {}
            for part in parts:
                table.update(part)
            self._tables[kind] = table
        return self._tables[kind]

    def _parts(self, kind: GroupKind) -> Iterable[Objects]:
        return (part for resource, parts in self.objects.items() if resource.of_kind == kind for part in parts.values())

    def _coverage(self) -> Coverage:
        partly = {
            resource.of_kind: tuple(sorted(name for name in self.objects.get(resource, {}) if name))
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
                yield LoadIssue(reason=says, resource=resource.title, lost=resource.only is None)
                continue
            for namespace, reason in refused.items():
                yield LoadIssue(reason=reason, resource=resource.title, namespace=namespace)
        yield from self.unreadable.issues()


def _take(part: Objects, change: Change) -> list[KubernetesObject]:
    """Take an object in, or out. Gives it as it was and as it is, where that is not the same."""
    item, gone = change
    name = item.name
    before = part.pop(name, None) if gone else part.get(name)
    if not gone:
        part[name] = item
    if before == (None if gone else item):
        return []
    return [version for version in (before, None if gone else item) if version is not None]


def _policy(resource: Resource, item: KubernetesObject) -> ObjectRef:
    return resource.of_kind.ref(item.metadata.namespace, item.metadata.name)


def scope_of(wanted: PodScope) -> Scope:
    """The list of pods that a need asks for."""
    labels = ",".join(f"{key}={value}" for key, value in wanted.labels)
    return Scope(wanted.namespace, labels, f"{wanted.field}={wanted.value}" if wanted.field else "")
