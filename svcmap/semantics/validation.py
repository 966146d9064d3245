"""What the API server says to a Service: errors that refuse it, and warnings (S2-S17, S20, S21).

Upstream: pkg/apis/core/validation/validation.go ValidateService, pkg/api/service/warnings.go,
pkg/registry/core/service/{strategy.go,portallocator}. Fields are spelled as the server spells them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal

from svcmap.model.base import Part
from svcmap.model.core import Service, ServicePort, ServiceSpec
from svcmap.model.well_known import SERVICE_TYPES, SOURCE_RANGES, TOPOLOGY_HINTS, TOPOLOGY_MODE

Level = Literal["error", "warning"]

NODE_PORT_RANGE = range(30000, 32768)
NODE_PORT_RANGE_TEXT = "30000-32767"
PROTOCOLS = ("TCP", "UDP", "SCTP")
DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")
MAX_AFFINITY_SECONDS = 86400

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?\Z")
QUALIFIED = re.compile(rf"({SUBDOMAIN.pattern[:-2]}/)?([A-Za-z0-9][-A-Za-z0-9_.]{{0,61}})?[A-Za-z0-9]\Z")


class Refusal(Part, frozen=True):
    """One thing the API server says: an error refuses the object, a warning only tells."""

    field: str
    message: str
    level: Level = "error"


def validate_service(service: Service) -> list[Refusal]:
    """Everything the API server would say to a Service as it is written (without defaults), errors first."""
    spec = service.spec
    kind = spec.type or "ClusterIP"
    headless = kind in SERVICE_TYPES and "None" in (spec.cluster_ip, *spec.cluster_ips[:1])
    errors = [
        *_metadata(service),
        *_type(spec, kind, headless),
        *_ports(spec, kind),
        *_node_ports(spec, kind),
        *_selector(spec),
        *_affinity(spec),
        *_addresses(spec, kind),
        *_external_ips(spec),
        *_source_ranges(service, kind),
        *_only_load_balancer(spec, kind),
        *_policies(spec, kind),
    ]
    return [*errors, *_warnings(service, kind, headless)]


def _metadata(service: Service) -> Iterator[Refusal]:
    if not LABEL.match(service.metadata.name):
        yield Refusal(field="metadata.name", message="must be a DNS label: lower case, digits and -, no dots (S20)")
    annotations = service.metadata.annotations
    if annotations.get(TOPOLOGY_MODE, annotations.get(TOPOLOGY_HINTS)) != annotations.get(
        TOPOLOGY_HINTS, annotations.get(TOPOLOGY_MODE)
    ):
        message = f"must be the same as {TOPOLOGY_HINTS} when both are set (S18)"
        yield Refusal(field=f"metadata.annotations[{TOPOLOGY_MODE}]", message=message)


def _type(spec: ServiceSpec, kind: str, headless: bool) -> Iterator[Refusal]:
    if kind not in SERVICE_TYPES:
        yield Refusal(field="spec.type", message=f"must be one of {', '.join(SERVICE_TYPES)} (S1)")
    if not spec.ports and not (headless and kind == "ClusterIP") and kind != "ExternalName":
        meant = f"; type is {kind}, with an externalName" if spec.external_name else ""
        says = f"may be empty only for headless and ExternalName Services (S4){meant}"
        yield Refusal(field="spec.ports", message=says)
    if headless and kind in ("NodePort", "LoadBalancer"):
        yield Refusal(field="spec.clusterIPs[0]", message=f"may not be 'None' for {kind} Services (S7)")
    if kind == "ExternalName":
        yield from _external_name(spec)


def _external_name(spec: ServiceSpec) -> Iterator[Refusal]:
    """S8, S17: no addresses, and a name in lower case without scheme, port or path."""
    if spec.cluster_ip or spec.cluster_ips:
        yield Refusal(field="spec.clusterIPs", message="may not be set for ExternalName Services (S8)")
    if spec.ip_families:
        yield Refusal(field="spec.ipFamilies", message="may not be set for ExternalName Services")
    if spec.ip_family_policy:
        yield Refusal(field="spec.ipFamilyPolicy", message="may not be set for ExternalName Services")
    name = spec.external_name.removesuffix(".")
    if not name:
        yield Refusal(field="spec.externalName", message="is required for type ExternalName (S17)")
    elif not SUBDOMAIN.match(name) or len(name) > 253:
        message = "must be a lower case RFC 1123 subdomain, without scheme, port or path (S17)"
        yield Refusal(field="spec.externalName", message=message)


def _ports(spec: ServiceSpec, kind: str) -> Iterator[Refusal]:
    seen_names: set[str] = set()
    seen_ports: set[tuple[str, int]] = set()
    for index, port in enumerate(spec.ports):
        field = f"spec.ports[{index}]"
        if not port.name and len(spec.ports) > 1:
            yield Refusal(field=f"{field}.name", message="is required when there is more than one port (S3)")
        elif port.name:
            if not LABEL.match(port.name):
                yield Refusal(field=f"{field}.name", message="must be a lower case DNS label (S3)")
            if port.name in seen_names:
                yield Refusal(field=f"{field}.name", message=f"duplicate name {port.name} (S3)")
            seen_names.add(port.name)
        yield from _one_port(port, field)
        key = port.protocol or "TCP", port.port
        if key in seen_ports:
            yield Refusal(field=field, message=f"duplicate port {port.port}/{key[0]} (S3)")
        seen_ports.add(key)
        if kind == "ClusterIP" and port.node_port:
            yield Refusal(field=f"{field}.nodePort", message="may not be used when type is ClusterIP (S5)")


def _one_port(port: ServicePort, field: str) -> Iterator[Refusal]:
    if not 1 <= port.port <= 65535:
        yield Refusal(field=f"{field}.port", message="must be between 1 and 65535")
    if port.protocol and port.protocol not in PROTOCOLS:
        yield Refusal(field=f"{field}.protocol", message="must be TCP, UDP or SCTP, in upper case (S2)")
    target = port.port if port.target_port in (None, 0, "") else port.target_port
    if isinstance(target, int):
        if not 1 <= target <= 65535:
            yield Refusal(field=f"{field}.targetPort", message="must be between 1 and 65535")
    elif isinstance(target, str) and (why := port_name_error(target)):
        yield Refusal(field=f"{field}.targetPort", message=f"{why} (S2)")
    if port.app_protocol and not QUALIFIED.match(port.app_protocol):
        yield Refusal(field=f"{field}.appProtocol", message="must be a qualified name")


def port_name_error(name: str) -> str | None:
    """Why a text is no port name (IANA_SVC_NAME, validation.IsValidPortName); None if it is one."""
    if len(name) > 15:
        return "a port name has no more than 15 characters"
    if not re.fullmatch(r"[-a-z0-9]+", name):
        return "a port name has only lower case letters, digits and -"
    if not re.search(r"[a-z]", name):
        return "a port name has at least one letter; a number is written without quotes"
    if "--" in name or name[0] == "-" or name[-1] == "-":
        return "a port name has no -- and neither begins nor ends with -"
    return None


def _node_ports(spec: ServiceSpec, kind: str) -> Iterator[Refusal]:
    """S5: the allocator's rules; a number once in a Service, but TCP and UDP of the same `port` may share one."""
    if kind not in ("NodePort", "LoadBalancer"):
        return
    owner: dict[int, ServicePort] = {}
    for index, port in enumerate(spec.ports):
        if not port.node_port:
            continue
        field = f"spec.ports[{index}].nodePort"
        if port.node_port not in NODE_PORT_RANGE:
            yield Refusal(field=field, message=f"is outside the node port range {NODE_PORT_RANGE_TEXT} (S5)")
        first = owner.setdefault(port.node_port, port)
        if first is not port and (first.port != port.port or (first.protocol or "TCP") == (port.protocol or "TCP")):
            yield Refusal(field=field, message=f"node port {port.node_port} is used twice in this Service (S5)")
    check = spec.health_check_node_port
    if check and kind == "LoadBalancer" and spec.external_traffic_policy == "Local":
        if check not in NODE_PORT_RANGE:
            message = f"is outside the node port range {NODE_PORT_RANGE_TEXT} (S5, S12)"
            yield Refusal(field="spec.healthCheckNodePort", message=message)
        elif check in owner:
            yield Refusal(field="spec.healthCheckNodePort", message=f"node port {check} is used twice in this Service")


