"""Snippets of ingress-nginx, by its release and its ConfigMap (CN-33, CN-34)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web")
BASE = WEB + objects.pod("web-0", "10.1.0.8") + objects.ingress_class("k8s.io/ingress-nginx")
PREFIX = "nginx.ingress.kubernetes.io/"


def running(tag: str) -> str:
    container = (
        f"{{name: c, image: 'registry.k8s.io/ingress-nginx/controller:{tag}', "
        "args: [/nginx-ingress-controller, --configmap=edge/ingress-nginx-controller]}"
    )
    pods = f"template: {{metadata: {{labels: {{app: ctl}}}}, spec: {{containers: [{container}]}}}}"
    return objects.document("Deployment", "ctl", f"spec: {{{pods}}}", namespace="edge")


def settings(data: str) -> str:
    return objects.document("ConfigMap", "ingress-nginx-controller", f"data: {{{data}}}", namespace="edge")


ALLOWED, FORBIDDEN = "allow-snippet-annotations: 'true'", "allow-snippet-annotations: 'false'"
CRITICAL = "annotations-risk-level: Critical"


@pytest.mark.parametrize("key", ["configuration-snippet", "server-snippet"])
@pytest.mark.parametrize(
    ("text", "verdict", "said"),
    [
        ("", "unknown", "where allow-snippet-annotations is true"),
        (running("v1.8.0") + settings(""), "unknown", "where allow-snippet-annotations is true"),
        (running("v1.11.0") + settings("ssl-redirect: 'false'"), "reachable", "is false by default since 1.9"),
        (running("v1.11.0") + settings(FORBIDDEN), "reachable", "ConfigMap edge/ingress-nginx-controller is false"),
        (running("v1.11.0") + settings(ALLOWED), "unknown", "as allow-snippet-annotations is true"),
        (running("v1.12.0") + settings(ALLOWED), "unknown", "more risk than annotations-risk-level (High) allows"),
        (running("v1.12.0") + settings(f"{ALLOWED}, {CRITICAL}"), "unknown", "as allow-snippet-annotations is true"),
        (running("v1.12.0") + settings(f"{FORBIDDEN}, {CRITICAL}"), "reachable", "is false"),
        (settings(f"{ALLOWED}, annotations-risk-level: High"), "unknown", "(High) allows"),
    ],
)
def test_whether_a_snippet_is_in_force(key: str, text: str, verdict: str, said: str) -> None:
    item = objects.ingress(objects.path(), host="a.example", meta=f", annotations: {{{PREFIX}{key}: return 403;}}")
    found = trace(state_of(BASE + item + text), parse_request("http://a.example/"))
    assert found.verdict == verdict
    texts = [*found.assumed, *(item.could for item in found.undecided)]
    assert any(said in text for text in texts), texts


def test_a_snippet_of_one_rule_is_not_of_the_other_ingresses_of_its_host() -> None:
    own = objects.ingress(objects.path(), host="a.example")
    for key, verdict in (("configuration-snippet", "reachable"), ("server-snippet", "unknown")):
        meta = f", annotations: {{{PREFIX}{key}: return 403;}}"
        other = objects.ingress(objects.path("/other"), "o", host="a.example", meta=meta)
        found = trace(state_of(BASE + own + other), parse_request("http://a.example/"))
        assert found.verdict == verdict
