"""What was not read is never "none": stops that rest on an absence are unknown where the missing may have been lost."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from svcmap.model.state import ClusterState, LoadIssue
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.trace import trace
from svcmap.paths.walk import ABSENT, PROVEN
from tests.conftest import ROOT, state_of

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.0.1, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: c, image: c}]}
status: {phase: Running, podIP: 10.1.0.1, podIPs: [{ip: 10.1.0.1}], conditions: [{type: Ready, status: "True"}]}
---
"""
OTHER = POD.replace("name: web, labels: {app: web}", "name: other, labels: {app: other}").replace(
    "10.1.0.1", "10.1.0.2"
)
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i}
spec: {ingressClassName: nginx, rules: [{host: shop.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
"""
OTHER_CLASS = """
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: other}
spec: {controller: example.com/other}
---
"""
ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g}
spec: {gatewayClassName: x, listeners: [{name: h, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec: {parentRefs: [{name: g}], hostnames: [gw.example.com], rules: [{backendRefs: [{name: api, namespace: other, port: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: other}
spec: {clusterIP: 10.96.0.2, ports: [{port: 80}]}
---
"""
DENY = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny}\nspec: {podSelector: {}}\n---\n"


def partly(text: str, lost: Iterable[str | None]) -> ClusterState:
    """The state of a text of whose source some objects were lost; None: a whole file."""
    whole = state_of(text)
    issues = [LoadIssue(reason="not readable", file="lost.yaml", line=1, object=item) for item in lost]
    return ClusterState(whole.source, whole.objects, issues)


@pytest.mark.parametrize(
    ("text", "to", "reason", "lost"),
    [
        (INGRESS, "http://shop.example.com", "service-not-found", "Service/default/web"),
        (SERVICE + OTHER, "http://10.96.0.1", "no-endpoints", "Deployment/default/web"),
        (SERVICE + INGRESS + OTHER_CLASS + POD, "http://shop.example.com", None, "IngressClass/nginx"),
        (ROUTE, "http://gw.example.com", "ref-not-permitted", "ReferenceGrant/other/grant"),
        (SERVICE + POD + DENY, "http://10.96.0.1", "network-policy", "NetworkPolicy/default/allow"),
        (SERVICE + POD, "http://nosuch.default.svc", "name-not-found", "Service/default/nosuch"),
        (SERVICE + POD, "http://10.96.0.77", "not-a-cluster-address", "Service/default/other"),
    ],
)
def test_a_stop_that_rests_on_an_absence(text: str, to: str, reason: str | None, lost: str) -> None:
    request = parse_request(to, parse_vantage("namespace:default"))
    firm = trace(partly(text, []), request)
    assert firm.verdict == "unreachable"
    if reason is not None:
        assert firm.reason == reason
    for issue in (lost, None):
        found = trace(partly(text, [issue]), request)
        assert (found.verdict, found.reason) == ("unknown", None)
        assert found.stop is not None
        assert "what is missing may be there" in found.stop.says


@pytest.mark.parametrize("lost", ["Ingress/default/i", "Deployment/elsewhere/web", "NetworkPolicy/default/n"])
def test_what_is_lost_elsewhere_or_of_another_kind_changes_nothing(lost: str) -> None:
    request = parse_request("http://10.96.0.1", parse_vantage("namespace:default"))
    assert trace(partly(SERVICE + OTHER, [lost]), request).reason == "no-endpoints"


def test_every_reason_is_either_an_absence_or_proven() -> None:
    """So that a new one is thought about."""
    assert not ABSENT.keys() & PROVEN
    paths = "".join(path.read_text() for path in (ROOT / "svcmap" / "paths").rglob("*.py"))
    choices = (ROOT / "svcmap" / "semantics" / "service_proxy.py").read_text()
    stops = set(re.findall(r'walk\.stop\([^"]*?, "([a-z-]+)"', paths)) | set(re.findall(r'reason="([a-z-]+)"', choices))
    assert stops <= ABSENT.keys() | PROVEN
    assert {"no-endpoints", "service-not-found", "source-range", "no-matching-rule"} <= stops


NAMED = "{podSelector: {}, ingress: [{from: [{namespaceSelector: %s}]}]}"
POLICY = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p}}\nspec: {spec}\n---\n"
CLIENT = POD.replace("name: web, labels: {app: web}", "name: client, namespace: front, labels: {app: client}").replace(
    "10.1.0.1", "10.1.0.9"
)


@pytest.mark.parametrize(
    ("selector", "namespace", "verdict"),
    [
        ("{matchLabels: {team: front}}", "", "unknown"),
        ("{matchLabels: {team: front}}", "{}", "unreachable"),
        ("{matchLabels: {team: front}}", "{team: front}", "reachable"),
        ("{matchLabels: {kubernetes.io/metadata.name: front}}", "", "reachable"),
        ("{matchLabels: {kubernetes.io/metadata.name: other}}", "", "unreachable"),
        ("{matchLabels: {kubernetes.io/metadata.name: other, team: front}}", "", "unreachable"),
        ("{matchLabels: {kubernetes.io/metadata.name: front, team: front}}", "", "unknown"),
        ("{matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [front]}]}", "", "reachable"),
        (
            "{matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [front]}]}",
            "",
            "unreachable",
        ),
        ("{matchExpressions: [{key: team, operator: Exists}]}", "", "unknown"),
        ("{}", "", "reachable"),
    ],
)
def test_the_labels_of_a_namespace_whose_object_was_not_read(selector: str, namespace: str, verdict: str) -> None:
    text = SERVICE + POD + CLIENT + POLICY.format(spec=NAMED % selector)
    if namespace:
        text += f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: front, labels: {namespace}}}\n"
    found = trace(state_of(text), parse_request("http://10.96.0.1", parse_vantage("pod:front/client")))
    assert found.verdict == verdict
