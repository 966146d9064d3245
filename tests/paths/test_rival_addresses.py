"""Two Services with one address and port: which of them answers is written nowhere (K2)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of


def service(name: str, port: int, address: str, kind: str) -> str:
    number = len(name)
    spec = f"clusterIP: 10.96.0.{number}, selector: {{app: {name}}}, ports: [{{port: {port}, nodePort: 3008{number}}}]"
    pod = objects.pod(f"{name}-0", f"10.1.0.{number}", labels=f"{{app: {name}}}")
    if kind == "external":
        return (
            objects.service(f"{{externalIPs: [{address}], {spec}}}".replace(f", nodePort: 3008{number}", ""), name)
            + pod
        )
    status = f"{{loadBalancer: {{ingress: [{{ip: {address}}}]}}}}"
    return objects.service(f"{{type: LoadBalancer, {spec}}}", name, status=status) + pod


@pytest.mark.parametrize("kind", ["external", "balancer"])
@pytest.mark.parametrize(
    ("port", "address", "verdict"),
    [(80, "192.0.2.50", "unknown"), (81, "192.0.2.50", "reachable"), (80, "192.0.2.51", "reachable")],
)
def test_which_of_two_answers_nobody_knows(kind: str, port: int, address: str, verdict: str) -> None:
    state = state_of(service("one", 80, "192.0.2.50", kind) + service("four", port, address, kind))
    found = trace(state, parse_request("tcp://192.0.2.50:80", parse_vantage("192.0.2.99")))
    assert found.verdict == verdict
    if verdict == "unknown":
        assert "has 192.0.2.50 port 80 as well as default/" in found.undecided[0].could
