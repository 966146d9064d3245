"""The one mark of a Service: worked out from its ways and its findings, and the same in every view."""

from __future__ import annotations

from pathlib import Path

import pytest

from svcmap.checks.standing import MARKS, every_finding, standing
from svcmap.checks.ways import is_cut, ways_of
from svcmap.model import group_kinds
from svcmap.model.coverage import Coverage
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.picture.drawing.glyphs import MARK_STATUS, SYMBOLS
from svcmap.reports import json_v1, list_text
from svcmap.tui.panes.service_rows import service_row
from tests import objects
from tests.conftest import FIXTURES, SHARED, read, state_of

FOLDERS = [FIXTURES / "demo", FIXTURES / "openshift", FIXTURES / "policies", *sorted(SHARED.glob("corpus/[0-9]*"))]
POD = objects.pod("web-0", "10.1.0.9", ready="True", namespace="shop")
WEB = objects.service(
    "{clusterIP: 10.96.0.9, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", "web", namespace="shop"
)
CLIENT = objects.pod("client", "10.1.0.7", ready="True", namespace="shop", labels="{role: client}")
POLICY = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: only, namespace: shop}}
spec: {{podSelector: {{matchLabels: {{app: web}}}}, policyTypes: [Ingress]{rules}}}
"""
NAMED = ", ingress: [{from: [{podSelector: {matchLabels: {role: client}}}]}]"


@pytest.mark.parametrize("path", FOLDERS, ids=lambda path: path.name)
def test_every_view_shows_the_same_mark(path: Path) -> None:
    state = read(path)
    for name in state.services:
        found = standing(state, name)
        item = json_v1.service(state, name)["service"]
        assert item["mark"] == service_row(state, name).mark == found.mark
        assert list_text.service_row(state, name)[0] == ("" if found.mark == "ok" else SYMBOLS[MARK_STATUS[found.mark]])
        severities = {finding.severity for finding in found.findings}
        assert ("error" in severities) is (found.mark == "error")
        assert ("warning" in severities and "error" not in severities) is (found.mark == "warning")
        assert (found.mark == "ok") >= (found.says.startswith("no problem"))
        assert found.says


@pytest.mark.parametrize("path", FOLDERS, ids=lambda path: path.name)
def test_a_way_that_is_cut_has_a_finding(path: Path) -> None:
    state = read(path)
    for name in state.services:
        found = standing(state, name)
        if any(is_cut(way) for way in ways_of(state, name)):
            assert found.findings
            assert found.mark != "ok"


def test_the_marks_have_symbols_of_their_own() -> None:
    assert len({SYMBOLS[MARK_STATUS[mark]] for mark in MARKS}) == len(MARKS)


def mark(text_: str, name: str = "web") -> tuple[str, str]:
    found = standing(state_of(text_), Name("shop", name))
    return found.mark, found.says


def test_a_way_closed_on_purpose_is_worth_knowing_and_closed_for_everybody_is_a_warning() -> None:
    assert mark(WEB + POD) == ("ok", "no problem found")
    assert mark(WEB + POD + CLIENT + POLICY.format(rules=NAMED)) == (
        "info",
        "1 way closed by NetworkPolicy only: from pods, other ns.",
    )
    assert mark(WEB + POD + CLIENT + POLICY.format(rules="")) == (
        "warning",
        "2 ways closed by NetworkPolicy only: from pods in shop, pods, other ns.",
    )
    other = POLICY.format(rules="").replace("{name: only", "{name: other")
    assert mark(WEB + POD + CLIENT + POLICY.format(rules="") + other) == (
        "warning",
        "2 ways closed by NetworkPolicy only, other: from pods in shop, pods, other ns.",
    )


def test_whom_a_policy_names_and_nobody_has_seen_leaves_it_open() -> None:
    found, says = mark(WEB + POD + POLICY.format(rules=NAMED))
    assert found == "unknown"
    assert "whether a rule lets pods in shop pass" in says


def test_what_no_check_knows_is_the_finding_of_the_trace() -> None:
    balancer = objects.document(
        "Service",
        "web",
        "spec: {type: LoadBalancer, clusterIP: 10.96.0.9, loadBalancerSourceRanges: [192.0.2.0/24], "
        "externalTrafficPolicy: Local, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}\n"
        "status: {loadBalancer: {ingress: [{ip: 203.0.113.9}]}}",
        namespace="shop",
    )
    nodes = "".join(
        objects.document("Node", name, f"status: {{addresses: [{{type: InternalIP, address: 192.0.2.{n}}}]}}")
        for n, name in enumerate(("a", "b"), 1)
    )
    state = state_of(balancer + nodes + POD)
    (finding,) = standing(state, Name("shop", "web")).findings
    assert finding.id == "no-local-endpoints"
    assert finding.field == "spec.externalTrafficPolicy"
    assert finding.location is not None
    assert finding in every_finding(state)


def test_a_local_policy_of_the_cluster_ip_is_named_as_its_own() -> None:
    service = objects.service(
        "{clusterIP: 10.96.0.9, internalTrafficPolicy: Local, selector: {app: web}, ports: [{port: 80}]}", "here"
    )
    pod = objects.pod("here-0", "10.1.0.9", spec="nodeName: a")
    nodes = objects.node("a", "192.0.2.1") + objects.node("b", "192.0.2.2")
    (finding,) = standing(state_of(service + pod + nodes), Name("default", "here")).findings
    assert (finding.id, finding.field) == ("no-local-endpoints", "spec.internalTrafficPolicy")
    assert "On b there is none, and internalTrafficPolicy is Local" in finding.message
    assert finding.next == "set internalTrafficPolicy to Cluster, or run a pod of the Service on every node"


def test_what_rests_on_what_was_not_read_is_no_error() -> None:
    state = state_of(
        WEB + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: lost, namespace: shop}\nspec: {containers: 7}\n"
    )
    found = standing(state, Name("shop", "web"))
    assert found.mark in ("unknown", "warning")


SLICED = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.0.1, selector: {app: web}, ports: [{name: http, port: 80, targetPort: htpp}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: []
endpoints:
- {addresses: [10.244.0.5], nodeName: a, targetRef: {kind: Pod, name: web-0, namespace: shop}}
"""


def test_slices_prove_that_no_endpoint_has_a_port_without_any_pod() -> None:
    found = state_of(SLICED)
    live = ClusterState(found.source, found.objects, coverage=Coverage())
    stands = standing(live, Name("shop", "web"))
    assert [finding.id for finding in stands.findings] == ["targetport-name-missing"]
    assert stands.mark == "error"
    assert "pods of" not in stands.says, "what the pods name is not known"


def test_a_cluster_without_its_pods_gives_the_marks_of_its_dump_or_leaves_them_open() -> None:
    """What EndpointSlices, policies and workloads prove needs no pod; what only pods decide is unknown."""
    dump = read(FIXTURES / "demo")
    objects_ = {kind: found for kind, found in dump.objects.items() if kind != group_kinds.POD}
    live = ClusterState(dump.source, objects_, coverage=Coverage())
    marks = {name: (standing(dump, name).mark, standing(live, name).mark) for name in dump.services}
    assert {name for name, (one, other) in marks.items() if other not in (one, "unknown")} == set()
    assert [str(name) for name, (one, other) in marks.items() if one == "error" and other != "error"] == []
