"""Who makes load balancers, and what each does beside what the Service says (S15, K12, K16)."""

from __future__ import annotations

import json

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.known.providers import provider_of
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.semantics import providers
from tests import objects
from tests.conftest import state_of

AWS = "service.beta.kubernetes.io/aws-load-balancer-"
STATUS = "{loadBalancer: {ingress: [{ip: 203.0.113.9}]}}"
POD = objects.pod("web-0", "10.1.0.8", ports="[{containerPort: 8080}]", spec="nodeName: n1")


def service(more: str = "", annotations: str = "", ports: str = "{port: 80, targetPort: 8080, nodePort: 30080}") -> str:
    spec = f"{{type: LoadBalancer, clusterIP: 10.96.0.8, selector: {{app: web}}, ports: [{ports}]{more}}}"
    meta = f"annotations: {{{annotations}}}" if annotations else ""
    return objects.service(spec, "web", meta=meta, status=STATUS)


def started(node_: str, *words: str) -> str:
    """A node of k3s with its command line."""
    made = f"metadata: {{name: n1, annotations: {{k3s.io/node-args: '{json.dumps(words)}'}}}}"
    return node_.replace("metadata: {name: n1}", made)


def node(provider_id: str = "") -> str:
    address = "status: {addresses: [{type: InternalIP, address: 192.0.2.11}]}"
    return objects.document("Node", "n1", f"spec: {{providerID: '{provider_id}'}}\n{address}")


def ask(text: str, to: str = "http://203.0.113.9/", who: str = "198.51.100.7") -> Trace:
    return trace(state_of(text + POD), parse_request(to, parse_vantage(who)))


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (service(), None),
        (service(", loadBalancerClass: service.k8s.aws/nlb"), "AWS Load Balancer Controller"),
        (service(", loadBalancerClass: own.example/lb") + node("aws:///a/i-1"), None),
        (service("", f"{AWS}type: external"), "AWS Load Balancer Controller"),
        (service("", "metallb.io/address-pool: x") + node("gce://p/z/n"), "MetalLB"),
        (service() + node("gce://p/z/n"), "GCP"),
        (service() + node("k3s://n"), "ServiceLB of k3s"),
        (service() + started(node("k3s://n"), "server", "--disable", "servicelb"), None),
        (service() + started(node("k3s://n"), "server", "--disable=traefik,servicelb"), None),
        (service() + started(node("k3s://n"), "server", "--disable", "traefik"), "ServiceLB of k3s"),
        (service() + node("k3s://n") + objects.workload("Deployment", "replicas: 1", "metallb-controller"), "MetalLB"),
    ],
)
def test_a_provider_is_recognised(text: str, title: str | None) -> None:
    state = state_of(text)
    found = provider_of(state, next(iter(state.services.values())))
    assert (found.title if found else None) == title


NO_NODE_PORTS = ", allocateLoadBalancerNodePorts: false"
PLAIN = "{port: 80, targetPort: 8080}"


@pytest.mark.parametrize(
    ("more", "annotations", "ports", "reason"),
    [
        (f"{NO_NODE_PORTS}, loadBalancerClass: service.k8s.aws/nlb", "", PLAIN, None),
        (NO_NODE_PORTS, f"{AWS}nlb-target-type: instance", PLAIN, "port-not-in-service"),
        (f"{NO_NODE_PORTS}, loadBalancerClass: service.k8s.aws/nlb", f"{AWS}nlb-target-type: ip", PLAIN, None),
        (f"{NO_NODE_PORTS}, loadBalancerClass: eks.amazonaws.com/nlb", "", PLAIN, None),
        (NO_NODE_PORTS, "", PLAIN, None),
        ("", f"{AWS}type: nlb-ip", "{port: 80, targetPort: 8080, nodePort: 30080}", None),
    ],
)
def test_instance_targets_need_a_node_port(more: str, annotations: str, ports: str, reason: str | None) -> None:
    """K16."""
    found = ask(service(more, annotations, ports))
    assert (found.reason, found.verdict) == (reason, "unreachable" if reason else "reachable")


def test_a_balancer_that_dials_pods_leaves_the_source_alone() -> None:
    found = ask(service(f"{NO_NODE_PORTS}, externalTrafficPolicy: Local", f"{AWS}nlb-target-type: ip", PLAIN))
    assert (found.verdict, found.seen.snat) == ("reachable", False)
    assert [endpoint.address for endpoint in found.endpoints] == ["10.1.0.8"]


MIXED = "{name: a, port: 80, targetPort: 8080, nodePort: 30080}, {name: b, port: 53, targetPort: 8080, nodePort: 30053, protocol: UDP}"


@pytest.mark.parametrize(
    ("nodes", "to", "verdict"),
    [
        (node("gce://p/z/n"), "udp://203.0.113.9:53", "unknown"),
        (node("gce://p/z/n"), "tcp://203.0.113.9:80", "reachable"),
        ("", "udp://203.0.113.9:53", "unknown"),
        (node("k3s://n"), "udp://203.0.113.9:53", "reachable"),
    ],
)
def test_two_protocols_on_one_address_are_a_matter_of_the_provider(nodes: str, to: str, verdict: str) -> None:
    text = service(ports=MIXED) + nodes
    udp = text.replace("[{containerPort: 8080}]", "[{containerPort: 8080}, {containerPort: 8080, protocol: UDP}]")
    assert ask(udp, to).verdict == verdict


