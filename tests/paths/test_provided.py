"""What load balancers of providers do that shows in no field: probes, loop-back, shared addresses (CF-25, CF-27, CF-34)."""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.entries import TracedEntry, traced_entries
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

BETA = "service.beta.kubernetes.io/"
NODES = objects.node("n1", "192.168.0.11", "spec: {providerID: 'azure:///vm/1'}")
POD = objects.pod("web-0", "10.1.0.8", spec="nodeName: n1")


def balanced(
    port: str = "appProtocol: http", annotations: str = "", more: str = "", *, name: str = "web", address: str = ""
) -> str:
    spec = f"type: LoadBalancer, clusterIP: 10.96.0.{8 + len(name)}, selector: {{app: web}}{more}"
    first = ", ".join(part for part in ("name: http, port: 80, nodePort: 30080", port) if part)
    meta = f", annotations: {{{annotations}}}" if annotations else ""
    given = "{loadBalancer: {ingress: [{" + (address or "ip: 203.0.113.5") + "}]}}"
    return objects.service(f"{{{spec}, ports: [{{{first}}}]}}", name, meta=meta, status=given)


def ask(text: str, to: str = "http://203.0.113.5/", who: str = "internet") -> Trace:
    return trace(state_of(text), parse_request(to, parse_vantage(who)))


@pytest.mark.parametrize(
    ("port", "annotations", "more", "probed"),
    [
        ("appProtocol: http", "", "", "GET / on node port 30080"),
        ("appProtocol: HTTPS", "", "", "GET / on node port 30080"),
        ("appProtocol: http", f"{BETA}azure-load-balancer-health-probe-request-path: /healthz", "", "GET /healthz"),
        ("appProtocol: http", f"{BETA}port_80_health-probe_protocol: tcp", "", ""),
        ("", f"{BETA}port_80_health-probe_protocol: http", "", "GET / on node port 30080"),
        ("appProtocol: http", "", ", externalTrafficPolicy: Local", ""),
        ("", "", "", ""),
        ("appProtocol: tcp", "", "", ""),
    ],
)
def test_azure_probes_by_what_the_port_is_said_to_speak(port: str, annotations: str, more: str, probed: str) -> None:
    found = ask(balanced(port, annotations, more) + POD + NODES)
    assert found.verdict == "reachable"
    said = [text for text in found.assumed if "health probe" in text]
    assert len(said) == bool(probed)
    assert probed in "".join(said)


def test_other_providers_have_no_such_probe() -> None:
    found = ask(balanced() + POD + NODES.replace("azure", "aws"))
    assert not [text for text in found.assumed if "probe" in text]


def test_ingress_nginx_does_not_answer_the_probe() -> None:
    nginx = POD.replace("name: c,", "name: c, image: 'registry.k8s.io/ingress-nginx/controller:v1.12',")
    found = ask(balanced() + nginx + NODES)
    assert (found.verdict, found.likely) == ("unknown", "reachable")
    assert [item.field for item in found.undecided] == ["spec.ports[0].appProtocol"]
    path = f"{BETA}azure-load-balancer-health-probe-request-path: /healthz"
    assert ask(balanced(annotations=path) + nginx + NODES).verdict == "reachable"


def test_probes_of_the_pods_that_ask_elsewhere_are_a_warning() -> None:
    ready = POD.replace("name: c,", "name: c, readinessProbe: {httpGet: {path: /ready, port: 80}},")
    assert "health-check-path" in ask(balanced() + ready + NODES).warnings


NLB = f"{BETA}aws-load-balancer-type: external"
AWS = objects.node("n1", "192.168.0.11", "spec: {providerID: 'aws:///a/1'}")
SECOND = objects.node("n2", "192.168.0.12", "spec: {providerID: 'aws:///a/2'}")


@pytest.mark.parametrize(
    ("annotations", "nodes", "verdict"),
    [
        (NLB, AWS, "unreachable"),
        (NLB, AWS + SECOND, "via-load-balancer"),
        (f"{NLB}, {BETA}aws-load-balancer-nlb-target-type: ip", AWS, "via-load-balancer"),
        (
            f"{NLB}, {BETA}aws-load-balancer-target-group-attributes: preserve_client_ip.enabled=false",
            AWS,
            "via-load-balancer",
        ),
    ],
)
def test_a_node_gets_nothing_back_from_itself(annotations: str, nodes: str, verdict: str) -> None:
    text = balanced("", annotations, address="hostname: lb.example") + POD + nodes
    text += objects.pod("client", "10.1.0.9", labels="{app: client}", spec="nodeName: n1")
    found = ask(text, "http://lb.example/", "pod:default/client")
    assert found.verdict == verdict
    if verdict == "unreachable":
        assert found.reason == "endpoint-unanswered"


