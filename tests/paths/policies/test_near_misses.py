"""What a NetworkPolicy was meant to let in, and does not: peers that fit but for one thing."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.7, selector: {app: web}, ports: [{port: 80}]}", "web", namespace="shop")
BASE = WEB + objects.pod("web-0", "10.1.0.7", namespace="shop", spec="nodeName: n2")


def ask(rule: str, client: str) -> Trace:
    policy = objects.document(
        "NetworkPolicy", "own", f"spec: {{podSelector: {{}}, ingress: [{rule}]}}", namespace="shop"
    )
    names = objects.namespace("default", "{stage: test}") + objects.namespace("shop")
    state = state_of(BASE + policy + names + client)
    return trace(state, parse_request("http://10.96.0.7", parse_vantage("pod:default/client")))


@pytest.mark.parametrize(
    ("peer", "says"),
    [
        ("{podSelector: {matchLabels: {app: client}}}", "means pods of namespace shop only."),
        (
            "{namespaceSelector: {matchLabels: {team: a}}, podSelector: {matchLabels: {app: client}}}",
            "asks for team=a of namespace default, which has no such label; it has kubernetes.io/metadata.name=default.",
        ),
        (
            "{namespaceSelector: {matchLabels: {stage: prod}}}",
            "asks for stage=prod of namespace default, which has stage=test; it has kubernetes.io/metadata.name=default.",
        ),
        (
            "{namespaceSelector: {}, podSelector: {matchLabels: {app: other}}}",
            "asks for app=other of pod default/client, which has app=client.",
        ),
        ("{namespaceSelector: {matchLabels: {team: a, tier: b}}}", "most plugins drop the packets."),
    ],
)
def test_a_peer_that_fits_but_for_one_thing_is_a_near_miss(peer: str, says: str) -> None:
    """N4: one label, or the namespace."""
    client = objects.pod("client", "10.1.0.2", labels="{app: client}", namespace="default")
    found = ask(f"{{from: [{peer}]}}", client)
    assert found.reason == "network-policy"
    assert found.stop is not None
    assert found.stop.says.endswith(says)


def test_a_pod_on_the_host_network_is_seen_as_its_node() -> None:
    """N8."""
    client = objects.pod(
        "client", "192.168.0.1", labels="{app: client}", namespace="default", spec="hostNetwork: true, nodeName: n1"
    )
    found = ask("{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: client}}}]}", client)
    assert found.reason == "network-policy"
    assert found.stop is not None
    assert "on the host network: policies see its node" in found.stop.says
