"""Whom a pod asks for names, and whether policies let it: the pods behind the Service on their port, or a cache (N10)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.known.assumptions import settled
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web", namespace="shop")
PORTS = "[{name: dns, port: 53, protocol: UDP, targetPort: dns}]"
BASE = (
    WEB
    + objects.pod("web-0", "10.1.0.8", namespace="shop")
    + objects.pod("client", "10.1.0.9", labels="{app: c}", namespace="shop")
)


def dns(name: str, namespace: str, address: str, port: int, labels: str = "") -> str:
    spec = f"{{clusterIP: {address}, clusterIPs: [{address}], selector: {{dns: yes_}}, ports: {PORTS}}}"
    meta = f"labels: {{{labels}}}" if labels else ""
    ports = f"[{{name: dns, containerPort: {port}, protocol: UDP}}]"
    return objects.service(spec, name, namespace=namespace, meta=meta) + objects.pod(
        "dns-0", "10.1.0.53", labels="{dns: yes_}", ports=ports, namespace=namespace
    )


def egress(port: int, to: str = "{namespaceSelector: {}}") -> str:
    rules = f"[{{to: [{to}], ports: [{{port: {port}, protocol: UDP}}]}}, {{to: [{{podSelector: {{}}}}]}}]"
    spec = f"spec: {{podSelector: {{}}, policyTypes: [Egress], egress: {rules}}}"
    return objects.document("NetworkPolicy", "out", spec, namespace="shop")


def ask(text: str) -> Trace:
    return trace(state_of(BASE + text), parse_request("http://web/", parse_vantage("pod:shop/client")))


@pytest.mark.parametrize(
    ("name", "namespace", "labels", "port"),
    [
        ("kube-dns", "kube-system", "", 53),
        ("dns-default", "openshift-dns", "", 5353),
        ("rke2-coredns-rke2-coredns", "kube-system", "k8s-app: kube-dns", 1053),
        ("coredns", "kube-system", "", 53),
    ],
)
def test_the_pods_of_the_cluster_s_dns_are_asked_on_their_own_port(
    name: str, namespace: str, labels: str, port: int
) -> None:
    text = dns(name, namespace, "10.96.0.10", port, labels)
    assert settled(state_of(text)).kubelet.cluster_dns == ("10.96.0.10",)
    assert ask(text + egress(port)).verdict == "reachable"
    found = ask(text + egress(port + 1))
    assert (found.verdict, found.reason) == ("unreachable", "network-policy")


CACHE = objects.document(
    "DaemonSet",
    "node-local-dns",
    "spec: {template: {spec: {hostNetwork: true, containers: [{name: c, image: registry.example/k8s-dns-node-cache:1.23, "
    "args: ['-localip', '169.254.20.10,10.96.0.10']}]}}}",
    "apps/v1",
    namespace="kube-system",
)


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        ("{namespaceSelector: {}}", "unreachable"),
        ("{ipBlock: {cidr: 10.96.0.10/32}}", "reachable"),
        ("{ipBlock: {cidr: 169.254.20.10/32}}", "unreachable"),
    ],
)
def test_a_cache_on_the_node_takes_the_address_of_the_service(rule: str, verdict: str) -> None:
    """NodeLocal DNSCache listens at the cluster IP too: kube-proxy never sees the packets."""
    found = ask(dns("kube-dns", "kube-system", "10.96.0.10", 53) + CACHE + egress(53, rule))
    assert found.verdict == verdict
    if verdict == "unreachable":
        assert any("NodeLocal DNSCache" in text for text in found.assumed)


@pytest.mark.parametrize(("server", "verdict"), [("169.254.20.10", "reachable"), ("192.0.2.53", "unreachable")])
def test_a_pod_that_names_a_cache_asks_the_cluster(server: str, verdict: str) -> None:
    client = objects.pod(
        "asker",
        "10.1.0.7",
        labels="{app: c}",
        namespace="shop",
        spec=f"dnsPolicy: None, dnsConfig: {{nameservers: [{server}], searches: [shop.svc.cluster.local]}}",
    )
    state = state_of(BASE + client + CACHE)
    found = trace(state, parse_request("http://web/", parse_vantage("pod:shop/asker")))
    assert found.verdict == verdict


@pytest.mark.parametrize(("ready", "verdict"), [("True", "reachable"), ("False", "unreachable")])
def test_without_a_dns_server_no_name_resolves(ready: str, verdict: str) -> None:
    text = dns("kube-dns", "kube-system", "10.96.0.10", 53)
    service, pod = text.split("---\napiVersion: v1\nkind: Pod")
    found = ask(f"{service}---\napiVersion: v1\nkind: Pod{pod.replace('True', ready)}")
    assert found.verdict == verdict
    if verdict == "unreachable":
        assert found.stop is not None
        assert (found.stop.kind, found.reason) == ("dns", "dns-failure")
        assert "kube-system/kube-dns" in found.stop.says
    assert ask(service).verdict == "reachable"
