"""The command line of Traefik, and the ports of its Gateways (CT-1, CT-15, CT-17, GW-31)."""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.entries import traced_entries
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.semantics.ingress.traefik_arguments import arguments_from
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web")
BASE = WEB + objects.pod("web-0", "10.1.0.8") + objects.ingress_class("traefik.io/ingress-controller", "traefik")
CHART = (
    "--providers.kubernetesIngress",
    "--entryPoints.web.address=:8000/tcp",
    "--entryPoints.websecure.address=:8443/tcp",
)
SECURE = "--entryPoints.websecure.http.tls=true"
TO = "--entryPoints.web.http.redirections.entryPoint.to"


def traefik(*args: str) -> str:
    words = ", ".join(f"'{word}'" for word in args)
    spec = f"containers: [{{name: traefik, image: 'docker.io/traefik:v3.5', args: [{words}]}}]"
    template = f"{{metadata: {{labels: {{app: proxy}}}}, spec: {{{spec}}}}}"
    return objects.document("Deployment", "traefik", f"spec: {{template: {template}}}", "apps/v1", namespace="edge")


def ask(text: str, to: str = "http://a.example/") -> Trace:
    return trace(state_of(BASE + text), parse_request(to, parse_vantage("internet")))


def rules(of_class: str = "traefik", meta: str = "") -> str:
    return objects.ingress(objects.path(), host="a.example", of_class=of_class, meta=meta)


@pytest.mark.parametrize(
    ("args", "location"),
    [
        ((f"{TO}=websecure",), "https://a.example:8443/"),
        ((f"{TO}=:443",), "https://a.example/"),
        ((f"{TO}=:443", "--entrypoints.web.http.redirections.entrypoint.permanent=false"), "https://a.example/"),
        ((), None),
    ],
)
def test_an_entry_point_may_send_every_request_elsewhere(args: tuple[str, ...], location: str | None) -> None:
    found = ask(rules() + traefik(*CHART, SECURE, *args))
    assert found.answer.location == location
    assert found.answer.status == (None if location is None else 302 if len(args) > 1 else 301)
    assert ask(rules() + traefik(*CHART, SECURE, *args), "https://a.example/").verdict == "reachable"


@pytest.mark.parametrize(
    ("annotation", "to", "says", "step"),
    [
        ("router.tls: 'true'", "http", "for https alone", "ask for https, or have another router for http"),
        ("router.entrypoints: websecure", "http", "than web (websecure)", "change router.entrypoints"),
        (
            "router.entrypoints: websecure",
            "https",
            "without TLS, and entry point websecure",
            "set router.tls to 'true'",
        ),
        ("router.entrypoints: https", "http", "on entry point https, which", "set router.entrypoints to one of: web"),
    ],
)
def test_why_a_request_meets_no_router(annotation: str, to: str, says: str, step: str) -> None:
    """CT-14, CT-15."""
    key = "traefik.ingress.kubernetes.io/"
    found = ask(rules(meta=f", annotations: {{{key}{annotation}}}") + traefik(*CHART), f"{to}://a.example/")
    assert found.reason == "no-matching-rule"
    assert found.stop is not None
    assert says in found.stop.says
    assert found.stop.next.replace(key, "").startswith(step)


@pytest.mark.parametrize(
    ("arg", "verdict"),
    [
        ("namespaces=default,other", "reachable"),
        ("namespaces=prod", "unreachable"),
        ("ingressClass=traefik", "reachable"),
        ("ingressclass=internal", "unreachable"),
        ("labelSelector=team=a", "unknown"),
    ],
)
def test_it_looks_at_the_ingresses_that_it_is_told_to(arg: str, verdict: str) -> None:
    found = ask(rules() + traefik(*CHART, SECURE, f"--providers.kubernetesIngress.{arg}"))
    assert found.verdict == verdict
    if verdict == "unreachable":
        assert found.reason == "not-accepted"


@pytest.mark.parametrize(
    ("args", "meta", "verdict"),
    [
        ((SECURE,), "", "reachable"),
        ((), "", "unreachable"),
        ((), ", annotations: {traefik.ingress.kubernetes.io/router.tls: 'true'}", "reachable"),
    ],
)
def test_https_is_for_entry_points_and_routers_with_tls(args: tuple[str, ...], meta: str, verdict: str) -> None:
    assert ask(rules(meta=meta) + traefik(*CHART, *args), "https://a.example/").verdict == verdict


@pytest.mark.parametrize(
    ("arg", "field"),
    [
        ("--entryPoints.web.http.middlewares=edge-auth@kubernetescrd", "--entrypoints.web.http.middlewares"),
        ("--entryPoints.websecure.http.middlewares=edge-auth@kubernetescrd", ""),
        (
            "--providers.kubernetesIngress.strictPrefixMatching=true",
            "--providers.kubernetesingress.strictprefixmatching",
        ),
        ("--providers.kubernetesIngress.strictPrefixMatching=false", ""),
    ],
)
def test_options_that_are_not_evaluated_are_named(arg: str, field: str) -> None:
    found = ask(rules() + traefik(*CHART, SECURE, arg))
    assert (found.verdict, [item.field for item in found.undecided]) == (
        ("unknown", [field]) if field else ("reachable", [])
    )


def test_variables_of_the_environment_are_flags_too() -> None:
    """`TRAEFIK_` and the flag with `_` for its dots (Traefik's static configuration)."""
    to = "{name: TRAEFIK_ENTRYPOINTS_WEB_HTTP_REDIRECTIONS_ENTRYPOINT_TO, value: ':443'}"
    secret = "{name: TRAEFIK_CERTIFICATESRESOLVERS_LE_ACME_EAB_HMACENCODED, value: s3cret}"
    text = traefik(*CHART, SECURE).replace("args: [", f"env: [{to}, {secret}], args: [")
    assert ask(rules() + text).answer.location == "https://a.example/"
    (container,) = state_of(text).workloads[0].template.spec.containers
    assert "s3cret" not in str(container)