def _selector(spec: ServiceSpec) -> Iterator[Refusal]:
    for key, value in spec.selector.items():
        if not QUALIFIED.match(key) or len(value) > 63 or not LABEL_VALUE.match(value):
            yield Refusal(field="spec.selector", message=f"{key}={value} is no valid label")


def _affinity(spec: ServiceSpec) -> Iterator[Refusal]:
    """S10."""
    affinity, config = spec.session_affinity or "None", spec.session_affinity_config
    if affinity not in ("None", "ClientIP"):
        yield Refusal(field="spec.sessionAffinity", message="must be ClientIP or None (S10)")
    seconds = config.client_ip.timeout_seconds if config and config.client_ip else None
    if affinity == "ClientIP" and seconds is not None and not 0 < seconds <= MAX_AFFINITY_SECONDS:
        field = "spec.sessionAffinityConfig.clientIP.timeoutSeconds"
        yield Refusal(field=field, message=f"must be between 1 and {MAX_AFFINITY_SECONDS}")


def _addresses(spec: ServiceSpec, kind: str) -> Iterator[Refusal]:
    """S7, S9: clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy must tell the same story."""
    if kind == "ExternalName":
        return
    ips, families, policy = spec.cluster_ips, spec.ip_families, spec.ip_family_policy
    if policy not in ("", "SingleStack", "PreferDualStack", "RequireDualStack"):
        message = "must be SingleStack, PreferDualStack or RequireDualStack"
        yield Refusal(field="spec.ipFamilyPolicy", message=message)
    if ips and not spec.cluster_ip:
        yield Refusal(field="spec.clusterIPs", message="must be empty when clusterIP is not given (S7)")
    elif ips and ips[0] != spec.cluster_ip:
        yield Refusal(field="spec.clusterIPs", message="first value must match clusterIP (S7)")
    if "None" in ips and len(ips) > 1:
        yield Refusal(field="spec.clusterIPs", message="'None' must be the first and only value (S7)")
    if len(ips) > 2:
        yield Refusal(field="spec.clusterIPs", message="may hold at most two values, one of each family (S7)")
    written = ips or [ip for ip in (spec.cluster_ip,) if ip]
    good = True
    for index, ip in enumerate(written):
        if ip not in ("None", "") and (why := _ip_error(ip)):
            good = False
            yield Refusal(field=f"spec.clusterIPs[{index}]", message=why)
    yield from _families(families)
    if policy in ("", "SingleStack") and max(len(families), len([ip for ip in ips if ip != "None"])) > 1:
        message = "two families or addresses need PreferDualStack or RequireDualStack (S9)"
        yield Refusal(field="spec.ipFamilyPolicy", message=message)
    if good:
        yield from _families_of(written, families)


