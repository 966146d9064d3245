"""A host that an object of another API names, asked for by name, by address with Host, and as a way into a Service."""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request
from svcmap.paths.entries import traced_entries
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web")
WEB += objects.pod("web-0", "10.1.0.8")
FRONT = objects.service(
    "{type: LoadBalancer, clusterIP: 10.96.0.9, selector: {app: proxy}, ports: [{port: 80}]}",
    "proxy",
    status="{loadBalancer: {ingress: [{ip: 203.0.113.9}]}}",
) + objects.pod("proxy-0", "10.1.0.9", labels="{app: proxy}")
ROUTE = objects.document(
    "IngressRoute",
    "r",
    "spec: {routes: [{match: Host(`a.example`), kind: Rule, services: [{name: web, port: 80}]}]}",
    "traefik.io/v1alpha1",
)


def ingress(host: str) -> str:
    status = "{loadBalancer: {ingress: [{ip: 203.0.113.9}]}}"
    return objects.ingress(objects.path(), host=host, of_class="traefik", status=status) + objects.ingress_class(
        "traefik.io/ingress-controller", "traefik"
    )


@pytest.mark.parametrize("rules", ["", ingress("b.example"), ingress("a.example")])
@pytest.mark.parametrize(("to", "headers"), [("http://a.example/", {}), ("http://203.0.113.9/", {"Host": "a.example"})])
def test_whoever_asks_for_the_host_gets_the_same_answer(rules: str, to: str, headers: dict[str, str]) -> None:
    """CX-5."""
    found = trace(state_of(WEB + FRONT + ROUTE + rules), parse_request(to, headers=headers))
    assert found.verdict == "unknown"
    assert str(found.undecided[0].object) == "IngressRoute/default/r"
    assert found.likely == ("reachable" if "a.example" in rules else None)


@pytest.mark.parametrize(("host", "verdict"), [("a.example", "unknown"), ("b.example", "reachable")])
def test_a_way_by_the_host_is_as_open(host: str, verdict: str) -> None:
    ways = traced_entries(state_of(WEB + FRONT + ROUTE + ingress(host)), Name("default", "web"))
    assert [found.verdict for way in ways if way.entry.kind == "ingress" for _, found in way.traces] == [verdict]
