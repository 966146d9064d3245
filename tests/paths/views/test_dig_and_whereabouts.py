"""The look-ups beside a trace: what DNS answers whom, and which ways lead through an address, node port, host or pod."""

from __future__ import annotations

import pytest

from svcmap.model.assumptions import from_options
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.destination.dig import Dig, dig
from svcmap.paths.known.assumptions import settle, settled
from svcmap.paths.trace import trace
from svcmap.paths.views.whereabouts import services_at, standing_at, ways_through
from tests import objects
from tests.conftest import state_of
from tests.paths.policies.test_egress import BASE, egress


def ask(state: ClusterState, name: str, type_: str | None = None, who: str | None = None) -> Dig:
    return dig(state, name, type_, parse_vantage(who) if who else None)


@pytest.mark.parametrize(
    ("name", "type_", "who", "rcode", "data"),
    [
        ("web.shop.svc.cluster.local", None, None, "NOERROR", ["10.96.12.7"]),
        ("10.96.12.7", None, None, "NOERROR", ["web.shop.svc.cluster.local."]),
        ("web", None, "namespace:shop", "NOERROR", ["10.96.12.7"]),
        ("web.shop", None, "namespace:mail", "NOERROR", ["10.96.12.7"]),
        ("web", None, "namespace:mail", "NXDOMAIN", []),
        ("web", "SRV", "namespace:shop", "NOERROR", None),
        ("www.example.org", None, "namespace:shop", "", []),
        ("web", None, "node:node-a", "", []),
        ("web", None, "internet", "", []),
    ],
)
def test_who_gets_which_answer(
    demo: ClusterState, name: str, type_: str | None, who: str | None, rcode: str, data: list[str] | None
) -> None:
    found = ask(demo, name, type_, who)
    assert found.answer.rcode == rcode
    if data is not None:
        assert [record.data for record in found.answer.answers] == data
    else:
        assert found.answer.answers


def test_the_tries_are_told_in_order(demo: ClusterState) -> None:
    found = ask(demo, "web.shop", None, "namespace:mail")
    assert found.tries == (
        ("web.shop.mail.svc.cluster.local", "NXDOMAIN"),
        ("web.shop.svc.cluster.local", "NOERROR"),
    )


FALLTHROUGH = """
apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data:
  Corefile: |
    .:53 {
        hosts {
            192.0.2.7 legacy.example
            fallthrough
        }
        kubernetes cluster.local {
            fallthrough
        }
        forward . 192.0.2.53
    }
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.0.7, ports: [{port: 80}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: mail}
---
apiVersion: v1
kind: Pod
metadata: {name: plain, namespace: shop}
spec: {dnsPolicy: Default, containers: [{name: a}]}
"""


def test_a_name_that_is_passed_on_does_not_end_the_search_list() -> None:
    state = state_of(FALLTHROUGH)
    found = ask(state, "web.shop", None, "namespace:mail")
    assert [record.data for record in found.answer.answers] == ["10.96.0.7"]
    missing = ask(state, "nobody.shop.svc.cluster.local")
    assert (missing.answer.rcode, missing.answer.basis) == ("NXDOMAIN", "unknown")


def test_a_pod_may_ask_the_resolver_of_its_node() -> None:
    found = ask(state_of(FALLTHROUGH), "web", None, "pod:shop/plain")
    assert (found.answer.rcode, "resolver of its node" in found.answer.note) == ("NXDOMAIN", True)


def test_assumptions_are_settled_into_the_state() -> None:
    state = state_of(FALLTHROUGH)
    changed = settle(state, from_options({"dns": {"zones": ["corp.example"], "ttl": 9}}, settled(state_of(""))))
    found = ask(changed, "web.shop.svc.corp.example")
    assert [str(record) for record in found.answer.answers] == ["web.shop.svc.corp.example. 9 IN A 10.96.0.7"]


@pytest.mark.parametrize(
    ("text", "services"),
    [
        ("203.0.113.10", {"shop/web"}),
        ("10.96.12.7", {"shop/web"}),
        (":30080", {"shop/web"}),
        (":30099", set()),
        ("web.shop.svc.cluster.local", {"shop/web"}),
        ("shop/web", {"shop/web"}),
        ("pod:shop/payments-7d9f8b6c5d-8jb7s", set()),
        ("192.0.2.77", set()),
        ("nobody.example.org", set()),
    ],
)
def test_whose_it_is(demo: ClusterState, text: str, services: set[str]) -> None:
    assert {str(name) for name in services_at(demo, text)} == services


def test_a_host_belongs_to_every_service_behind_its_rules(demo: ClusterState) -> None:
    assert Name("shop", "web") in services_at(demo, "WWW.example.com.")
    assert Name("shop", "payments") in services_at(demo, "www.example.com")


def test_ways_through_a_node_port_are_of_its_own_port(demo: ClusterState) -> None:
    found = ways_through(demo, ":30080")
    assert {way.entry.kind for way in found} == {"node-port"}
    assert {way.trace.service_port.port for way in found if way.trace.service_port} == {80}


def test_ways_to_a_pod_say_which_lead_past_it(demo: ClusterState) -> None:
    canary = "pod:shop/web-canary-66c4d8f9b7-dbq76"
    found = ways_through(demo, canary)
    assert found
    assert all(way.kept_out for way in found)
    served = ways_through(demo, "10.244.1.10")
    assert served
    assert not any(way.kept_out for way in served)


@pytest.mark.parametrize("url", ["https://www.example.com/pay", "http://203.0.113.10/", "tcp://10.96.12.7:80"])
@pytest.mark.parametrize("who", ["internet", "namespace:shop", "node:node-a"])
def test_the_same_request_has_the_same_trace(demo: ClusterState, url: str, who: str) -> None:
    request = parse_request(url, parse_vantage(who))
    assert trace(demo, request) == trace(demo, request)


def test_a_pod_that_a_policy_cuts_off_from_dns_is_told_so() -> None:
    text = BASE + egress("{ports: [{port: 80}]}").replace("port: 53", "port: 54")
    found = dig(state_of(text), "web", None, parse_vantage("pod:default/client"))
    assert (found.answer.rcode, found.answer.basis, found.answer.answers) == ("", "computed", ())
    assert "lets no UDP port 53 out" in found.answer.note


def test_a_gateway_without_routes_still_stands_at_its_address() -> None:
    text = objects.gateway("{name: http, port: 80, protocol: HTTP}", status="{addresses: [{value: 203.0.113.50}]}")
    state = state_of(text)
    assert ways_through(state, "203.0.113.50") == []
    found = [str(standing_at(state, f"203.0.113.{last}") or "") for last in (50, 51)]
    assert [text.partition("/")[0] for text in found] == ["Gateway", ""]
