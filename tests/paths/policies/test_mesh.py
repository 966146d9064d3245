"""Policies of a mesh are named where they may be for the proxy of a pod (GW-41)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of
from tests.objects import document

SERVICE = objects.service("{clusterIP: 10.96.0.9, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}")
DEPLOYMENT = objects.workload()


def policy(
    spec: str, kind: str = "AuthorizationPolicy", namespace: str = "default", api: str = "security.istio.io/v1"
) -> str:
    return document(kind, "p", f"spec: {{{spec}}}", api=api, namespace=namespace)


def ask(text: str) -> Trace:
    return trace(state_of(SERVICE + text), parse_request("http://web.default", parse_vantage("pod")))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (policy("selector: {matchLabels: {app: web}}"), "spec.selector.matchLabels"),
        (policy("selector: {matchLabels: {app: api}}"), None),
        (policy("action: DENY"), "spec"),
        (policy("action: DENY", namespace="other"), None),
        (policy("action: DENY", namespace="istio-system"), "spec"),
        (policy("selector: {matchLabels: {app: web}}", namespace="istio-system"), "spec.selector.matchLabels"),
        (
            policy("selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}", "PeerAuthentication", "istio-system"),
            None,
        ),
        (policy("mtls: {mode: STRICT}", "PeerAuthentication"), "spec"),
        (policy("mtls: {mode: PERMISSIVE}", "PeerAuthentication"), None),
        (policy("portLevelMtls: {8080: {mode: STRICT}}", "PeerAuthentication"), "spec"),
        (
            policy("workloadSelector: {labels: {app: web}}", "EnvoyFilter", api="networking.istio.io/v1alpha3"),
            "spec.workloadSelector.labels",
        ),
    ],
)
def test_a_policy_that_may_be_about_the_pods_is_undecided(text: str, field: str | None) -> None:
    found = ask(DEPLOYMENT + text)
    assert [item.field for item in found.undecided] == ([field] if field else [])
    assert (found.verdict, found.likely) == (("unknown", "reachable") if field else ("reachable", None))


STRICT_MESH = policy("mtls: {mode: STRICT}", "PeerAuthentication", "istio-system")
STRICT_NAMESPACE = policy("mtls: {mode: STRICT}", "PeerAuthentication").replace("name: p", "name: strict")
OF_WEB = "selector: {matchLabels: {app: web}}, "


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (STRICT_NAMESPACE, "unknown"),
        (STRICT_NAMESPACE + policy(f"{OF_WEB}mtls: {{mode: DISABLE}}", "PeerAuthentication"), "reachable"),
        (STRICT_NAMESPACE + policy(f"{OF_WEB}mtls: {{mode: UNSET}}", "PeerAuthentication"), "unknown"),
        (STRICT_MESH + policy("mtls: {mode: PERMISSIVE}", "PeerAuthentication"), "reachable"),
        (STRICT_MESH + policy("mtls: {mode: PERMISSIVE}", "PeerAuthentication", "other"), "unknown"),
    ],
)
def test_a_narrower_policy_lifts_a_wider_one(text: str, verdict: str) -> None:
    """istio.io: a workload's PeerAuthentication goes before that of its namespace, and that before the mesh's."""
    assert ask(DEPLOYMENT + text).verdict == verdict


def pod(sidecar: str) -> str:
    return objects.pod(spec=f"initContainers: [{{name: {sidecar}, restartPolicy: Always}}]")


@pytest.mark.parametrize(("sidecar", "verdict"), [("istio-proxy", "unknown"), ("log", "reachable")])
def test_a_running_pod_without_the_proxy_is_out_of_its_reach(sidecar: str, verdict: str) -> None:
    assert ask(pod(sidecar) + policy("action: DENY")).verdict == verdict


def test_a_pod_of_an_ambient_namespace_needs_no_proxy_of_its_own() -> None:
    ambient = objects.namespace("default", "{istio.io/dataplane-mode: ambient}")
    assert ask(pod("log") + ambient + policy("action: DENY")).verdict == "unknown"


def test_what_comes_with_istio_decides_nothing() -> None:
    text = policy("configPatches: []", "EnvoyFilter", "istio-system", "networking.istio.io/v1alpha3")
    assert ask(DEPLOYMENT + text.replace("name: p", "name: stats-filter-1.13")).verdict == "reachable"


def test_a_pod_says_itself_that_it_is_out_of_an_ambient_mesh() -> None:
    ambient = objects.namespace("default", "{istio.io/dataplane-mode: ambient}")
    out = pod("log").replace("{app: web}", "{app: web, istio.io/dataplane-mode: none}")
    assert ask(out + ambient + policy("action: DENY")).verdict == "reachable"


def test_what_a_policy_of_another_kind_says_is_told_of_the_endpoint() -> None:
    """A remark about NetworkPolicies goes to the hop it is about, not to the doubt that was noted last."""
    allowing = objects.document("NetworkPolicy", "np", "spec: {podSelector: {}, ingress: [{}]}")
    found = ask(DEPLOYMENT + policy("action: DENY") + allowing)
    (doubt,) = [hop for hop in found.hops if hop.rule == "GW-41"]
    assert "NetworkPolicy" not in doubt.says
    assert any("NetworkPolicy np lets the packets in" in hop.says for hop in found.hops)


@pytest.mark.parametrize(
    ("spec", "verdict"),
    [
        ("hosts: [web]", "unknown"),
        ("hosts: [web.default.svc.cluster.local]", "unknown"),
        ("hosts: [web], gateways: [edge, mesh]", "unknown"),
        ("hosts: [web], gateways: [edge]", "reachable"),
        ("hosts: [api]", "reachable"),
    ],
)
def test_what_a_virtual_service_says_of_a_service_goes_for_clients_in_the_mesh(spec: str, verdict: str) -> None:
    """CS-5."""
    text = DEPLOYMENT + policy(spec, "VirtualService", api="networking.istio.io/v1")
    assert ask(text).verdict == verdict
    outside = trace(state_of(SERVICE + text), parse_request("http://web.default", parse_vantage("node")))
    assert not outside.undecided


LINKERD = policy("podSelector: {matchLabels: {app: web}}, port: 8080", "Server", api="policy.linkerd.io/v1beta3")


def test_a_server_of_linkerd_may_refuse_what_its_proxy_takes() -> None:
    found = ask(DEPLOYMENT + LINKERD)
    assert (found.verdict, found.likely) == ("unknown", "reachable")
    assert [item.field for item in found.undecided] == ["spec.podSelector.matchLabels"]
    meshed = objects.pod("web-0", "10.1.0.8", meta="uid: x").replace("{name: c,", "{name: linkerd-proxy}, {name: c,")
    assert ask(meshed + LINKERD).verdict == "unknown"
    assert ask(meshed.replace("linkerd-proxy", "istio-proxy") + LINKERD).verdict == "reachable"


def test_a_route_of_linkerd_is_for_clients_with_its_proxy() -> None:
    spec = "parentRefs: [{name: web, kind: Service, group: core}], rules: [{backendRefs: [{name: other}]}]"
    route = policy(spec, "HTTPRoute", api="policy.linkerd.io/v1beta3")
    found = ask(DEPLOYMENT + route)
    assert (found.verdict, found.likely) == ("unknown", "reachable")
    state = state_of(SERVICE + DEPLOYMENT + objects.node() + route)
    assert trace(state, parse_request("tcp://10.96.0.9:80", parse_vantage("node:n1"))).verdict == "reachable"


@pytest.mark.parametrize(
    ("spec", "controller", "verdict"),
    [
        ("trafficPolicy: {tls: {mode: MUTUAL}}", "istio.io/gateway-controller", "unknown"),
        ("trafficPolicy: {portLevelSettings: [{tls: {mode: SIMPLE}}]}", "istio.io/gateway-controller", "unknown"),
        ("subsets: [{name: v1}]", "istio.io/gateway-controller", "reachable"),
        ("trafficPolicy: {tls: {mode: MUTUAL}}", "gateway.envoyproxy.io/gatewayclass-controller", "reachable"),
    ],
)
def test_a_destination_rule_says_what_the_gateway_of_istio_speaks(spec: str, controller: str, verdict: str) -> None:
    rule = policy(f"host: web.default.svc.cluster.local, {spec}", "DestinationRule", api="networking.istio.io/v1")
    gateway = objects.gateway() + objects.route("{backendRefs: [{name: web, port: 80}]}", host="a.example")
    of_class = objects.document("GatewayClass", "c", f"spec: {{controllerName: {controller}}}")
    text = SERVICE + DEPLOYMENT + of_class + gateway + rule
    assert trace(state_of(text), parse_request("http://a.example/")).verdict == verdict


API = "gateway.networking.k8s.io/v1"
EDGE = document("GatewayClass", "c", "spec: {controllerName: istio.io/gateway-controller}", API)
EDGE += objects.gateway("{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}").replace(
    "name: g}", "name: g, namespace: infra}", 1
)
EDGE += objects.route("{backendRefs: [{name: web, port: 80}]}", host="a.example", parent="{name: g, namespace: infra}")
NAMED = "matchLabels: {gateway.networking.k8s.io/gateway-name: g}"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("", "reachable"),
        (policy("", namespace="infra"), "unknown"),
        (policy(f"selector: {{{NAMED}}}", namespace="infra"), "unknown"),
        (policy(f"selector: {{{NAMED}}}", "WasmPlugin", "infra", "extensions.istio.io/v1alpha1"), "unknown"),
        (policy("selector: {matchLabels: {app: web}}", namespace="infra"), "reachable"),
        (policy("", namespace="other"), "reachable"),
    ],
)
def test_policies_of_the_namespace_of_a_gateway_are_about_its_pods(text: str, verdict: str) -> None:
    """GW-2: Istio makes them there, with a label that names the Gateway."""
    found = trace(state_of(SERVICE + objects.pod() + EDGE + text), parse_request("http://a.example/"))
    assert found.verdict == verdict
    if verdict == "unknown":
        assert "at the pods of Gateway infra/g" in found.undecided[0].could


@pytest.mark.parametrize(
    ("host", "namespace", "verdict"),
    [
        ("'*.default.svc.cluster.local'", "other", "unknown"),
        ("'*.other.svc.cluster.local'", "other", "reachable"),
        ("'*.local'", "istio-system", "unknown"),
        ("'*.local'", "default", "unknown"),
        ("'*.local'", "other", "reachable"),
    ],
)
def test_a_destination_rule_may_be_about_many_services(host: str, namespace: str, verdict: str) -> None:
    spec = f"host: {host}, trafficPolicy: {{tls: {{mode: ISTIO_MUTUAL}}}}"
    rule = policy(spec, "DestinationRule", namespace, "networking.istio.io/v1")
    found = trace(state_of(SERVICE + objects.pod() + EDGE + rule), parse_request("http://a.example/"))
    assert found.verdict == verdict
