"""What was read: the objects of a cluster or a folder, indexed, and what could not be read and why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar, cast

import msgspec

from svcmap.model.addresses import ByAddress, canonical
from svcmap.model.base import KubernetesObject
from svcmap.model.core import Endpoints, EndpointSlice, Namespace, Node, Service
from svcmap.model.coverage import Coverage, PodScope, pod_at, pod_named, pods_with
from svcmap.model.gateway import Gateway, Route
from svcmap.model.group_kinds import (
    ENDPOINT_SLICE,
    ENDPOINTS,
    GATEWAY,
    INGRESS,
    INGRESS_CLASS,
    NAMESPACE,
    NETWORK_POLICY,
    NODE,
    POD,
    ROUTES,
    SERVICE,
    WORKLOADS,
)
from svcmap.model.kinds import KINDS, parse_kind
from svcmap.model.label_classes import LabelClasses, keys_of
from svcmap.model.labels import has_labels
from svcmap.model.memory import Memory, index
from svcmap.model.networking import Ingress, IngressClass, NetworkPolicy
from svcmap.model.reads import NAMES, SELECTORS, USED_NAMESPACES, Reads
from svcmap.model.refs import GroupKind, Location, Name, ObjectRef
from svcmap.model.unread import Unread
from svcmap.model.workloads import Pod, Workload

Result = TypeVar("Result")
Object = TypeVar("Object", bound=KubernetesObject)

ALWAYS_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
TRAFFIC_KINDS = (SERVICE, ENDPOINT_SLICE, INGRESS, GATEWAY, *ROUTES)
"""The kinds of which an object that was not read may be where traffic goes."""


class LoadIssue(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that could not be read: a document or a field of a file, or a resource of a cluster.

    `line` and `column` count from 1, 0 where not known. `object` is `Kind/namespace/name`, and `group` that of its kind
    where that is none of the kinds svcmap reads from files. `lost` says that an object or file is missing from the
    picture because of it, which makes answers incomplete; other issues cost a field or are worth knowing only.
    """

    reason: str
    file: str | None = None
    line: int = 0
    column: int = 0
    object: str | None = None
    group: str = ""
    resource: str | None = None
    namespace: str | None = None
    lost: bool = True

    @property
    def place(self) -> str:
        if self.file is None:
            if self.object:
                return self.object
            return f"{self.resource} in {self.namespace}" if self.namespace else self.resource or "?"
        return str(Location(self.file, self.line, self.column))


class Source(msgspec.Struct, frozen=True, rename="camel"):
    """Where a state came from. `kind` is manifests, cluster or snapshot; `read_at` RFC 3339, UTC."""

    kind: str
    name: str
    read_at: str


Locator = Callable[[ObjectRef, tuple[str | int, ...]], Location | None]


