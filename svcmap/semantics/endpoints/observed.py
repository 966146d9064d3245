"""Endpoints that a cluster wrote down: EndpointSlices (E1, E13-E17), and Endpoints objects as they are mirrored (E12).

Upstream: pkg/proxy/endpointslicecache.go, pkg/controller/endpointslicemirroring.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from svcmap.model.addresses import family_of
from svcmap.model.core import EndpointAddress, EndpointPort, Endpoints, EndpointSlice, Service, SliceEndpoint
from svcmap.model.facts import Endpoint, PortBinding
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.model.well_known import API_SERVER
from svcmap.semantics.endpoints.owners import not_ready_reason, owner_of_target
from svcmap.semantics.endpoints.ports import zone_of_node

SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
BY_SELECTOR = "endpointslice-controller.k8s.io"
"""The controller that puts into slices what a selector matches, and nothing else."""
HEADLESS_IP = "None"
HEADLESS = "service.kubernetes.io/headless"
LEADER = "control-plane.alpha.kubernetes.io/leader"


def from_slices(
    state: ClusterState,
    slices: Iterable[EndpointSlice],
    cluster_ips: Sequence[str] = (HEADLESS_IP,),
    selector: Mapping[str, str] | None = None,
) -> Iterator[Endpoint]:
    """The endpoints of the slices of one Service, one for each address and pod. Nothing proxies a headless one."""
    selected = tuple((selector or {}).items())
    merged: dict[tuple[str, str], list[Endpoint]] = {}
    for item in sorted(slices, key=lambda s: s.metadata.name):
        ports = tuple(_bindings(item.ports))
        by_selector = item.metadata.labels.get(MANAGED_BY) == BY_SELECTOR
        for_proxy = HEADLESS_IP in cluster_ips or _is_proxied(item, cluster_ips)
        for endpoint in item.endpoints:
            if not endpoint.addresses:
                continue
            new = _slice_endpoint(state, item, endpoint, ports, selected if by_selector else (), for_proxy=for_proxy)
            known = merged.setdefault((new.address, str(new.pod or "")), [])
            known[:] = _merge(known, new)
    yield from (endpoint for known in merged.values() for endpoint in known)


def _is_proxied(item: EndpointSlice, cluster_ips: Sequence[str]) -> bool:
    """K1, E13: not host names, not what is marked headless, and only families the Service has a cluster IP of."""
    families = {family_of(ip) for ip in cluster_ips} or {"IPv4", "IPv6"}
    return item.address_type in ("", *families) and HEADLESS not in item.metadata.labels


def _bindings(ports: Iterable[EndpointPort]) -> Iterator[PortBinding]:
    """Ports of a slice or subset; nil and 0 are ignored (E13), protocol defaults to TCP."""
    for port in ports:
        if port.port:
            yield PortBinding(name=port.name or "", port=port.port, protocol=port.protocol or "TCP")


def _slice_endpoint(
    state: ClusterState,
    item: EndpointSlice,
    endpoint: SliceEndpoint,
    ports: tuple[PortBinding, ...],
    selected: tuple[tuple[str, str], ...],
    *,
    for_proxy: bool,
) -> Endpoint:
    conditions, target = endpoint.conditions, endpoint.target_ref
    pod = Name(target.namespace or item.metadata.namespace, target.name) if target and target.kind == "Pod" else None
    known = state.pods.get(pod) if pod else None
    maker = owner_of_target(state, item.metadata.namespace, pod, known) if pod else None
    ready = conditions.ready is not False
    node = endpoint.node_name or (endpoint.topology or {}).get("kubernetes.io/hostname", "")
    return Endpoint(
        address=endpoint.addresses[0],
        also=tuple(endpoint.addresses[1:]),
        ports=ports,
        pod=pod,
        selected=selected if pod and not known else (),
        hostname=endpoint.hostname,
        node=node,
        zone=endpoint.zone or zone_of_node(state, node),
        ready=ready,
        serving=conditions.serving is not False,
        terminating=bool(conditions.terminating),
        zone_hints=tuple(hint.name for hint in endpoint.hints.for_zones),
        node_hints=tuple(hint.name for hint in endpoint.hints.for_nodes),
        owner=_title(maker) if pod else _slice_title(item),
        made_by=maker if pod else item.ref,
        reason="" if ready else not_ready_reason(known, bool(conditions.terminating)),
        basis="observed",
        id=pod.name if pod else endpoint.addresses[0],
        for_proxy=for_proxy,
    )


def _title(maker: ObjectRef | None) -> str:
    return maker.title if maker else "Pods"


def _slice_title(item: EndpointSlice) -> str:
    """Slices that no controller of Kubernetes manages are written by hand, or by somebody's own tool."""
    managed = item.metadata.labels.get(MANAGED_BY, "").endswith(".k8s.io") or item.name == API_SERVER
    return f"EndpointSlice {item.metadata.name}" + ("" if managed else " (manual)")