@pytest.mark.parametrize(("args", "verdict"), [(CHART[1:], "unknown"), (("--configFile=/etc/t.yaml",), "unknown")])
def test_what_turns_its_ingresses_on_may_be_elsewhere(args: tuple[str, ...], verdict: str) -> None:
    assert ask(rules() + traefik(*args)).verdict == verdict


@pytest.mark.parametrize(
    ("entry_points", "to", "verdict"),
    [
        ("", "http://a.example/", "unreachable"),
        ("", "https://a.example/", "reachable"),
        ("'traefik.ingress.kubernetes.io/router.entrypoints': web", "http://a.example/", "reachable"),
    ],
)
def test_routers_without_entry_points_are_on_the_default_ones(entry_points: str, to: str, verdict: str) -> None:
    meta = f", annotations: {{{entry_points}}}"
    text = rules(meta=meta) + traefik(*CHART, SECURE, "--entryPoints.websecure.asDefault=true")
    assert ask(text, to).verdict == verdict


@pytest.mark.parametrize(
    ("annotation", "verdict"),
    [
        ("router.tls.certresolver: le", "unreachable"),
        ("router.tls: ''", "unreachable"),
        ("router.tls: no", "reachable"),
    ],
)
def test_a_router_of_tls_is_for_https_alone(annotation: str, verdict: str) -> None:
    key, _, value = annotation.partition(": ")
    meta = f", annotations: {{'traefik.ingress.kubernetes.io/{key}': {value if value[0] == chr(39) else repr(value)}}}"
    assert ask(rules(meta=meta)).verdict == verdict
    assert ask(rules(meta=meta), "https://a.example/").verdict == "reachable"


def test_an_ingress_whose_annotations_cannot_be_read_is_skipped() -> None:
    meta = ", annotations: {'traefik.ingress.kubernetes.io/router.priority': high}"
    found = ask(rules(meta=meta))
    assert (found.verdict, found.reason) == ("unreachable", "not-accepted")
    assert "router.priority is 'high'" in found.hops[-1].says


def test_of_its_arguments_only_those_that_are_read_are_kept() -> None:
    state = state_of(traefik(*CHART, "--certificatesresolvers.le.acme.eab.hmacencoded=s3cret", "--log.level=INFO"))
    (container,) = state.workloads[0].template.spec.containers
    assert container.args == CHART


def test_flags_are_taken_in_any_case() -> None:
    found = arguments_from(("--ENTRYPOINTS.Web.Address=:80", "--entrypoints.web.http.tls.certresolver=le"))
    assert found.entry_points["web"][:3] == ("web", 80, True)


FRONT = objects.service(
    "{type: LoadBalancer, clusterIP: 10.96.0.9, selector: {app: proxy}, ports: [{port: 80, targetPort: web}]}",
    "traefik",
    namespace="edge",
    status="{loadBalancer: {ingress: [{ip: 203.0.113.50}]}}",
)
PROXY = objects.pod(
    "traefik-0", "10.1.0.7", labels="{app: proxy}", namespace="edge", ports="[{name: web, containerPort: 8000}]"
)


def gateway(port: int, status: str = "{addresses: [{value: 203.0.113.50}]}") -> str:
    text = objects.gateway(f"{{name: http, port: {port}, protocol: HTTP}}", status=status)
    return text.replace("gatewayClassName: c", "gatewayClassName: traefik") + objects.route(
        "{backendRefs: [{name: web, port: 80}]}", host="a.example"
    )


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (gateway(8000) + FRONT + PROXY, "reachable"),
        (gateway(8000), "reachable"),
        (gateway(8000, "{}"), "reachable"),
        (gateway(80), "unknown"),
        (gateway(80) + traefik("--entrypoints.web.address=:80", "--providers.kubernetesgateway"), "reachable"),
        (gateway(80) + traefik("--entrypoints.web.address=:80"), "unknown"),
        (gateway(8000) + traefik("--entrypoints.web.address=:80", "--providers.kubernetesgateway"), "unknown"),
        (gateway(9000) + FRONT + PROXY, "unreachable"),
    ],
)
def test_a_listener_has_the_port_of_an_entry_point(text: str, verdict: str) -> None:
    assert ask(text).verdict == verdict


def test_the_ways_in_are_asked_at_the_ports_of_clients() -> None:
    state = state_of(BASE + gateway(8000) + FRONT + PROXY)
    (found,) = (item for item in traced_entries(state, Name("default", "web")) if item.entry.kind == "gateway")
    assert [(found_.request.to, found_.verdict) for _, found_ in found.traces] == [("http://a.example/", "reachable")]


def test_values_of_the_chart_that_nobody_evaluates_are_a_doubt() -> None:
    """CT-2: k3s installs Traefik, and a HelmChartConfig changes its values."""
    values = "spec: {valuesContent: 'ports: {web: {redirectTo: {port: websecure}}}'}"
    config = objects.document("HelmChartConfig", "traefik", values, "helm.cattle.io/v1", namespace="kube-system")
    found = ask(rules() + config)
    assert (found.verdict, [str(item.object) for item in found.undecided]) == (
        "unknown",
        ["HelmChartConfig/kube-system/traefik"],
    )
    assert ask(rules() + config.replace("name: traefik", "name: other")).verdict == "reachable"
