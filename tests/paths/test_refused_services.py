"""A Service that the API server refuses is not there, in every view (S1-S22); one that a cluster has is."""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.entries import traced_entries
from svcmap.paths.trace import trace
from svcmap.picture.lanes import path_view
from tests import objects
from tests.conftest import state_of

POD = objects.pod("web-0", "10.1.0.8")


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ("{type: ExternalName, externalName: 'http://api.example.org/v1'}", "spec.externalName"),
        ("{selector: {app: web}, ports: [{name: a, port: 80}, {name: b, port: 80}]}", "spec.ports[1]"),
        ("{selector: {app: web}, ports: [{port: 80}], externalIPs: [x.x.x.x]}", "spec.externalIPs[0]"),
    ],
)
def test_nothing_gets_to_a_service_that_cannot_be(spec: str, field: str) -> None:
    state = state_of(objects.service(spec, "web") + POD)
    found = trace(state, parse_request("http://web/", parse_vantage("namespace:default")))
    assert (found.verdict, found.reason, found.invalid) == ("unreachable", "object-refused", field)
    assert found.stop is not None
    assert field in found.stop.says
    ways = [way for item in traced_entries(state, Name("default", "web")) for _, way in item.traces]
    assert {way.reason for way in ways} == {"object-refused"}


def test_of_backends_that_share_requests_the_others_stay() -> None:
    good = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web")
    bad = objects.service("{selector: {app: web}, ports: [{port: 80}], externalIPs: [x.x.x.x]}", "bad")
    route = objects.route("{backendRefs: [{name: web, port: 80}, {name: bad, port: 80}]}", host="a.example")
    found = trace(state_of(good + bad + POD + objects.gateway() + route), parse_request("http://a.example/"))
    assert found.verdict in ("reachable", "partial")


def test_the_ports_of_a_refused_service_do_not_lack() -> None:
    spec = "{selector: {app: web}, ports: [{port: 80}], externalIPs: [x.x.x.x]}"
    view = path_view(state_of(objects.service(spec, "web") + POD), Name("default", "web"))
    assert view is not None
    assert [(port.status, port.note) for port in view.ports] == [("bad", "the API server refuses it")]


def test_a_service_that_is_there_was_not_refused() -> None:
    spec = "{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}], externalIPs: [x.x.x.x]}"
    state = state_of(objects.service(spec, "web", meta="uid: 1-2-3") + POD)
    assert trace(state, parse_request("http://web/", parse_vantage("namespace:default"))).verdict == "reachable"
