"""What CoreDNS answers (upstream: plugin/kubernetes/handler_test.go, reverse_test.go)."""

from __future__ import annotations

import pytest

from svcmap.model.assumptions import DNSAssumptions
from svcmap.model.refs import Name
from svcmap.paths.known.look_ups import ask_dns
from svcmap.semantics import dns
from svcmap.semantics.dns.names import service_of
from tests.conftest import state_of

ZONES = ("cluster.local", "in-addr.arpa", "ip6.arpa")
CLUSTER = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIPs: [10.96.0.9, 'fd00::9'], clusterIP: 10.96.0.9, ipFamilyPolicy: PreferDualStack, ports: [{name: http, port: 80}, {name: dns, port: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: None, selector: {a: b}, ports: [{name: pg, port: 5432}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-1, namespace: shop, labels: {kubernetes.io/service-name: db}}
addressType: IPv4
ports: [{name: pg, port: 15432}]
endpoints:
- {addresses: [10.1.0.1], hostname: db-0}
- {addresses: [10.1.0.2]}
- {addresses: [10.1.0.3], conditions: {ready: false}}
---
apiVersion: v1
kind: Service
metadata: {name: empty, namespace: shop}
spec: {clusterIP: None, selector: {nothing: here}, ports: [{port: 1}]}
---
apiVersion: v1
kind: Service
metadata: {name: alias, namespace: shop}
spec: {type: ExternalName, externalName: db.example.com.}
---
apiVersion: v1
kind: Service
metadata: {name: ip-alias, namespace: shop}
spec: {type: ExternalName, externalName: 192.0.2.1}
---
apiVersion: v1
kind: Service
metadata: {name: new, namespace: shop}
spec: {selector: {a: b}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: x, namespace: shop, labels: {some: pod}}
"""
STATE = state_of(CLUSTER)


def ask(name: str, type_: str, **options: object) -> dns.Answer:
    found = DNSAssumptions(zones=ZONES, ttl=30, **options)  # type: ignore[arg-type]
    return ask_dns(STATE, name, type_, found)


def data(name: str, type_: str) -> list[str]:
    return [record.data for record in ask(name, type_).answers]


@pytest.mark.parametrize(
    ("name", "type_", "expected"),
    [
        ("web.shop.svc.cluster.local", "A", ["10.96.0.9"]),
        ("WEB.shop.svc.Cluster.local.", "AAAA", ["fd00::9"]),
        ("_http._tcp.web.shop.svc.cluster.local", "SRV", ["0 50 80 web.shop.svc.cluster.local."]),
        ("http.tcp.web.shop.svc.cluster.local", "A", ["10.96.0.9"]),
        ("db.shop.svc.cluster.local", "A", ["10.1.0.1", "10.1.0.2"]),
        ("db.shop.svc.cluster.local", "AAAA", []),
        ("db-0.db.shop.svc.cluster.local", "A", ["10.1.0.1"]),
        ("10-1-0-2.db.shop.svc.cluster.local", "A", ["10.1.0.2"]),
        (
            "_pg._tcp.db.shop.svc.cluster.local",
            "SRV",
            ["0 50 15432 db-0.db.shop.svc.cluster.local.", "0 50 15432 10-1-0-2.db.shop.svc.cluster.local."],
        ),
        ("alias.shop.svc.cluster.local", "CNAME", ["db.example.com."]),
        ("alias.shop.svc.cluster.local", "A", ["db.example.com."]),
        ("9.0.96.10.in-addr.arpa", "PTR", ["web.shop.svc.cluster.local."]),
        ("1.0.1.10.in-addr.arpa", "PTR", ["db-0.db.shop.svc.cluster.local."]),
    ],
)
def test_answers(name: str, type_: str, expected: list[str]) -> None:
    answer = ask(name, type_)
    assert answer.rcode == "NOERROR"
    assert [record.data for record in answer.answers] == expected
    assert all(record.ttl == 30 for record in answer.answers)


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("nothing.shop.svc.cluster.local", "A"),
        ("web.nowhere.svc.cluster.local", "A"),
        ("empty.shop.svc.cluster.local", "A"),
        ("10-1-0-1.db.shop.svc.cluster.local", "A"),
        ("10-1-0-3.db.shop.svc.cluster.local", "A"),
        ("_x._tcp.web.shop.svc.cluster.local", "SRV"),
        ("_http._udp.web.shop.svc.cluster.local", "A"),
        ("a.b.c.web.shop.svc.cluster.local", "A"),
        ("below.alias.shop.svc.cluster.local", "A"),
        ("ip-alias.shop.svc.cluster.local", "A"),
        ("7.7.7.10.in-addr.arpa", "PTR"),
        ("web.shop.other.cluster.local", "A"),
    ],
)
def test_names_that_do_not_exist(name: str, type_: str) -> None:
    assert ask(name, type_).rcode == "NXDOMAIN"


@pytest.mark.parametrize("name", ["cluster.local", "svc.cluster.local", "shop.svc.cluster.local"])
def test_names_without_data(name: str) -> None:
    answer = ask(name, "A")
    assert (answer.rcode, answer.answers) == ("NOERROR", ())


def test_the_zone_is_not_ours() -> None:
    answer = ask("www.example.com", "A")
    assert (answer.rcode, answer.rule, answer.basis) == ("", "D1", "unknown")


def test_an_address_that_is_not_allocated_yet_is_no_answer() -> None:
    answer = ask("new.shop.svc.cluster.local", "A")
    assert (answer.rcode, answer.answers, answer.basis) == ("NOERROR", (), "unknown")
    assert "when the Service is created" in answer.note


def test_options() -> None:
    assert ask("web.shop.svc.cluster.local", "A", namespaces=("other",)).rcode == "NXDOMAIN"
    assert ask("web.shop.svc.cluster.local", "A", ignore_empty_service=True).rcode == "NXDOMAIN"


def test_srv_answers_carry_the_addresses() -> None:
    assert [str(r) for r in ask("_http._tcp.web.shop.svc.cluster.local", "SRV").additional] == [
        "web.shop.svc.cluster.local. 30 IN A 10.96.0.9",
        "web.shop.svc.cluster.local. 30 IN AAAA fd00::9",
    ]


def test_reverse_names() -> None:
    assert dns.reverse_name("10.96.0.9") == "9.0.96.10.in-addr.arpa"
    assert dns.reverse_name("10.96.0.300") is None
    assert data(dns.reverse_name("fd00::9") or "", "PTR") == ["web.shop.svc.cluster.local."]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("web.shop.svc.cluster.local", Name("shop", "web")),
        ("Web.Shop.svc.cluster.local.", Name("shop", "web")),
        ("web.shop.svc", None),
        ("a.web.shop.svc.cluster.local", None),
        ("web.shop.svc.other.local", None),
    ],
)
def test_the_service_of_a_whole_name(name: str, found: Name | None) -> None:
    assert service_of(name, "cluster.local") == found
