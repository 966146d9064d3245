"""What the API server refuses of an Ingress (I8; pkg/apis/networking/validation/validation.go)."""

from __future__ import annotations

import pytest

from svcmap.checks.standing import standing
from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request
from svcmap.paths.trace import trace
from svcmap.semantics.ingress.admission import refusal
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web")
BASE = WEB + objects.pod("web-0", "10.1.0.8") + objects.ingress_class("k8s.io/ingress-nginx", "nginx")
OPEN, PATH, HOST = "ImplementationSpecific", "spec.rules[0].http.paths[0].path", "spec.rules[0].host"


def ingress(path: str = "/", kind: str = "Prefix", host: str = "a.example", **more: str) -> str:
    return objects.ingress(objects.path(f"'{path}'", kind=kind), host=f"'{host}'", of_class="nginx", **more)


@pytest.mark.parametrize(
    ("path", "kind", "host", "field"),
    [
        ("/", "Prefix", "a.example", None),
        ("", "Prefix", "a.example", PATH),
        ("", "Exact", "a.example", PATH),
        ("", OPEN, "a.example", None),
        ("foo", OPEN, "a.example", PATH),
        ("^/foo", OPEN, "a.example", PATH),
        ("/foo//bar", "Prefix", "a.example", PATH),
        ("/foo//bar", OPEN, "a.example", None),
        ("/foo%2Fbar", "Exact", "a.example", PATH),
        ("/foo/../bar", "Prefix", "a.example", PATH),
        ("/foo/..", "Prefix", "a.example", PATH),
        ("/foo/...", "Prefix", "a.example", None),
        ("/foo(/|$)(.*)", "Prefix", "a.example", None),
        ("/", "Prefix", "A.example", HOST),
        ("/", "Prefix", "10.0.0.1", HOST),
        ("/", "Prefix", "*.example", None),
        ("/", "Prefix", "*", HOST),
        ("/", "Prefix", "a.*.example", HOST),
        ("/", "Prefix", "a.example:8080", HOST),
        ("/", "Prefix", "a_b.example", HOST),
        ("/", "Prefix", "", None),
    ],
)
def test_the_field_for_which_it_is_refused(path: str, kind: str, host: str, field: str | None) -> None:
    (item,) = state_of(ingress(path, kind, host)).ingresses.values()
    found = refusal(item)
    assert (found.field if found else None) == field


def test_one_broken_path_keeps_the_whole_object_out() -> None:
    paths = f"{objects.path('foo')}, {objects.path('/ok')}"
    text = objects.ingress(paths, host="a.example", of_class="nginx")
    found = trace(state_of(BASE + text), parse_request("http://a.example/ok"))
    assert (found.verdict, found.reason, found.invalid) == ("unreachable", "object-refused", PATH)
    created = text.replace("name: i", "name: i, uid: x", 1)
    assert trace(state_of(BASE + created), parse_request("http://a.example/ok")).verdict == "reachable"


def test_another_ingress_of_the_host_stays() -> None:
    text = ingress("foo") + ingress("/").replace("name: i", "name: j", 1)
    assert trace(state_of(BASE + text), parse_request("http://a.example/ok")).verdict == "reachable"


def test_a_refused_one_has_its_host_only_where_no_other_takes_it() -> None:
    wide = ingress("/", host="*.example").replace("name: i", "name: j", 1)
    assert trace(state_of(BASE + ingress("foo") + wide), parse_request("http://a.example/ok")).verdict == "reachable"
    for scheme in ("http", "tcp"):
        alone = trace(state_of(BASE + ingress("foo")), parse_request(f"{scheme}://a.example:80"))
        assert alone.reason == "object-refused"


def test_it_is_one_problem_however_many_rules_it_has() -> None:
    paths = ", ".join([objects.path("foo"), *(objects.path(f"/{number}") for number in range(3))])
    state = state_of(BASE + objects.ingress(paths, host="a.example", of_class="nginx"))
    (found,) = (item for item in standing(state, Name("default", "web")).findings if item.id == "object-refused")
    assert found.path == ("spec", "rules", 0, "http", "paths", 0, "path")
    assert len(found.breaks) == 4


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ("rules: [{http: {paths: [{path: /, backend: BACKEND}]}}]", "spec.rules[0].http.paths[0].pathType"),
        (
            "rules: [{http: {paths: [{path: /, pathType: prefix, backend: BACKEND}]}}]",
            "spec.rules[0].http.paths[0].pathType",
        ),
        ("rules: [{http: {paths: []}}]", "spec.rules[0].http.paths"),
        (
            "rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {serviceName: web, servicePort: 80}}]}}]",
            "spec.rules[0].http.paths[0].backend.serviceName",
        ),
        ("rules: [{http: {paths: [{path: /, pathType: Prefix}]}}]", "spec.rules[0].http.paths[0].backend"),
        ("defaultBackend: {service: {port: {number: 80}}}", "spec.defaultBackend.service.name"),
        ("defaultBackend: {service: {name: web}}", "spec.defaultBackend.service.port"),
        ("defaultBackend: {service: {name: web, port: {number: 80, name: http}}}", "spec.defaultBackend.service.port"),
        ("defaultBackend: BACKEND, tls: [{hosts: ['https://a.example']}]", "spec.tls[0].hosts[0]"),
        ("defaultBackend: {resource: {kind: Bucket, name: b, apiGroup: x.io}}", None),
        ("defaultBackend: BACKEND, tls: [{hosts: ['*.a.example', a.example]}]", None),
    ],
)
def test_what_else_has_to_be_there(spec: str, field: str | None) -> None:
    backend = "{service: {name: web, port: {number: 80}}}"
    text = objects.document("Ingress", "i", f"spec: {{{spec.replace('BACKEND', backend)}}}")
    (item,) = state_of(text).ingresses.values()
    found = refusal(item)
    assert (found.field if found else None) == field


@pytest.mark.parametrize("host", ["https://a.example", "a.example:8080", "A.example", "a.example/shop", "*"])
def test_a_host_that_was_meant_is_found_at_the_refused_ingress(host: str) -> None:
    found = trace(state_of(BASE + ingress(host=host)), parse_request("http://a.example/"))
    assert (found.reason, found.invalid) == ("object-refused", HOST)
    other = trace(state_of(BASE + ingress(host=host)), parse_request("http://b.example/"))
    assert (other.reason == "object-refused") is (host == "*")
