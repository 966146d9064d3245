"""PROXY protocol: a load balancer that speaks it, and a controller that expects it, or one of them alone (CF-14)."""

from __future__ import annotations

import pytest

from svcmap.paths.outcome import Trace
from tests import objects
from tests.paths.routes.test_front import AWS, CLOSED, WWW, ask, controller, front, rules

SENDS = f"annotations: {{{AWS}proxy-protocol: '*'}}"
EXPECTS = "data: {use-proxy-protocol: 'true'}"
NOTHING = "data: {}"


def settings(data: str) -> str:
    return objects.document("ConfigMap", "ingress-nginx-controller", data, namespace="edge")


def asked(data: str, meta: str = "", who: str = "internet", to: str = WWW, via: str | None = None) -> Trace:
    return ask(rules() + front(meta=meta) + controller() + settings(data), to, who, via)


@pytest.mark.parametrize(
    ("data", "meta", "who", "verdict", "reason", "status"),
    [
        (EXPECTS, SENDS, "internet", "reachable", None, None),
        (NOTHING, "", "internet", "reachable", None, None),
        (NOTHING, SENDS, "internet", "unreachable", "tls", 400),
        (EXPECTS, "", "internet", "unreachable", "tls", None),
        # kube-proxy answers for the load balancer's address, and sends no header
        (EXPECTS, SENDS, "pod", "unreachable", "tls", None),
        (NOTHING, SENDS, "pod", "reachable", None, None),
    ],
)
def test_both_sides_speak_it_or_nobody_gets_through(
    data: str, meta: str, who: str, verdict: str, reason: str | None, status: int | None
) -> None:
    found = asked(data, meta, who)
    assert (found.verdict, found.reason, found.answer.status) == (verdict, reason, status)


@pytest.mark.parametrize(
    ("annotation", "sends"),
    [
        (f"{AWS}target-group-attributes: 'preserve_client_ip.enabled=true,proxy_protocol_v2.enabled=true'", True),
        (f"{AWS}target-group-attributes: 'proxy_protocol_v2.enabled=false'", False),
        ("load-balancer.hetzner.cloud/uses-proxyprotocol: 'true'", True),
        ("load-balancer.hetzner.cloud/uses-proxyprotocol: 'false'", False),
        ("service.kubernetes.io/ibm-load-balancer-cloud-provider-enable-features: proxy-protocol", True),
        ("example.com/note: we turned proxy-protocol off", False),
    ],
)
def test_annotations_that_turn_it_on(annotation: str, sends: bool) -> None:
    found = asked(EXPECTS, f"annotations: {{{annotation}}}")
    assert found.verdict == ("reachable" if sends else "unreachable")


def test_who_sends_none_is_told_and_what_to_do() -> None:
    alone = asked(EXPECTS)
    assert alone.stop is not None
    assert alone.stop.rule == "CF-14"
    assert "no annotation has the load balancer of Service edge/ctl send it" in alone.stop.says
    assert "by hand" in " ".join(alone.assumed)
    inside = asked(EXPECTS, SENDS, "pod")
    assert inside.stop is not None
    assert "short cut" in inside.stop.says
    at_node = asked(EXPECTS, SENDS, "intranet", via="node:n1")
    assert (at_node.verdict, at_node.reason) == ("unreachable", "tls")
    assert at_node.stop is not None
    assert "no load balancer that sends it is on this way" in at_node.stop.says


def test_the_ends_that_are_not_known_are_unknown() -> None:
    """Settings that were not read, or whatever is in front of a controller that expects it."""
    unread = ask(rules() + front(meta=SENDS) + controller())
    assert (unread.verdict, unread.likely) == ("unknown", "reachable")
    assert [item.field for item in unread.undecided] == [f"metadata.annotations[{AWS}proxy-protocol]"]
    nobody = ask(rules() + settings(EXPECTS))
    assert [item.field for item in nobody.undecided] == ["data.use-proxy-protocol"]


def test_the_client_is_seen_where_both_speak_it() -> None:
    """CF-13: the header tells the client, whom a node's address hides otherwise."""
    listed = "annotations: {nginx.ingress.kubernetes.io/whitelist-source-range: 198.51.100.0/24}"
    for who, status in (("198.51.100.7", None), ("192.0.2.200", 403)):
        text = rules(listed) + front(meta=SENDS) + controller() + settings(EXPECTS)
        assert ask(text, who=who).answer.status == status
    assert asked(EXPECTS, SENDS).verdict == "reachable"


def test_packets_come_first() -> None:
    found = ask(rules() + front(meta=SENDS) + controller() + settings(NOTHING) + CLOSED)
    assert found.reason == "network-policy"
