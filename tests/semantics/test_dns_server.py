"""What CoreDNS says of itself, of pods, chains of aliases and other servers' names (upstream: coredns
plugin/kubernetes/handler_test.go, handler_pod_*_test.go, handler_fallthrough_test.go, ns_test.go, external_test.go)."""

from __future__ import annotations

import pytest

from svcmap.model.assumptions import DNSAssumptions
from svcmap.paths.known.look_ups import ask_dns
from svcmap.semantics import dns
from svcmap.semantics.dns.names import zone_of
from tests.conftest import state_of

ZONES = ("cluster.local", "in-addr.arpa", "ip6.arpa")
TEXT = """
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec: {clusterIP: 10.96.0.10, clusterIPs: [10.96.0.10], selector: {k8s-app: kube-dns}, ports: [{name: dns, port: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: dns-pods, namespace: kube-system}
spec: {clusterIP: None, selector: {k8s-app: kube-dns}, ports: [{name: dns, port: 53, protocol: UDP}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kube-dns-1, namespace: kube-system, labels: {kubernetes.io/service-name: kube-dns}}
addressType: IPv4
ports: [{name: dns, port: 53, protocol: UDP}]
endpoints: [{addresses: [10.1.0.53]}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: dns-pods-1, namespace: kube-system, labels: {kubernetes.io/service-name: dns-pods}}
addressType: IPv4
ports: [{name: dns, port: 53, protocol: UDP}]
endpoints: [{addresses: [10.1.0.53], targetRef: {kind: Pod, name: coredns-a, namespace: kube-system}}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
status: {phase: Running, podIP: 10.1.0.7, podIPs: [{ip: 10.1.0.7}, {ip: 'fd00::7'}]}
---
apiVersion: v1
kind: Pod
metadata: {name: lost, namespace: shop}
status: {phase: Unknown, podIP: 10.1.0.7, podIPs: [{ip: 10.1.0.7}]}
---
apiVersion: v1
kind: Service
metadata: {name: dotted, namespace: shop}
spec: {type: ExternalName, externalName: 1.2.3.4.}
---
apiVersion: v1
kind: Service
metadata: {name: number, namespace: shop}
spec: {type: ExternalName, externalName: 1.2.3.4}
---
apiVersion: v1
kind: Service
metadata: {name: a, namespace: shop}
spec: {type: ExternalName, externalName: b.shop.svc.cluster.local}
---
apiVersion: v1
kind: Service
metadata: {name: b, namespace: shop}
spec: {type: ExternalName, externalName: kube-dns.kube-system.svc.cluster.local}
---
apiVersion: v1
kind: Service
metadata: {name: loop, namespace: shop}
spec: {type: ExternalName, externalName: pool.shop.svc.cluster.local}
---
apiVersion: v1
kind: Service
metadata: {name: pool, namespace: shop}
spec: {type: ExternalName, externalName: loop.shop.svc.cluster.local}
---
apiVersion: v1
kind: Service
metadata: {name: self, namespace: shop}
spec: {type: ExternalName, externalName: self.shop.svc.cluster.local}
---
apiVersion: v1
kind: Service
metadata: {name: dead-end, namespace: shop}
spec: {type: ExternalName, externalName: nobody.shop.svc.cluster.local}
---
apiVersion: v1
kind: Service
metadata: {name: shared, namespace: shop}
spec: {type: ExternalName, externalName: DB.example.org}
---
apiVersion: v1
kind: Service
metadata: {name: six, namespace: shop}
spec: {clusterIP: None, selector: {a: b}, ports: [{name: p, port: 1}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: six-1, namespace: shop, labels: {kubernetes.io/service-name: six}}
addressType: IPv6
ports: [{name: p, port: 1}]
endpoints: [{addresses: ['fd00::8']}, {addresses: ['fd00:8::']}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: orphan-1, namespace: shop, labels: {kubernetes.io/service-name: gone}}
addressType: IPv4
ports: [{name: p, port: 1}]
endpoints: [{addresses: [10.1.0.99]}]
"""
STATE = state_of(TEXT)
UPSTREAM = {"db.example.org.": {"A": ("192.0.2.7",)}}
SERVER = ("10.1.0.53",)


def ask(name: str, type_: str = "A", server_ips: tuple[str, ...] = SERVER, **options: object) -> dns.Answer:
    found = DNSAssumptions(zones=ZONES, ttl=30, **options)  # type: ignore[arg-type]
    return ask_dns(STATE, name, type_, found, UPSTREAM, server_ips)


