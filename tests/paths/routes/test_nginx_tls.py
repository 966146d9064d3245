"""TLS at ingress-nginx: client certificates, and TLS that is passed through (CN-21, CN-22)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of
from tests.paths.routes.test_controllers import NGINX

SPEC = "{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 443}]}"
BASE = objects.service(SPEC, "web") + objects.service(SPEC.replace("0.8", "0.9"), "other")
BASE += objects.pod("web-0", "10.1.0.8") + objects.ingress_class("k8s.io/ingress-nginx", "nginx")
SECRET = objects.document("Secret", "clients", namespace="certs")


def rule(annotations: str = "", path: str = "/", backend: str = "web", name: str = "i") -> str:
    meta = f", annotations: {{{annotations}}}" if annotations else ""
    return objects.ingress(
        objects.path(path, backend, port="number: 443"), name, host="a.example", of_class="nginx", meta=meta
    )


def controller(*args: str) -> str:
    words = ", ".join(f"'{word}'" for word in args)
    spec = f"containers: [{{name: c, image: 'registry.k8s.io/ingress-nginx/controller:v1.12', args: [{words}]}}]"
    template = f"{{metadata: {{labels: {{app: proxy}}}}, spec: {{{spec}}}}}"
    return objects.document("Deployment", "proxy", f"spec: {{template: {template}}}", "apps/v1", namespace="edge")


def ask(text: str, to: str = "https://a.example/") -> Trace:
    return trace(state_of(BASE + text), parse_request(to, parse_vantage("internet")))


@pytest.mark.parametrize(
    ("more", "secret", "answer"),
    [
        ("", SECRET, ("unreachable", 400)),
        ("", "", ("unreachable", None)),
        (f", {NGINX}auth-tls-verify-client: 'on'", SECRET, ("unreachable", 400)),
        (f", {NGINX}auth-tls-verify-client: optional", SECRET, ("reachable", None)),
        (f", {NGINX}auth-tls-verify-client: optional_no_ca", SECRET, ("reachable", None)),
        (f", {NGINX}auth-tls-verify-client: 'off'", SECRET, ("reachable", None)),
        (f", {NGINX}auth-tls-error-page: 'https://b.example/no'", SECRET, ("redirect", 302)),
    ],
)
def test_a_client_without_a_certificate(more: str, secret: str, answer: tuple[str, int | None]) -> None:
    found = ask(rule(f"{NGINX}auth-tls-secret: certs/clients{more}") + secret)
    assert (found.verdict, found.answer.status) == answer
    assert (
        ask(rule(f"{NGINX}auth-tls-secret: certs/clients{more}") + secret, "http://a.example/").verdict == "reachable"
    )


def test_one_ingress_says_it_for_the_whole_host() -> None:
    other = rule(f"{NGINX}auth-tls-secret: certs/clients", "/other", name="j")
    assert ask(rule() + other + SECRET).answer.status == 400
    assert ask(rule(f"{NGINX}auth-tls-secret: clients")).answer.status == 403


@pytest.mark.parametrize(
    ("args", "to", "service"),
    [
        (("--enable-ssl-passthrough",), "https://a.example/other", "web"),
        (("--enable-ssl-passthrough",), "http://a.example/other", "other"),
        ((), "https://a.example/other", "other"),
    ],
)
def test_tls_of_a_host_is_passed_through_where_the_controller_is_told_to(
    args: tuple[str, ...], to: str, service: str
) -> None:
    text = rule(f"{NGINX}ssl-passthrough: 'true'") + rule("", "/other", "other", name="j") + controller(*args)
    found = ask(text, to)
    assert found.service is not None
    assert found.service.name == service
    assert not found.undecided


def test_server_names_of_tls_are_no_wildcards() -> None:
    wide = rule(f"{NGINX}ssl-passthrough: 'true'").replace("host: a.example", "host: '*.example'")
    text = wide + rule("", "/other", "other", name="j").replace("host: a.example", "host: '*.example'")
    found = ask(text + controller("--enable-ssl-passthrough"), "https://a.example/other")
    assert found.service is not None
    assert found.service.name == "other"


def test_without_the_controller_it_is_assumed_not_to_be() -> None:
    found = ask(rule(f"{NGINX}ssl-passthrough: 'true'"))
    assert any("--enable-ssl-passthrough" in text for text in found.assumed)


def test_another_name_for_the_pods_changes_no_path() -> None:
    found = ask(rule(f"{NGINX}upstream-vhost: inside.example"))
    assert (found.verdict, found.undecided) == ("reachable", ())


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("written", ["clients", "a/b/c", "/"])
def test_what_is_no_secret_of_a_namespace_shuts_everybody_out(written: str, scheme: str) -> None:
    found = ask(rule(f"{NGINX}auth-tls-secret: {written}"), f"{scheme}://a.example/")
    assert found.answer.status == 403
    assert "everybody is answered 403" in (found.stop.says if found.stop else "")
