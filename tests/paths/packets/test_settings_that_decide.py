"""Settings of a Service, and of the network, that decide which pod answers: they are visible in the answer."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

NODE = objects.node("n1", "192.0.2.11")
FIRST = objects.pod("web-0", "10.1.0.1", spec="nodeName: n1")
SECOND = objects.pod("web-1", "10.1.0.2", spec="nodeName: n1")
AUTO = ", annotations: {service.kubernetes.io/topology-mode: Auto}"


def service(meta: str = "") -> str:
    return objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web", meta=meta)


def ask(text: str, who: str = "pod:default/web-0") -> Trace:
    return trace(state_of(NODE + text), parse_request("tcp://10.96.0.8:80", parse_vantage(who)))


@pytest.mark.parametrize(
    ("pods", "who", "says"),
    [
        (FIRST, "pod:default/web-0", "pod default/web-0 is the endpoint itself: "),
        (FIRST + SECOND, "pod:default/web-0", "pod default/web-0 is one of the endpoints: "),
        (FIRST, "pod", ""),
    ],
)
def test_a_pod_that_reaches_itself_needs_hairpin_mode(pods: str, who: str, says: str) -> None:
    """K10."""
    found = ask(service() + pods, who)
    told = [text for text in found.assumed if "hairpin mode" in text]
    assert (found.verdict, found.seen.hairpin) == ("reachable", bool(says))
    assert [text.startswith(says) for text in told] == ([True] if says else [])


@pytest.mark.parametrize(
    ("meta", "slices", "says"),
    [
        (AUTO, "", "is Auto: hints may keep clients to endpoints of their zone"),
        (AUTO, "{addresses: [10.1.0.1]}", "its EndpointSlices have no hints: none is left out"),
        (AUTO, "{addresses: [10.1.0.1], zone: a, hints: {forZones: [{name: a}]}}", ""),
        ("", "", ""),
    ],
)
def test_topology_mode_is_said(meta: str, slices: str, says: str) -> None:
    """S18, E16."""
    text = service(meta) + FIRST
    text += objects.slice_(slices, "[{port: 80, name: ''}]", of="web") if slices else ""
    told = [line for line in ask(text, "pod").assumed if "topology-mode" in line]
    assert [says in line for line in told] == ([True] if says else [])