def data(answer: dns.Answer) -> list[str]:
    return [record.data for record in answer.answers]


def test_the_apex() -> None:
    soa = ask("cluster.local", "SOA")
    assert data(soa) == ["ns.dns.cluster.local. hostmaster.cluster.local. 0 7200 1800 86400 30"]
    assert data(ask("dns-version.cluster.local", "TXT")) == ["1.1.0"]
    assert ask("dns-version.cluster.local", "TXT").answers[0].ttl == 28800
    names = ask("cluster.local", "NS")
    assert data(names) == [
        "kube-dns.kube-system.svc.cluster.local.",
        "10-1-0-53.dns-pods.kube-system.svc.cluster.local.",
    ]
    assert [record.data for record in names.additional] == ["10.96.0.10", "10.1.0.53"]


def test_a_server_that_no_service_leads_to_has_a_name_of_its_own() -> None:
    alone = ("192.0.2.9",)
    assert data(ask("cluster.local", "NS", alone)) == ["ns.dns.cluster.local."]
    assert data(ask("ns.dns.cluster.local", "A", alone)) == ["192.0.2.9"]
    assert ask("ns.dns.cluster.local", "MX", alone).rcode == "NOERROR"


@pytest.mark.parametrize(
    ("name", "type_", "rcode"),
    [
        ("cluster.local", "AXFR", "REFUSED"),
        ("kube-dns.kube-system.svc.cluster.local", "SOA", "NOERROR"),
        ("kube-dns.kube-system.svc.cluster.local", "NS", "NOERROR"),
        ("kube-dns.kube-system.svc.cluster.local", "MX", "NOERROR"),
        ("kube-dns.kube-system.svc.cluster.local", "TXT", "NOERROR"),
        ("kube-dns.kube-system.svc.cluster.local", "PTR", "NOERROR"),
        ("kube-dns.kube-system.svc.cluster.local", "CNAME", "NOERROR"),
        ("kube-system.svc.cluster.local", "TXT", "NXDOMAIN"),
        ("nobody.shop.svc.cluster.local", "MX", "NXDOMAIN"),
        ("nobody.shop.svc.cluster.local", "CNAME", "NXDOMAIN"),
        ("10.in-addr.arpa", "PTR", "NXDOMAIN"),
        ("in-addr.arpa", "PTR", "NOERROR"),
        ("x.0.1.10.in-addr.arpa", "PTR", "NXDOMAIN"),
        ("1.0.ip6.arpa", "PTR", "NXDOMAIN"),
        (".".join(["g"] * 32) + ".ip6.arpa", "PTR", "NXDOMAIN"),
    ],
)
def test_types_without_data(name: str, type_: str, rcode: str) -> None:
    answer = ask(name, type_)
    assert (answer.rcode, answer.answers) == (rcode, ())


POD = "10-1-0-7.shop.pod.cluster.local"


@pytest.mark.parametrize(
    ("mode", "name", "type_", "expected"),
    [
        ("disabled", POD, "A", None),
        ("insecure", POD, "A", ["10.1.0.7"]),
        ("insecure", "192-0-2-1.shop.pod.cluster.local", "A", ["192.0.2.1"]),
        ("insecure", "fd00--7.shop.pod.cluster.local", "AAAA", ["fd00::7"]),
        ("insecure", "10-1-0-7.nowhere.pod.cluster.local", "A", None),
        ("insecure", "web.shop.pod.cluster.local", "A", None),
        ("insecure", "shop.pod.cluster.local", "A", []),
        ("insecure", f"left.{POD}", "A", ["10.1.0.7"]),
        ("verified", POD, "A", ["10.1.0.7"]),
        ("verified", "192-0-2-1.shop.pod.cluster.local", "A", None),
        ("verified", "fd00--7.shop.pod.cluster.local", "AAAA", None),
        ("verified", "10-1-0-7.kube-system.pod.cluster.local", "A", None),
    ],
)
def test_names_of_pods(mode: str, name: str, type_: str, expected: list[str] | None) -> None:
    answer = ask(name, type_, pods=mode)
    assert answer.rcode == ("NXDOMAIN" if expected is None else "NOERROR")
    assert data(answer) == (expected or [])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a", ["b.shop.svc.cluster.local.", "kube-dns.kube-system.svc.cluster.local.", "10.96.0.10"]),
        ("loop", []),
        ("self", []),
        ("dead-end", []),
        ("shared", ["DB.example.org.", "192.0.2.7"]),
    ],
)
def test_aliases_are_followed_inside_the_zone(name: str, expected: list[str]) -> None:
    answer = ask(f"{name}.shop.svc.cluster.local")
    assert (answer.rcode, data(answer)) == ("NOERROR", expected)


