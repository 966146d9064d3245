"""Node ports that two Services ask for: the API server takes the first one (S5)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

POD = objects.pod("web-0", "10.1.0.8") + objects.node("n1", "192.0.2.11")


def service(name: str, ip: str, node_port: int, protocol: str = "TCP", meta: str = "") -> str:
    port = f"{{port: 80, targetPort: 8080, nodePort: {node_port}, protocol: {protocol}}}"
    spec = f"{{type: NodePort, clusterIP: {ip}, selector: {{app: web}}, ports: [{port}]}}"
    return objects.service(spec, name, meta=meta)


def ask(text: str, to: str = "tcp://one:80") -> Trace:
    return trace(state_of(POD + text), parse_request(to, parse_vantage("namespace:default")))


ONE, CREATED = service("one", "10.96.0.8", 30080), "uid: x"


@pytest.mark.parametrize("other", [service("two", "10.96.0.9", 30080), service("two", "10.96.0.9", 30080, "UDP")])
def test_which_of_two_is_there_nobody_knows(other: str) -> None:
    for to in ("tcp://one:80", "tcp://192.0.2.11:30080"):
        found = ask(ONE + other, to)
        assert (found.verdict, found.likely) == ("unknown", "reachable")
        assert [item.field for item in found.undecided] == ["spec.ports[0].nodePort"]
        assert found.stop is not None
        assert found.stop.rule == "S5"
        assert "Service default/two" in found.stop.says


def test_what_is_there_already_has_it() -> None:
    there = service("two", "10.96.0.9", 30080, meta=CREATED)
    refused = ask(ONE + there)
    assert (refused.verdict, refused.reason) == ("unreachable", "object-refused")
    assert ask(ONE + there, "tcp://two:80").verdict == "reachable"


@pytest.mark.parametrize(
    "other",
    [
        service("two", "10.96.0.9", 30081),
        service("two", "None", 30081).replace("type: NodePort, ", ""),
        service("two", "''", 30081),
    ],
)
def test_who_asks_for_something_else_is_no_matter(other: str) -> None:
    assert ask(ONE + other).verdict == "reachable"


def test_the_number_of_a_health_check_is_one_of_them() -> None:
    checked = objects.service(
        "{type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30080, clusterIP: 10.96.0.9,"
        " selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}",
        "two",
    )
    assert [item.field for item in ask(ONE + checked).undecided] == ["spec.ports[0].nodePort"]
    assert [item.field for item in ask(ONE + checked, "tcp://two:80").undecided] == ["spec.healthCheckNodePort"]
