"""What holds of every kind of route: two that claim a host alike, objects that nobody serves."""

from __future__ import annotations

from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import parse_request
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests.conftest import state_of

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.0.1, ports: [{port: 80}]}
---
"""
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: by-ingress}
spec:
  %s
  rules: [{host: %s, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
---
"""
CLASS = """
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: there}
spec: {controller: k8s.io/ingress-nginx}
"""
GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door}
spec: {gatewayClassName: any, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: by-gateway}
spec: {parentRefs: [{name: door}], hostnames: [%s], rules: [{backendRefs: [{name: web, port: 80}]}]}
"""


def asked(state: ClusterState, host: str) -> Trace:
    return trace(state, parse_request(f"http://{host}/"))


def test_of_two_kinds_that_claim_a_host_alike_the_other_is_named() -> None:
    state = state_of(SERVICE + INGRESS % ("", "shop.example.com") + GATEWAY % "shop.example.com")
    found = asked(state, "shop.example.com")
    assert "shop.example.com leads to the ingress; a rule of a gateway has it as well" in found.assumed


def test_the_kind_with_the_more_specific_rule_takes_a_host() -> None:
    state = state_of(SERVICE + INGRESS % ("", '"*.example.com"') + GATEWAY % "shop.example.com")
    found = asked(state, "shop.example.com")
    assert "gateway" in {hop.kind for hop in found.hops}
    assert not [text for text in found.assumed if "as well" in text]


def test_an_object_that_names_a_host_and_that_nobody_serves_is_named() -> None:
    state = state_of(SERVICE + INGRESS % ("ingressClassName: gone", "shop.example.com") + CLASS)
    says = asked(state, "shop.example.com").hops[-1].says
    assert "Ingress default/by-ingress has this host, but no controller serves it" in says
    assert "by-ingress" not in asked(state, "other.example.com").hops[-1].says


SHARED_RULE = "rules: [{backendRefs: [{name: web, port: 80}, {name: other, port: 80}]}]"
OTHER = """
---
apiVersion: v1
kind: Service
metadata: {name: other}
spec: {clusterIP: 10.96.0.2, selector: {app: other}, ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{port: 80}]
endpoints: [{addresses: [10.244.0.9]}]
"""


def test_a_share_of_a_service_of_which_nothing_is_known_leaves_the_rest_open() -> None:
    gateway = (GATEWAY % "shop.example.com").replace("rules: [{backendRefs: [{name: web, port: 80}]}]", SHARED_RULE)
    found = asked(state_of(SERVICE + gateway + OTHER), "shop.example.com")
    assert found.verdict == "unknown"
    assert "Whether Service default/other, which 50% of the requests go to" in found.hops[-1].says
    assert [endpoint.address for endpoint in found.endpoints] == ["10.244.0.9"]
