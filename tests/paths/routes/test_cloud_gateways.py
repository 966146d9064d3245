"""Gateways that are load balancers of a cloud: internal by class or default, node ports as targets, health checks."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

API = "gateway.networking.k8s.io/v1"
CONTROLLERS = {"alb": "gateway.k8s.aws/alb", "gke": "networking.gke.io/gateway"}


def ask(
    of: str, kind: str = "ClusterIP", *, name: str = "c", status: str = "", who: str = "internet", more: str = ""
) -> Trace:
    spec = f"{{type: {kind}, clusterIP: 10.96.0.8, selector: {{app: web}}, ports: [{{port: 80, targetPort: 8080}}]}}"
    text = objects.service(spec, "web") + objects.pod("web-0", "10.1.0.8") + more
    text += objects.document("GatewayClass", name, f"spec: {{controllerName: {CONTROLLERS[of]}}}", API)
    text += objects.gateway(status=status).replace("gatewayClassName: c", f"gatewayClassName: {name}")
    text += objects.route("{backendRefs: [{name: web, port: 80}]}", host="a.example")
    return trace(state_of(text), parse_request("http://a.example/", parse_vantage(who)))


def at(address: str) -> str:
    return f"{{addresses: [{{type: Hostname, value: {address}}}]}}"


@pytest.mark.parametrize(
    ("of", "kind", "name", "status", "who", "fields"),
    [
        ("alb", "NodePort", "c", "", "internet", ["spec.gatewayClassName"]),
        ("alb", "NodePort", "c", "", "10.9.8.7", []),
        ("alb", "NodePort", "c", at("k8s-edge.elb.amazonaws.com"), "internet", []),
        ("alb", "ClusterIP", "c", at("k8s-edge.elb.amazonaws.com"), "internet", ["spec.type"]),
        ("gke", "ClusterIP", "gke-l7-rilb", "", "internet", ["spec.gatewayClassName"]),
        ("gke", "ClusterIP", "gke-l7-gxlb", "", "internet", []),
    ],
)
def test_what_a_cloud_does_by_default_could_decide(
    of: str, kind: str, name: str, status: str, who: str, fields: list[str]
) -> None:
    """GW-8, GW-9."""
    found = ask(of, kind, name=name, status=status, who=who)
    assert [item.field for item in found.undecided] == fields
    assert found.verdict == ("unknown" if fields else "reachable")


@pytest.mark.parametrize(("path", "warns"), [("/ready", True), ("/", False)])
def test_gke_asks_another_path_than_the_probes(path: str, warns: bool) -> None:
    """GW-36."""
    probe = f"readinessProbe: {{httpGet: {{path: {path}, port: 8080}}}}"
    pod = objects.pod("web-0", "10.1.0.9").replace("{name: c, ", f"{{name: c, {probe}, ")
    web = ask("gke", name="gke-l7-gxlb", more=pod)
    assert web.warnings == (("health-check-path",) if warns else ())
    assert any("GET / on port 8080 of default/web, is answered 200" in text for text in web.assumed)


def test_policies_see_no_pod() -> None:
    closed = objects.document(
        "NetworkPolicy", "np", "spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}"
    )
    assert ask("gke", name="gke-l7-gxlb", more=closed).reason == "network-policy"


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("gke-l7-global-external-managed", "reachable"), ("gke-l7-regional-external-managed", "unknown")],
)
def test_a_policy_may_let_in_the_ranges_of_google(name: str, verdict: str) -> None:
    """CG-9: of global load balancers; the others have a subnet of proxies, which is not in the source."""
    blocks = ", ".join(f"{{ipBlock: {{cidr: {block}}}}}" for block in ("130.211.0.0/22", "35.191.0.0/16"))
    spec = f"spec: {{podSelector: {{}}, policyTypes: [Ingress], ingress: [{{from: [{blocks}]}}]}}"
    assert ask("gke", name=name, more=objects.document("NetworkPolicy", "np", spec)).verdict == verdict
