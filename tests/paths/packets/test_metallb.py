"""MetalLB: pools that give addresses, and advertisements without which nobody gets to them (CF-34)."""

from __future__ import annotations

import pytest

from svcmap.checks.registry import findings_of
from svcmap.model.metallb import IPAddressPool, PoolSpec
from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.semantics import metallb
from tests import objects
from tests.conftest import state_of

METALLB = "metallb.io/v1beta1"
NODES = objects.node("n1", "10.0.0.11")
POD = objects.pod("web-0", "10.1.0.8")


def service(address: str = "", name: str = "web", spec: str = "", meta: str = "") -> str:
    status = f"{{loadBalancer: {{ingress: [{{ip: {address}}}]}}}}" if address else "{loadBalancer: {}}"
    ports = "[{port: 80, targetPort: 8080, nodePort: 30080}]" if name == "web" else "[{port: 80, nodePort: 30081}]"
    own = f"{{type: LoadBalancer, {spec}clusterIP: 10.96.0.{8 + len(name)}, selector: {{app: web}}, ports: {ports}}}"
    return objects.service(own, name, status=status, meta=f"uid: x{name}, {meta}")


def pool(addresses: str, name: str = "first", more: str = "", meta: str = "") -> str:
    return objects.document(
        "IPAddressPool", name, f"spec: {{addresses: [{addresses}]{more}}}", METALLB, meta, namespace="metallb-system"
    )


def advertisement(spec: str = "", kind: str = "L2Advertisement", namespace: str = "metallb-system") -> str:
    return objects.document(kind, "all", f"spec: {{{spec}}}" if spec else "", METALLB, namespace=namespace)


def ask(text: str, who: str = "192.0.2.7") -> Trace:
    return trace(state_of(NODES + POD + text), parse_request("tcp://10.0.0.201:80", parse_vantage(who)))


@pytest.mark.parametrize(
    ("announced", "verdict"),
    [
        ("", "unreachable"),
        (advertisement(), "reachable"),
        (advertisement(kind="BGPAdvertisement"), "reachable"),
        (advertisement("ipAddressPools: [first]"), "reachable"),
        (advertisement("ipAddressPools: [second]"), "unreachable"),
        (advertisement("ipAddressPoolSelectors: [{matchLabels: {zone: a}}]"), "reachable"),
        (advertisement("ipAddressPoolSelectors: [{matchLabels: {zone: b}}]"), "unreachable"),
        (advertisement(namespace="default"), "unreachable"),
    ],
)
def test_an_address_that_nobody_announces_reaches_no_node(announced: str, verdict: str) -> None:
    text = service("10.0.0.201") + pool("10.0.0.200-10.0.0.210", meta="labels: {zone: a}") + announced
    found = ask(text)
    assert (found.verdict, found.reason) == (verdict, None if verdict == "reachable" else "not-routable")
    assert ask(text, "pod").verdict == "reachable", "kube-proxy answers inside the cluster"


def test_addresses_of_no_pool_are_somebody_elses() -> None:
    assert ask(service("10.0.0.201") + pool("10.9.0.0/24")).verdict == "reachable"
    assert ask(service("10.0.0.201")).verdict == "reachable"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (service() + pool("10.0.0.200/31"), "is a controller for it installed?"),
        (
            service(spec="loadBalancerIP: 10.0.1.5, ") + pool("10.0.0.200/31"),
            "No IPAddressPool of MetalLB has 10.0.1.5",
        ),
        (
            service(meta="annotations: {metallb.io/address-pool: gone}") + pool("10.0.0.200/31"),
            "MetalLB has no IPAddressPool gone",
        ),
        (
            service() + service("10.0.0.201", "other") + pool("10.0.0.201/32"),
            "Every address of IPAddressPool first is taken by another Service",
        ),
        (
            service() + pool("10.0.0.200/31", more=", autoAssign: false"),
            "No IPAddressPool of MetalLB assigns addresses",
        ),
        (service(spec="loadBalancerClass: example.com/lb, ") + pool("10.0.0.201/32"), "Class example.com/lb"),
    ],
)
def test_why_a_service_has_no_address(text: str, why: str) -> None:
    state = state_of(NODES + POD + text)
    found = [item for item in findings_of(state, Name("default", "web")) if item.id == "lb-pending"]
    assert len(found) == 1
    assert why in found[0].message


def test_addresses_of_a_pool() -> None:
    def of(*addresses: str) -> IPAddressPool:
        return IPAddressPool(spec=PoolSpec(addresses=addresses))

    assert metallb.every(of("10.0.0.1-10.0.0.3", "10.0.1.0/31")) == {
        *(f"10.0.0.{end}" for end in (1, 2, 3)),
        *("10.0.1.0", "10.0.1.1"),
    }
    assert metallb.every(of("10.0.0.0/8")) is None
    assert metallb.pool_of([of("2001:db8::/64")], "10.0.0.1") is None
    assert metallb.pool_of([of("2001:db8:: - 2001:db8::9")], "2001:db8::7") is not None
    assert metallb.pool_of([of("nonsense")], "10.0.0.1") is None


WORKERS = objects.node("w1", "10.0.0.12", meta="labels: {role: edge}") + objects.node("w2", "10.0.0.13")


@pytest.mark.parametrize(
    ("selector", "policy", "node", "says"),
    [
        ("", "", "w2", ""),
        ("nodeSelectors: [{matchLabels: {role: edge}}]", "", "w2", ""),
        ("nodeSelectors: [{matchLabels: {role: none}}]", "", "w2", "no node has these labels"),
        ("nodeSelectors: [{matchLabels: {role: edge}}]", "externalTrafficPolicy: Local, ", "w1", ""),
        (
            "nodeSelectors: [{matchLabels: {role: edge}}]",
            "externalTrafficPolicy: Local, ",
            "w2",
            "none of them has an endpoint",
        ),
    ],
)
def test_an_address_is_announced_from_nodes_with_labels(selector: str, policy: str, node: str, says: str) -> None:
    """With Local only from those that have an endpoint, too."""
    text = WORKERS + service("10.0.0.201", spec=policy) + pool("10.0.0.200-10.0.0.210") + advertisement(selector)
    state = state_of(NODES + text + objects.pod("web-0", "10.1.0.8", spec=f"nodeName: {node}"))
    found = trace(state, parse_request("tcp://10.0.0.201:80", parse_vantage("192.0.2.7")))
    assert found.verdict == ("unreachable" if says else "reachable")
    if found.stop is not None:
        assert (
            found.stop.says.endswith(f"{says}: no node answers for the address.") or "Local asks for" in found.stop.says
        )
        assert says in found.stop.says


def test_annotations_of_clouds_do_nothing_to_its_addresses() -> None:
    """S15 is read by the controllers of clouds, and never by kube-proxy."""
    meta = "annotations: {service.beta.kubernetes.io/load-balancer-source-ranges: 198.51.100.0/24}"
    text = service("10.0.0.201", meta=meta) + advertisement()
    assert ask(text + pool("10.0.0.200-10.0.0.210")).verdict == "reachable"
    assert ask(text).verdict == "unknown", "whose address it is nobody says"