def test_an_alias_that_leaves_the_zone_says_so() -> None:
    assert ask("shared.shop.svc.cluster.local").note == "DB.example.org is resolved outside the cluster"
    assert data(ask("shared.shop.svc.cluster.local", "AAAA")) == ["DB.example.org."]


def test_an_alias_that_is_an_address_is_not_served_but_with_a_dot_it_is_a_name() -> None:
    assert ask("number.shop.svc.cluster.local").rcode == "NXDOMAIN"
    assert data(ask("dotted.shop.svc.cluster.local")) == ["1.2.3.4."]


def test_a_server_that_is_an_endpoint_of_a_service_that_is_gone_has_no_name() -> None:
    assert data(ask("cluster.local", "NS", ("10.1.0.99",))) == []


def test_names_elsewhere_are_what_upstream_says() -> None:
    known = ask("DB.example.org")
    assert (known.rcode, data(known), known.basis) == ("NOERROR", ["192.0.2.7"], "unknown")
    assert ask("other.example.org").rcode == ""


def test_fallthrough_passes_a_name_on_that_is_not_known_here() -> None:
    missing = "nobody.shop.svc.cluster.local"
    assert ask(missing, fallthrough=("cluster.local",)).note == "not known here; passed on (fallthrough)"
    assert ask(missing, fallthrough=("in-addr.arpa",)).note == ""
    outside = {missing: {"A": ("192.0.2.8",)}}
    options = DNSAssumptions(zones=ZONES, fallthrough=("cluster.local",))
    assert data(ask_dns(STATE, missing, "A", options, outside)) == ["192.0.2.8"]


def test_names_of_ipv6_endpoints() -> None:
    assert data(ask("fd00--8.six.shop.svc.cluster.local", "AAAA")) == ["fd00::8"]
    assert data(ask("fd00-8--0.six.shop.svc.cluster.local", "AAAA")) == ["fd00:8::"]
    assert data(ask(dns.reverse_name("fd00:8::") or "", "PTR")) == ["fd00-8--0.six.shop.svc.cluster.local."]


def test_endpoints_may_carry_the_names_of_their_pods() -> None:
    name = "coredns-a.dns-pods.kube-system.svc.cluster.local"
    assert data(ask(name, endpoint_pod_names=True)) == ["10.1.0.53"]
    assert ask(name).rcode == "NXDOMAIN"


def test_reverse_names_of_slices_whose_service_is_gone_and_of_hidden_namespaces() -> None:
    assert data(ask("99.0.1.10.in-addr.arpa", "PTR")) == ["10-1-0-99.gone.shop.svc.cluster.local."]
    assert ask("99.0.1.10.in-addr.arpa", "PTR", namespaces=("kube-system",)).rcode == "NXDOMAIN"
    assert ask("10.0.96.10.in-addr.arpa", "PTR", namespaces=("shop",)).rcode == "NXDOMAIN"


def test_the_longest_zone_answers_in_its_own_spelling() -> None:
    options = DNSAssumptions(zones=("local", "Cluster.Local"))
    answer = ask_dns(STATE, "kube-dns.kube-system.svc.cluster.local", "A", options)
    assert data(answer) == ["10.96.0.10"]
    assert zone_of("a.cluster.local", options.zones) == "Cluster.Local"
    assert zone_of("example.org", options.zones) is None
    assert zone_of("example.org", (".",)) == "."


@pytest.mark.parametrize("zone", [".", ""])
def test_a_server_of_the_root_zone(zone: str) -> None:
    """`.:53 { kubernetes { } }`: the schema begins right at the end of the name."""
    options = DNSAssumptions(zones=(zone,), ttl=30)
    assert data(ask_dns(STATE, "kube-dns.kube-system.svc", "A", options)) == ["10.96.0.10"]
    assert ask_dns(STATE, "nobody.kube-system.svc", "A", options).rcode == "NXDOMAIN"