OTHER = objects.service(
    "{type: NodePort, clusterIP: 10.96.0.9, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30099}]}",
    "other",
)


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        (node("gce://p/z/n"), "unknown"),
        (node().replace("192.0.2.11", "203.0.113.9"), "reachable"),
        (node() + objects.workload("DaemonSet", "minReadySeconds: 0", "metallb-speaker"), "unreachable"),
    ],
)
def test_a_node_port_at_the_address_of_a_balancer(more: str, verdict: str) -> None:
    """K12: open where a node has the address itself."""
    found = ask(service() + OTHER + more, "http://203.0.113.9:30099/")
    assert found.verdict == verdict
    if verdict == "reachable":
        assert found.service is not None
        assert found.service.name == "other"


def test_protocols_that_the_first_port_has_are_taken() -> None:
    state = state_of(service(ports=MIXED))
    (one,) = state.services.values()
    assert [providers.takes(one, protocol, None) for protocol in ("TCP", "UDP")] == [True, None]


def ipvs(policy: str, where: str) -> str:
    spec = (
        "{type: LoadBalancer, clusterIP: 10.96.0.8, selector: {app: web}, "
        f"externalTrafficPolicy: {policy}, ports: [{{port: 80, targetPort: 8080, nodePort: 30080}}]}}"
    )
    config = "kind: KubeProxyConfiguration\\nmode: ipvs\\n"
    other = objects.document("Node", "n2") + objects.document("Node", "n3")
    return (
        objects.service(spec, "web", status=STATUS)
        + node()
        + other
        + objects.document("ConfigMap", "kube-proxy", f'data: {{config.conf: "{config}"}}', namespace="kube-system")
        + objects.pod("client", "10.1.0.77", labels="{app: client}", spec=f"nodeName: {where}")
        + objects.pod("web-1", "10.1.0.9", ports="[{containerPort: 8080}]", spec="nodeName: n3")
    )


@pytest.mark.parametrize(("where", "count"), [("n1", 1), ("n2", 2)])
def test_ipvs_gives_a_client_inside_the_endpoints_of_its_node_first(where: str, count: int) -> None:
    """K7: the other modes give it all of them; pkg/proxy/ipvs/proxier.go, syncEndpoint."""
    found = ask(ipvs("Local", where), who="pod:default/client")
    assert (found.verdict, len(found.endpoints)) == ("reachable", count)


def test_ipvs_refuses_every_other_port_of_its_addresses() -> None:
    for address in ("10.96.0.8", "203.0.113.9"):
        found = ask(ipvs("Cluster", "n1"), f"http://{address}:99/", "pod:default/client")
        assert (found.reason, found.answer.action) == ("port-not-in-service", "REJECT")


ANNOTATED = "service.beta.kubernetes.io/load-balancer-source-ranges: 192.0.2.0/24"


@pytest.mark.parametrize(
    ("annotations", "more", "who", "verdict"),
    [
        (ANNOTATED, "", "192.0.2.7", "reachable"),
        (ANNOTATED, "", "198.51.100.7", "unknown"),
        (ANNOTATED, ", loadBalancerSourceRanges: [0.0.0.0/0]", "198.51.100.7", "reachable"),
        (f"{AWS}proxy-protocol: '*'", "", "198.51.100.7", "unknown"),
        (f"{AWS}internal: 'true'", "", "198.51.100.7", "unknown"),
        (f"{AWS}internal: 'true'", "", "10.9.9.9", "reachable"),
        (f"{AWS}proxy-protocol: '*'", "", "pod", "reachable"),
    ],
)
def test_annotations_of_a_balancer_may_decide(annotations: str, more: str, who: str, verdict: str) -> None:
    """S15, CF-14: inside the cluster kube-proxy answers for the address, and the load balancer is by-passed."""
    found = ask(service(more, annotations), who=who)
    assert found.verdict == verdict
    assert (found.likely == "reachable") is (verdict == "unknown")


HOST = "{loadBalancer: {ingress: [{hostname: lb.example.net}]}}"


@pytest.mark.parametrize(
    ("more", "labels", "verdict", "reason"),
    [
        ("", "{app: web}", "via-load-balancer", None),
        ("", "{app: other}", "unreachable", "no-endpoints"),
        (NO_NODE_PORTS, "{app: web}", "unreachable", "port-not-in-service"),
    ],
)
def test_what_a_balancer_brings_back_is_followed(more: str, labels: str, verdict: str, reason: str | None) -> None:
    """K2: a pod asks a host name, which kube-proxy does not know."""
    ports = PLAIN if more else "{port: 80, targetPort: 8080, nodePort: 30080}"
    annotations = f"{AWS}nlb-target-type: instance" if more else ""
    text = service(more, annotations, ports).replace(STATUS, HOST) + objects.pod(
        "client", "10.1.0.77", labels="{app: c}"
    )
    state = state_of(text + POD.replace("{app: web}", labels) + objects.pod("x", "10.1.0.99", labels="{app: x}"))
    found = trace(state, parse_request("http://lb.example.net/", parse_vantage("pod:default/client")))
    assert (found.verdict, found.reason) == (verdict, reason)