def _families(families: Sequence[str]) -> Iterator[Refusal]:
    for index, family in enumerate(families):
        if family not in ("IPv4", "IPv6"):
            yield Refusal(field=f"spec.ipFamilies[{index}]", message="must be IPv4 or IPv6")
        elif family in families[:index]:
            yield Refusal(field=f"spec.ipFamilies[{index}]", message="duplicate family")


def _families_of(ips: Sequence[str], families: Sequence[str]) -> Iterator[Refusal]:
    real = [ip for ip in ips if ip != "None"]
    for index, (ip, family) in enumerate(zip(real, families, strict=False)):
        if ("IPv6" if ":" in ip else "IPv4") != family:
            yield Refusal(field=f"spec.clusterIPs[{index}]", message=f"does not match ipFamilies[{index}] (S7)")
    if len(real) == 2 and (":" in real[0]) == (":" in real[1]):
        yield Refusal(field="spec.clusterIPs", message="may hold no more than one address of each family (S7)")


def _ip_error(text: str) -> str | None:
    """S21: an address must be canonical: no leading zeros, no IPv4 address in IPv6 clothes."""
    try:
        ip = ip_address(text)
    except ValueError:
        return "must be an IP address, without leading zeros"
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        return "must not be an IPv4-mapped IPv6 address"
    return None


