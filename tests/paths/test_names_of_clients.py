"""What a client makes of a name before, and instead of, the cluster's DNS: /etc/hosts, other servers, its libc (R1, R4)."""

from __future__ import annotations

import pytest

from svcmap.model.assumptions import DEFAULT, Assumptions, from_options
from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.destination.dig import Dig, dig
from svcmap.paths.known.assumptions import settled
from svcmap.paths.known.outside import NOBODY_OUTSIDE
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

POD = parse_vantage("pod:other/client")


def services(namespace: str) -> str:
    spec = "{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}"
    return objects.service(spec, "web", namespace=namespace) + objects.pod("web-0", "10.1.0.8", namespace=namespace)


def client(spec: str) -> str:
    return objects.pod("client", "10.1.0.9", labels="{app: c}", namespace="other", spec=spec)


def ask(text: str, to: str, options: Assumptions = DEFAULT) -> Trace:
    return trace(state_of(text), parse_request(to, POD), options)


def look_up(text: str, name: str) -> Dig:
    return dig(state_of(text), name, None, POD)


ALIASES = "hostAliases: [{ip: 10.96.0.8, hostnames: [Old.example, other]}, {ip: 192.0.2.7, hostnames: [away]}]"


@pytest.mark.parametrize(
    ("name", "verdict"), [("old.example", "reachable"), ("other", "reachable"), ("away", "via-load-balancer")]
)
def test_names_of_its_own_hosts_file_come_before_dns(name: str, verdict: str) -> None:
    text = services("till") + client(ALIASES)
    found = ask(text, f"tcp://{name}:80")
    assert "hostAliases" in next(hop for hop in found.hops if hop.kind == "dns").says
    if verdict == "reachable":
        assert (found.verdict, found.service) == ("reachable", Name("till", "web"))
    assert any("hostAliases" in note for note in look_up(text, name).notes)
    assert not any("hostAliases" in hop.says for hop in ask(text, "tcp://web.till:80").hops)


NDOTS = 'dnsConfig: {options: [{name: ndots, value: "1"}]}'


@pytest.mark.parametrize(("namespace", "verdict"), [("till", "reachable"), ("shop", "unknown")])
def test_a_try_outside_the_cluster_is_not_known(namespace: str, verdict: str) -> None:
    """`shop` is a domain of the world: who knows whether somebody has web.shop."""
    text = services(namespace) + client(NDOTS)
    found, answer = ask(text, f"http://web.{namespace}/"), look_up(text, f"web.{namespace}").answer
    assert found.verdict == verdict
    assert (answer.rcode or "unknown") == ("NOERROR" if verdict == "reachable" else "unknown")
    assert (NOBODY_OUTSIDE in found.assumed) is (verdict == "reachable")
    if verdict == "unknown":
        assert found.hops[-1].next == "ask for web.shop.svc.cluster.local. with a final dot"


@pytest.mark.parametrize("name", ["web.till.svc.cluster.local", "web.till.svc.cluster.local."])
def test_who_asks_another_server_does_not_find_names_of_the_cluster(name: str) -> None:
    text = services("till") + client("dnsPolicy: None, dnsConfig: {nameservers: [192.0.2.53]}")
    found = ask(text, f"http://{name}/")
    assert (found.verdict, found.reason) == ("unreachable", "name-not-found")
    assert found.stop is not None
    says = "asks 192.0.2.53 (dnsPolicy None), not the cluster's DNS"
    assert says in found.stop.says
    answer = look_up(text, name).answer
    assert (says in answer.note, answer.rcode, answer.basis) == (True, "NXDOMAIN", "assumed")


@pytest.mark.parametrize(
    ("spec", "name", "why"),
    [
        ("dnsPolicy: Default", "web.till.svc.cluster.local", "the resolver of its node (dnsPolicy Default)"),
        ("dnsPolicy: Default", "web.till", "the resolver of its node (dnsPolicy Default)"),
        ("dnsPolicy: Default", "web", "the resolver of its node (dnsPolicy Default)"),
        ("hostNetwork: true", "web.till", "hostNetwork with dnsPolicy ClusterFirst"),
        ("dnsPolicy: None, dnsConfig: {nameservers: [192.0.2.53]}", "web.till", "asks 192.0.2.53 (dnsPolicy None)"),
    ],
)
def test_trace_and_dig_say_whom_a_pod_asks(spec: str, name: str, why: str) -> None:
    text = services("till") + client(spec)
    found, answer = ask(text, f"http://{name}/"), look_up(text, name).answer
    assert (found.reason, answer.rcode) == ("name-not-found", "NXDOMAIN")
    assert found.assumed
    assert found.stop is not None
    assert why in found.stop.says
    assert why in answer.note


COREFILE = """---
apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data:
  Corefile: |
    .:53 {
      rewrite name suffix .old.example .till.svc.cluster.local%s
      kubernetes cluster.local
      forward . /etc/resolv.conf
    }
"""


@pytest.mark.parametrize(
    ("rest", "libc", "reason"),
    [("", "glibc", "name-no-data"), ("", "musl", None), (" answer auto", "glibc", None)],
)
def test_glibc_takes_no_answer_for_another_name(rest: str, libc: str, reason: str | None) -> None:
    """Seen with glibc 2.36 and CoreDNS 1.14: getaddrinfo ends with EAI_NONAME."""
    text = services("till") + client("hostNetwork: false") + COREFILE % rest
    state = state_of(text)
    given = from_options({"libc": libc}, settled(state))
    found = trace(state, parse_request("http://web.old.example./", POD), given)
    assert found.reason == reason
    if reason:
        assert found.stop is not None
        assert str(found.stop.object) == "ConfigMap/kube-system/coredns"
        assert any("glibc" in line for line in found.assumed)


