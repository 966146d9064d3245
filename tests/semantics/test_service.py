"""Service defaulting, by the rules S1 to S23 (upstream: TestSetDefaults_Service*, alloc_test.go)."""

from __future__ import annotations

import pytest

from svcmap.model.core import Service
from svcmap.model.refs import Name
from svcmap.semantics.service import (
    find_port,
    has_selector,
    is_headless,
    shown_as,
    was_applied,
    will_have_node_port,
    with_defaults,
)
from tests import objects
from tests.conftest import state_of


def service(spec: str) -> Service:
    state = state_of(objects.service(spec, "s"))
    return with_defaults(state.services[Name("default", "s")])


def test_an_empty_spec_is_a_cluster_ip_service() -> None:
    spec = service("{ports: [{port: 80}]}").spec
    assert (spec.type, spec.session_affinity, spec.internal_traffic_policy) == ("ClusterIP", "None", "Cluster")
    assert (spec.external_traffic_policy, spec.allocate_load_balancer_node_ports) == ("", None)
    port = spec.ports[0]
    assert (port.protocol, port.target_port, port.node_port) == ("TCP", 80, 0)


@pytest.mark.parametrize(
    ("target", "becomes"), [("0", 81), ('""', 81), ("http", "http"), ("8080", 8080), ('"8080"', "8080")]
)
def test_target_ports(target: str, becomes: int | str) -> None:
    assert service(f"{{ports: [{{port: 81, targetPort: {target}}}]}}").spec.ports[0].target_port == becomes


@pytest.mark.parametrize(
    ("spec", "policy"),
    [
        ("{}", ""),
        ("{type: NodePort}", "Cluster"),
        ("{type: LoadBalancer, externalTrafficPolicy: Local}", "Local"),
        ("{externalIPs: [192.0.2.1]}", "Cluster"),
        ("{type: ExternalName, externalName: a.example.com}", ""),
    ],
)
def test_only_what_is_reachable_from_outside_has_an_external_policy(spec: str, policy: str) -> None:
    assert service(spec).spec.external_traffic_policy == policy


@pytest.mark.parametrize(("given", "becomes"), [("", True), (", allocateLoadBalancerNodePorts: false", False)])
def test_load_balancers_allocate_node_ports_unless_told_not_to(given: str, becomes: bool) -> None:
    assert service(f"{{type: LoadBalancer{given}}}").spec.allocate_load_balancer_node_ports is becomes


@pytest.mark.parametrize(
    ("spec", "families", "policy"),
    [
        ("{clusterIP: 10.0.0.1}", ["IPv4"], "SingleStack"),
        ("{clusterIPs: ['fd00::1', 10.0.0.1], ipFamilyPolicy: PreferDualStack}", ["IPv6", "IPv4"], "PreferDualStack"),
        ("{clusterIPs: [10.0.0.1], ipFamilyPolicy: PreferDualStack}", ["IPv4"], "PreferDualStack"),
        ("{ipFamilies: [IPv6], ipFamilyPolicy: PreferDualStack}", ["IPv6", "IPv4"], "PreferDualStack"),
        ("{}", ["IPv4"], "SingleStack"),
        ("{clusterIP: None}", ["IPv4", "IPv6"], "RequireDualStack"),
        ("{clusterIP: None, ipFamilies: [IPv6]}", ["IPv6", "IPv4"], "RequireDualStack"),
        ("{clusterIP: None, ipFamilyPolicy: SingleStack, ipFamilies: [IPv6]}", ["IPv6"], "SingleStack"),
        ("{clusterIP: None, selector: {a: b}}", ["IPv4"], "SingleStack"),
        ("{type: ExternalName, externalName: x}", [], ""),
    ],
)
def test_ip_families(spec: str, families: list[str], policy: str) -> None:
    got = service(spec).spec
    assert (list(got.ip_families), got.ip_family_policy) == (families, policy)


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        ("{clusterIP: None}", "Headless"),
        ("{clusterIP: '', selector: {a: b}}", "ClusterIP"),
        ("{}", "None-Selector"),
        ("{selector: {}}", "None-Selector"),
        ("{externalIPs: [192.0.2.1], selector: {a: b}}", "ExternalIP"),
        ("{type: NodePort}", "NodePort"),
        ("{type: LoadBalancer}", "LoadBalancer"),
        ("{type: ExternalName}", "ExternalName"),
        ("{type: nodeport, selector: {a: b}}", "ClusterIP"),
    ],
)
def test_what_a_person_would_call_it(spec: str, shown: str) -> None:
    assert shown_as(service(spec)) == shown


def test_small_questions() -> None:
    headless = service("{clusterIP: None, selector: {a: b}}")
    assert is_headless(headless)
    assert has_selector(headless)
    assert not has_selector(service("{type: ExternalName, selector: {a: b}}"))
    assert not was_applied(service("{}"))
    assert was_applied(service("{clusterIP: 10.0.0.1}"))
    assert will_have_node_port(service("{type: NodePort}"))
    assert not will_have_node_port(service("{type: LoadBalancer, allocateLoadBalancerNodePorts: false}"))
    ports = service("{ports: [{port: 53, protocol: UDP, name: u}, {port: 53, name: t}]}")
    assert find_port(ports, 53, "UDP") == ports.spec.ports[0]
    assert find_port(ports, 53, "TCP") == ports.spec.ports[1]
    assert find_port(ports, 54, "TCP") is None


@pytest.mark.parametrize(
    ("spec", "families"),
    [
        ("{clusterIP: None, ipFamilies: [IPv6], ipFamilyPolicy: PreferDualStack, selector: {a: b}}", ["IPv6", "IPv4"]),
        ("{clusterIP: 10.96.0.7, ipFamilyPolicy: RequireDualStack}", ["IPv4", "IPv6"]),
        ("{clusterIP: 10.96.0.7, ipFamilyPolicy: PreferDualStack}", ["IPv4"]),
    ],
)
def test_what_decides_the_families_of_a_service(spec: str, families: list[str]) -> None:
    """S9: an address does for PreferDualStack; headless has none, and RequireDualStack never stays at one."""
    state = state_of(objects.service(spec, "s"))
    found = with_defaults(state.services[Name("default", "s")])
    assert list(found.spec.ip_families) == families
