"""The same request, the same answer: what `show` says of a way in is what `trace` says when it is asked the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Entry
from svcmap.paths.asking.request import SCHEME_PORTS, parse_request, parse_vantage
from svcmap.paths.entries import traced_entries
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests.conftest import FIXTURES, SHARED, read

FOLDERS = [FIXTURES / "demo", FIXTURES / "openshift", FIXTURES / "policies", *sorted(SHARED.glob("corpus/[0-9]*"))]
FILES = [
    *sorted((FIXTURES / "checks").rglob("*.yaml")),
    *(path for path in sorted(SHARED.rglob("expectations/**/*.yaml")) if ".expect." not in path.name),
]


def answer(found: Trace) -> tuple[object, ...]:
    """What the views show of a trace: verdict, reason, and the sentence of the hop that decides."""
    return found.verdict, found.reason, found.stop.says if found.stop else "", found.answer.status


def asked(state: ClusterState) -> Iterator[tuple[Entry, Trace]]:
    """Every way in that can be asked for by its URL, with the trace that the views show."""
    for name in state.services:
        for item in traced_entries(state, name):
            for _, found in item.traces:
                request = found.request
                has_port = request.scheme in SCHEME_PORTS or 0 < request.port < 65536
                # An address that is not assigned yet cannot be typed, nor a port that no Service may have.
                if "<" not in request.to and has_port and request.to.isascii():
                    yield item.entry, found


@pytest.mark.parametrize("path", [*FOLDERS, *FILES], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_way_in_and_its_request_have_one_answer(path: Path) -> None:
    state = read(path)
    for entry, found in asked(state):
        request = found.request
        vantage = request.vantage if request.vantage.apart_from else parse_vantage(str(request.vantage))
        again = trace(
            state, parse_request(request.to, vantage, request.via, request.method, headers=dict(request.headers))
        )
        if request.prefer is not None and len(again.backends) > 1:
            # The lane is the share that this Service gets; of the whole split another part may fail.
            assert found.verdict in (again.verdict, "reachable", "unreachable"), request.to
        elif found.service != again.service or (found.stop and found.stop.says.startswith("Another rule")):
            # The lane is drawn at the Service that asks for the request and does not get it.
            assert entry.is_route
            assert found.verdict == "unreachable", request.to
        else:
            assert answer(found) == answer(again), request.to


def test_every_node_port_has_the_answer_of_the_nodes(demo: ClusterState) -> None:
    node = next(a.address for n in demo.nodes.values() for a in n.status.addresses if a.type == "InternalIP")
    count = 0
    for name in demo.services:
        for item in traced_entries(demo, name):
            for _, found in item.traces if item.entry.kind == "node-port" else ():
                if found.service_port is None or found.verdict == "partial":
                    continue
                url = f"{found.request.scheme}://{node}:{found.service_port.node_port}"
                again = trace(demo, parse_request(url, parse_vantage("node")))
                assert again.verdict == found.verdict, url
                count += 1
    assert count