def pending(name: str, key: str, port: int, more: str = "", status: str = "") -> str:
    spec = (
        f"{{type: LoadBalancer, clusterIP: 10.96.1.{ord(name)}, loadBalancerIP: 192.168.0.50, selector: {{app: {name}}}"
    )
    meta = f", annotations: {{metallb.io/allow-shared-ip: {key}}}" if key else ""
    return objects.service(
        f"{spec}{more}, ports: [{{port: {port}, nodePort: {30000 + port + ord(name)}}}]}}", name, meta=meta
    )


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (pending("a", "k", 80), pending("b", "k", 81), ""),
        (pending("a", "k", 80), pending("b", "j", 81), "allow-shared-ip is not the same"),
        (pending("a", "", 80), pending("b", "", 81), "allow-shared-ip is not the same"),
        (pending("a", "k", 80), pending("b", "k", 80), "both have port 80/TCP"),
        (
            pending("a", "k", 80, ", externalTrafficPolicy: Local"),
            pending("b", "k", 81, ", externalTrafficPolicy: Local"),
            "they select other pods",
        ),
    ],
)
def test_metallb_shares_an_address_by_key(first: str, second: str, why: str) -> None:
    (entry,) = [
        way for found in _entries(first + second, "b") if found.entry.kind == "load-balancer" for _, way in found.traces
    ]
    says = entry.stop.says if entry.stop else ""
    assert entry.reason == "no-address"
    assert ("MetalLB does not share it" in says) is bool(why)
    assert why in says


def _entries(text: str, name: str) -> list[TracedEntry]:
    return list(
        traced_entries(state_of(text + objects.pod("a-0", "10.1.0.7", labels="{app: b}")), Name("default", name))
    )


def test_endpoints_that_slices_contradict_are_a_warning() -> None:
    service = POD + objects.service("{clusterIP: 10.96.0.8, ports: [{port: 80}]}", "db")
    written = objects.document("Endpoints", "db", "subsets: [{addresses: [{ip: 192.0.2.9}], ports: [{port: 80}]}]")
    sliced = objects.slice_("{addresses: [192.0.2.7], conditions: {ready: true}}", "[{port: 80}]", of="db")
    found = ask(service + written + sliced, "http://10.96.0.8/", "pod:default/web-0")
    assert "endpoints-contradicted" in found.warnings
    same = written.replace("192.0.2.9", "192.0.2.7")
    assert (
        "endpoints-contradicted" not in ask(service + same + sliced, "http://10.96.0.8/", "pod:default/web-0").warnings
    )


@pytest.mark.parametrize(
    ("said", "protocol", "expected"),
    [
        ("", "udp", ("unknown", None)),
        (", ports: [{port: 80, protocol: TCP}, {port: 53, protocol: UDP}]", "udp", ("reachable", None)),
        (
            ", ports: [{port: 80, protocol: TCP}, {port: 53, protocol: UDP, error: X}]",
            "udp",
            ("unreachable", "no-listener"),
        ),
        (", ports: [{port: 80, protocol: TCP}, {port: 53, protocol: UDP, error: X}]", "tcp", ("reachable", None)),
    ],
)
def test_what_the_status_says_of_a_port_decides(said: str, protocol: str, expected: tuple[str, str | None]) -> None:
    """KEP-1435: a load balancer of which nobody knows whether it takes two protocols."""
    dns = "spec: {providerID: 'other:///vm/1'}"
    second = "}, {name: dns, port: 53, nodePort: 30053, protocol: UDP"
    text = balanced(port=f"protocol: TCP{second}", address=f"ip: 203.0.113.5{said}")
    state = objects.node("n1", "192.168.0.11", dns) + POD + text
    found = ask(state, f"{protocol}://203.0.113.5:{53 if protocol == 'udp' else 80}")
    assert (found.verdict, found.reason) == expected
    assert any("its controller says X" in hop.says for hop in found.hops) is (expected[1] is not None)
