"""Dual-stack Services family by family, slices that disagree, and aliases of names below a Service (upstream:
pkg/proxy/servicechangetracker.go, pkg/proxy/endpointslicecache.go, coredns plugin/kubernetes/object/endpoint.go)."""

from __future__ import annotations

from typing import Any

import pytest

from svcmap.expectations.questions import dns, policies, traces
from svcmap.model.assumptions import Assumptions
from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.trace import parse_via, trace
from svcmap.picture.lanes import path_view
from tests import objects
from tests.conftest import state_of
from tests.objects import document


def node(addresses: str) -> str:
    return objects.node("n1", addresses)


def pod(name: str, addresses: str) -> str:
    return objects.pod(name, addresses, labels=f"{{app: {name}}}", ready="", ports="[]", spec="nodeName: n1")


def service(spec: str, status: str = "", name: str = "w") -> str:
    return objects.service(f"{{{spec}}}", name, status=f"{{{status}}}")


def slice_(name: str, endpoints: str, ports: str = "[{port: 8080}]", kind: str = "IPv4", meta: str = "") -> str:
    return objects.slice_(endpoints.strip("[]"), ports, of="w", name=name, kind=kind, meta=meta)


def ask(text: str, to: str, who: str) -> dict[str, Any]:
    return traces.ask(state_of(text), {"to": to, "from": who}, Assumptions())


BOTH = "clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1, 'fd10::1'], ipFamilies: [IPv4, IPv6], ipFamilyPolicy: RequireDualStack"
STATUS = "loadBalancer: {ingress: [{ip: 203.0.113.9}, {ip: '2001:db8::9'}]}"
ENDPOINTS = slice_("s4", "[{addresses: [10.1.0.1], nodeName: n1}]") + slice_(
    "s6", "[{addresses: ['fd01::1'], nodeName: n1}]", kind="IPv6"
)


def dual(more: str = "") -> str:
    spec = f"type: LoadBalancer, {BOTH}, ports: [{{port: 80, nodePort: 30080}}]{more}"
    return node("192.168.0.1 fd00::1") + service(spec, STATUS) + ENDPOINTS + pod("c", "10.1.0.9 fd01::9")


@pytest.mark.parametrize(
    ("to", "who", "endpoint"),
    [
        ("tcp://[fd00::1]:30080", "2001:db8::5", "[fd01::1]:8080"),
        ("tcp://192.168.0.1:30080", "192.0.2.5", "10.1.0.1:8080"),
        ("tcp://[2001:db8::9]:80", "2001:db8::5", "[fd01::1]:8080"),
        ("tcp://203.0.113.9:80", "192.0.2.5", "10.1.0.1:8080"),
        ("tcp://[fd10::1]:80", "pod:default/c", "[fd01::1]:8080"),
    ],
)
def test_each_family_has_endpoints_of_its_own(to: str, who: str, endpoint: str) -> None:
    answer = ask(dual(), to, who)
    assert (answer["verdict"], answer["endpoints"]) == ("reachable", [endpoint])


@pytest.mark.parametrize("to", ["tcp://[fd00::1]:30080", "tcp://[2001:db8::9]:80", "tcp://[2001:db8::7]:80"])
def test_without_a_cluster_ip_of_the_family_kube_proxy_has_no_rule(to: str) -> None:
    one = "type: LoadBalancer, clusterIP: 10.96.0.1, externalIPs: ['2001:db8::7'], ports: [{port: 80, nodePort: 30080}]"
    text = node("192.168.0.1 fd00::1") + service(one, STATUS) + ENDPOINTS
    answer = ask(text, to, "2001:db8::5")
    assert (answer["verdict"], answer["reason"]) == ("unreachable", "port-not-in-service")


@pytest.mark.parametrize(
    ("ranges", "to", "who", "reason"),
    [
        ("[0.0.0.0/0, 'fd00::/8']", "tcp://[2001:db8::9]:80", "2001:db8::5", "source-range"),
        ("[0.0.0.0/0, 'fd00::/8']", "tcp://203.0.113.9:80", "192.0.2.5", None),
        ("['2001:db8::/32']", "tcp://[2001:db8::9]:80", "pod:default/c", "source-range"),
        ("['2001:db8::/32']", "tcp://203.0.113.9:80", "pod:default/c", None),
    ],
)
def test_source_ranges_count_family_by_family(ranges: str, to: str, who: str, reason: str | None) -> None:
    assert ask(dual(f", loadBalancerSourceRanges: {ranges}"), to, who)["reason"] == reason


