"""kube-proxy's choice of endpoints (upstream: pkg/proxy/topology_test.go TestCategorizeEndpoints)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcmap.model.core import Service, ServicePort, ServiceSpec
from svcmap.model.facts import Endpoint, PortBinding
from svcmap.semantics.service_proxy import Choice, Sender, choose, is_served, masquerades, policy_for

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
