"""What the API server says to a Service (upstream: pkg/apis/core/validation/validation_test.go TestValidateServiceCreate,
pkg/api/service/warnings_test.go TestGetWarningsForService, pkg/registry/core/service/portallocator)."""

from __future__ import annotations

import pytest

from svcmap.model.core import Service
from svcmap.semantics.validation import port_name_error, shared_numbers, validate_service
from tests import objects
from tests.conftest import state_of


def service(spec: str, metadata: str = "name: web") -> Service:
    state = state_of(objects.service(f"{{{spec}}}", metadata.removeprefix("name: ")))
    return next(iter(state.services.values()))


def said(found: Service) -> list[tuple[str, str]]:
    return [(refusal.level, refusal.field) for refusal in validate_service(found)]


PORTS = "ports: [{port: 80}]"

GOOD = [
    PORTS,
    "clusterIP: None",
    "clusterIP: None, clusterIPs: [None], ports: [{port: 80}]",
    "ports: [{name: a, port: 80}, {name: b, port: 80, protocol: UDP}]",
    "ports: [{port: 80, targetPort: http-web}]",
    "ports: [{port: 80, appProtocol: kubernetes.io/h2c}]",
    f"{PORTS}, type: NodePort, externalTrafficPolicy: Local",
    "type: NodePort, ports: [{name: a, port: 53, nodePort: 30053}, {name: b, port: 53, protocol: UDP, nodePort: 30053}]",
    "type: ExternalName, externalName: db.example.org",
    "type: ExternalName, externalName: db.example.org.",
    f"{PORTS}, sessionAffinity: ClientIP, sessionAffinityConfig: {{clientIP: {{timeoutSeconds: 86400}}}}",
    f"{PORTS}, clusterIP: 10.96.0.7, clusterIPs: [10.96.0.7, 'fd00::7'], ipFamilyPolicy: RequireDualStack",
    f"{PORTS}, ipFamilies: [IPv6]",
    f"{PORTS}, type: LoadBalancer, loadBalancerSourceRanges: [203.0.113.0/24], loadBalancerClass: example.com/lb",
    f"{PORTS}, type: LoadBalancer, allocateLoadBalancerNodePorts: false",
    f"{PORTS}, type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30999",
    f"{PORTS}, trafficDistribution: PreferSameNode, internalTrafficPolicy: Local",
    f"{PORTS}, sessionAffinityConfig: {{clientIP: {{timeoutSeconds: 5}}}}",  # dropped before it is looked at
    "type: LoadBalancer, ports: [{port: 10250}]",  # refused by servers of old
]


@pytest.mark.parametrize("spec", GOOD)
def test_the_server_takes_it_without_a_word(spec: str) -> None:
    assert said(service(spec)) == []


