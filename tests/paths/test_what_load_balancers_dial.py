"""What a load balancer connects to where there is no node port, and whom it lets in that comes from the cluster (K9, K16)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

POD = objects.pod("web-0", "10.1.0.8") + objects.pod("client", "10.1.0.9", labels="{app: c}")
NO_PORTS = "allocateLoadBalancerNodePorts: false"


def service(address: str, more: str = "", meta: str = "", node_port: str = "") -> str:
    spec = f"{{type: LoadBalancer, clusterIP: 10.96.0.8, selector: {{app: web}}, ports: [{{port: 80{node_port}}}], {more}}}"
    text = objects.service(spec, "web", meta=meta)
    return text + f"status: {{loadBalancer: {{ingress: [{{{address}}}]}}}}\n"


def node(provider: str, address: str = "10.0.0.5") -> str:
    status = f"status: {{addresses: [{{type: InternalIP, address: {address}}}]}}"
    return objects.document("Node", "node-1", f"spec: {{providerID: '{provider}'}}\n{status}")


def deployment(image: str, *args: str) -> str:
    words = ", ".join(f"'{word}'" for word in args)
    spec = f"containers: [{{name: c, image: {image}, args: [{words}]}}]"
    template = f"{{metadata: {{labels: {{app: x}}}}, spec: {{{spec}}}}}"
    return objects.document("Deployment", "lbc", f"spec: {{template: {template}}}", "apps/v1", namespace="kube-system")


def ask(text: str, to: str, client: str = "internet") -> Trace:
    return trace(state_of(POD + text), parse_request(to, parse_vantage(client)))


@pytest.mark.parametrize(
    ("address", "more", "host", "rule", "assumes"),
    [
        ("hostname: lb.example.org", "", "lb.example.org", "G12", "connects to pods itself"),
        ("ip: 203.0.113.9, ipMode: Proxy", "", "203.0.113.9", "G12", "connects to pods itself"),
        ("ip: 203.0.113.9", "", "203.0.113.9", "K3", "hands packets over"),
        ("ip: 203.0.113.9", "loadBalancerClass: metallb", "203.0.113.9", "K3", ""),
    ],
)
def test_without_node_ports_it_sends_to_pods_or_hands_over(
    address: str, more: str, host: str, rule: str, assumes: str
) -> None:
    found = ask(service(address, f"{NO_PORTS}, {more}"), f"http://{host}/")
    assert found.verdict == "reachable"
    (hop,) = (hop for hop in found.hops if hop.kind == "service")
    assert hop.rule == rule
    said = [line for line in found.assumed if "(K16)" in line]
    assert [assumes in line for line in said] == ([True] if assumes else [])


def test_the_old_load_balancer_of_aws_needs_node_ports() -> None:
    found = ask(
        service("hostname: a.b.elb.amazonaws.com", NO_PORTS) + node("aws:///z/i-1"), "http://a.b.elb.amazonaws.com/"
    )
    assert (found.verdict, found.reason) == ("unreachable", "port-not-in-service")


@pytest.mark.parametrize(("args", "direct"), [((), False), (("--default-target-type=ip",), True)])
def test_the_argument_of_the_aws_controller_decides(args: tuple[str, ...], direct: bool) -> None:
    controller = deployment("registry.example/eks/aws-load-balancer-controller:v2.13.0", *args)
    more = "loadBalancerClass: service.k8s.aws/nlb"
    found = ask(
        service("hostname: a.b.elb.amazonaws.com", more, node_port=", nodePort: 30080") + controller,
        "http://a.b.elb.amazonaws.com/",
        "192.0.2.9",
    )
    assert found.verdict == "reachable"
    assert any(hop.kind == "node-port" for hop in found.hops) is not direct
    alb = objects.ingress_class("ingress.k8s.aws/alb", "alb")
    scheme = ", annotations: {alb.ingress.kubernetes.io/scheme: internet-facing}"
    inside = objects.service("{clusterIP: 10.96.0.7, selector: {app: web}, ports: [{port: 80}]}", "web")
    text = inside + alb + objects.ingress(objects.path(), host="a.example", of_class="alb", meta=scheme) + controller
    assert ask(text, "http://a.example/").verdict == ("reachable" if direct else "unreachable")


@pytest.mark.parametrize(
    ("address", "ranges", "verdict", "reason"),
    [
        ("10.0.9.9", "[10.0.0.0/16, 10.1.0.0/16]", "via-load-balancer", None),
        ("10.0.9.9", "[192.168.0.0/24]", "unreachable", "source-range"),
        ("10.0.9.9", "[10.0.0.0/16]", "unknown", None),
        ("203.0.113.9", "[198.51.100.0/24]", "unknown", None),
        ("203.0.113.9", "[0.0.0.0/0]", "via-load-balancer", None),
    ],
)
def test_what_comes_back_to_the_cluster_meets_the_source_ranges(
    address: str, ranges: str, verdict: str, reason: str | None
) -> None:
    text = service(
        f"ip: {address}, ipMode: Proxy", f"loadBalancerSourceRanges: {ranges}", node_port=", nodePort: 30080"
    )
    found = ask(text + node("x://1"), f"http://{address}/", "pod:default/client")
    assert (found.verdict, found.reason) == (verdict, reason)
    if verdict == "unknown":
        assert [item.field for item in found.undecided] == ["spec.loadBalancerSourceRanges"]
