"""kube-proxy's choice of endpoints (upstream: pkg/proxy/topology_test.go TestCategorizeEndpoints)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcmap.model.core import LoadBalancerIngress, LoadBalancerStatus, Service, ServicePort, ServiceSpec, ServiceStatus
from svcmap.model.facts import Endpoint, PortBinding
from svcmap.semantics.service_proxy import (
    Choice,
    Sender,
    choose,
    choose_anywhere,
    choose_ready,
    detects,
    is_served,
    is_vip,
    masquerades,
    policy_for,
    serves_localhost,
    serves_node_port,
    source_allowed,
)

PORT = ServicePort(name="p", port=80, protocol="TCP", target_port=8080)


def endpoint(
    name: str,
    node: str = "",
    *,
    ready: bool = True,
    serving: bool = True,
    terminating: bool = False,
    zones: tuple[str, ...] = (),
    nodes: tuple[str, ...] = (),
    port: str = "p",
) -> Endpoint:
    return Endpoint(
        address=name,
        node=node,
        ready=ready,
        serving=serving,
        terminating=terminating,
        zone_hints=zones,
        node_hints=nodes,
        ports=(PortBinding(name=port, port=8080, protocol="TCP"),),
        id=name,
    )


def eligible(choice: Choice) -> set[str]:
    return {e.address for e in choice.eligible}


def test_ready_endpoints_then_terminating_ones_that_serve() -> None:
    ready, draining = endpoint("a"), endpoint("b", ready=False, terminating=True)
    assert eligible(choose([ready, draining], PORT, "Cluster", None)) == {"a"}
    alone = choose([draining, endpoint("c", ready=False, serving=False)], PORT, "Cluster", None)
    assert (eligible(alone), alone.fallback) == ({"b"}, True)


def test_nowhere_usable_is_rejected_and_not_here_is_dropped() -> None:
    nothing = choose([endpoint("a", ready=False, serving=False)], PORT, "Cluster", "n1")
    assert (nothing.action, nothing.reason) == ("REJECT", "no-endpoints")
    elsewhere = choose([endpoint("a", "n2")], PORT, "Local", "n1")
    assert (elsewhere.action, elsewhere.reason) == ("DROP", "no-local-endpoints")
    assert eligible(choose([endpoint("a", "n2")], PORT, "Local", "n2")) == {"a"}


def test_hints_keep_traffic_near_when_all_ready_endpoints_have_them() -> None:
    near, far = endpoint("a", zones=("z1",)), endpoint("b", zones=("z2",))
    assert eligible(choose([near, far], PORT, "Cluster", "n1", "z1")) == {"a"}
    assert eligible(choose([near, far], PORT, "Cluster", "n1", "z3")) == {"a", "b"}
    assert eligible(choose([near, far, endpoint("c")], PORT, "Cluster", "n1", "z1")) == {"a", "b", "c"}
    assert eligible(choose([near, endpoint("c", ready=False, serving=False)], PORT, "Cluster", "n1", "z1")) == {"a"}
    by_node = [endpoint("a", nodes=("n1",)), endpoint("b", nodes=("n2",))]
    assert eligible(choose(by_node, PORT, "Cluster", "n1", "")) == {"a"}


def test_an_endpoint_without_the_port_gets_nothing() -> None:
    choice = choose([endpoint("a"), endpoint("b", port="other")], PORT, "Cluster", None)
    assert eligible(choice) == {"a"}
    assert [(e.address, why) for e, why in choice.excluded] == [("b", "no port for p")]


POD, NODE, OUTSIDE = Sender(kind="pod"), Sender(kind="node"), Sender(kind="outside")
OTHER_POD, OTHER_NODE = Sender(kind="pod", here=False), Sender(kind="node", here=False)


@pytest.mark.parametrize(
    ("role", "sender", "policy", "masqueraded"),
    [
        ("cluster-ip", POD, "Local", False),
        ("cluster-ip", NODE, "Local", True),
        ("cluster-ip", OUTSIDE, "Local", True),
        ("node-port", OUTSIDE, "Local", False),
        ("node-port", POD, "Cluster", False),
        ("node-port", OTHER_POD, "Cluster", False),
        ("node-port", NODE, "Cluster", True),
        ("node-port", OTHER_NODE, "Local", False),
        ("load-balancer", OUTSIDE, "Local", False),
        ("external-ip", POD, "Cluster", False),
    ],
)
def test_each_policy_governs_its_own_addresses(role: str, sender: Sender, policy: str, masqueraded: bool) -> None:
    """Upstream: pkg/proxy/iptables/proxier_test.go, the externalTrafficPolicy and internalTrafficPolicy flows."""
    service = Service(spec=ServiceSpec(internal_traffic_policy="Local", external_traffic_policy="Local"))
    assert policy_for(service, role, sender) == policy
    assert masquerades(service, role, sender) is masqueraded


@pytest.mark.parametrize("sender", [POD, NODE, OUTSIDE, OTHER_POD, OTHER_NODE])
@pytest.mark.parametrize("role", ["node-port", "load-balancer", "external-ip"])
def test_with_the_cluster_policy_every_sender_is_masqueraded(role: str, sender: Sender) -> None:
    service = Service(spec=ServiceSpec(external_traffic_policy="Cluster"))
    assert policy_for(service, role, sender) == "Cluster"
    assert masquerades(service, role, sender)


def test_without_a_local_detector_cluster_ip_traffic_keeps_its_source() -> None:
    assert not masquerades(Service(spec=ServiceSpec()), "cluster-ip", OUTSIDE, detects_pods=False)


def test_what_kube_proxy_leaves_out() -> None:
    assert is_served(Service(spec=ServiceSpec(cluster_ip="10.0.0.1")))
    assert not is_served(Service(spec=ServiceSpec(cluster_ip="None")))
    assert not is_served(Service(spec=ServiceSpec(type="ExternalName")))


NODES = ("n1", "n2", "n3")


@given(st.lists(st.tuples(st.sampled_from(NODES), st.booleans(), st.booleans()), max_size=12))
def test_the_union_of_local_lists_is_the_ready_set_or_a_fallback(raw: list[tuple[str, bool, bool]]) -> None:
    endpoints = [endpoint(f"e{i}", n, ready=r and not t, serving=r, terminating=t) for i, (n, r, t) in enumerate(raw)]
    ready = {e.address for e in endpoints if e.ready}
    cluster = [choose(endpoints, PORT, "Cluster", node) for node in NODES]
    assert len({frozenset(eligible(choice)) for choice in cluster}) == 1
    if ready:
        assert eligible(cluster[0]) == ready
    local = set().union(*(eligible(choose(endpoints, PORT, "Local", node)) for node in NODES))
    assert ready <= local
    everything = {e.address for e in endpoints}
    for choice in cluster:
        assert eligible(choice) | {e.address for e, _ in choice.excluded} == everything


@pytest.mark.parametrize(
    ("address", "mode", "configured", "served"),
    [
        ("192.168.0.1", "iptables", [], True),
        ("10.9.9.9", "iptables", [], True),
        ("192.168.0.1", "nftables", [], True),
        ("10.9.9.9", "nftables", [], False),
        ("10.9.9.9", "nftables", ["10.0.0.0/8"], True),
        ("192.168.0.1", "iptables", ["10.0.0.0/8"], False),
        ("192.168.0.1", "iptables", ["primary"], True),
        ("10.9.9.9", "iptables", ["primary", "fd00::/8"], False),
        ("not-an-address", "iptables", ["10.0.0.0/8"], False),
    ],
)
def test_addresses_that_have_node_ports(address: str, mode: str, configured: list[str], served: bool) -> None:
    """Upstream: pkg/proxy/util/nodeport_addresses_test.go."""
    assert serves_node_port(address, ["192.168.0.1"], mode, configured) is served


@pytest.mark.parametrize(
    ("address", "mode", "configured", "served"),
    [
        ("127.0.0.1", "iptables", [], True),
        ("127.0.0.1", "iptables", ["10.0.0.0/8"], False),
        ("127.0.0.1", "iptables", ["127.0.0.0/8"], True),
        ("127.0.0.1", "nftables", [], False),
        ("::1", "iptables", [], False),
    ],
)
def test_node_ports_on_localhost(address: str, mode: str, configured: list[str], served: bool) -> None:
    assert serves_localhost(address, mode, configured) is served


@pytest.mark.parametrize(
    ("cidr", "addresses", "detected"),
    [
        (None, ["10.1.0.1"], True),
        ("", ["10.1.0.1"], False),
        ("10.1.0.0/16", ["10.1.0.1"], True),
        ("10.2.0.0/16", ["10.1.0.1"], False),
        ("10.2.0.0/16, fd00::/8", ["10.1.0.1", "fd00::1"], True),
        ("nonsense", ["10.1.0.1"], False),
    ],
)
def test_which_pods_kube_proxy_knows(cidr: str | None, addresses: list[str], detected: bool) -> None:
    assert detects(cidr, addresses) is detected


@pytest.mark.parametrize(
    ("ranges", "address", "node", "allowed"),
    [
        (["10.0.0.0/8"], "203.0.113.1", "10.0.0.1", True),
        (["10.0.0.0/8"], "203.0.113.1", "192.168.0.1", False),
        (["10.0.0.0/8", "0.0.0.0/0"], "203.0.113.1", "", True),
        (["nonsense"], "203.0.113.1", "", True),
    ],
)
def test_source_ranges_and_the_nodes_own_address(ranges: list[str], address: str, node: str, allowed: bool) -> None:
    assert source_allowed(ranges, address, node) is allowed


@pytest.mark.parametrize(
    ("ingress", "vip"),
    [
        (LoadBalancerIngress(ip="203.0.113.1"), True),
        (LoadBalancerIngress(ip="203.0.113.1", ip_mode="VIP"), True),
        (LoadBalancerIngress(ip="203.0.113.1", ip_mode="Proxy"), False),
        (LoadBalancerIngress(hostname="lb.example"), False),
    ],
)
def test_which_addresses_nodes_serve_themselves(ingress: LoadBalancerIngress, vip: bool) -> None:
    status = ServiceStatus(load_balancer=LoadBalancerStatus(ingress=(ingress,)))
    assert is_vip(Service(status=status), "203.0.113.1") is vip


TWO_ZONES = [("n1", "z1"), ("n2", "z2")]


@pytest.mark.parametrize(
    ("endpoints", "nodes", "expected", "rule"),
    [
        ([endpoint("a", zones=("z1",)), endpoint("b", zones=("z2",))], TWO_ZONES, {"a", "b"}, "K4"),
        ([endpoint("a", zones=("z1",)), endpoint("b", zones=("z2",))], [("n1", "z1")], {"a"}, "K4"),
        ([endpoint("a", nodes=("n1",)), endpoint("b", nodes=("n3",))], TWO_ZONES, {"a", "b"}, "K4"),
        ([endpoint("a", zones=("z1",)), endpoint("b")], [("n1", "z1")], {"a", "b"}, "K3"),
        ([endpoint("a"), endpoint("b")], TWO_ZONES, {"a", "b"}, "K3"),
        ([endpoint("a", zones=("z1",)), endpoint("b", zones=("z2",))], [], {"a", "b"}, "K3"),
    ],
)
def test_hints_as_seen_from_many_nodes(
    endpoints: list[Endpoint], nodes: list[tuple[str, str]], expected: set[str], rule: str
) -> None:
    found = choose_anywhere(endpoints, PORT, "Cluster", nodes)
    assert eligible(found) == expected
    assert found.rule == rule
    assert {e.address for e, _ in found.excluded} == {e.address for e in endpoints} - expected


def test_a_proxy_that_reads_slices_takes_ready_endpoints_only() -> None:
    """G12: Envoy and its like know no traffic policy and no fallback."""
    draining = endpoint("b", ready=False, terminating=True)
    assert eligible(choose_ready([endpoint("a"), draining], PORT)) == {"a"}
    assert choose_ready([draining], PORT).reason == "no-endpoints"


ENDPOINTS = st.lists(
    st.tuples(st.sampled_from(["n1", "n2", "n3"]), st.booleans(), st.booleans(), st.sampled_from(["", "z1", "z2"])),
    max_size=10,
)


@given(ENDPOINTS)
def test_the_union_of_every_nodes_list_under_cluster_is_the_ready_set(
    raw: list[tuple[str, bool, bool, str]],
) -> None:
    made = [
        endpoint(f"e{i}", n, ready=r and not t, serving=r, terminating=t, zones=(z,) if z else ())
        for i, (n, r, t, z) in enumerate(raw)
    ]
    hinted = all(e.zone_hints for e in made if e.ready)
    nodes = [("n1", "z1"), ("n2", "z2"), ("n3", "z3")]
    union = set().union(*(eligible(choose(made, PORT, "Cluster", n, z)) for n, z in nodes))
    ready = {e.address for e in made if e.ready}
    fallback = {e.address for e in made if e.serving and e.terminating}
    assert union == (ready or fallback)
    assert hinted or all(eligible(choose(made, PORT, "Cluster", n, z)) == union for n, z in nodes)
