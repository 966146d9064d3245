"""Labels of a namespace whose object was not read are unknown, wherever a selector looks at them."""

from __future__ import annotations

import pytest

from svcmap.expectations.questions import QUESTIONS
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import parse_request
from svcmap.paths.known.assumptions import settled
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.picture.lanes import path_view
from tests import objects
from tests.conftest import state_of

GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge, namespace: infra}}
spec:
  gatewayClassName: c
  allowedListeners: {{namespaces: {{from: Selector, selector: {{matchLabels: {{listeners: "yes"}}}}}}}}
  listeners:
  - {{name: http, port: 80, protocol: HTTP, allowedRoutes: {{namespaces: {{from: Selector, selector: {selector}}}}}}}
  - {{name: tcp, port: 90, protocol: TCP, allowedRoutes: {{namespaces: {{from: Selector, selector: {selector}}}}}}}
status: {{addresses: [{{value: 203.0.113.9}}]}}
"""
ROUTE = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: shop}
spec: {parentRefs: [{name: edge, namespace: infra}], hostnames: [a.example.com], rules: [{backendRefs: [{name: web, port: 80}]}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: TCPRoute
metadata: {name: t, namespace: shop}
spec: {parentRefs: [{name: edge, namespace: infra}], rules: [{backendRefs: [{name: web, port: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.0.1, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{port: 8080}]
endpoints: [{addresses: [10.244.0.5]}]
"""
LISTENER_SET = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {name: more, namespace: shop}
spec: {parentRef: {name: edge, namespace: infra}, listeners: [{name: extra, port: 8443, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: own, namespace: shop}
spec: {parentRefs: [{kind: ListenerSet, name: more}], hostnames: [b.example.com], rules: [{backendRefs: [{name: web, port: 80}]}]}
"""
EDGE = '{matchLabels: {exposed: "yes"}}'
BY_NAME = "{matchLabels: {kubernetes.io/metadata.name: shop}}"


def namespace(labels: str) -> str:
    return "\n" + objects.namespace("shop", f"{{{labels}}}")


def asked(state: ClusterState, url: str = "http://a.example.com/") -> Trace:
    return trace(state, parse_request(url))


CASES = [
    (EDGE, "", "unknown"),
    (EDGE, namespace(""), "unreachable"),
    (EDGE, namespace('exposed: "yes"'), "reachable"),
    (BY_NAME, "", "reachable"),
    ('{matchLabels: {kubernetes.io/metadata.name: other, exposed: "yes"}}', "", "unreachable"),
    ("{matchExpressions: [{key: secret, operator: DoesNotExist}]}", "", "unknown"),
    ("{matchExpressions: [{key: secret, operator: DoesNotExist}]}", namespace(""), "reachable"),
]


@pytest.mark.parametrize("url", ["http://a.example.com/", "tcp://203.0.113.9:90"])
@pytest.mark.parametrize(("selector", "more", "verdict"), CASES)
def test_a_gateway_that_selects_namespaces(selector: str, more: str, verdict: str, url: str) -> None:
    state = state_of(GATEWAY.format(selector=selector) + ROUTE + more)
    found = asked(state, url)
    assert found.verdict == verdict
    view = path_view(state, Name("shop", "web"))
    assert view is not None
    way = next(way for way in view.ways if way.kind == "gateway")
    assert {trace.verdict for _, trace in way.traces} == {verdict}
    if verdict == "unknown":
        assert found.hops[-1].needs == ("Namespace/shop",)
        assert "depends on the labels of namespace shop" in found.hops[-1].says


def test_a_listener_set_of_a_namespace_nobody_read() -> None:
    text = GATEWAY.format(selector=BY_NAME) + ROUTE + LISTENER_SET
    assert asked(state_of(text), "http://203.0.113.9:8443/").verdict == "unknown"
    said = state_of(text + namespace('listeners: "yes"'))
    assert (
        trace(said, parse_request("http://203.0.113.9:8443/", headers={"Host": "b.example.com"})).verdict == "reachable"
    )
    assert asked(state_of(text + namespace("")), "http://203.0.113.9:8443/").reason == "no-listener"


def test_a_status_that_labels_decide_is_not_made_up() -> None:
    state = state_of(GATEWAY.format(selector=EDGE) + ROUTE)
    answer = QUESTIONS["route"](state, {"route": "shop/r"}, settled(state))
    assert (answer["accepted"], answer["resolvedRefs"]) == (None, True)
    gateway = QUESTIONS["gateway"](state, {"gateway": "infra/edge"}, settled(state))
    assert gateway["attachedRoutes"] == {"http": 0, "tcp": 0}