def _external_ips(spec: ServiceSpec) -> Iterator[Refusal]:
    """S16: addresses that no packet from outside can carry are refused."""
    for index, text in enumerate(spec.external_ips):
        field = f"spec.externalIPs[{index}]"
        why = _ip_error(text)
        if why is None:
            why = _endpoint_ip_error(ip_address(text))
        if why:
            yield Refusal(field=field, message=f"{why} (S16)")


def _endpoint_ip_error(ip: IPv4Address | IPv6Address) -> str | None:
    """ValidateEndpointIP (E15)."""
    if ip.is_unspecified:
        return "may not be unspecified"
    if ip.is_loopback:
        return "may not be a loopback address"
    if ip.is_link_local:
        return "may not be a link-local address"
    local = ip in ip_network("224.0.0.0/24") if ip.version == 4 else ip in ip_network("ff02::/16")
    return "may not be a link-local multicast address" if local else None


def _source_ranges(service: Service, kind: str) -> Iterator[Refusal]:
    """S15; the server spells the field with a capital L."""
    ranges, annotation = service.spec.load_balancer_source_ranges, service.metadata.annotations.get(SOURCE_RANGES)
    if ranges:
        if kind != "LoadBalancer":
            yield Refusal(field="spec.LoadBalancerSourceRanges", message="may only be used with type LoadBalancer")
        for index, text in enumerate(ranges):
            if why := _cidr_error(text.strip()):
                yield Refusal(field=f"spec.LoadBalancerSourceRanges[{index}]", message=why)
    elif annotation is not None:
        field = f"metadata.annotations[{SOURCE_RANGES}]"
        if kind != "LoadBalancer":
            yield Refusal(field=field, message="may only be used with type LoadBalancer")
        for text in annotation.split(",") if annotation.strip() else ():
            if why := _cidr_error(text.strip()):
                yield Refusal(field=field, message=why)


def _cidr_error(text: str) -> str | None:
    address, slash, _ = text.partition("/")
    if not slash or _ip_error(address):
        return f"{text}: must be a CIDR such as 203.0.113.0/24"
    try:
        ip_network(text)
    except ValueError as error:
        return f"{text}: must be a CIDR without host bits" if "host bits" in str(error) else f"{text}: must be a CIDR"
    return None


def _only_load_balancer(spec: ServiceSpec, kind: str) -> Iterator[Refusal]:
    """S6, S13."""
    if kind != "LoadBalancer":
        if spec.allocate_load_balancer_node_ports is not None:
            yield Refusal(
                field="spec.allocateLoadBalancerNodePorts", message="may only be used with type LoadBalancer (S6)"
            )
        if spec.load_balancer_class:
            yield Refusal(field="spec.loadBalancerClass", message="may only be used with type LoadBalancer (S13)")
    elif spec.load_balancer_class and not QUALIFIED.match(spec.load_balancer_class):
        yield Refusal(field="spec.loadBalancerClass", message="must be a label-style name, example.com/name")


