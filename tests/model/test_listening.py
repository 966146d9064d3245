"""Flags by which a process listens on loopback alone, and what becomes of requests to its pod (N7)."""

from __future__ import annotations

import pytest

from svcmap.model.listening import is_about, loopback_flags
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        (["kube-scheduler", "--bind-address=127.0.0.1"], ["--bind-address=127.0.0.1"]),
        (["uvicorn", "app:app", "--host", "127.0.0.1"], ["--host 127.0.0.1"]),
        (["sh", "-c", "exec app --listen localhost:8080"], ["--listen localhost:8080"]),
        (["x", "--web.listen-address=[::1]:9090"], ["--web.listen-address=[::1]:9090"]),
        (["x", "--metrics-bind-address=127.0.0.1:8080"], ["--metrics-bind-address=127.0.0.1:8080"]),
        (["x", "--bind-address=0.0.0.0", "--host=10.0.0.1"], []),
        (["x", "--upstream=http://127.0.0.1:8080/", "--db-host=localhost"], []),
        (["x", "--host"], []),
    ],
)
def test_flags_that_name_the_loopback_address(words: list[str], flags: list[str]) -> None:
    assert list(loopback_flags(words)) == flags


def test_a_flag_with_a_port_is_about_that_one() -> None:
    assert is_about("--host 127.0.0.1", 80)
    assert is_about("--listen=127.0.0.1:80", 80)
    assert not is_about("--listen=127.0.0.1:81", 80)


@pytest.mark.parametrize(
    ("containers", "verdict"),
    [
        ("{name: c, args: [--host=127.0.0.1], ports: [{containerPort: 8080}]}", "unknown"),
        ("{name: c, args: [--host=127.0.0.1]}", "unknown"),
        ("{name: c, args: ['--host=127.0.0.1:9090'], ports: [{containerPort: 8080}]}", "reachable"),
        ("{name: c, args: [--host=0.0.0.0], ports: [{containerPort: 8080}]}", "reachable"),
        (
            "{name: c, args: [--host=127.0.0.1], ports: [{containerPort: 9090}]},"
            " {name: proxy, ports: [{containerPort: 8080}]}",
            "reachable",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["Pod", "Deployment"])
def test_what_listens_for_its_own_pod_alone_is_a_doubt(containers: str, verdict: str, kind: str) -> None:
    web = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", "web")
    status = "status: {phase: Running, podIP: 10.1.0.1, conditions: [{type: Ready, status: 'True'}]}"
    text = objects.document(
        "Pod", "web-0", f"spec: {{containers: [{containers}]}}\n{status}", meta="labels: {app: web}"
    )
    if kind == "Deployment":
        template = f"{{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{containers}]}}}}"
        text = objects.document("Deployment", "web", f"spec: {{template: {template}}}", "apps/v1")
    found = trace(state_of(web + text), parse_request("tcp://10.96.0.8:80", parse_vantage("pod")))
    assert found.verdict == verdict
    if verdict == "unknown":
        assert "has --host=127.0.0.1: what listens there only its own pod gets to" in found.undecided[0].could


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_one_of_two_workloads_behind_a_service_is_enough_for_a_doubt(names: tuple[str, str]) -> None:
    """Requests go to pods of both, whichever is named first."""
    web = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", "web")
    words = "[--host=127.0.0.1]", "[--host=0.0.0.0]"
    text = "".join(
        objects.document(
            "Deployment",
            name,
            "spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, args: "
            f"{args}, ports: [{{containerPort: 8080}}]}}]}}}}}}",
        )
        for name, args in zip(names, words, strict=True)
    )
    assert trace(state_of(web + text), parse_request("http://web/", parse_vantage("pod"))).verdict == "unknown"
