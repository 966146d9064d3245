"""A node that asks itself by localhost: node ports, hostPorts, and pods of its own network (K11)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

NODES = objects.node("n1", "192.0.2.11") + objects.node("n2", "192.0.2.12")
WEB = objects.service(
    "{type: NodePort, clusterIP: 10.96.0.8, selector: {app: web},"
    " ports: [{port: 80, targetPort: 8080, nodePort: 30081}]}"
) + objects.pod("web-0", "10.1.0.8", spec="nodeName: n1")
ON_HOST = objects.pod(
    "on-host", "10.1.0.9", labels="{}", ports="[{containerPort: 8081, hostPort: 9099}]", spec="nodeName: n1"
)
OF_HOST = objects.pod(
    "of-host", "192.0.2.12", labels="{}", ports="[{containerPort: 9100}]", spec="hostNetwork: true, nodeName: n2"
)


@pytest.mark.parametrize(
    ("to", "node", "verdict"),
    [
        ("tcp://localhost:9099", "n1", "unknown"),  # a plugin of the network has to send it on
        ("tcp://localhost:9099", "n2", "unreachable"),
        ("tcp://localhost:9100", "n2", "reachable"),
        ("udp://localhost:9100", "n2", "unreachable"),
        ("tcp://localhost:9100", "n1", "unreachable"),
        ("tcp://localhost:30081", "n1", "reachable"),
    ],
)
def test_a_node_that_asks_itself(to: str, node: str, verdict: str) -> None:
    state = state_of(NODES + WEB + ON_HOST + OF_HOST)
    found = trace(state, parse_request(to, parse_vantage(f"node:{node}")))
    assert found.verdict == verdict
    assert any("iptables" in text for text in found.assumed) is to.endswith("30081")
