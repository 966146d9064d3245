"""GKE's load balancer: certificates, FrontendConfig, BackendConfig, and its health check (CG-7, CG-8, CG-A2, CG-A7)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

FRONTEND = "networking.gke.io/v1beta1.FrontendConfig: front"
CERTIFICATE = "networking.gke.io/managed-certificates: cert"
BACKEND = 'cloud.google.com/backend-config: \'{"default": "back"}\''
SPEC = "{type: NodePort, clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}"


def front(spec: str) -> str:
    return objects.document("FrontendConfig", "front", f"spec: {spec}", "networking.gke.io/v1beta1")


def back(spec: str) -> str:
    return objects.document("BackendConfig", "back", f"spec: {spec}", "cloud.google.com/v1")


def pod(probe: str = "") -> str:
    plain = objects.pod("web-0", "10.1.0.8", ports="[{containerPort: 8080}]")
    return plain.replace("{name: c,", f"{{name: c{probe},", 1)


def ask(
    text: str, *, of_ingress: str = "", of_service: str = "", to: str = "http://a.example/", probe: str = ""
) -> Trace:
    meta = ", ".join(part for part in ("kubernetes.io/ingress.class: gce", of_ingress) if part)
    rule = objects.ingress(objects.path(), host="a.example", of_class="", meta=f", annotations: {{{meta}}}")
    web = objects.service(SPEC, "web", meta=f", annotations: {{{of_service}}}")
    return trace(state_of(web + pod(probe) + rule + text), parse_request(to, parse_vantage("internet")))


def test_https_needs_a_certificate() -> None:
    found = ask("", to="https://a.example/")
    assert (found.verdict, found.reason) == ("unreachable", "no-listener")
    assert ask("", to="https://a.example/", of_ingress=CERTIFICATE).verdict == "reachable"


@pytest.mark.parametrize(
    ("spec", "status"),
    [
        ("{redirectToHttps: {enabled: true}}", 301),
        ("{redirectToHttps: {enabled: true, responseCodeName: PERMANENT_REDIRECT}}", 308),
        ("{redirectToHttps: {enabled: false}}", None),
        ("{sslPolicy: strict}", None),
    ],
)
def test_a_frontend_config_sends_http_to_https(spec: str, status: int | None) -> None:
    found = ask(front(spec), of_ingress=f"{FRONTEND}, {CERTIFICATE}")
    assert found.answer.status == status
    assert found.verdict == ("redirect" if status else "reachable")
    assert ask(front(spec), of_ingress=f"{FRONTEND}, {CERTIFICATE}", to="https://a.example/").verdict == "reachable"


def test_one_that_is_not_there_or_has_no_certificate_is_named() -> None:
    assert ask("", of_ingress=FRONTEND).undecided[0].could == "names FrontendConfig front, which is not in the source"
    found = ask(front("{redirectToHttps: {enabled: true}}"), of_ingress=FRONTEND)
    assert (found.verdict, found.likely) == ("unknown", "reachable")


@pytest.mark.parametrize(
    ("spec", "verdict"),
    [
        ("{iap: {enabled: true, oauthclientCredentials: {secretName: s}}}", "redirect"),
        ("{iap: {enabled: false}}", "reachable"),
        ("{securityPolicy: {name: strict}}", "unknown"),
        ("{timeoutSec: 30, healthCheck: {requestPath: /healthz}}", "reachable"),
    ],
)
def test_a_backend_config_says_who_is_let_in(spec: str, verdict: str) -> None:
    assert ask(back(spec), of_service=BACKEND).verdict == verdict


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ('{"ports": {"80": "back"}}', "redirect"),
        ('{"ports": {"81": "back"}}', "reachable"),
        ('{"ports": {"81": "none"}, "default": "back"}', "redirect"),
        ('{"default": "none"}', "unknown"),
        ("back", "unknown"),
    ],
)
def test_the_annotation_is_for_ports(value: str, verdict: str) -> None:
    annotation = f"cloud.google.com/backend-config: '{value}'"
    assert ask(back("{iap: {enabled: true}}"), of_service=annotation).verdict == verdict


@pytest.mark.parametrize(
    ("probe", "config", "assumed", "warns"),
    [
        ("", "", "GET / on port 8080 of default/web", False),
        (", readinessProbe: {httpGet: {path: /ready, port: 8080}}", "", "", False),
        (", readinessProbe: {httpGet: {path: /ready, port: 9090}}", "", "GET / on port 8080", True),
        (", readinessProbe: {tcpSocket: {port: 8080}}", "", "GET / on port 8080", False),
        ("", "{healthCheck: {requestPath: /h}}", "GET /h on port 8080", False),
        (
            ", readinessProbe: {httpGet: {path: /r, port: 8080}}",
            "{healthCheck: {port: 15020}}",
            "GET /r on port 15020",
            False,
        ),
        ("", "{timeoutSec: 30}", "GET / on port 8080", False),
    ],
)
def test_what_its_health_check_asks_is_said(probe: str, config: str, assumed: str, warns: bool) -> None:
    found = ask(back(config) if config else "", probe=probe, of_service=BACKEND if config else "")
    assert found.verdict == "reachable"
    checks = [text for text in found.assumed if "health check" in text]
    assert len(checks) == bool(assumed)
    assert assumed in "".join(checks)
    assert ("health-check-path" in found.warnings) == warns


@pytest.mark.parametrize(("state", "verdict"), [("UNHEALTHY", "unreachable"), ("HEALTHY", "reachable")])
@pytest.mark.parametrize("name", ["k8s1-1a2b3c4d-default-web-80-5e6f7a8b", "k8s-be-30080--1a2b3c4d"])
def test_the_health_that_it_reports_counts(name: str, state: str, verdict: str) -> None:
    found = ask("", of_ingress=f'ingress.kubernetes.io/backends: \'{{"{name}": "{state}"}}\'')
    assert found.verdict == verdict
    assert found.answer.status == (502 if verdict == "unreachable" else None)


def test_pods_that_are_probed_by_https_speak_it() -> None:
    probe = ", readinessProbe: {httpGet: {path: /, port: 8080, scheme: HTTPS}}"
    assert "tls-backend-plain-http" in ask("", probe=probe).warnings
    protocols = 'cloud.google.com/app-protocols: \'{"80": "HTTPS"}\''
    assert "tls-backend-plain-http" not in ask("", probe=probe, of_service=protocols).warnings


def test_an_internal_load_balancer_is_not_for_everybody() -> None:
    rule = objects.ingress(
        objects.path(), host="a.example", of_class="", meta=", annotations: {kubernetes.io/ingress.class: gce-internal}"
    )
    found = trace(
        state_of(objects.service(SPEC, "web") + pod() + rule),
        parse_request("http://a.example/", parse_vantage("internet")),
    )
    assert (found.verdict, found.likely) == ("unknown", "reachable")
    assert "gce-internal" in found.undecided[0].could


@pytest.mark.parametrize(
    ("neg", "verdict"),
    [("", "reachable"), ("'{\"ingress\": true}'", "reachable"), ("'{\"ingress\": false}'", "unknown")],
)
def test_a_service_without_node_ports_needs_a_neg(neg: str, verdict: str) -> None:
    """CG-4: and without one the load balancer takes over nothing of the Ingress."""
    meta = f", annotations: {{cloud.google.com/neg: {neg}}}" if neg else ""
    web = objects.service(
        "{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", "web", meta=meta
    )
    rule = objects.ingress(
        objects.path(), host="a.example", of_class="", meta=", annotations: {kubernetes.io/ingress.class: gce}"
    )
    found = trace(state_of(web + pod() + rule), parse_request("http://a.example/"))
    assert found.verdict == verdict
    assert any("gives Service default/web a NEG" in text for text in found.assumed) is (not neg)
    seen = web.replace("name: web", "name: web, uid: u", 1)
    assert trace(state_of(seen + pod() + rule), parse_request("http://a.example/")).verdict == (
        verdict if neg else "unknown"
    )


@pytest.mark.parametrize(("of", "verdict"), [("gce", "reachable"), ("gce-regional-external", "unknown")])
def test_policies_know_a_global_load_balancer_by_its_ranges(of: str, verdict: str) -> None:
    """CG-9."""
    block = "{ipBlock: {cidr: 35.191.0.0/16}}"
    text = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", "web")
    text += objects.document(
        "NetworkPolicy",
        "np",
        f"spec: {{podSelector: {{}}, policyTypes: [Ingress], ingress: [{{from: [{block}]}}]}}",
    )
    text += objects.ingress(
        objects.path(), host="a.example", of_class="", meta=f", annotations: {{kubernetes.io/ingress.class: {of}}}"
    )
    assert trace(state_of(text + pod()), parse_request("http://a.example/")).verdict == verdict
