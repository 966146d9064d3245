"""Endpoints that kube-proxy sends to in vain, and pods of another kind among them (E1, E15)."""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.picture.lanes import path_view
from tests import objects
from tests.conftest import state_of

SERVICE = objects.service(
    "{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}", "web"
)
HERE, GONE = "web-0", "web-9"


def mirror(*pods: str) -> str:
    """A slice with an endpoint for each pod; an address stands for itself."""
    ends = ", ".join(
        f"{{addresses: [{pod}]}}"
        if pod[0].isdigit()
        else f"{{addresses: [10.1.0.{pod[-1]}], targetRef: {{kind: Pod, name: {pod}, namespace: default}}}}"
        for pod in pods
    )
    return objects.document(
        "EndpointSlice",
        "web-1",
        f"addressType: IPv4\nports: [{{name: http, port: 8080}}]\nendpoints: [{ends}]",
        "discovery.k8s.io/v1",
        meta="labels: {kubernetes.io/service-name: web}",
    )


def ask(text: str) -> Trace:
    return trace(state_of(SERVICE + text), parse_request("http://10.96.0.8/", parse_vantage("pod:default/client")))


CLIENT = objects.pod("client", "10.1.0.77", labels="{app: c}")
POD = objects.pod(HERE, "10.1.0.0", ports="[{containerPort: 8080}]")


@pytest.mark.parametrize(
    ("slices", "pods", "verdict"),
    [
        (mirror(HERE), POD, "reachable"),
        (mirror(HERE, GONE), POD, "partial"),
        (mirror(GONE), POD, "unreachable"),
        (mirror(HERE, GONE), "", "reachable"),
    ],
)
def test_a_pod_that_is_no_more_does_not_answer(slices: str, pods: str, verdict: str) -> None:
    """Where no pod of the selector is in the source, nothing is known of them."""
    found = ask(slices + pods + CLIENT)
    assert found.verdict == verdict
    if verdict != "reachable":
        assert found.reason == "endpoint-unanswered"
        assert found.stop is not None
        assert GONE in found.stop.says


def test_an_endpoint_that_is_a_cluster_ip_is_not_rewritten_again() -> None:
    """E15."""
    other = objects.service("{clusterIP: 10.96.0.99, selector: {app: other}, ports: [{port: 80}]}", "other")
    found = ask(mirror("10.96.0.99") + other + CLIENT)
    assert (found.verdict, found.reason) == ("unreachable", "endpoint-unanswered")
    assert found.stop is not None
    assert "default/other" in found.stop.says
    state = state_of(SERVICE + mirror("10.96.0.99") + other)
    view = path_view(state, Name("default", "web"))
    assert view is not None
    assert [group.status for group in view.groups["workload"]] == ["bad"]


def of(kind: str, name: str) -> str:
    return f"ownerReferences: [{{apiVersion: batch/v1, kind: {kind}, name: {name}, uid: x, controller: true}}]"


@pytest.mark.parametrize(
    ("second", "warns"),
    [
        (objects.pod("job-1", "10.1.0.2", ports="[]", meta=of("Job", "migrate")), True),
        (objects.pod("api-1", "10.1.0.2", ports="[{containerPort: 9999}]", meta=of("ReplicaSet", "api-1")), True),
        (objects.pod("api-1", "10.1.0.2", ports="[{containerPort: 8080}]", meta=of("ReplicaSet", "api-1")), False),
        (objects.pod("api-1", "10.1.0.2", ports="[]", meta=of("ReplicaSet", "api-1")), False),
    ],
)
def test_pods_of_another_kind_are_a_warning(second: str, warns: bool) -> None:
    first = objects.pod("web-0", "10.1.0.1", ports="[{containerPort: 8080}]", meta=of("ReplicaSet", "web-1"))
    found = ask(first + second + CLIENT)
    assert found.verdict == "reachable"
    assert ("mixed-workloads" in found.warnings) is warns


@pytest.mark.parametrize(
    ("job", "warns"),
    [
        (objects.workload("CronJob", "schedule: '* * * * *'", "clean"), True),
        (objects.workload("Job", "parallelism: 1", "migrate"), True),
        (objects.workload("CronJob", "schedule: '* * * * *'", "clean", labels="{app: other}"), False),
    ],
)
def test_a_job_that_is_to_come_is_a_warning(job: str, warns: bool) -> None:
    """While it runs its pods get requests, too."""
    web = objects.pod("web-0", "10.1.0.1", ports="[{containerPort: 8080}]", meta=of("ReplicaSet", "web-1"))
    found = ask(web + job + CLIENT)
    assert found.verdict == "reachable"
    assert ("mixed-workloads" in found.warnings) is warns


def test_who_dials_an_endpoint_itself_gets_to_the_cluster_ip() -> None:
    """E15 is about what kube-proxy rewrites: a client of a headless Service, and a proxy of layer 7, ask anew."""
    other = objects.service("{clusterIP: 10.96.0.99, selector: {app: other}, ports: [{port: 8080}]}", "other")
    behind = objects.pod("other-0", "10.1.0.9", labels="{app: other}", ports="[{containerPort: 8080}]")
    ingress = objects.ingress(objects.path(), host="a.example", of_class="nginx")
    state = state_of(SERVICE.replace("selector: {app: web}, ", "") + mirror("10.96.0.99") + other + behind + ingress)
    assert trace(state, parse_request("http://a.example/")).verdict == "reachable"