def test_dig_of_a_client_without_a_server_says_why() -> None:
    dns = """---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec: {clusterIP: 10.96.0.10, selector: {k8s-app: kube-dns}, ports: [{port: 53, protocol: UDP}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kube-dns-1, namespace: kube-system, labels: {kubernetes.io/service-name: kube-dns}}
addressType: IPv4
endpoints: [{addresses: [10.1.0.53], conditions: {ready: false, serving: false}}]
"""
    text = services("till") + client("hostNetwork: false") + dns
    answer = look_up(text, "web.till").answer
    assert (answer.rcode, answer.basis, answer.answers) == ("", "computed", ())
    assert answer.note.startswith("No name resolves: Service kube-system/kube-dns")
    assert ask(text, "http://web.till/").reason == "dns-failure"


NODE_LOCAL = """---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-local-dns, namespace: kube-system}
spec:
  template:
    metadata: {labels: {k8s-app: node-local-dns}}
    spec:
      hostNetwork: true
      containers: [{name: c, image: registry.example/dns/k8s-dns-node-cache:1.26, args: [-localip, 169.254.20.10]}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: node-local-dns, namespace: kube-system}
data:
  Corefile: |
    cluster.local:53 {
      %s
      forward . %s
    }
    .:53 {
      forward . /etc/resolv.conf
    }
"""
LOCAL = "dnsPolicy: None, dnsConfig: {nameservers: [169.254.20.10], searches: [svc.cluster.local]}"


@pytest.mark.parametrize(
    ("plugin", "target", "name", "verdict", "says"),
    [
        ("cache 30", "__PILLAR__CLUSTER__DNS__", "web.till", "reachable", ""),
        ("cache 30", "192.0.2.53", "web.till.svc.cluster.local.", "unknown", "192.0.2.53"),
        (
            "template ANY ANY",
            "__PILLAR__CLUSTER__DNS__",
            "web.till",
            "unknown",
            "plugin template of NodeLocal DNSCache",
        ),
    ],
)
def test_the_cache_on_the_node_has_a_corefile_of_its_own(
    plugin: str, target: str, name: str, verdict: str, says: str
) -> None:
    text = services("till") + client(LOCAL) + NODE_LOCAL % (plugin, target)
    found, answer = ask(text, f"http://{name}/"), look_up(text, name).answer
    assert found.verdict == verdict
    assert (answer.rcode == "NOERROR") is (verdict == "reachable")
    assert says in answer.note


def test_names_of_the_clusters_dns_alone_are_not_seen_behind_the_cache() -> None:
    """The cache asks the servers of the node for every zone but the cluster's: a hosts plugin of CoreDNS has no say."""
    hosts = (COREFILE % "").replace(
        "kubernetes cluster.local",
        "hosts {\n 10.96.0.8 legacy.example\n fallthrough\n }\n      kubernetes cluster.local",
    )
    text = services("till") + client(LOCAL) + NODE_LOCAL % ("cache 30", "__PILLAR__CLUSTER__DNS__") + hosts
    answer = look_up(text, "legacy.example.").answer
    assert (answer.rcode, "asks /etc/resolv.conf for legacy.example" in answer.note) == ("", True)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("till.svc.cluster.local", "name-no-data"),
        ("till.svc.cluster.local.", "name-no-data"),
        ("svc", "name-no-data"),  # the last name of the search list is one of the zone
        ("cluster.local", "name-no-data"),
        ("elsewhere.svc.cluster.local", "name-not-found"),
        ("elsewhere", "name-not-found"),
    ],
)
def test_names_above_those_of_services_have_no_address(name: str, reason: str) -> None:
    """D3: a namespace, or the zone, is a name that exists; glibc then has no data, not no such host (`dig` agrees)."""
    text = services("till") + client("")
    found = ask(text, f"http://{name}/")
    assert (found.verdict, found.reason) == ("unreachable", reason)
    assert look_up(text, name).answer.rcode == ("NOERROR" if reason == "name-no-data" else "NXDOMAIN")


SERVING = objects.document(
    "ConfigMap",
    "coredns",
    r'data: {Corefile: ".:53 {\n kubernetes cluster.local\n forward . /etc/resolv.conf\n}\n"}',
    namespace="kube-system",
)
KUBELET = objects.document(
    "ConfigMap",
    "kubelet-config",
    "data: {kubelet: '{kind: KubeletConfiguration, clusterDNS: [10.96.0.10], clusterDomain: home.lan}'}",
    namespace="kube-system",
)


@pytest.mark.parametrize("name", ["web", "web.till", "web.till.svc.home.lan"])
def test_a_domain_that_the_corefile_does_not_serve_is_named(name: str) -> None:
    """R2: the kubelet writes its own clusterDomain into the search lists of pods, whatever the server knows."""
    text = services("till") + client("") + SERVING
    state = state_of(text + KUBELET)
    found = trace(state, parse_request(f"http://{name}/", POD), settled(state))
    assert found.verdict != "reachable"
    assert found.stop is not None
    assert "Pods search home.lan (clusterDomain of ConfigMap/kube-system/kubelet-config)" in found.stop.says
    assert found.stop.next.startswith("set clusterDomain to cluster.local")
    same = state_of(text + KUBELET.replace("home.lan", "cluster.local"))
    other = trace(same, parse_request(f"http://{name}/", POD), settled(same))
    assert not any("clusterDomain" in hop.says for hop in other.hops)