REFUSED = [
    ("", "spec.ports"),
    (f"{PORTS}, type: Loadbalancer", "spec.type"),
    (f"{PORTS}, type: NodePort, clusterIP: None", "spec.clusterIPs[0]"),
    (f"{PORTS}, type: LoadBalancer, clusterIP: None", "spec.clusterIPs[0]"),
    ("type: ExternalName", "spec.externalName"),
    ("type: ExternalName, externalName: 'https://db.example.org'", "spec.externalName"),
    ("type: ExternalName, externalName: DB.example.org", "spec.externalName"),
    ("type: ExternalName, externalName: db.example.org, clusterIP: 10.96.0.7", "spec.clusterIPs"),
    ("type: ExternalName, externalName: db.example.org, ipFamilies: [IPv4]", "spec.ipFamilies"),
    ("type: ExternalName, externalName: db.example.org, ipFamilyPolicy: SingleStack", "spec.ipFamilyPolicy"),
    ("ports: [{name: a, port: 80}, {port: 81}]", "spec.ports[1].name"),
    ("ports: [{name: Web, port: 80}]", "spec.ports[0].name"),
    ("ports: [{name: a, port: 80}, {name: a, port: 81}]", "spec.ports[1].name"),
    ("ports: [{name: a, port: 80}, {name: b, port: 80}]", "spec.ports[1]"),
    ("ports: [{port: 80, nodePort: 30080}]", "spec.ports[0].nodePort"),
    ("ports: [{port: 0, targetPort: 80}]", "spec.ports[0].port"),
    ("ports: [{port: 65536, targetPort: 80}]", "spec.ports[0].port"),
    ("ports: [{port: 80, protocol: tcp}]", "spec.ports[0].protocol"),
    ("ports: [{port: 80, targetPort: 65536}]", "spec.ports[0].targetPort"),
    ("ports: [{port: 80, targetPort: '8080'}]", "spec.ports[0].targetPort"),
    ("ports: [{port: 80, appProtocol: 'a b'}]", "spec.ports[0].appProtocol"),
    ("type: NodePort, ports: [{port: 80, nodePort: 8080}]", "spec.ports[0].nodePort"),
    (
        "type: NodePort, ports: [{name: a, port: 80, nodePort: 30080}, {name: b, port: 81, nodePort: 30080}]",
        "spec.ports[1].nodePort",
    ),
    (f"{PORTS}, selector: {{app: 'a b'}}", "spec.selector"),
    (f"{PORTS}, selector: {{app: {'a' * 64}}}", "spec.selector"),
    (f"{PORTS}, sessionAffinity: Cookie", "spec.sessionAffinity"),
    (
        f"{PORTS}, sessionAffinity: ClientIP, sessionAffinityConfig: {{clientIP: {{timeoutSeconds: 86401}}}}",
        "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
    ),
    (f"{PORTS}, ipFamilyPolicy: Dual", "spec.ipFamilyPolicy"),
    (f"{PORTS}, clusterIPs: [10.96.0.7]", "spec.clusterIPs"),
    (f"{PORTS}, clusterIP: 10.96.0.8, clusterIPs: [10.96.0.7]", "spec.clusterIPs"),
    (f"{PORTS}, clusterIP: 10.96.0.07", "spec.clusterIPs[0]"),
    (f"{PORTS}, clusterIP: '::ffff:10.96.0.7'", "spec.clusterIPs[0]"),
    (f"{PORTS}, clusterIP: 10.96.0.7, ipFamilies: [IPv6]", "spec.clusterIPs[0]"),
    (f"{PORTS}, ipFamilies: [IPv5]", "spec.ipFamilies[0]"),
    (f"{PORTS}, ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv4, IPv4]", "spec.ipFamilies[1]"),
    (f"{PORTS}, ipFamilies: [IPv4, IPv6]", "spec.ipFamilyPolicy"),
    (
        f"{PORTS}, clusterIP: 10.96.0.7, clusterIPs: [10.96.0.7, 10.96.0.8], ipFamilyPolicy: PreferDualStack",
        "spec.clusterIPs",
    ),
    (f"{PORTS}, loadBalancerSourceRanges: [203.0.113.0/24]", "spec.LoadBalancerSourceRanges"),
    (
        f"{PORTS}, type: LoadBalancer, loadBalancerSourceRanges: [203.0.113.7/24]",
        "spec.LoadBalancerSourceRanges[0]",
    ),
    (f"{PORTS}, type: LoadBalancer, loadBalancerSourceRanges: [203.0.113.7]", "spec.LoadBalancerSourceRanges[0]"),
    (f"{PORTS}, type: LoadBalancer, loadBalancerSourceRanges: [203.0.113.0/99]", "spec.LoadBalancerSourceRanges[0]"),
    (f"{PORTS}, allocateLoadBalancerNodePorts: false", "spec.allocateLoadBalancerNodePorts"),
    (f"{PORTS}, loadBalancerClass: example.com/lb", "spec.loadBalancerClass"),
    (f"{PORTS}, type: LoadBalancer, loadBalancerClass: 'a b'", "spec.loadBalancerClass"),
    (f"{PORTS}, externalTrafficPolicy: Local", "spec.externalTrafficPolicy"),
    (f"{PORTS}, type: NodePort, externalTrafficPolicy: Global", "spec.externalTrafficPolicy"),
    (f"{PORTS}, type: LoadBalancer, healthCheckNodePort: 30999", "spec.healthCheckNodePort"),
    (
        f"{PORTS}, type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 99999",
        "spec.healthCheckNodePort",
    ),
    (
        "ports: [{port: 80, nodePort: 30080}], type: LoadBalancer, externalTrafficPolicy: Local, "
        "healthCheckNodePort: 30080",
        "spec.healthCheckNodePort",
    ),
    (f"{PORTS}, selector: {{Bad_Prefix/app: a}}", "spec.selector"),
    (f"{PORTS}, selector: {{{'a' * 64}: a}}", "spec.selector"),
    (f"{PORTS}, internalTrafficPolicy: Near", "spec.internalTrafficPolicy"),
    (f"{PORTS}, trafficDistribution: Nearest", "spec.trafficDistribution"),
]


@pytest.mark.parametrize(("spec", "field"), REFUSED)
def test_the_server_refuses_it(spec: str, field: str) -> None:
    assert said(service(spec)) == [("error", field)]


def test_none_stands_alone() -> None:
    fields = said(service("clusterIP: None, clusterIPs: [None, 10.96.0.7], ipFamilyPolicy: PreferDualStack"))
    assert fields == [("error", "spec.clusterIPs")]
    three = "clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, 'fd00::1', 10.0.0.2], ipFamilyPolicy: PreferDualStack"
    assert said(service(f"{PORTS}, {three}")) == [("error", "spec.clusterIPs")]