class ClusterState:
    """A frozen picture of everything that was read. Nothing changes it; a new reading is a new state.

    `locate(ref, path)` gives the place of an object, or of a field of it, in its file; None if it came from no file;
    `excerpt(ref)` the text it was read from.
    `custom` names the custom resources that were skipped: an operator may make pods of them; `foreign_policies` the
    network policies of other APIs, without a namespace where they hold for the whole cluster.
    `unread` are objects of other APIs that are not evaluated, as what they mention.
    `coverage` says what of a cluster was read; None for manifests, which are all there is to read.
    """

    def __init__(
        self,
        source: Source,
        objects: Mapping[GroupKind, Mapping[Name, KubernetesObject]],
        issues: Iterable[LoadIssue] = (),
        skipped: Mapping[GroupKind, int] | None = None,
        locate: Locator = lambda _ref, _path: None,
        custom: Iterable[ObjectRef] = (),
        excerpt: Callable[[ObjectRef], str | None] = lambda _ref: None,
        foreign_policies: Iterable[ObjectRef] = (),
        coverage: Coverage | None = None,
        unread: Iterable[Unread] = (),
    ) -> None:
        self.source = source
        self.objects = objects
        self.issues = tuple(issues)
        self.is_partial = any(issue.lost for issue in self.issues)
        # What a cluster does not let one list is a matter of `coverage`.
        files = (issue for issue in self.issues if issue.lost and (issue.object or not issue.resource))
        self._lost = frozenset(_kind_and_namespace(issue) for issue in files)
        self.skipped = dict(skipped or {})
        self.locate = locate
        self.excerpt = excerpt
        self.custom = tuple(custom)
        self.foreign_policies = tuple(foreign_policies)
        self.coverage = coverage
        self.unread = tuple(unread)
        self.memory = Memory()

    @property
    def is_of_cluster(self) -> bool:
        """Read from a cluster, now or for a snapshot: what its controllers wrote down is the truth."""
        return self.coverage is not None

    def is_read(self, kind: GroupKind, namespace: str = "") -> bool:
        """Whether every object of a kind was read that this source can have."""
        return self.coverage is None or self.coverage.has(kind, namespace)

    def lacks_pods(self, wanted: PodScope) -> bool:
        """Whether these pods may exist and were not read."""
        return self.coverage is not None and not self.coverage.has_pods(wanted)

    def lacks_pods_with(self, namespace: str, labels: Mapping[str, str]) -> bool:
        return self.lacks_pods(pods_with(namespace, labels))

    def lacks_pod(self, name: Name) -> bool:
        return name not in self.pods and self.lacks_pods(pod_named(name))

    def lacks_pod_at(self, address: str) -> bool:
        return address not in self.pods_by_address and self.lacks_pods(pod_at(address))

    def may_lack(self, kinds: Collection[GroupKind] = (), namespace: str = "") -> bool:
        """Whether objects of one of these kinds (of any, if none is given) may exist that could not be read."""
        if self.coverage is not None:
            # Of a cluster the EndpointSlices say what Endpoints, pods and workloads only let one work out.
            asked = (ENDPOINT_SLICE,) if ENDPOINT_SLICE in kinds else kinds or TRAFFIC_KINDS
            if any(not self.coverage.has(kind, namespace) for kind in asked):
                return True
        return any(
            (kind is None or not kinds or kind in kinds) and (not place or not namespace or place == namespace)
            for kind, place in self._lost
        )

    def remember(
        self,
        what: str,
        key: Hashable,
        compute: Callable[[], Result],
        reads: Reads | None = None,
        service: Name | None = None,
    ) -> Result:
        """The value of a pure function of this state, worked out once. `reads` is what it rests on, the same for all
        values of this name: an heir of the state keeps it while nothing of that changes; None: never. `service` is the
        Service it is about, where `reads.own` counts on that.
        """
        return self.memory.remember(what, key, compute, reads, service)

    def settle(self, what: str, value: Any) -> None:
        """Say beforehand what `remember(what, None, …)` answers: before anything has asked for it."""
        self.memory.settle(what, value)

    def all(self, kind: GroupKind, type_: type[Object]) -> Mapping[Name, Object]:
        """Every object of one kind by name; `type_` is the struct that kind is read into."""
        del type_
        return cast(Mapping[Name, Object], self.objects.get(kind, {}))

    @index(SERVICE)
    def services(self) -> Mapping[Name, Service]:
        return self.all(SERVICE, Service)

    @index(POD)
    def pods(self) -> Mapping[Name, Pod]:
        return self.all(POD, Pod)

    @index(NODE)
    def nodes(self) -> Mapping[str, Node]:
        return {name.name: node for name, node in self.all(NODE, Node).items()}

    @index(ENDPOINTS)
    def endpoints(self) -> Mapping[Name, Endpoints]:
        return self.all(ENDPOINTS, Endpoints)

    @index(INGRESS)
    def ingresses(self) -> Mapping[Name, Ingress]:
        return self.all(INGRESS, Ingress)

    @index(INGRESS_CLASS)
    def ingress_classes(self) -> Mapping[str, IngressClass]:
        return {name.name: item for name, item in self.all(INGRESS_CLASS, IngressClass).items()}

    @index(GATEWAY)
    def gateways(self) -> Mapping[Name, Gateway]:
        return self.all(GATEWAY, Gateway)

    @index(*ROUTES)
    def routes(self) -> list[Route]:
        return [route for kind in ROUTES for route in self.all(kind, Route).values()]

    @index(NETWORK_POLICY)
    def network_policies(self) -> Mapping[Name, NetworkPolicy]:
        return self.all(NETWORK_POLICY, NetworkPolicy)

    @index(NAMESPACE)
    def namespaces(self) -> Mapping[str, Namespace]:
        return {name.name: item for name, item in self.all(NAMESPACE, Namespace).items()}

    @index(NAMESPACE, USED_NAMESPACES, NAMES)
    def existing_namespaces(self) -> frozenset[str]:
        """Namespaces that exist: as objects, used by an object, or present in every cluster (D4)."""
        used = {name.namespace for by_name in self.objects.values() for name in by_name if name.namespace}
        return frozenset({*used, *self.namespaces, *ALWAYS_NAMESPACES})

    @index(*WORKLOADS)
    def workloads(self) -> list[Workload]:
        return [item for kind in WORKLOADS for item in self.all(kind, Workload).values()]

    def workload(self, kind: str, name: Name) -> Workload | None:
        """One workload by its kind's bare name; None if it was not read, or the kind is no workload."""
        known = parse_kind(kind)
        return self.all(known, Workload).get(name) if known in WORKLOADS else None

    def workload_at(self, ref: ObjectRef | None) -> Workload | None:
        """The workload that something was made by; None if that is none, or was not read."""
        if ref is None or ref.of_kind not in WORKLOADS:
            return None
        return self.all(ref.of_kind, Workload).get(ref.own_name)

    @index(*WORKLOADS)
    def workloads_by_namespace(self) -> Mapping[str, list[Workload]]:
        index: dict[str, list[Workload]] = {}
        for workload in self.workloads:
            index.setdefault(workload.metadata.namespace, []).append(workload)
        return index

    @index(POD, *WORKLOADS)
    def namespaces_with_workloads(self) -> frozenset[str]:
        """Namespaces of which the source holds pods or workloads; of the others it says nothing about endpoints."""
        found = {name.namespace for name in self.pods}
        return frozenset(found | {workload.metadata.namespace for workload in self.workloads})

    # -- indexes ----------------------------------------------------------------------------------------------

    @index(ENDPOINT_SLICE)
    def slices_by_service(self) -> Mapping[Name, tuple[EndpointSlice, ...]]:
        index: dict[Name, tuple[EndpointSlice, ...]] = {}
        for name, item in self.all(ENDPOINT_SLICE, EndpointSlice).items():
            if item.service_name:
                owner = Name(name.namespace, item.service_name)
                index[owner] = (*index.get(owner, ()), item)
        return index

    @index(SELECTORS, NETWORK_POLICY)
    def mentioned_labels(self) -> frozenset[str]:
        """The keys of labels that selectors of Services and NetworkPolicies mention."""
        keys = {key for service in self.services.values() for key in service.spec.selector}
        for policy in self.network_policies.values():
            keys |= keys_of(policy.spec.pod_selector)
            for peer in policy.spec.peers:
                keys |= keys_of(peer.pod_selector)
        return frozenset(keys)

    @index(POD, SELECTORS, NETWORK_POLICY)
    def label_classes(self) -> LabelClasses:
        """The pods by what selectors see of them."""
        return LabelClasses(self.pods.values(), self.mentioned_labels)

    @index(*WORKLOADS)
    def _workloads_by_label(self) -> Mapping[tuple[str, str, str], list[Workload]]:
        index: dict[tuple[str, str, str], list[Workload]] = {}
        for workload in self.workloads:
            for key, value in template_labels(workload).items():
                index.setdefault((workload.metadata.namespace, key, value), []).append(workload)
        return index

    def pods_with(self, namespace: str, labels: Mapping[str, str]) -> Sequence[Pod]:
        """Pods of a namespace that carry all of `labels`."""
        return self.label_classes.pods_with(namespace, labels)

    def workloads_with(self, namespace: str, labels: Mapping[str, str]) -> list[Workload]:
        """Workloads of a namespace whose pods will carry all of `labels` (which must not be empty)."""
        lists = [self._workloads_by_label.get((namespace, key, value), []) for key, value in labels.items()]
        return [item for item in min(lists, key=len) if has_labels(template_labels(item), labels)]

    @index(NETWORK_POLICY)
    def network_policies_by_namespace(self) -> Mapping[str, list[NetworkPolicy]]:
        index: dict[str, list[NetworkPolicy]] = {}
        for name, policy in self.network_policies.items():
            index.setdefault(name.namespace, []).append(policy)
        return index

    @index(POD)
    def pods_by_address(self) -> Mapping[str, Pod]:
        running = (pod for pod in self.pods.values() if not pod.is_finished)
        return ByAddress((canonical(ip), pod) for pod in running for ip in pod.status.addresses)

    @index(POD)
    def pods_by_primary_address(self) -> Mapping[tuple[str, str], Pod]:
        """Namespace and primary address → the pod that runs there."""
        running = [
            pod
            for pod in self.pods.values()
            if pod.status.addresses and not pod.is_finished and pod.status.phase != "Unknown"
        ]
        return {(pod.metadata.namespace, canonical(pod.status.addresses[0])): pod for pod in running}

    @index(NODE)
    def nodes_by_address(self) -> Mapping[str, Node]:
        addresses = ((a, node) for node in self.nodes.values() for a in node.status.addresses)
        return ByAddress((canonical(a.address), node) for a, node in addresses if a.type != "Hostname")

    @index(SERVICE)
    def services_by_address(self) -> Mapping[str, tuple[tuple[str, Name], ...]]:
        """Address → (what it is to a Service: cluster-ip, external-ip or load-balancer; that Service), by its name."""
        index: ByAddress[tuple[tuple[str, Name], ...]] = ByAddress()
        for name, service in self.services.items():
            for role, address in addresses_of(service):
                index[address] = with_owner(index.get(address, ()), role, name)
        return index

    @index(SERVICE)
    def services_by_node_port(self) -> Mapping[tuple[int, str], list[Service]]:
        """Node port number and protocol → Services that ask for it."""
        index: dict[tuple[int, str], list[Service]] = {}
        for service in self.services.values():
            for port in service.spec.ports:
                if port.node_port:
                    index.setdefault((port.node_port, port.protocol or "TCP"), []).append(service)
        return index