POLICY = document(
    "NetworkPolicy",
    "p",
    "spec: {podSelector: {matchLabels: {app: c}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 'fd01::/16'}}]}]}",
    "networking.k8s.io/v1",
)


@pytest.mark.parametrize(("to", "verdict"), [("10.1.0.8", "denied"), ("fd01::8", "allowed")])
def test_an_ip_block_sees_the_address_of_the_connection(to: str, verdict: str) -> None:
    state = state_of(pod("c", "10.1.0.9 fd01::9") + pod("d", "10.1.0.8 fd01::8") + POLICY)
    question = {"from": "pod:default/c", "to": f"ip:{to}", "port": 80}
    assert policies.ask(state, question, Assumptions())["verdict"] == verdict


TWO_PORTS = service("clusterIP: 10.96.0.1, ports: [{name: a, port: 80}, {name: b, port: 81}]") + node("192.168.0.1")


@pytest.mark.parametrize(
    ("first", "second", "reasons"),
    [
        ("{ready: true}", "{ready: false}", (None, "no-endpoints")),
        ("{ready: false}", "{ready: true}", ("no-endpoints", None)),
        ("{ready: false, terminating: true}", "{ready: false}", (None, "no-endpoints")),
        ("{ready: true}", "{ready: true}", (None, None)),
    ],
)
def test_each_port_has_the_conditions_of_its_own_slice(
    first: str, second: str, reasons: tuple[str | None, ...]
) -> None:
    text = (
        TWO_PORTS
        + pod("c", "10.1.0.9")
        + slice_("one", f"[{{addresses: [10.1.0.1], conditions: {first}}}]", "[{name: a, port: 8080}]")
        + slice_("two", f"[{{addresses: [10.1.0.1], conditions: {second}}}]", "[{name: b, port: 8081}]")
    )
    found = tuple(ask(text, f"tcp://10.96.0.1:{port}", "pod:default/c")["reason"] for port in (80, 81))
    assert found == reasons


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_of_an_address_in_two_slices_the_one_that_stays_counts(order: str) -> None:
    going = slice_(order[0], "[{addresses: [10.1.0.1], conditions: {ready: false, serving: false, terminating: true}}]")
    staying = slice_(order[1], "[{addresses: [10.1.0.1]}]")
    text = service("clusterIP: 10.96.0.1, ports: [{port: 80}]") + pod("c", "10.1.0.9") + going + staying
    assert ask(text, "tcp://10.96.0.1:80", "pod:default/c")["endpoints"] == ["10.1.0.1:8080"]


@pytest.mark.parametrize(
    ("target", "port", "reason"),
    [
        ("10-1-0-1.w.default.svc.cluster.local", 8080, None),
        ("10-1-0-1.w.default.svc.cluster.local", 80, "port-not-in-service"),
        ("w.default.svc.cluster.local", 80, None),
    ],
)
def test_an_alias_of_one_endpoint_leads_to_the_pod_itself(target: str, port: int, reason: str | None) -> None:
    alias = service(f"type: ExternalName, externalName: {target}", name="alias")
    web = service("clusterIP: 10.96.0.1, ports: [{port: 80}]")
    text = alias + web + slice_("s", "[{addresses: [10.1.0.1]}]") + pod("c", "10.1.0.9")
    assert ask(text, f"tcp://alias:{port}", "pod:default/c")["reason"] == reason


def test_a_slice_of_host_names_is_an_alias_to_dns() -> None:
    text = service("clusterIP: None, ports: [{port: 80}]") + slice_("s", "[{addresses: [db.example.org]}]", kind="FQDN")
    question = {
        "name": "w.default.svc.cluster.local",
        "type": "A",
        "upstream": {"db.example.org": {"A": ["192.0.2.7"]}},
    }
    answer = dns.ask(state_of(text), question, Assumptions())
    assert sorted(answer["answers"]) == [
        "db.example.org. 5 IN A 192.0.2.7",
        "w.default.svc.cluster.local. 5 IN CNAME db.example.org.",
    ]
    outside = ask(text + pod("c", "10.1.0.9"), "tcp://w:80", "pod:default/c")
    assert (outside["verdict"], outside["externalName"]) == ("reachable", "db.example.org")


