"""The text of a trace reads like an explanation: verdict first, every hop as a sentence, the step to take."""

from __future__ import annotations

import pytest

from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.trace import trace
from svcmap.paths.views.whereabouts import ways_through
from svcmap.reports.trace_text import trace_text, ways_text


def told(demo: ClusterState, to: str, source: str = "internet") -> list[str]:
    return trace_text(trace(demo, parse_request(to, parse_vantage(source)))).splitlines()


def test_a_request_that_fails(demo: ClusterState) -> None:
    lines = told(demo, "https://www.example.com/pay")
    assert lines[0] == "✗ unreachable  https://www.example.com/pay  from internet"
    assert "no-endpoints at hop" in lines[1]
    stop = next(line for line in lines if line.lstrip().startswith("✗") and line != lines[0])
    assert "endpoint" in stop
    assert any("next" in line and "app=payments" in line for line in lines[lines.index(stop) :])


def test_a_request_that_gets_there(demo: ClusterState) -> None:
    lines = told(demo, "http://web", "namespace:shop")
    assert lines[0] == "✓ reachable  http://web  from namespace:shop"
    numbers = [line.split()[0] for line in lines if line[:4].strip().isdigit()]
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    text = "\n".join(lines)
    for address in ("10.244.1.10:8080", "10.244.1.11:8080", "10.244.1.12:8080"):
        assert address in text


@pytest.mark.parametrize("escape", ["\x1b[31m", "\x9b2J", "\u202e"])
def test_what_a_request_holds_cannot_reach_the_terminal(demo: ClusterState, escape: str) -> None:
    request = parse_request("http://web", parse_vantage("namespace:shop"), headers={"Host": f"a{escape}b"})
    assert escape not in trace_text(trace(demo, request))


def test_the_ways_through_an_address(demo: ClusterState) -> None:
    ways = ways_through(demo, "203.0.113.10")
    lines = ways_text("203.0.113.10", ways).splitlines()
    assert lines[0] == f"{len(ways)} ways through 203.0.113.10, to 1 Service"
    assert len(lines) == len(ways) + 1
    assert all("svc shop/web" in line for line in lines[1:])
