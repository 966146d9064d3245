"""Traces a second: every entry of every Service from three vantages, on the demo and on a generated cluster."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from msgspec.structs import replace

from svcmap.model.assumptions import DEFAULT
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import INTERNET, Request, Vantage
from svcmap.paths.entries import entries
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.trace import trace
from tests.bench.timing import seconds
from tests.conftest import SHARED, read

GOAL = 5_000
"""Traces a second on one core."""
GENERATOR = SHARED / "tools" / "gen_cluster.py"
SIZE = ("--services", "1000", "--nodes", "50", "--pods", "3000", "--seed", "1", "--format", "json")


def requests_of(state: ClusterState) -> list[Request]:
    """Every entry of every Service, asked from the internet, a node and a pod."""
    node = next(iter(state.nodes), "")
    pod = next((str(name) for name, item in state.pods.items() if not item.is_finished), "")
    vantages = [INTERNET, Vantage(kind="node", value=node), Vantage(kind="pod", value=pod)]
    found = (service for name in state.services if (service := find_service(state, name)))
    asked = [request for service in found for entry in entries(state, service) for _, request in entry.requests]
    return [replace(request, vantage=vantage) for request in asked for vantage in vantages]


def traces_per_second(state: ClusterState, rounds: int = 3) -> float:
    """The best of some rounds; what a state remembers is worked out in a round before them."""
    requests = requests_of(state)

    def all_of_them() -> None:
        for request in requests:
            trace(state, request, DEFAULT)

    all_of_them()
    return len(requests) / min(seconds(all_of_them)() for _ in range(rounds))


def generated(place: Path) -> ClusterState | None:
    """A cluster of 1,000 Services with policies and Ingresses; None where the generator is not beside the checkout."""
    if not GENERATOR.exists():
        return None
    subprocess.run([sys.executable, str(GENERATOR), *SIZE, "--out", str(place)], check=True, capture_output=True)
    return read(place / "json")
