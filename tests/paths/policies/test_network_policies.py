"""NetworkPolicy (upstream: test/e2e/network/netpol, api/networking/v1/types.go): tables, and properties over random ones."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcmap.model.connection import Direction, Party
from svcmap.model.networking import NetworkPolicy
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.model.workloads import Container, ContainerPort, PodSpec
from svcmap.paths.policies.judgement import Judgement, judge
from svcmap.semantics.network_policy import isolates
from tests import objects
from tests.conftest import state_of

PORTS = (ContainerPort(name="http", container_port=80), ContainerPort(name="dns", container_port=53, protocol="UDP"))
SIDECAR = Container(restart_policy="Always", ports=(ContainerPort(name="side", container_port=80),))
SPEC = PodSpec(containers=(Container(ports=PORTS),), init_containers=(SIDECAR,))


def pod(namespace: str, name: str, ip: str, node: str = "n1", **labels: str) -> Party:
    return Party(
        title=name,
        is_pod=True,
        pod=Name(namespace, name),
        namespace=namespace,
        labels=labels,
        namespace_labels={"team": namespace},
        addresses=(ip,),
        node=node,
        spec=SPEC,
    )


WEB = pod("shop", "web", "10.1.0.1", app="web")
DB = pod("shop", "db", "10.1.0.2", node="n2", app="db")
OTHER = pod("data", "job", "10.2.0.1", node="n2", app="job")
OUTSIDE = Party(title="outside", addresses=("203.0.113.5",))
NODE_1 = Party(title="n1", addresses=("192.168.0.1",), node="n1")
NODE_2 = Party(title="n2", addresses=("192.168.0.2",), node="n2")
INTERNET = Party(title="internet", public=True)
ANYBODY = Party(title="a pod", is_pod=True, namespace="shop")
ANYWHERE = Party(title="a pod", is_pod=True, anywhere=True)
NOT_SHOP = Party(title="a pod", is_pod=True, anywhere=True, apart_from="shop")


@cache
def guarded(*specs: str, namespace: str = "shop") -> ClusterState:
    made = (
        objects.document("NetworkPolicy", f"p{i}", f"spec: {spec}", namespace=namespace) for i, spec in enumerate(specs)
    )
    return state_of("".join(made))


def policies(*specs: str) -> tuple[NetworkPolicy, ...]:
    return tuple(guarded(*specs).network_policies.values())


def ask(source: Party, target: Party, *specs: str, port: int = 80, protocol: str = "TCP") -> Judgement:
    return judge(guarded(*specs), source, target, port, protocol)


ALL = "podSelector: {}"


@pytest.mark.parametrize(
    ("source", "target", "spec", "port", "protocol", "expected"),
    [
        (OTHER, WEB, f"{{{ALL}}}", 80, "TCP", "ingress"),
        (OTHER, WEB, f"{{{ALL}, ingress: []}}", 80, "TCP", "ingress"),
        (OTHER, WEB, f"{{{ALL}, ingress: [{{}}]}}", 80, "TCP", None),
        (OTHER, WEB, "{podSelector: {matchLabels: {app: none}}}", 80, "TCP", None),
        (WEB, WEB, f"{{{ALL}}}", 80, "TCP", None),
        (WEB, OTHER, f"{{{ALL}, policyTypes: [Egress]}}", 80, "TCP", "egress"),
        (WEB, OTHER, f"{{{ALL}, egress: [{{}}]}}", 80, "TCP", None),
        (OTHER, WEB, f"{{{ALL}, policyTypes: [Egress]}}", 80, "TCP", None),
        (DB, WEB, f"{{{ALL}, egress: [{{}}]}}", 80, "TCP", "ingress"),
        (DB, WEB, f"{{{ALL}, ingress: [{{from: [{{podSelector: {{matchLabels: {{app: db}}}}}}]}}]}}", 80, "TCP", None),
        (OTHER, WEB, f"{{{ALL}, ingress: [{{from: [{{podSelector: {{}}}}]}}]}}", 80, "TCP", "ingress"),
        (OTHER, WEB, f"{{{ALL}, ingress: [{{from: [{{namespaceSelector: {{}}}}]}}]}}", 80, "TCP", None),
        (OUTSIDE, WEB, f"{{{ALL}, ingress: [{{from: [{{namespaceSelector: {{}}}}]}}]}}", 80, "TCP", "ingress"),
        (OTHER, WEB, f"{{{ALL}, ingress: [{{from: [{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: data}}}}}}]}}]}}", 80, "TCP", None),
        (OTHER, WEB, f"{{{ALL}, ingress: [{{from: [{{namespaceSelector: {{matchLabels: {{team: data}}}}, podSelector: {{matchLabels: {{app: x}}}}}}]}}]}}", 80, "TCP", "ingress"),
        (OTHER, WEB, f"{{{ALL}, ingress: [{{from: [{{namespaceSelector: {{matchLabels: {{team: data}}}}}}, {{podSelector: {{matchLabels: {{app: x}}}}}}]}}]}}", 80, "TCP", None),
        (OTHER, WEB, f"{{{ALL}, ingress: [{{from: [{{}}]}}]}}", 80, "TCP", "ingress"),
        (OUTSIDE, WEB, f"{{{ALL}, ingress: [{{from: [{{ipBlock: {{cidr: 203.0.113.0/24}}}}]}}]}}", 80, "TCP", None),
        (OUTSIDE, WEB, f"{{{ALL}, ingress: [{{from: [{{ipBlock: {{cidr: 203.0.113.0/24, except: [203.0.113.0/29]}}}}]}}]}}", 80, "TCP", "ingress"),
        (OUTSIDE, WEB, f"{{{ALL}, ingress: [{{from: [{{ipBlock: {{cidr: nonsense}}}}]}}]}}", 80, "TCP", "ingress"),
        (OUTSIDE, WEB, f"{{{ALL}, ingress: [{{from: [{{ipBlock: {{cidr: 203.0.113.0/24}}, podSelector: {{}}}}]}}]}}", 80, "TCP", "ingress"),
        (OTHER, WEB, f"{{{ALL}, ingress: [{{ports: [{{port: 80}}]}}]}}", 80, "TCP", None),
        (OTHER, WEB, f"{{{ALL}, ingress: [{{ports: [{{port: 80}}]}}]}}", 80, "UDP", "ingress"),
        (OTHER, WEB, f"{{{ALL}, ingress: [{{ports: [{{port: 79, endPort: 81}}]}}]}}", 80, "TCP", None),
        (OTHER, WEB, f"{{{ALL}, ingress: [{{ports: [{{port: 81, endPort: 90}}]}}]}}", 80, "TCP", "ingress"),
        (OTHER, WEB, f"{{{ALL}, ingress: [{{ports: [{{port: http}}]}}]}}", 80, "TCP", None),
        (OTHER, WEB, f"{{{ALL}, ingress: [{{ports: [{{port: http}}]}}]}}", 81, "TCP", "ingress"),
        (OTHER, WEB, f"{{{ALL}, ingress: [{{ports: [{{port: side}}]}}]}}", 80, "TCP", "ingress"),
        (OTHER, WEB, f"{{{ALL}, ingress: [{{ports: [{{port: dns, protocol: UDP}}]}}]}}", 53, "UDP", None),
        (OTHER, WEB, f"{{{ALL}, ingress: [{{ports: [{{protocol: SCTP}}]}}]}}", 5, "SCTP", None),
        (WEB, OUTSIDE, f"{{{ALL}, policyTypes: [Egress], egress: [{{ports: [{{port: http}}]}}]}}", 80, "TCP", "egress"),
        (WEB, OUTSIDE, f"{{{ALL}, policyTypes: [Egress], egress: [{{to: [{{ipBlock: {{cidr: 0.0.0.0/0}}}}]}}]}}", 80, "TCP", None),
        (NODE_1, WEB, f"{{{ALL}}}", 80, "TCP", None),
        (NODE_2, WEB, f"{{{ALL}}}", 80, "TCP", "ingress"),
        (NODE_2, WEB, f"{{{ALL}, ingress: [{{from: [{{ipBlock: {{cidr: 192.168.0.0/24}}}}]}}]}}", 80, "TCP", None),
        (WEB, NODE_1, f"{{{ALL}, policyTypes: [Egress]}}", 10250, "TCP", "egress"),
    ],
)  # fmt: skip
def test_the_table(source: Party, target: Party, spec: str, port: int, protocol: str, expected: str | None) -> None:
    found = ask(source, target, spec, port=port, protocol=protocol)
    assert (found.verdict, found.direction if found.verdict == "denied" else None) == (
        ("denied", expected) if expected else ("allowed", None)
    )


@pytest.mark.parametrize(
    ("source", "spec", "expected"),
    [
        (ANYBODY, f"{{{ALL}, ingress: [{{from: [{{podSelector: {{}}}}]}}]}}", "allowed"),
        (ANYBODY, f"{{{ALL}, ingress: [{{from: [{{podSelector: {{matchLabels: {{app: db}}}}}}]}}]}}", "unknown"),
        (ANYBODY, f"{{{ALL}, ingress: [{{from: [{{ipBlock: {{cidr: 10.1.0.0/16}}}}]}}]}}", "unknown"),
        (ANYWHERE, f"{{{ALL}, ingress: [{{from: [{{podSelector: {{}}}}]}}]}}", "unknown"),
        (NOT_SHOP, f"{{{ALL}, ingress: [{{from: [{{podSelector: {{}}}}]}}]}}", "denied"),
        (NOT_SHOP, f"{{{ALL}, ingress: [{{from: [{{namespaceSelector: {{}}}}]}}]}}", "allowed"),
        (NOT_SHOP, f"{{{ALL}, ingress: [{{from: [{{namespaceSelector: {{matchLabels: {{a: b}}}}}}]}}]}}", "unknown"),
        (INTERNET, f"{{{ALL}, ingress: [{{from: [{{ipBlock: {{cidr: 0.0.0.0/0}}}}]}}]}}", "allowed"),
        (INTERNET, f"{{{ALL}, ingress: [{{from: [{{ipBlock: {{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}}}]}}]}}", "allowed"),
        (INTERNET, f"{{{ALL}, ingress: [{{from: [{{ipBlock: {{cidr: 0.0.0.0/0, except: [8.8.8.0/24]}}}}]}}]}}", "unknown"),
        (INTERNET, f"{{{ALL}, ingress: [{{from: [{{ipBlock: {{cidr: 10.0.0.0/8}}}}]}}]}}", "denied"),
        (INTERNET, f"{{{ALL}, ingress: [{{from: [{{ipBlock: {{cidr: 8.8.8.0/24}}}}]}}]}}", "unknown"),
    ],
)  # fmt: skip
def test_what_nobody_can_know_is_unknown(source: Party, spec: str, expected: str) -> None:
    assert ask(source, WEB, spec).verdict == expected


@pytest.mark.parametrize(
    ("specs", "expected"),
    [
        (("{podSelector: {matchLabels: {app: web}}}",), "unknown"),
        (("{podSelector: {matchLabels: {app: web}}, ingress: [{}]}",), "allowed"),
        ((f"{{{ALL}}}", "{podSelector: {matchLabels: {app: web}}, ingress: [{}]}"), "unknown"),
        ((f"{{{ALL}, ingress: [{{}}]}}", "{podSelector: {matchLabels: {app: web}}}"), "allowed"),
    ],
)
def test_a_pod_whose_labels_are_not_known_may_be_selected(specs: tuple[str, ...], expected: str) -> None:
    """Whatever the possible policies select: allowed only if every one of them lets the connection pass."""
    assert ask(OTHER, Party(title="x", is_pod=True, namespace="shop"), *specs).verdict == expected


def test_a_named_port_of_a_pod_nobody_saw_is_unknown() -> None:
    target = Party(title="x", is_pod=True, namespace="shop", labels={})
    assert ask(OTHER, target, f"{{{ALL}, ingress: [{{ports: [{{port: http}}]}}]}}").verdict == "unknown"


def test_the_rule_that_decides_is_named() -> None:
    rules = f"{{{ALL}, ingress: [{{ports: [{{port: 1}}]}}, {{from: [{{ipBlock: {{cidr: 10.2.0.0/16}}}}]}}]}}"
    found = ask(OTHER, WEB, rules)
    assert [(policy.metadata.name, index) for policy, index in found.ruling.rules] == [("p0", 1)]
    assert found.ruling.assumes
    denied = ask(OUTSIDE, WEB, rules)
    assert [policy.metadata.name for policy in denied.policies] == ["p0"]


def test_what_the_pod_sees_decides_ingress_and_the_pod_itself_egress() -> None:
    """K10: a node that put its own address on the packets is a node to ingress, and still a pod to egress."""
    found = guarded(
        f"{{{ALL}, policyTypes: [Ingress, Egress], egress: [{{}}], ingress: [{{from: [{{podSelector: {{}}}}]}}]}}"
    )
    assert judge(found, DB, WEB, 80, "TCP").verdict == "allowed"
    assert judge(found, DB, WEB, 80, "TCP", NODE_2).verdict == "denied"
    assert judge(found, DB, WEB, 80, "TCP", NODE_1).verdict == "unknown", "on its own node plugins see the one or other"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (f"{{{ALL}}}", ["ingress"]),
        (f"{{{ALL}, egress: [{{}}]}}", ["ingress", "egress"]),
        (f"{{{ALL}, egress: []}}", ["ingress"]),
        (f"{{{ALL}, policyTypes: [Egress]}}", ["egress"]),
    ],
)
def test_policy_types_by_default(spec: str, expected: list[Direction]) -> None:
    ways: list[Direction] = ["ingress", "egress"]
    assert [way for way in ways if isolates(policies(spec)[0], way)] == expected


# -- properties -----------------------------------------------------------------------------------------------------

OCTETS = st.integers(0, 3)
ADDRESSES = st.builds(lambda a, b: f"10.0.{a}.{b}", OCTETS, OCTETS)
CIDRS = st.builds(
    lambda a, b, n: str(ip_network(f"10.0.{a}.{b}/{n}", strict=False)),
    OCTETS,
    OCTETS,
    st.sampled_from([0, 22, 23, 24, 30, 31, 32]),
)


@given(ADDRESSES, CIDRS, st.lists(CIDRS, max_size=2))
def test_blocks_agree_with_brute_force(address: str, cidr: str, exceptions: list[str]) -> None:
    rules = f"{{{ALL}, ingress: [{{from: [{{ipBlock: {{cidr: {cidr}, except: {exceptions}}}}}]}}]}}"
    inside = ip_address(address) in ip_network(cidr) and not any(
        ip_address(address) in ip_network(e) for e in exceptions
    )
    assert (ask(Party(title="x", addresses=(address,)), WEB, rules).verdict == "allowed") is inside


@given(st.integers(1, 100), st.integers(1, 100), st.integers(0, 20))
def test_port_ranges_agree_with_brute_force(asked: int, first: int, length: int) -> None:
    rules = f"{{{ALL}, ingress: [{{ports: [{{port: {first}, endPort: {first + length}}}]}}]}}"
    assert (ask(OUTSIDE, WEB, rules, port=asked).verdict == "allowed") is (asked in range(first, first + length + 1))


PEERS = st.sampled_from(
    [
        "{podSelector: {}}",
        "{podSelector: {matchLabels: {app: db}}}",
        "{namespaceSelector: {}}",
        "{ipBlock: {cidr: 10.0.0.0/8}}",
    ]
)
RULES = st.sampled_from(["", "{}", "{ports: [{port: 80}]}", "{ports: [{port: 443}]}"]) | PEERS.map(
    lambda p: f"{{from: [{p}]}}"
)
EGRESS = st.sampled_from([", egress: []", ", policyTypes: [Egress]", ", egress: [{}]", ", policyTypes: [Ingress]"])
SELECTORS = st.sampled_from(["{}", "{matchLabels: {app: web}}", "{matchLabels: {app: db}}"])
SPECS = st.builds(lambda s, r, e: f"{{podSelector: {s}, ingress: [{r}]{e}}}", SELECTORS, RULES, EGRESS)
ENDS = st.sampled_from([WEB, DB, OTHER, OUTSIDE, NODE_1])


@given(st.lists(SPECS, min_size=1, max_size=3, unique=True), st.integers(0, 2), ENDS, st.sampled_from([WEB, DB, OTHER]))
def test_more_rules_of_a_policy_that_isolates_already_never_cut_anything(
    specs: list[str], which: int, source: Party, target: Party
) -> None:
    """There are no deny rules: a second policy with the same selector and directions only adds to what passes."""
    twin = specs[which % len(specs)].replace("ingress: [", "ingress: [{ports: [{port: 80}]}, ").replace(", ]", "]")
    before = ask(source, target, *specs).verdict
    after = ask(source, target, *specs, twin).verdict
    assert not (before == "allowed" and after == "denied")


@given(st.lists(SPECS, max_size=3), SELECTORS, ENDS, st.sampled_from([WEB, DB, OTHER]))
def test_removing_a_policy_that_lets_nothing_through_never_cuts(
    specs: list[str], selector: str, source: Party, target: Party
) -> None:
    """Of a policy with rules that is not true: others may isolate the pod too, and only its rule let the pair pass."""
    strict = f"{{podSelector: {selector}, policyTypes: [Ingress, Egress]}}"
    if ask(source, target, *specs, strict).verdict == "allowed":
        assert ask(source, target, *specs).verdict == "allowed"


@pytest.mark.parametrize(
    ("cidr", "source", "passes"),
    [("::/0", "internet", False), ("::/0", "198.51.100.1", False), ("0.0.0.0/0", "internet", True)],
)
def test_a_block_of_one_family_lets_nobody_of_the_other_in(cidr: str, source: str, passes: bool) -> None:
    """N5: an address that is not known is still of the family of the connection."""
    party = INTERNET if source == "internet" else Party(title=source, addresses=(source,))
    rules = f"{{{ALL}, ingress: [{{from: [{{ipBlock: {{cidr: '{cidr}'}}}}]}}]}}"
    assert (ask(party, WEB, rules).verdict == "allowed") is passes
