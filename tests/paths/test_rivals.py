"""One host behind two fronts: whose address the name has is not in the source, so both are asked."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import parse_via, trace
from tests import objects
from tests.conftest import state_of

BASE = "".join(
    objects.service(f"{{clusterIP: 10.96.0.{n}, selector: {{app: {name}}}, ports: [{{port: 80}}]}}", name)
    + objects.pod(f"{name}-0", f"10.1.0.{n}", labels=f"{{app: {name}}}")
    for n, name in enumerate(("web", "other"), 1)
)
BASE += objects.ingress_class("k8s.io/ingress-nginx", "nginx")
BASE += objects.ingress_class("traefik.io/ingress-controller", "traefik")


def ingress(of: str, backend: str = "web", host: str = "a.example") -> str:
    return objects.ingress(objects.path(backend=backend), of, host=f"'{host}'", of_class=of)


def gateway(backend: str = "web", name: str = "g", listeners: str = "{name: http, port: 80, protocol: HTTP}") -> str:
    route = objects.route(
        f"{{backendRefs: [{{name: {backend}, port: 80}}]}}", name, host="a.example", parent=f"{{name: {name}}}"
    )
    return objects.gateway(listeners, name) + route


def ask(text: str, via: str | None = None) -> Trace:
    return trace(state_of(BASE + text), parse_request("http://a.example/", via=parse_via(via)))


@pytest.mark.parametrize(
    ("text", "verdict", "rival"),
    [
        (ingress("nginx") + ingress("traefik"), "reachable", "Ingress/default/traefik has it as well"),
        (ingress("nginx") + ingress("traefik", "other"), "unknown", "Ingress/default/traefik"),
        (ingress("nginx") + ingress("traefik", "gone"), "unknown", "Ingress/default/traefik"),
        (ingress("nginx", "gone") + ingress("traefik", "none"), "unreachable", "has it as well"),
        (ingress("nginx") + ingress("traefik", "other", "*.example"), "reachable", ""),
        (ingress("nginx") + gateway(), "reachable", "a rule of a gateway has it as well"),
        (ingress("nginx") + gateway("other"), "unknown", "HTTPRoute/default/g"),
        (gateway() + gateway(name="h"), "reachable", "Gateway/default/h has it as well"),
        (gateway() + gateway("other", "h"), "unknown", "Gateway/default/h"),
        (
            gateway() + gateway(name="h", listeners="{name: http, port: 8080, protocol: HTTP}"),
            "unknown",
            "Gateway/default/h",
        ),
    ],
)
def test_every_front_with_the_host_is_asked(text: str, verdict: str, rival: str) -> None:
    found = ask(text)
    assert found.verdict == verdict
    if verdict == "unknown":
        assert found.likely == "reachable"
        assert rival.rpartition("/")[2] in str(found.undecided[0].object)
    else:
        assert any(rival in line for line in found.assumed) or not rival
        assert not [line for line in found.assumed if "as well" in line] or rival


def test_one_that_is_named_is_asked_alone() -> None:
    found = ask(ingress("nginx") + ingress("traefik", "other"), "ingress:default/nginx")
    assert found.verdict == "reachable"


ALB = "alb.ingress.kubernetes.io/"


def balanced(name: str, path: str, notes: str, of: str) -> str:
    meta = f", annotations: {{{notes}}}"
    return objects.ingress(
        objects.path(path, "web" if path == "/" else "other"), name, host="a.example", of_class=of, meta=meta
    )


@pytest.mark.parametrize(
    ("notes", "of", "verdict"),
    [
        (f"{ALB}scheme: internet-facing, {ALB}target-type: ip", "alb", "unknown"),
        (f"{ALB}scheme: internet-facing, {ALB}target-type: ip, {ALB}group.name: g", "alb", "reachable"),
        ("kubernetes.io/ingress.class: gce", "", "unknown"),
        ("x: y", "nginx", "reachable"),
    ],
)
def test_ingresses_with_load_balancers_of_their_own_are_fronts_of_their_own(notes: str, of: str, verdict: str) -> None:
    """CA-4, CG-2: one name leads to one of them."""
    text = balanced("first", "/", notes, of) + balanced("second", "/api", notes, of)
    text += objects.ingress_class("ingress.k8s.aws/alb", "alb")
    for path in ("/", "/api/x"):
        found = trace(state_of(BASE + text), parse_request(f"http://a.example{path}"))
        assert found.verdict == verdict