def _kind_and_namespace(issue: LoadIssue) -> tuple[GroupKind | None, str]:
    """What is known of an object that was lost; a whole file may have held anything."""
    text, _, name = (issue.object or "").partition("/")
    kind = GroupKind(issue.group, text) if issue.group else parse_kind(text)
    return (kind, name.rpartition("/")[0]) if issue.group or kind in KINDS else (None, "")


def addresses_of(service: Service) -> list[tuple[str, str]]:
    """What a Service has (cluster-ip, external-ip, load-balancer), with the address as everything writes it."""
    spec = service.spec
    owned = [("cluster-ip", ip) for ip in dict.fromkeys([spec.cluster_ip, *spec.cluster_ips])]
    owned += [("external-ip", ip) for ip in spec.external_ips]
    owned += [("load-balancer", item.ip or item.hostname) for item in service.status.load_balancer.ingress]
    return [(role, canonical(address)) for role, address in owned if address and address != "None"]


def with_owner(owners: tuple[tuple[str, Name], ...], role: str, name: Name) -> tuple[tuple[str, Name], ...]:
    """The owners of an address and one more, in the order of their names: in whatever order Services came."""
    return tuple(sorted((*owners, (role, name)), key=itemgetter(1))) if owners else ((role, name),)


def template_labels(workload: Workload) -> dict[str, str]:
    """The labels that the pods of a workload carry (O2)."""
    return workload.template.metadata.labels
