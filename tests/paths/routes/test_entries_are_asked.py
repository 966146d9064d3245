"""The way in that is a lone rule is asked with a request that the rule takes, whatever its controller reads."""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.paths.entries import traced_entries
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web")
BASE = WEB + objects.pod("web-0", "10.1.0.8")
TRAEFIK = "traefik.ingress.kubernetes.io/router"
HAPROXY, ALB = "haproxy-ingress.github.io/", "alb.ingress.kubernetes.io/"
REACHED = f"{ALB}scheme: internet-facing, {ALB}target-type: ip"


@pytest.mark.parametrize(
    ("controller", "path", "annotations"),
    [
        ("cilium.io/ingress-controller", "/api/[0-9]+", ""),
        ("istio.io/ingress-controller", "/api.*", ""),
        ("istio.io/ingress-controller", "/api/*", ""),
        ("projectcontour.io/ingress-controller", "/api/[0-9]+", ""),
        ("haproxy-ingress.github.io/controller", "/api/[0-9]+", f"{HAPROXY}path-type: regex"),
        ("haproxy-ingress.github.io/controller", "/api", f"{HAPROXY}http-header-match: 'X-Env: qa'"),
        ("haproxy-ingress.github.io/controller", "/api", f"{HAPROXY}http-header-match-regex: 'X-Env: ^q[0-9]'"),
        ("nginx.org/ingress-controller", "/api/[0-9]+", "nginx.org/path-regex: case_sensitive"),
        ("nginx.org/ingress-controller", "/api", "nginx.org/listen-ports: '8080'"),
        ("traefik.io/ingress-controller", "/v[0-9]+/api", f"'{TRAEFIK}.pathmatcher': PathRegexp"),
        ("traefik.io/ingress-controller", "/api", f"'{TRAEFIK}.entrypoints': websecure"),
        ("traefik.io/ingress-controller", "/api", f"'{TRAEFIK}.tls': 'true'"),
        ("ingress.k8s.aws/alb", "/^/api/[0-9]+$", f"{REACHED}, {ALB}use-regex-path-match: 'true'"),
        ("ingress.k8s.aws/alb", "/api/*", REACHED),
        ("ingress-controllers.konghq.com/kong", "/~/v[0-9]+", ""),
        ("ingress-controllers.konghq.com/kong", "/api", "konghq.com/snis: a.example"),
        ("ingress-controllers.konghq.com/kong", "/api", "konghq.com/protocols: https"),
        ("k8s.io/ingress-nginx", "/api/[0-9]+", "nginx.ingress.kubernetes.io/use-regex: 'true'"),
    ],
)
def test_a_lone_rule_reaches_its_service(controller: str, path: str, annotations: str) -> None:
    rule = objects.path(f"'{path}'", kind="ImplementationSpecific")
    meta = f", annotations: {{{annotations}}}" if annotations else ""
    text = BASE + objects.ingress_class(controller) + objects.ingress(rule, host="a.example", of_class="c", meta=meta)
    (found,) = [item for item in traced_entries(state_of(text), Name("default", "web")) if item.entry.kind == "ingress"]
    assert [(way.verdict, way.reason) for _, way in found.traces] == [("reachable", None)]


def test_which_of_two_equal_rules_is_taken_is_not_known_of_either() -> None:
    """Where the controller does not say (CX-4): neither has the requests for certain, and neither lacks them."""
    of_class = objects.ingress_class("traefik.io/ingress-controller", "traefik")
    text = "".join(
        objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", name)
        + objects.ingress(objects.path("/", name), name, host="a.example", of_class="traefik")
        for name in ("web", "other")
    )
    state = state_of(text + objects.pod("web-0", "10.1.0.8") + of_class)
    found = {
        name: next(
            way
            for item in traced_entries(state, Name("default", name))
            for _, way in item.traces
            if item.entry.kind == "ingress"
        )
        for name in ("web", "other")
    }
    assert {name: way.verdict for name, way in found.items()} == {"web": "unknown", "other": "unknown"}
    assert sorted(str(way.likely) for way in found.values()) == ["reachable", "unreachable"]
    assert all(way.service == Name("default", name) for name, way in found.items())
