"""Policies of administrators, one tier of them (network-policy-api apis/v1alpha2 and v1alpha1): what each rule fits."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from svcmap.model.cluster_network_policy import ClusterNetworkPolicy
from svcmap.model.connection import INWARD, OUTWARD, Direction, OneWay, Outcome, Party, Ruling
from svcmap.model.refs import Name
from svcmap.model.workloads import Container, ContainerPort, PodSpec
from svcmap.semantics.cluster_network_policy import Node, in_order, rule, selects

SPEC = PodSpec(containers=(Container(ports=(ContainerPort(name="http", container_port=80, protocol="TCP"),)),))
ALL: dict[str, Any] = {"namespaces": {}}
SHOP = {"namespaces": {"matchLabels": {"team": "shop"}}}


def pod(namespace: str, ip: str, **labels: str) -> Party:
    return Party(
        title=namespace,
        is_pod=True,
        pod=Name(namespace, "p"),
        namespace=namespace,
        labels=labels,
        namespace_labels={"team": namespace},
        addresses=(ip,),
        spec=SPEC,
    )


WEB, JOB = pod("shop", "10.1.0.1", app="web"), pod("data", "10.2.0.1", app="job")
OUTSIDE = Party(title="outside", addresses=("203.0.113.5",))
INTERNET = Party(title="internet", public=True)
NODE = Party(title="node", addresses=("192.168.0.1",), node="n1")
UNLABELLED = Party(title="a pod", is_pod=True, namespace="data", namespace_labels={"team": "data"})
UNREAD = Party(title="a pod", is_pod=True, namespace="data", labels={}, namespace_labels=None)
ANYWHERE = Party(title="a pod", is_pod=True, anywhere=True)


def policy(rules: list[dict[str, Any]], direction: Direction = INWARD, **spec: Any) -> ClusterNetworkPolicy:
    end = "from" if direction == INWARD else "to"
    filled = [{"action": "Deny", end: [ALL], **item} for item in rules]
    name, kind = spec.pop("name", "p"), spec.pop("kind", "ClusterNetworkPolicy")
    whole = {"tier": "Admin", "priority": 5, "subject": ALL, **spec, direction: filled}
    raw = {"kind": kind, "metadata": {"name": name}, "spec": whole}
    return msgspec.convert(raw, ClusterNetworkPolicy)


def ask(
    *policies: ClusterNetworkPolicy,
    subject: Party = WEB,
    peer: Party = JOB,
    direction: Direction = INWARD,
    port: int | None = 80,
    protocol: str = "TCP",
    node: Node = False,
) -> Ruling:
    return rule(in_order(policies), OneWay(direction, subject, peer, port, protocol), node)


def outcomes(ruling: Ruling) -> str:
    return " ".join(sorted(ruling.outcomes))


@pytest.mark.parametrize(
    ("subject", "party", "expected"),
    [
        (ALL, WEB, True),
        (SHOP, WEB, True),
        (SHOP, JOB, False),
        (SHOP, UNREAD, None),
        ({"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": "data"}}}, UNREAD, True),
        ({"pods": {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "web"}}}}, WEB, True),
        ({"pods": {"podSelector": {"matchLabels": {"app": "job"}}}}, WEB, False),
        ({"pods": {"podSelector": {"matchLabels": {"app": "job"}}}}, UNLABELLED, None),
        ({}, WEB, None),
        ({"namespaces": {}, "pods": {}}, WEB, None),
        ({}, NODE, False),
        (ALL, NODE, False),
        (ALL, ANYWHERE, True),
        (SHOP, ANYWHERE, None),
    ],
)
def test_whom_a_policy_is_about(subject: dict[str, Any], party: Party, expected: bool | None) -> None:
    assert selects(policy([], subject=subject), party) is expected


@pytest.mark.parametrize(
    ("peer", "party", "expected"),
    [
        (ALL, JOB, "deny"),
        (ALL, OUTSIDE, "next"),
        (ALL, NODE, "next"),
        (SHOP, JOB, "next"),
        (SHOP, ANYWHERE, "deny next"),
        ({"pods": {"podSelector": {"matchLabels": {"app": "job"}}}}, JOB, "deny"),
        ({"pods": {"namespaceSelector": SHOP["namespaces"], "podSelector": {}}}, JOB, "next"),
        ({"networks": ["203.0.113.0/24"]}, OUTSIDE, "deny"),
        ({"networks": ["198.51.100.0/24", "203.0.113.0/24"]}, OUTSIDE, "deny"),
        ({"networks": ["2001:db8::/32"]}, OUTSIDE, "next"),
        ({"networks": ["10.2.0.0/16"]}, JOB, "deny"),
        ({"networks": ["8.8.8.0/24"]}, INTERNET, "deny next"),
        ({"networks": ["10.0.0.0/8"]}, INTERNET, "next"),
        ({"domainNames": ["*.example.com"]}, OUTSIDE, "deny next"),
        ({"domainNames": ["*.example.com"]}, JOB, "next"),
        ({"nodes": {}}, OUTSIDE, "next"),
        ({"unheardOf": {}}, OUTSIDE, "deny next"),
    ],
)
def test_whom_a_rule_is_about(peer: dict[str, Any], party: Party, expected: str) -> None:
    found = policy([{"to": [peer]}], OUTWARD)
    assert outcomes(ask(found, peer=party, direction=OUTWARD)) == expected


@pytest.mark.parametrize(
    ("node", "expected"),
    [({"zone": "a"}, "deny"), ({"zone": "b"}, "next"), (False, "next"), (None, "deny next")],
)
def test_nodes_are_told_by_their_labels(node: Node, expected: str) -> None:
    found = policy([{"to": [{"nodes": {"matchLabels": {"zone": "a"}}}]}], OUTWARD)
    assert outcomes(ask(found, peer=NODE, direction=OUTWARD, node=node)) == expected


@pytest.mark.parametrize(
    ("match", "port", "protocol", "expected"),
    [
        ({"tcp": {"destinationPort": {"number": 80}}}, 80, "TCP", "deny"),
        ({"tcp": {"destinationPort": {"number": 80}}}, 81, "TCP", "next"),
        ({"tcp": {"destinationPort": {"number": 80}}}, 80, "UDP", "next"),
        ({"tcp": {"destinationPort": {"number": 80}}}, None, "TCP", "deny next"),
        ({"udp": {"destinationPort": {"range": {"start": 79, "end": 80}}}}, 80, "UDP", "deny"),
        ({"udp": {"destinationPort": {"range": {"start": 81, "end": 90}}}}, 80, "UDP", "next"),
        ({"sctp": {}}, 5, "SCTP", "deny next"),
        ({"destinationNamedPort": "http"}, 80, "TCP", "deny"),
        ({"destinationNamedPort": "http"}, 81, "TCP", "next"),
        ({"destinationNamedPort": "http"}, 80, "UDP", "next"),
        ({"icmp": {}}, 80, "TCP", "deny next"),
    ],
)
def test_which_ports_a_rule_is_about(match: dict[str, Any], port: int | None, protocol: str, expected: str) -> None:
    assert outcomes(ask(policy([{"protocols": [match]}]), port=port, protocol=protocol)) == expected


@pytest.mark.parametrize(
    ("match", "port", "protocol", "expected"),
    [
        ({"portNumber": {"protocol": "TCP", "port": 80}}, 80, "TCP", "deny"),
        ({"portNumber": {"port": 80}}, 80, "TCP", "deny"),
        ({"portNumber": {"protocol": "UDP", "port": 80}}, 80, "TCP", "next"),
        ({"portNumber": {"protocol": "TCP", "port": 80}}, None, "TCP", "deny next"),
        ({"portRange": {"start": 80, "end": 90}}, 90, "TCP", "deny"),
        ({"portRange": {"start": 80, "end": 90}}, 91, "TCP", "next"),
        ({"namedPort": "http"}, 80, "TCP", "deny"),
        ({"namedPort": "http"}, 81, "TCP", "next"),
        ({"unheardOf": 1}, 81, "TCP", "deny next"),
    ],
)
def test_which_ports_an_older_rule_is_about(
    match: dict[str, Any], port: int | None, protocol: str, expected: str
) -> None:
    older = policy([{"ports": [match]}], kind="AdminNetworkPolicy")
    assert outcomes(ask(older, port=port, protocol=protocol)) == expected


def test_whoever_may_be_a_node_may_be_none() -> None:
    found = policy([{"to": [{"nodes": {}}]}], OUTWARD)
    assert outcomes(ask(found, peer=OUTSIDE, direction=OUTWARD, node=None)) == "deny next"


def test_the_first_rule_that_fits_decides_and_pass_skips_the_tier() -> None:
    first = policy([{"action": "Pass", "from": [SHOP]}, {"action": "Accept"}], name="z", priority=1)
    later = policy([{"action": "Deny"}], name="a", priority=2)
    assert outcomes(ask(later, first)) == "allow"
    assert ask(later, first).rules == ((first, 1),)
    assert ask(later, first, peer=pod("shop", "10.1.0.9")) == Ruling()


@pytest.mark.parametrize(
    ("actions", "expected", "doubt"),
    [
        (("Deny", "Accept"), "allow deny", "equal priority"),
        (("Deny", "Deny"), "deny", ""),
        (("Pass", "Accept"), "allow next", "equal priority"),
    ],
)
def test_which_of_equal_priority_comes_first_nobody_can_tell(
    actions: tuple[str, str], expected: str, doubt: str
) -> None:
    found = ask(*(policy([{"action": action}], name=action + str(i)) for i, action in enumerate(actions)))
    assert (outcomes(found), found.doubt) == (expected, doubt)


MAYBE = {"pods": {"podSelector": {"matchLabels": {"app": "x"}}}}


@pytest.mark.parametrize(
    ("rules", "expected", "about"),
    [
        ([{"action": "Accept", "from": [MAYBE]}, {"action": "Deny"}], "allow deny", 0),
        ([{"action": "Deny", "from": [MAYBE]}, {"action": "Deny"}], "deny", 1),
        ([{"action": "Accept", "from": [MAYBE]}, {"action": "Deny", "from": [MAYBE]}], "allow deny next", 1),
    ],
)
def test_the_rule_to_speak_of(rules: list[dict[str, Any]], expected: str, about: int) -> None:
    """Of a certain answer one that certainly fits; of another one that is in doubt."""
    found = ask(policy(rules), peer=UNLABELLED)
    assert (outcomes(found), found.about and found.about[1], found.doubt) == (expected, about, "")


def test_equal_priority_is_only_a_doubt_of_those_that_are_equal() -> None:
    before = policy([{"action": "Deny", "from": [MAYBE]}], name="z", priority=1)
    equal = [policy([{"action": action}], name=action, priority=5) for action in ("Accept", "Deny")]
    found = ask(before, *equal, peer=UNLABELLED)
    told = found.about[0].metadata.name if found.about else ""
    assert (outcomes(found), found.doubt, told) == ("allow deny", "equal priority", "Deny")


@pytest.mark.parametrize(
    "spec",
    [
        {"tier": "Later"},
        {"tier": ""},
        {"priority": None},
        {"priority": 1001},
        {"subject": {}},
        {"kind": "BaselineAdminNetworkPolicy", "name": "mine"},
    ],
)
def test_a_policy_that_the_api_refuses_may_be_there_and_may_not(spec: dict[str, Any]) -> None:
    assert outcomes(ask(policy([{}], **spec))) == "deny next"


def test_without_a_priority_a_policy_may_come_before_others() -> None:
    before, other = policy([{"action": "Accept"}], priority=None, name="z"), policy([{}], priority=0)
    assert outcomes(ask(other, before)) == "allow deny"


def test_of_a_policy_that_was_read_in_part_nobody_knows_what_it_does() -> None:
    asked = OneWay(INWARD, WEB, JOB, 80, "TCP")
    assert rule([policy([{}])], asked, damaged={"p"}).outcomes == {"deny", "next"}


@pytest.mark.parametrize(
    ("cidr", "expected"), [("10.2.0.1", "deny next"), ("ten/8", "deny next"), ("10.2.0.1/32", "deny")]
)
def test_what_is_no_network_the_api_refuses(cidr: str, expected: str) -> None:
    found = policy([{"to": [{"networks": [cidr]}]}], OUTWARD)
    assert outcomes(ask(found, direction=OUTWARD)) == expected


def test_a_pod_that_may_be_on_the_host_network_may_be_no_peer() -> None:
    controller = Party(title="the controller's pods", is_pod=True, anywhere=True, may_be_host=True)
    assert outcomes(ask(policy([{}]), peer=controller)) == "deny next"


def test_what_may_fit_is_possible_beside_what_does() -> None:
    """A rule about labels nobody knows, then one that fits whoever it is: what follows that is out of the question."""
    by_label = {"pods": {"podSelector": {"matchLabels": {"app": "x"}}}}
    rules: list[dict[str, Any]] = [{"action": "Accept", "from": [by_label]}, {"action": "Deny"}, {"action": "Pass"}]
    assert outcomes(ask(policy(rules), peer=UNLABELLED)) == "allow deny"
    assert outcomes(ask(policy(rules[1:]), peer=UNLABELLED)) == "deny"


OLDER = {"namespaces": {"namespaceSelector": {"matchLabels": {"team": "none"}}}}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"from": []}, "deny next"),
        ({"action": "Log"}, "allow deny next"),
        ({"action": "Pass", "from": [{"serviceAccounts": {}}]}, "deny next"),
        ({"action": "Pass", "from": [{"serviceAccounts": {}}, ALL]}, "deny next"),
        ({"action": "Accept", "from": [{"serviceAccounts": {}}]}, "allow next"),
        ({"action": "Deny", "from": [{"serviceAccounts": {}}, ALL]}, "deny"),
        ({"from": [OLDER]}, "deny next"),
        ({"from": [{"namespaces": {"sameLabels": ["team"]}}]}, "deny next"),
        ({"protocols": [{"tcp": {"sourcePort": {"number": 80}}}]}, "deny next"),
        ({"protocols": [{"tcp": {"destinationPort": {"range": {"start": 1}}}}]}, "deny next"),
        ({"ports": [{"portNumber": {"protocol": "TCP", "port": 80}}]}, "deny next"),
        ({"action": "Allow"}, "allow deny next"),
        ({"from": [{"networks": ["10.0.0.0/8"]}]}, "deny next"),
        ({"from": [{**ALL, "pods": {}}]}, "deny next"),
        ({"protocols": [{"tcp": {"destinationPort": {"name": "http"}}}]}, "deny next"),
    ],
)
def test_what_the_api_refuses_could_be_anything(item: dict[str, Any], expected: str) -> None:
    assert outcomes(ask(policy([item]))) == expected


@pytest.mark.parametrize(
    ("peer", "party", "expected"),
    [({"networks": ["10.0.0.0/8"]}, JOB, True), (ALL, JOB, False), ({"networks": ["203.0.113.0/24"]}, OUTSIDE, False)],
)
def test_a_pod_that_only_its_address_lets_pass_is_said(peer: dict[str, Any], party: Party, expected: bool) -> None:
    """N5: not every implementation compares networks with pods."""
    found = ask(policy([{"action": "Accept", "to": [peer]}], OUTWARD), peer=party, direction=OUTWARD)
    assert (outcomes(found), bool(found.assumes)) == ("allow", expected)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"allow"}, {"deny"}, {"allow"}),
        ({"next"}, {"deny"}, {"deny"}),
        ({"allow", "next"}, {"deny"}, {"allow", "deny"}),
        ({"deny", "next"}, {"deny"}, {"deny"}),
        ({"deny", "next"}, {"next"}, {"deny", "next"}),
    ],
)
def test_one_after_the_other(one: set[Outcome], other: set[Outcome], expected: set[Outcome]) -> None:
    assert Ruling(outcomes=frozenset(one)).then(Ruling(outcomes=frozenset(other))).outcomes == expected
