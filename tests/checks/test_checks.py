"""Each check on a broken and on a healthy case, and the promise that healthy things give no finding."""

from __future__ import annotations

import pytest

from svcmap.checks import registry
from svcmap.checks.finding import Finding
from svcmap.checks.registry import CHECKS, findings, findings_of, with_breaks
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from tests.conftest import ROOT, state_of


def service(spec: str, name: str = "web", namespace: str = "shop", more: str = "") -> str:
    return (
        f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}{more}}}\nspec: {spec}\n"
    )


def deployment(
    labels: str = "{app: web}",
    name: str = "web",
    namespace: str = "shop",
    ports: str = "[{name: http, containerPort: 8080}]",
    replicas: int = 2,
    kind: str = "Deployment",
    more: str = "",
) -> str:
    return (
        f"---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
        f"spec: {{replicas: {replicas}{more}, template: {{metadata: {{labels: {labels}}}, spec: {{containers: [{{name: c, ports: {ports}}}]}}}}}}\n"
    )


def pod(name: str, ready: str, waiting: str = "") -> str:
    state = (
        f", containerStatuses: [{{name: c, restartCount: 3, state: {{waiting: {{reason: {waiting}}}}}}}]"
        if waiting
        else ""
    )
    return (
        f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {{app: web}}}}\n"
        f"spec: {{containers: [{{name: c}}]}}\n"
        f"status: {{phase: Running, podIP: 10.1.0.9, conditions: [{{type: Ready, status: '{ready}'}}]{state}}}\n"
    )


def ingress(backend: str) -> str:
    return (
        "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: front, namespace: shop}\nspec:\n  rules:\n"
        f"  - host: shop.example.com\n    http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {backend}}}}}]}}\n"
    )


PORTS = "ports: [{port: 80, targetPort: http}]"
GOOD = "{selector: {app: web}, " + PORTS + "}"
BROKEN = {
    "selector-no-match": service("{selector: {app: wob}, " + PORTS + "}") + deployment(),
    "selector-other-namespace": service("{selector: {app: web}, " + PORTS + "}") + deployment(namespace="other"),
    "targetport-name-missing": service("{selector: {app: web}, ports: [{port: 80, targetPort: web}]}") + deployment(),
    "endpoints-not-ready": service("{selector: {app: web}, ports: [{port: 80}]}")
    + pod("a", "False", "CrashLoopBackOff"),
    "workload-zero-replicas": service(GOOD) + deployment(replicas=0),
    "no-selector-no-endpoints": service("{ports: [{port: 80}]}"),
    "lb-pending": service("{type: LoadBalancer, clusterIP: 10.96.0.1, selector: {app: web}, " + PORTS + "}")
    + deployment(),
    "ingress-backend-missing": service(GOOD) + deployment() + ingress("{name: wep, port: {number: 80}}"),
    "ingress-port-not-found": service(GOOD) + deployment() + ingress("{name: web, port: {number: 8080}}"),
    "sts-service-missing": service("{clusterIP: None, selector: {app: web}, " + PORTS + "}", name="db")
    + deployment(kind="StatefulSet", more=", serviceName: web"),
}
SEVERITIES = {"lb-pending": "info", "sts-service-missing": "warning"}
SUGGESTIONS = {
    "selector-no-match": "app=web",
    "selector-other-namespace": "other",
    "targetport-name-missing": "http",
    "workload-zero-replicas": "1",
    "ingress-backend-missing": "web",
    "ingress-port-not-found": "80",
    "sts-service-missing": "db",
}
FIELDS = {
    "selector-no-match": "spec.selector",
    "targetport-name-missing": "spec.ports[0].targetPort",
    "sts-service-missing": "spec.serviceName",
    "ingress-port-not-found": "spec.rules[0].http.paths[0]",
}


def only(state: ClusterState) -> Finding:
    (finding,) = findings(state)
    return finding


def test_every_check_has_a_broken_case_a_file_and_its_name() -> None:
    assert {check.id for check in CHECKS} == set(BROKEN)
    files = {path.stem.replace("_", "-") for path in (ROOT / "svcmap" / "checks").glob("*.py")}
    assert files - {"--init--", "finding", "registry"} == set(BROKEN)


@pytest.mark.parametrize("check", BROKEN)
def test_a_broken_case_gives_that_one_finding(check: str) -> None:
    finding = only(state_of(BROKEN[check]))
    assert finding.id == check
    assert finding.severity == SEVERITIES.get(check, "error")
    assert finding.suggestion == SUGGESTIONS.get(check)
    assert finding.next
    assert finding.location is not None
    assert finding.location.line > 1
    assert finding.field == FIELDS.get(check, finding.field)
    if finding.object.kind == "Service":
        assert findings_of(state_of(BROKEN[check]), Name("shop", "web")) == [finding]


@pytest.mark.parametrize(
    "text",
    [
        service(GOOD) + deployment(),
        service(GOOD) + deployment() + ingress("{name: web, port: {number: 80}}"),
        service("{selector: {app: web}, ports: [{port: 80}]}") + pod("a", "True") + pod("b", "False"),
        service("{type: LoadBalancer, selector: {app: web}, " + PORTS + "}") + deployment(),
        service("{type: ExternalName, externalName: db.example.com}"),
        service("{ports: [{port: 443}]}", name="kubernetes", namespace="default"),
        service("{selector: {app: anything}, ports: [{port: 80}]}"),
        service("{clusterIP: None, selector: {app: web}, " + PORTS + "}")
        + deployment(kind="StatefulSet", more=", serviceName: web"),
        service("{ports: [{port: 80}]}")
        + "---\napiVersion: v1\nkind: Endpoints\nmetadata: {name: web, namespace: shop}\nsubsets: []\n",
    ],
)
def test_healthy_cases_give_none(text: str) -> None:
    assert findings(state_of(text)) == ()


def test_a_finding_keeps_its_fingerprint_when_lines_move() -> None:
    text = BROKEN["selector-no-match"]
    one, other = only(state_of(text)), only(state_of("# a comment\n\n" + text))
    assert one.location != other.location
    assert one.fingerprint == other.fingerprint
    assert len({only(state_of(case)).fingerprint for case in BROKEN.values()}) == len(BROKEN)


def test_what_breaks_are_the_requests_from_outside() -> None:
    text = BROKEN["selector-no-match"] + ingress("{name: web, port: {number: 80}}")
    finding = with_breaks(state_of(text), only(state_of(text)))
    assert finding.breaks == ("http://shop.example.com/",)


def test_near_misses_are_near() -> None:
    near = service("{selector: {app: web, tier: back}, " + PORTS + "}") + deployment("{app: web, tier: front}")
    assert only(state_of(near)).suggestion == "app=web,tier=front"
    far = service("{selector: {app: payments}, " + PORTS + "}") + deployment()
    assert only(state_of(far)).suggestion is None


def test_an_orphan_of_the_same_namespace_is_suggested() -> None:
    text = BROKEN["no-selector-no-endpoints"] + (
        "---\napiVersion: v1\nkind: Endpoints\nmetadata: {name: other, namespace: shop}\nsubsets: [{addresses: [{ip: 192.0.2.1}]}]\n"
    )
    assert only(state_of(text)).suggestion == "other"


def test_the_registry_runs_them_in_order_of_severity() -> None:
    state = state_of("".join(BROKEN[check].replace("shop", f"ns{i}") for i, check in enumerate(BROKEN)))
    found = registry.findings(state)
    order = ["error", "warning", "info"]
    assert [order.index(f.severity) for f in found] == sorted(order.index(f.severity) for f in found)
    assert {f.id for f in found} == set(BROKEN)
