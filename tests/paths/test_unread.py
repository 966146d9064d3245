"""Objects of other APIs: what they name is never denied, and never certain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from svcmap.model.coverage import Coverage
from svcmap.model.refs import GroupKind, Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.entries import entries, exposure
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.known.unread import naming_host
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.sources.snapshot import SnapshotSource, dump
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", "web")
BASE = WEB + objects.pod("web-0", "10.1.0.8")
VIRTUAL = objects.document(
    "VirtualService",
    "mesh",
    "spec: {hosts: [a.example, '*.wide.example'], http: [{route: [{destination: {host: web}}]}]}",
    "networking.istio.io/v1",
)
ROUTE = objects.gateway("{name: http, port: 80, protocol: HTTP}") + objects.route(
    "{backendRefs: [{name: web, port: 80}]}", host="g.example"
)


def attached(kind: str, name: str, group: str = "gateway.envoyproxy.io/v1alpha1", of: str = "SecurityPolicy") -> str:
    return objects.document(of, "guard", f"spec: {{targetRefs: [{{kind: {kind}, name: {name}}}]}}", group)


def ask(text: str, to: str, who: str = "internet") -> Trace:
    return trace(state_of(BASE + text), parse_request(to, parse_vantage(who)))


@pytest.mark.parametrize(
    ("named", "host", "is_named"),
    [
        ("a.example", "A.example", True),
        ("*.example", "a.example", True),
        ("*.example", "b.a.example", True),
        ("*.example", "example", False),
        ("*", "a.example", True),
        ("b.example", "a.example", False),
    ],
)
def test_a_wildcard_names_hosts_of_any_number_of_labels(named: str, host: str, is_named: bool) -> None:
    state = state_of(VIRTUAL.replace("[a.example, '*.wide.example']", f"['{named}']"))
    assert bool(naming_host(state, host)) is is_named


def test_a_policy_for_the_gateway_of_another_api_says_nothing() -> None:
    policy = attached("Gateway", "g, group: networking.istio.io")
    assert ask(ROUTE + policy, "http://g.example/").verdict == "reachable"


@pytest.mark.parametrize(("section", "verdict"), [("http", "unknown"), ("https", "reachable")])
def test_a_policy_for_one_listener_says_nothing_of_another(section: str, verdict: str) -> None:
    policy = attached("Gateway", f"g, sectionName: {section}")
    assert ask(ROUTE + policy, "http://g.example/").verdict == verdict


def test_a_policy_may_refuse_what_a_rule_would_redirect() -> None:
    redirect = "{filters: [{type: RequestRedirect, requestRedirect: {hostname: new.example}}]}"
    moved = objects.gateway("{name: http, port: 80, protocol: HTTP}") + objects.route(redirect, host="g.example")
    found = ask(moved + attached("HTTPRoute", "r"), "http://g.example/")
    assert (found.verdict, found.likely) == ("unknown", "redirect")


@pytest.mark.parametrize("host", ["a.example", "x.wide.example"])
@pytest.mark.parametrize("who", ["internet", "namespace:default"])
def test_a_host_that_something_names_is_not_denied(host: str, who: str) -> None:
    found = ask(VIRTUAL, f"http://{host}/", who)
    assert (found.verdict, found.reason) == ("unknown", None)
    assert [str(item.object) for item in found.undecided] == ["VirtualService/default/mesh"]
    assert "VirtualService" in str(found.stop and found.stop.says)
    assert ask(VIRTUAL, "http://b.example/").undecided == ()


def test_a_host_that_a_rule_has_as_well_is_likely_that_of_the_rule() -> None:
    rule = objects.ingress(objects.path(), host="a.example", of_class="")
    found = ask(VIRTUAL + rule, "http://a.example/")
    assert (found.verdict, found.likely, found.service) == ("unknown", "reachable", Name("default", "web"))
    exact = objects.ingress(objects.path(), host="x.wide.example", of_class="")
    assert ask(VIRTUAL + exact, "http://x.wide.example/").verdict == "reachable", "the wildcard is less specific"


@pytest.mark.parametrize(
    ("kind", "name", "is_met"), [("HTTPRoute", "r", True), ("Gateway", "g", True), ("HTTPRoute", "other", False)]
)
def test_a_policy_on_the_way_could_decide(kind: str, name: str, is_met: bool) -> None:
    found = ask(ROUTE + attached(kind, name), "http://g.example/")
    assert (found.verdict, found.likely) == (("unknown", "reachable") if is_met else ("reachable", None))
    assert bool(found.undecided) is is_met


def test_a_policy_about_tls_to_pods_takes_no_request_away() -> None:
    policy = attached("Service", "web", "gateway.networking.k8s.io/v1", "BackendTLSPolicy")
    assert ask(ROUTE + policy, "http://g.example/").verdict == "reachable"
    elsewhere = policy.replace("name: guard", "name: guard, namespace: other")
    assert any(
        "says nothing of Service default/web" in text for text in ask(ROUTE + elsewhere, "http://g.example/").assumed
    )


def test_a_filter_and_a_backend_of_an_implementation() -> None:
    filtered = ROUTE.replace(
        "backendRefs",
        "filters: [{type: ExtensionRef, extensionRef: {group: x.io, kind: Direct, name: f}}], backendRefs",
    )
    found = ask(filtered, "http://g.example/")
    assert (found.verdict, found.likely) == ("unknown", "reachable")
    assert found.undecided[0].field == "spec.rules[].filters[0].extensionRef"
    pool = ROUTE.replace("{name: web, port: 80}", "{group: inference.networking.k8s.io, kind: InferencePool, name: p}")
    found = ask(pool, "http://g.example/")
    assert (found.verdict, found.reason) == ("unknown", None)
    assert "InferencePool" in str(found.stop and found.stop.says)
    assert ask(ROUTE.replace("{name: web", "{kind: Pod, name: web"), "http://g.example/").reason == "invalid-kind"


def test_a_service_that_something_leads_to_may_be_found_from_anywhere() -> None:
    for text, expected in (("", "cluster"), (VIRTUAL, "unknown")):
        state = state_of(BASE + text)
        service = find_service(state, Name("default", "web"))
        assert service is not None
        assert exposure(state, service, list(entries(state, service))) == expected


def test_what_could_not_be_listed_may_name_any_host() -> None:
    found = state_of(BASE)
    refused = Coverage(partly={GroupKind("networking.istio.io", "VirtualService"): ()}, all_pods=True)
    state = ClusterState(found.source, found.objects, coverage=refused)
    asked = trace(state, parse_request("http://a.example/", parse_vantage("internet")))
    assert asked.verdict == "unknown"
    assert asked.stop is not None
    assert "kubectl auth can-i list virtualservices.networking.istio.io -A" in asked.stop.next


def test_a_snapshot_has_what_was_mentioned(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_bytes(dump(state_of(BASE + VIRTUAL)))
    state = SnapshotSource(str(path)).load()
    assert json.loads(path.read_text())["unread"]
    assert trace(state, parse_request("http://a.example/", parse_vantage("internet"))).verdict == "unknown"


def test_the_host_of_a_knative_service_stands_in_its_status() -> None:
    text = objects.document("Service", "hello", "status: {url: 'http://hello.d.example'}", "serving.knative.dev/v1")
    found = ask(text, "http://hello.d.example/")
    assert (found.verdict, found.undecided[0].field) == ("unknown", "status.url")


@pytest.mark.parametrize(
    ("match", "controller", "verdict"),
    [
        ("HostRegexp(`.+`) && PathPrefix(`/`)", "traefik.io/ingress-controller", "unknown"),
        ("PathPrefix(`/`)", "traefik.io/ingress-controller", "unknown"),
        ("PathPrefix(`/`)", "k8s.io/ingress-nginx", "reachable"),
        ("Host(`b.example`)", "traefik.io/ingress-controller", "reachable"),
    ],
)
def test_traefik_compares_all_routers_of_every_host(match: str, controller: str, verdict: str) -> None:
    routes = f"routes: [{{match: '{match}', services: [{{name: other, port: 80}}]}}]"
    route = objects.document("IngressRoute", "r", f"spec: {{{routes}}}", "traefik.io/v1alpha1")
    rule = objects.ingress(objects.path(), host="a.example") + objects.ingress_class(controller)
    assert ask(route + rule, "http://a.example/").verdict == verdict