@pytest.mark.parametrize(
    "ip",
    [
        "0.0.0.0",
        "127.0.0.1",
        "169.254.1.1",
        "224.0.0.1",
        "::",
        "::1",
        "fe80::1",
        "ff02::1",
        "010.1.1.1",
        "web.example.org",
    ],
)
def test_an_external_ip_that_no_packet_carries(ip: str) -> None:
    assert said(service(f"{PORTS}, externalIPs: ['{ip}']"))[0] == ("error", "spec.externalIPs[0]")


WARNED = [
    (f"{PORTS}, externalIPs: [203.0.113.7]", "spec.externalIPs"),
    ("clusterIP: None, externalIPs: [203.0.113.7]", "spec.externalIPs"),
    ("clusterIP: None, loadBalancerIP: 203.0.113.7", "spec.loadBalancerIP"),
    ("clusterIP: None, sessionAffinity: ClientIP", "spec.sessionAffinity"),
    ("type: ExternalName, externalName: db.example.org, externalIPs: [203.0.113.7]", "spec.externalIPs"),
    (f"{PORTS}, externalName: db.example.org", "spec.externalName"),
    (f"{PORTS}, trafficDistribution: PreferClose", "spec.trafficDistribution"),
    (f"{PORTS}, clusterIP: 'FD00::7'", "spec.clusterIPs[0]"),
    (f"{PORTS}, type: LoadBalancer, loadBalancerIP: '2001:db8:0::7'", "spec.loadBalancerIP"),
]


@pytest.mark.parametrize(("spec", "field"), WARNED)
def test_the_server_takes_it_and_warns(spec: str, field: str) -> None:
    assert said(service(spec)) == [("warning", field)]


@pytest.mark.parametrize("spelling", ["FD00::7", "fd00:0::7"])
def test_an_address_in_another_spelling_names_the_canonical_one(spelling: str) -> None:
    assert "fd00::7" in validate_service(service(f"{PORTS}, clusterIP: '{spelling}'"))[0].message


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ("name: web.shop", [("error", "metadata.name")]),
        ("name: Web", [("error", "metadata.name")]),
        ("name: 1web", []),
        (f"name: {'w' * 64}", [("error", "metadata.name")]),
        (
            "name: web, annotations: {service.kubernetes.io/topology-mode: Auto}",
            [],
        ),
        (
            "name: web, annotations: {service.kubernetes.io/topology-aware-hints: auto}",
            [("warning", "metadata.annotations[service.kubernetes.io/topology-aware-hints]")],
        ),
        (
            "name: web, annotations: {service.kubernetes.io/topology-aware-hints: auto, "
            "service.kubernetes.io/topology-mode: Disabled}",
            [
                ("error", "metadata.annotations[service.kubernetes.io/topology-mode]"),
                ("warning", "metadata.annotations[service.kubernetes.io/topology-aware-hints]"),
            ],
        ),
    ],
)
def test_name_and_annotations(metadata: str, expected: list[tuple[str, str]]) -> None:
    assert said(service(PORTS, metadata)) == expected


ANNOTATION = "service.beta.kubernetes.io/load-balancer-source-ranges"


@pytest.mark.parametrize(
    ("kind", "value", "good"),
    [
        ("LoadBalancer", "203.0.113.0/24, 10.0.0.0/8", True),
        ("LoadBalancer", "", True),
        ("LoadBalancer", "203.0.113.0/24,everyone", False),
        ("ClusterIP", "203.0.113.0/24", False),
    ],
)
def test_source_ranges_by_annotation(kind: str, value: str, good: bool) -> None:
    found = said(service(f"{PORTS}, type: {kind}", f"name: web, annotations: {{{ANNOTATION}: '{value}'}}"))
    assert found == ([] if good else [("error", f"metadata.annotations[{ANNOTATION}]")])


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("http", True),
        ("a" * 15, True),
        ("1-a", True),
        ("a" * 16, False),
        ("Http", False),
        ("8080", False),
        ("a--b", False),
        ("-a", False),
        ("a-", False),
        ("a_b", False),
    ],
)
def test_port_names(name: str, good: bool) -> None:
    assert (port_name_error(name) is None) == good


def test_node_ports_two_services_want() -> None:
    web = service("type: NodePort, ports: [{port: 80, nodePort: 30080}]")
    udp = service("type: NodePort, ports: [{port: 80, protocol: UDP, nodePort: 30080}]")
    probed = service(f"{PORTS}, type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30080")
    inside = service("ports: [{port: 80, nodePort: 30080}]")
    assert shared_numbers(web, udp) == [30080]
    assert shared_numbers(web, probed) == [30080]
    assert shared_numbers(web, inside) == []
