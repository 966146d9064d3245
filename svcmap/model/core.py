"""Objects of the core group that a Service path is made of (API v1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import force_setattr

from svcmap.model.base import KubernetesObject, Metadata, OwnerReference, Part
from svcmap.model.config_maps import OF_INGRESS_NGINX, kept


class ServicePort(Part, frozen=True):
    name: str = ""
    port: int = 0
    protocol: str = ""
    target_port: int | str | None = None
    node_port: int = 0
    app_protocol: str = ""


class SessionAffinityClientIP(Part, frozen=True):
    timeout_seconds: int | None = None


class SessionAffinityConfig(Part, frozen=True):
    client_ip: SessionAffinityClientIP | None = msgspec.field(default=None, name="clientIP")


class ServiceSpec(Part, frozen=True):
    type: str = ""
    selector: dict[str, str] = {}
    ports: tuple[ServicePort, ...] = ()
    cluster_ip: str = msgspec.field(default="", name="clusterIP")
    cluster_ips: tuple[str, ...] = msgspec.field(default=(), name="clusterIPs")
    ip_families: tuple[str, ...] = ()
    ip_family_policy: str = ""
    external_ips: tuple[str, ...] = msgspec.field(default=(), name="externalIPs")
    external_name: str = ""
    external_traffic_policy: str = ""
    internal_traffic_policy: str = ""
    traffic_distribution: str = ""
    load_balancer_class: str = ""
    load_balancer_ip: str = msgspec.field(default="", name="loadBalancerIP")
    load_balancer_source_ranges: tuple[str, ...] = ()
    allocate_load_balancer_node_ports: bool | None = None
    health_check_node_port: int = 0
    publish_not_ready_addresses: bool = False
    session_affinity: str = ""
    session_affinity_config: SessionAffinityConfig | None = None


class PortStatus(Part, frozen=True):
    port: int = 0
    protocol: str = ""
    error: str = ""


class LoadBalancerIngress(Part, frozen=True):
    ip: str = ""
    hostname: str = ""
    ip_mode: str = ""
    ports: tuple[PortStatus, ...] = ()


class LoadBalancerStatus(Part, frozen=True):
    ingress: tuple[LoadBalancerIngress, ...] = ()


class ServiceStatus(Part, frozen=True):
    load_balancer: LoadBalancerStatus = LoadBalancerStatus()


class Service(KubernetesObject, frozen=True):
    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()

    @property
    def alias(self) -> str:
        """The host that its name is an alias of; empty but for ExternalName."""
        return self.spec.external_name if self.spec.type == "ExternalName" else ""


class TargetReference(Part, frozen=True):
    """The object an endpoint stands for, normally a Pod."""

    kind: str = ""
    namespace: str = ""
    name: str = ""


class EndpointAddress(Part, frozen=True):
    ip: str = ""
    hostname: str = ""
    node_name: str = ""
    target_ref: TargetReference | None = None


class EndpointPort(Part, frozen=True):
    """A port of an Endpoints subset or an EndpointSlice; None is "not given", which only slices allow."""

    name: str | None = None
    port: int | None = None
    protocol: str | None = None
    app_protocol: str | None = None


class EndpointSubset(Part, frozen=True):
    addresses: tuple[EndpointAddress, ...] = ()
    not_ready_addresses: tuple[EndpointAddress, ...] = ()
    ports: tuple[EndpointPort, ...] = ()


class Endpoints(KubernetesObject, frozen=True):
    subsets: tuple[EndpointSubset, ...] = ()


class EndpointConditions(Part, frozen=True):
    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class Hint(Part, frozen=True):
    name: str = ""


class EndpointHints(Part, frozen=True):
    for_zones: tuple[Hint, ...] = ()
    for_nodes: tuple[Hint, ...] = ()


class SliceEndpoint(Part, frozen=True):
    """One endpoint of an EndpointSlice. `topology` is v1beta1's way of naming the node."""

    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions = EndpointConditions()
    hostname: str = ""
    node_name: str = ""
    zone: str = ""
    target_ref: TargetReference | None = None
    hints: EndpointHints = EndpointHints()
    topology: dict[str, str] | None = None


