"""Service defaulting (S1-S23): what the API server makes of a Service when it is created.

Upstream: pkg/apis/core/v1/defaults.go SetDefaults_Service, pkg/registry/core/service/storage/alloc.go.
"""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.core import PortStatus, Service, ServicePort, ServiceSpec
from svcmap.model.well_known import SERVICE_TYPES

CLUSTER_IP, NODE_PORT, LOAD_BALANCER, EXTERNAL_NAME = SERVICE_TYPES
HEADLESS = "None"


def with_defaults(service: Service) -> Service:
    """The Service as the API server would store it, but without addresses and node ports nobody has seen."""
    spec = service.spec
    kind = spec.type if spec.type in SERVICE_TYPES else CLUSTER_IP
    external_name = kind == EXTERNAL_NAME
    cluster_ips = [] if external_name else list(spec.cluster_ips) or ([spec.cluster_ip] if spec.cluster_ip else [])
    headless = kind == CLUSTER_IP and cluster_ips == [HEADLESS]
    families, policy = _families(spec, cluster_ips, headless, external_name)
    external = kind in (NODE_PORT, LOAD_BALANCER) or (kind == CLUSTER_IP and bool(spec.external_ips))
    return replace(
        service,
        spec=replace(
            spec,
            type=kind,
            cluster_ip=cluster_ips[0] if cluster_ips else "",
            cluster_ips=tuple(cluster_ips),
            ports=tuple(_port(port, kind) for port in spec.ports),
            ip_families=tuple(families),
            ip_family_policy=policy,
            session_affinity=spec.session_affinity or "None",
            external_traffic_policy=(spec.external_traffic_policy or "Cluster") if external else "",
            internal_traffic_policy="" if external_name else spec.internal_traffic_policy or "Cluster",
            allocate_load_balancer_node_ports=_allocates(spec, kind),
        ),
    )


def _allocates(spec: ServiceSpec, kind: str) -> bool | None:
    """S6: nil means true; the field exists on LoadBalancer only."""
    return None if kind != LOAD_BALANCER else spec.allocate_load_balancer_node_ports is not False


def _port(port: ServicePort, kind: str) -> ServicePort:
    """S2: protocol TCP, target port = port; S5: a ClusterIP Service has no node ports."""
    target = port.target_port
    return replace(
        port,
        protocol=port.protocol or "TCP",
        target_port=port.port if target in (None, 0, "") else target,
        node_port=port.node_port if kind in (NODE_PORT, LOAD_BALANCER) else 0,
    )


def _families(spec: ServiceSpec, ips: list[str], headless: bool, external_name: bool) -> tuple[list[str], str]:
    """S9. The cluster's own families are not in the source: IPv4 is assumed where nothing says otherwise."""
    if external_name:
        return [], ""
    if headless and not spec.selector and spec.ip_family_policy != "SingleStack":
        first = spec.ip_families[0] if spec.ip_families else "IPv4"
        return [first, "IPv4" if first == "IPv6" else "IPv6"], spec.ip_family_policy or "RequireDualStack"
    families = list(spec.ip_families)
    if not families:
        families = ["IPv6" if ":" in ip else "IPv4" for ip in ips if ip != HEADLESS] or ["IPv4"]
    # With an address the cluster has decided: PreferDualStack on a cluster of one family stays at one.
    undecided = headless or not ips or spec.ip_family_policy == "RequireDualStack"
    if len(families) == 1 and spec.ip_family_policy in ("PreferDualStack", "RequireDualStack") and undecided:
        families.append("IPv4" if families[0] == "IPv6" else "IPv6")
    return families, spec.ip_family_policy or "SingleStack"


def is_headless(service: Service) -> bool:
    """S7: type ClusterIP with clusterIP "None"; an absent clusterIP is one still to be allocated."""
    return service.spec.type in ("", CLUSTER_IP) and HEADLESS in (service.spec.cluster_ip, *service.spec.cluster_ips)


def has_selector(service: Service) -> bool:
    """S23: an empty selector is no selector; ExternalName has no use for one (E2)."""
    return bool(service.spec.selector) and service.spec.type != EXTERNAL_NAME


def shown_as(service: Service) -> str:
    """The kind of Service a person would call it: its type, or what sets it apart from others of that type."""
    kind = service.spec.type
    if is_headless(service):
        return "Headless"
    if kind == CLUSTER_IP and service.spec.external_ips:
        return "ExternalIP"
    if kind == CLUSTER_IP and not service.spec.selector:
        return "None-Selector"
    return kind


def find_port(service: Service, port: int, protocol: str) -> ServicePort | None:
    """The Service port with this number and protocol (K13: the protocol must match)."""
    return next((p for p in service.spec.ports if p.port == port and p.protocol == protocol), None)


def was_applied(service: Service) -> bool:
    """A cluster reported on this Service: a manifest that was never applied has no uid and, as a rule, no address."""
    return bool(service.metadata.uid or service.spec.cluster_ip)


def will_have_node_port(service: Service) -> bool:
    """S5, S6: whether a node port that is not written is allocated when the Service is created."""
    spec = service.spec
    return spec.type == NODE_PORT or (
        spec.type == LOAD_BALANCER and spec.allocate_load_balancer_node_ports is not False
    )


def said_of_port(service: Service, port: ServicePort) -> PortStatus | None:
    """What the status of a load balancer says of a port (KEP-1435); None where it says nothing of it."""
    every = (said for item in service.status.load_balancer.ingress for said in item.ports)
    return next((s for s in every if (s.port, s.protocol or "TCP") == (port.port, port.protocol)), None)


DEFAULT_AFFINITY_SECONDS = 10800


def affinity_timeout(service: Service) -> int | None:
    """S10: how long a client stays with its endpoint, in seconds; None without session affinity."""
    spec = service.spec
    if spec.session_affinity != "ClientIP":
        return None
    config = spec.session_affinity_config
    seconds = config.client_ip.timeout_seconds if config and config.client_ip else None
    return seconds or DEFAULT_AFFINITY_SECONDS


def needs_health_check(service: Service) -> bool:
    """S12: a health check node port exists for LoadBalancer with externalTrafficPolicy Local only."""
    return service.spec.type == LOAD_BALANCER and service.spec.external_traffic_policy == "Local"