def test_every_address_of_an_endpoint_has_a_name_of_its_own() -> None:
    text = service("clusterIP: None, ports: [{port: 80}]") + slice_("s", "[{addresses: [10.1.0.1, 10.1.0.2]}]")
    state = state_of(text)

    def answers(name: str, type_: str) -> list[str]:
        found = dns.ask(state, {"name": name, "type": type_}, Assumptions())["answers"]
        return [line.split(" ", 4)[4] for line in found]

    assert answers("10-1-0-2.w.default.svc.cluster.local", "A") == ["10.1.0.2"]
    assert answers("w.default.svc.cluster.local", "A") == ["10.1.0.1", "10.1.0.2"]


def test_an_ipv6_only_pod_asks_for_ipv6_addresses() -> None:
    text = node("fd00::1") + service(f"{BOTH}, ports: [{{port: 80}}]") + ENDPOINTS + pod("c", "fd01::9")
    assert ask(text, "tcp://w:80", "pod:default/c")["endpoints"] == ["[fd01::1]:8080"]


CLIENTS_ONLY = document(
    "NetworkPolicy",
    "clients",
    "spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]}",
    "networking.k8s.io/v1",
)


def test_a_policy_for_clients_is_no_use_behind_a_node_that_hides_them() -> None:
    """K10: behind another node nobody sees the client; on the pod's own some plugins do, before the node hides it."""
    two = node("192.168.0.1") + document(
        "Node", "n2", "status: {addresses: [{type: InternalIP, address: 192.168.0.2}]}"
    )
    spec = "type: LoadBalancer, clusterIP: 10.96.0.1, ports: [{port: 80, nodePort: 30080}]"
    text = two + service(spec, "loadBalancer: {ingress: [{ip: 203.0.113.9}]}") + pod("w", "10.1.0.1") + CLIENTS_ONLY
    text += slice_("s", "[{addresses: [10.1.0.1], nodeName: n1, targetRef: {kind: Pod, name: w}}]")
    found = trace(state_of(text), parse_request("tcp://203.0.113.9:80", parse_vantage("192.0.2.5")))
    assert found.verdict == "unknown"
    assert found.stop is not None
    assert "on the pod's own node plugins see 192.0.2.5 or the node's address" in found.stop.says
    found = trace(
        state_of(text), parse_request("tcp://203.0.113.9:80", parse_vantage("192.0.2.5"), parse_via("node:n2"))
    )
    assert found.verdict == "unreachable"
    assert found.stop is not None
    assert "seen as node n2" in found.stop.says
    assert "externalTrafficPolicy Local" in found.stop.next
    nobody = text.replace("ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]", "ingress: []")
    found = trace(state_of(nobody), parse_request("tcp://203.0.113.9:80", parse_vantage("192.0.2.5")))
    assert found.verdict == "unreachable", "no address is let in"
    local = text.replace("type: LoadBalancer,", "type: LoadBalancer, externalTrafficPolicy: Local,")
    assert ask(local, "tcp://203.0.113.9:80", "192.0.2.5")["verdict"] == "reachable"


def test_the_lane_of_an_alias_ends_at_the_service_it_names() -> None:
    alias = service("type: ExternalName, externalName: w.default.svc.cluster.local", name="alias")
    web = service("clusterIP: 10.96.0.1, ports: [{port: 80}]")
    view = path_view(state_of(alias + web + slice_("s", "[{addresses: [10.1.0.1]}]")), Name("default", "alias"))
    assert view is not None
    assert [way.verdict for way in view.ways] == ["ok"]


def test_what_was_judged_for_some_nodes_only_is_said() -> None:
    nodes = "".join(
        document("Node", f"n{i}", f"status: {{addresses: [{{type: InternalIP, address: 192.168.0.{i}}}]}}")
        for i in range(1, 31)
    )
    spec = "type: LoadBalancer, clusterIP: 10.96.0.1, ports: [{port: 80, nodePort: 30080}]"
    text = nodes + service(spec, "loadBalancer: {ingress: [{ip: 203.0.113.9}]}") + pod("w", "10.1.0.1")
    text += slice_("s", "[{addresses: [10.1.0.1], nodeName: n1, targetRef: {kind: Pod, name: w}}]")
    request = parse_request("tcp://203.0.113.9:80", parse_vantage("192.0.2.5"))
    assert not any("first 20" in said for said in trace(state_of(text), request).assumed)
    assert any("first 20" in said for said in trace(state_of(text + CLIENTS_ONLY), request).assumed)