if TYPE_CHECKING:
    SliceEndpoints = tuple[SliceEndpoint, ...]
    SlicePorts = tuple[EndpointPort, ...]
else:  # Go writes null where there are none (no omitempty), and the slices of a cluster are full of that
    SliceEndpoints = tuple[SliceEndpoint, ...] | None
    SlicePorts = tuple[EndpointPort, ...] | None


class SliceMetadata(Metadata, frozen=True):
    """A large cluster is mostly slices: what nobody asks them for has a name that no field has, and is never read."""

    uid: str = msgspec.field(default="", name="(uid)")
    annotations: dict[str, str] = msgspec.field(default={}, name="(annotations)")
    owner_references: tuple[OwnerReference, ...] = msgspec.field(default=(), name="(ownerReferences)")


class EndpointSlice(KubernetesObject, frozen=True):
    """discovery.k8s.io; it lives here because it is to a Service what Endpoints was."""

    metadata: SliceMetadata = SliceMetadata()
    address_type: str = ""
    endpoints: SliceEndpoints = ()
    ports: SlicePorts = ()

    def __post_init__(self) -> None:
        if not self.endpoints:
            force_setattr(self, "endpoints", ())
        if not self.ports:
            force_setattr(self, "ports", ())

    @property
    def service_name(self) -> str:
        return self.metadata.labels.get("kubernetes.io/service-name", "")


class Condition(Part, frozen=True):
    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""


class NodeAddress(Part, frozen=True):
    type: str = ""
    address: str = ""


class NodeStatus(Part, frozen=True):
    addresses: tuple[NodeAddress, ...] = ()
    conditions: tuple[Condition, ...] = ()


class NodeSpec(Part, frozen=True):
    pod_cidr: str = msgspec.field(default="", name="podCIDR")
    pod_cidrs: tuple[str, ...] = msgspec.field(default=(), name="podCIDRs")
    unschedulable: bool = False
    provider_id: str = msgspec.field(default="", name="providerID")


class Node(KubernetesObject, frozen=True):
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()

    @property
    def zone(self) -> str:
        return self.metadata.labels.get("topology.kubernetes.io/zone", "")


class Namespace(KubernetesObject, frozen=True):
    pass


LONGEST = 240
"""Characters of what an Event says that are quoted."""


class EventReference(Part, frozen=True):
    api_version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""


class EventSource(Part, frozen=True):
    component: str = ""


class Event(KubernetesObject, frozen=True):
    """What a controller says of an object; `events.k8s.io` has other names for the same (`regarding`, `note`)."""

    involved_object: EventReference | None = None
    regarding: EventReference | None = None
    type: str = ""
    reason: str = ""
    message: str = ""
    note: str = ""
    last_timestamp: str | None = None
    event_time: str | None = None
    source: EventSource = EventSource()
    reporting_component: str = ""
    reporting_controller: str = ""

    @property
    def text(self) -> str:
        """`AllocationFailed: no available IPs`, in one line."""
        return f"{self.reason}: {self.says}"

    @property
    def says(self) -> str:
        said = " ".join((self.message or self.note).split()).rstrip(".")
        return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"

    @property
    def reporter(self) -> str:
        return self.reporting_component or self.reporting_controller or self.source.component

    @property
    def about(self) -> EventReference:
        return self.involved_object or self.regarding or EventReference()

    @property
    def time(self) -> str:
        """When it was seen last (RFC 3339), empty where it does not say; times of one source sort as text."""
        return self.last_timestamp or self.event_time or self.metadata.creation_timestamp or ""


class ConfigMap(KubernetesObject, frozen=True):
    """How a component is configured; nothing else is kept of any (`config_maps`)."""

    data: dict[str, str] = {}

    def __post_init__(self) -> None:
        force_setattr(self, "data", kept(self.metadata.name, self.data) if self.data else {})

    @property
    def says_something(self) -> bool:
        """Whether anything of it is kept, be it that nothing is set."""
        return bool(self.data) or self.metadata.name in OF_INGRESS_NGINX


class Secret(KubernetesObject, frozen=True):
    """Its name and type only: svcmap never reads Secret data."""

    type: str = ""
