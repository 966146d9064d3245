"""Ingresses without a class, and controllers that go by the name of one (CX-2, CX-11, CX-17, CI-1)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web")
WEB += objects.pod("web-0", "10.1.0.8")
TRAEFIK, CONTOUR = "traefik.io/ingress-controller", "projectcontour.io/ingress-controller"


def running(image: str, *words: str) -> str:
    args = ", ".join(f"'{word}'" for word in words)
    pods = f"template: {{spec: {{containers: [{{name: c, image: {image}, args: [{args}]}}]}}}}"
    return objects.document("Deployment", "ctl", f"spec: {{{pods}}}", namespace="edge")


def ask(text: str, of_class: str = "") -> Trace:
    item = objects.ingress(objects.path(), host="a.example", of_class=of_class)
    return trace(state_of(WEB + item + text), parse_request("http://a.example/"))


@pytest.mark.parametrize(
    ("text", "verdict", "adopts"),
    [
        (objects.ingress_class(TRAEFIK, "t"), "reachable", True),
        (
            objects.ingress_class(TRAEFIK, "t") + running("traefik:v3", "--providers.kubernetesingress"),
            "reachable",
            True,
        ),
        (
            objects.ingress_class(TRAEFIK, "t") + running("traefik:v3", "--providers.kubernetesingress.ingressclass=t"),
            "unreachable",
            False,
        ),
        (objects.ingress_class(CONTOUR, "contour"), "reachable", True),
        (
            objects.ingress_class(CONTOUR, "contour")
            + running("projectcontour/contour:v1.33.0", "contour", "serve", "--ingress-class-name=contour"),
            "unreachable",
            False,
        ),
        (objects.ingress_class("k8s.io/ingress-nginx", "nginx"), "unreachable", False),
    ],
)
def test_some_controllers_serve_ingresses_without_a_class(text: str, verdict: str, adopts: bool) -> None:
    found = ask(text)
    assert found.verdict == verdict
    assert any("the Ingress has no class" in said for said in found.assumed) is adopts


INC, KONG = "nginx.org/ingress-controller", "ingress-controllers.konghq.com/kong"


@pytest.mark.parametrize(
    ("controller", "name", "text", "verdict", "said"),
    [
        (INC, "nginx", "", "reachable", ""),
        (INC, "inner", "", "reachable", "is told that inner is its class"),
        (INC, "inner", running("nginx/nginx-ingress:5", "-ingress-class=inner"), "reachable", ""),
        (INC, "inner", running("nginx/nginx-ingress:5", "-ingress-class=nginx"), "unknown", ""),
        (INC, "inner", running("nginx/nginx-ingress:5"), "unknown", ""),
        (KONG, "kong", "", "reachable", ""),
        (KONG, "inner", "", "reachable", "is told that inner is its class"),
        (CONTOUR, "inner", "", "reachable", "is told that inner is its class"),
        (
            CONTOUR,
            "inner",
            running("projectcontour/contour:v1.33.0", "contour", "serve", "--ingress-class-name=other,inner"),
            "reachable",
            "",
        ),
    ],
)
def test_some_controllers_go_by_the_name_of_the_class(
    controller: str, name: str, text: str, verdict: str, said: str
) -> None:
    found = ask(objects.ingress_class(controller, name) + text, name)
    assert found.verdict == verdict
    assert any("is told that" in text for text in found.assumed) is bool(said)
    assert not said or any(said in text for text in found.assumed)
    assert verdict == "reachable" or found.undecided[0].field == "--ingress-class"


@pytest.mark.parametrize(
    ("name", "classes", "verdict"),
    [
        ("ngnix", objects.ingress_class("k8s.io/ingress-nginx", "nginx"), "unknown"),
        ("nginx", objects.ingress_class(TRAEFIK, "traefik"), "unknown"),
        ("nginx", objects.ingress_class("k8s.io/ingress-nginx", "nginx"), "reachable"),
        ("ngnix", "", "reachable"),
        ("gce", objects.ingress_class("k8s.io/ingress-nginx", "nginx"), "reachable"),
    ],
)
def test_an_annotation_names_a_class_that_nobody_has(name: str, classes: str, verdict: str) -> None:
    """I7: it needs no object, but where others are there, whether anybody serves it is open."""
    meta = f", annotations: {{kubernetes.io/ingress.class: {name}}}"
    item = objects.ingress(objects.path(), host="a.example", of_class="", meta=meta)
    found = trace(state_of(WEB + item + classes), parse_request("http://a.example/"))
    assert found.verdict == verdict
    if verdict == "unknown":
        assert f"is {name}, which no IngressClass of the source is called" in found.undecided[0].could
