"""A pod that finds a Service by a variable of its environment, and does not have it (V1, V3)."""

from __future__ import annotations

import pytest

from svcmap.expectations.questions import QUESTIONS
from svcmap.model.assumptions import DEFAULT
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

SPEC = "{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}"


def service(created: str = "", namespace: str = "shop") -> str:
    return objects.service(
        SPEC, "web", namespace=namespace, meta=f"creationTimestamp: '{created}'" if created else ""
    ) + objects.pod("web-0", "10.1.0.8", namespace=namespace)


def client(container: str, started: str = "", spec: str = "") -> str:
    statuses = f"[{{name: app, state: {{running: {{startedAt: '{started}'}}}}}}]" if started else "[]"
    return f"""---
apiVersion: v1
kind: Pod
metadata: {{name: client, namespace: shop}}
spec: {{containers: [{{name: app, {container}}}]{spec}}}
status: {{phase: Running, podIP: 10.1.0.9, podIPs: [{{ip: 10.1.0.9}}], containerStatuses: {statuses}}}
"""


READS = "command: [sh, -c, 'curl http://$WEB_SERVICE_HOST:$WEB_SERVICE_PORT/']"
OLD, NEW = "2026-01-01T10:00:00Z", "2026-01-02T10:00:00Z"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (service(NEW) + client(READS, OLD), "the container started before the Service was there"),
        (service(NEW) + client("env: [{name: URL, value: 'http://$(WEB_PORT_80_TCP_ADDR)/'}]", OLD), "started before"),
        (service(OLD) + client(READS, NEW, ", enableServiceLinks: false"), "enableServiceLinks"),
        (service(OLD, "other") + client(READS, NEW), "own namespace"),
        (service(OLD) + client(READS, NEW), ""),
        (service() + client(READS, OLD), ""),
        (service(NEW) + client(READS), ""),
        (service(NEW) + client("command: [sh]", OLD), ""),
        (
            service(NEW)
            + client("env: [{name: WEB_SERVICE_HOST, value: x}, {name: U, value: $(WEB_SERVICE_HOST)}]", OLD),
            "",
        ),
        (service(NEW) + client("args: ['$CART_SERVICE_HOST', '$HOME']", OLD), ""),
    ],
)
def test_a_variable_that_is_not_set_is_warned_of(text: str, why: str) -> None:
    to = "http://web.other/" if "namespace: other" in text else "http://web/"
    found = trace(state_of(text), parse_request(to, parse_vantage("pod:shop/client")))
    assert found.verdict == "reachable"
    assert ("variable-not-set" in found.warnings) is bool(why)
    assert any(why in line for line in found.assumed) or not why


def test_a_service_of_the_same_name_in_the_pods_own_namespace_is_the_one_that_is_meant() -> None:
    text = service(OLD) + service(OLD, "other").replace("10.96.0.8", "10.96.0.7") + client(READS, NEW)
    found = trace(state_of(text), parse_request("http://web.other/", parse_vantage("pod:shop/client")))
    assert (found.verdict, found.warnings) == ("reachable", ())


def test_of_the_environment_names_alone_are_kept() -> None:
    text = client("env: [{name: PASSWORD, value: s3cret}, {name: URL, value: $(WEB_SERVICE_HOST)}]")
    (pod,) = state_of(text).pods.values()
    (container,) = pod.spec.containers
    assert (container.env, container.reads_variables) == ((), ("WEB_SERVICE_HOST",))


@pytest.mark.parametrize(("created", "has"), [(OLD, True), (NEW, False)])
def test_a_container_has_no_variables_of_services_that_came_later(created: str, has: bool) -> None:
    started = "2026-01-01T12:00:00Z"
    answer = QUESTIONS["env"](state_of(service(created) + client(READS, started)), {"pod": "shop/client"}, DEFAULT)
    assert ("WEB_SERVICE_HOST" in answer["vars"]) is has