def _merge(known: Iterable[Endpoint], new: Endpoint) -> list[Endpoint]:
    """The same address in several slices: all its ports (E9). Each port has the conditions of its own slice; of one
    that is in two, a non-terminating entry counts (E17).
    """
    made = []
    for old in known:
        if _conditions(old) == _conditions(new):
            new = replace(old, ports=old.ports + tuple(port for port in new.ports if port not in old.ports))
            continue
        if old.terminating and not new.terminating:
            old = _without(old, new)
        else:
            new = _without(new, old)
        made.append(old)
    made.append(new)
    with_ports = [endpoint for endpoint in made if endpoint.ports]
    return with_ports or [min(made, key=lambda endpoint: endpoint.terminating)]


def _conditions(endpoint: Endpoint) -> tuple[bool, bool, bool]:
    return endpoint.ready, endpoint.serving, endpoint.terminating


def _without(endpoint: Endpoint, other: Endpoint) -> Endpoint:
    return replace(endpoint, ports=tuple(port for port in endpoint.ports if port not in other.ports))


def is_mirrored(service: Service, endpoints: Endpoints) -> bool:
    """E12: a leader-election object or one marked skip-mirror makes no slices.

    For a Service with a selector only Endpoints that a controller wrote count (a dump without pods and slices).
    """
    metadata = endpoints.metadata
    if service.spec.selector and not any(
        address.target_ref for s in endpoints.subsets for address in (*s.addresses, *s.not_ready_addresses)
    ):
        return False
    return metadata.labels.get(SKIP_MIRROR) != "true" and LEADER not in metadata.annotations


def from_legacy(state: ClusterState, endpoints: Endpoints) -> Iterator[Endpoint]:
    merged: dict[str, list[Endpoint]] = {}
    for subset in endpoints.subsets:
        ports = tuple(_bindings(subset.ports))
        for ready, addresses in ((True, subset.addresses), (False, subset.not_ready_addresses)):
            for address in addresses[:1000]:
                if address.ip:
                    new = _legacy_endpoint(state, endpoints, address, ports, ready)
                    known = merged.setdefault(address.ip, [])
                    known[:] = _merge(known, new)
    yield from (endpoint for known in merged.values() for endpoint in known)


def _legacy_endpoint(
    state: ClusterState, endpoints: Endpoints, address: EndpointAddress, ports: tuple[PortBinding, ...], ready: bool
) -> Endpoint:
    target = address.target_ref
    namespace = endpoints.metadata.namespace
    pod = Name(target.namespace or namespace, target.name) if target and target.kind == "Pod" else None
    known = state.pods.get(pod) if pod else None
    maker = owner_of_target(state, namespace, pod, known) if pod else None
    return Endpoint(
        address=address.ip,
        ports=ports,
        pod=pod,
        hostname=address.hostname,
        node=address.node_name,
        zone=zone_of_node(state, address.node_name),
        ready=ready,
        serving=ready,
        owner=_title(maker) if pod else endpoints.ref.title,
        made_by=maker if pod else endpoints.ref,
        reason="" if ready else not_ready_reason(known, False),
        basis="observed",
        id=pod.name if pod else address.ip,
    )