def _policies(spec: ServiceSpec, kind: str) -> Iterator[Refusal]:
    """S11, S12, S18."""
    external = kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and bool(spec.external_ips))
    policy = spec.external_traffic_policy
    if policy and not external:
        message = "may only be set for externally accessible Services (S11)"
        yield Refusal(field="spec.externalTrafficPolicy", message=message)
    elif policy not in ("", "Cluster", "Local"):
        yield Refusal(field="spec.externalTrafficPolicy", message="must be Cluster or Local")
    if spec.health_check_node_port and not (kind == "LoadBalancer" and policy == "Local"):
        message = "may only be set with type LoadBalancer and externalTrafficPolicy Local (S12)"
        yield Refusal(field="spec.healthCheckNodePort", message=message)
    if spec.internal_traffic_policy not in ("", "Cluster", "Local"):
        yield Refusal(field="spec.internalTrafficPolicy", message="must be Cluster or Local")
    if spec.traffic_distribution and spec.traffic_distribution not in DISTRIBUTIONS:
        message = f"must be one of {', '.join(DISTRIBUTIONS)} (S18)"
        yield Refusal(field="spec.trafficDistribution", message=message)


def _warnings(service: Service, kind: str, headless: bool) -> Iterator[Refusal]:
    spec = service.spec
    if TOPOLOGY_HINTS in service.metadata.annotations:
        field = f"metadata.annotations[{TOPOLOGY_HINTS}]"
        yield Refusal(field=field, message=f"deprecated, use {TOPOLOGY_MODE}", level="warning")
    ignored = "ignored for headless Services" if headless else "ignored for type ExternalName"
    if headless or kind == "ExternalName":
        if headless and spec.load_balancer_ip:
            yield Refusal(field="spec.loadBalancerIP", message=ignored, level="warning")
        if spec.external_ips:
            yield Refusal(field="spec.externalIPs", message=f"{ignored} (S16)", level="warning")
        if headless and spec.session_affinity not in ("", "None"):
            yield Refusal(field="spec.sessionAffinity", message=f"{ignored} (S10)", level="warning")
    if spec.external_ips and not headless and kind != "ExternalName":
        message = "deprecated, and some clusters no longer implement it (S16)"
        yield Refusal(field="spec.externalIPs", message=message, level="warning")
    if kind != "ExternalName" and spec.external_name:
        yield Refusal(field="spec.externalName", message=f"ignored for type {kind}", level="warning")
    if spec.traffic_distribution == "PreferClose":
        message = "PreferClose is deprecated, use PreferSameZone (S18)"
        yield Refusal(field="spec.trafficDistribution", message=message, level="warning")
    for index, text in enumerate(spec.cluster_ips or [spec.cluster_ip]):
        yield from _spelling(f"spec.clusterIPs[{index}]", text)
    for index, text in enumerate(spec.external_ips):
        yield from _spelling(f"spec.externalIPs[{index}]", text)
    yield from _spelling("spec.loadBalancerIP", spec.load_balancer_ip)


def _spelling(field: str, text: str) -> Iterator[Refusal]:
    """S21: an IPv6 address in another spelling than the canonical one is stored as written, with a warning."""
    if ":" not in text or _ip_error(text):
        return
    canonical = str(ip_address(text))
    if canonical != text:
        yield Refusal(field=field, message=f"should be spelled {canonical}", level="warning")


def shared_numbers(one: Service, other: Service) -> list[int]:
    """S5: node ports both Services want. The allocator knows numbers only, whatever the protocol."""
    mine, theirs = ({number for _, number in node_port_numbers(item)} for item in (one, other))
    return sorted(mine & theirs)


def node_port_numbers(service: Service) -> Iterator[tuple[str, int]]:
    """S5: the numbers of node ports that a Service asks the allocator for, each with its field."""
    if service.spec.type in ("NodePort", "LoadBalancer"):
        for index, port in enumerate(service.spec.ports):
            if port.node_port:
                yield f"spec.ports[{index}].nodePort", port.node_port
    if service.spec.health_check_node_port:
        yield "spec.healthCheckNodePort", service.spec.health_check_node_port
