"""What stops a whole group of an ALB is a doubt about all of it (CA-4); and the natural client of its conditions (CA-A3)."""

from __future__ import annotations

import json

import pytest

from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request
from svcmap.paths.entries import traced_entries
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

ALB = "alb.ingress.kubernetes.io/"
PLAIN = objects.service("{clusterIP: 10.96.0.7, selector: {app: web}, ports: [{port: 80}]}", "plain")
WEB = objects.service(
    "{type: NodePort, clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]}", "web"
)
BASE = WEB + PLAIN + objects.pod("web-0", "10.1.0.8") + objects.ingress_class("ingress.k8s.aws/alb", "alb")


def member(paths: str, **more: str) -> str:
    given = {"scheme": "internet-facing"} | {key.replace("_", "-"): value for key, value in more.items()}
    meta = f", annotations: {json.dumps({f'{ALB}{key}': value for key, value in given.items()})}"
    return objects.ingress(paths, host="a.example", of_class="alb", meta=meta)


def ask(text: str, to: str = "http://a.example/") -> Trace:
    return trace(state_of(BASE + text), parse_request(to))


OK = objects.path("/")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (member(f"{objects.path('/x', port='number: 81')}, {OK}"), "spec.rules.0.http.paths.0"),
        (member(f"{objects.path('/x', 'plain')}, {OK}"), "spec.rules.0.http.paths.0"),
        (member(OK, listen_ports="not json"), f"metadata.annotations[{ALB}listen-ports]"),
        (member(OK, ssl_redirect="yes"), f"metadata.annotations[{ALB}ssl-redirect]"),
        (member(OK, listen_ports="[]"), f"metadata.annotations[{ALB}listen-ports]"),
        (member(OK, **{"group.order": "first"}), f"metadata.annotations[{ALB}group.order]"),
        (member(OK, backend_protocol="TCP"), f"metadata.annotations[{ALB}backend-protocol]"),
        (member(f"{objects.path(chr(39) + '/x*' + chr(39))}, {OK}"), "spec.rules.0.http.paths.0"),
        (member(OK, ssl_redirect="443"), f"metadata.annotations[{ALB}ssl-redirect]"),
    ],
)
def test_what_cannot_be_built_is_a_doubt_about_the_whole_group(text: str, field: str) -> None:
    found = ask(text)
    assert found.verdict == "unknown"
    assert [item.field for item in found.undecided] == [field]


@pytest.mark.parametrize(
    "text",
    [
        member(OK),
        member(f"{objects.path('/x', 'gone')}, {OK}"),
        member(OK, listen_ports='[{"HTTP": 80}, {"HTTPS": 443}]'),
        member(f"{objects.path('/x', 'plain')}, {OK}", target_type="ip"),
    ],
)
def test_what_can_be_built_is_none(text: str) -> None:
    found = ask(text)
    assert (found.verdict, found.undecided) == ("reachable", ())


def test_who_asks_for_a_rule_with_conditions_asks_as_they_want() -> None:
    conditions = json.dumps(
        [
            {"field": "http-request-method", "httpRequestMethodConfig": {"Values": ["POST"]}},
            {"field": "http-header", "httpHeaderConfig": {"httpHeaderName": "X-Team", "values": ["bl?e"]}},
            {"field": "query-string", "queryStringConfig": {"values": [{"key": "lang", "value": "de"}]}},
        ]
    )
    meta = f", annotations: {json.dumps({f'{ALB}scheme': 'internet-facing', f'{ALB}conditions.web': conditions})}"
    state = state_of(BASE + objects.ingress(OK, host="a.example", of_class="alb", meta=meta))
    (found,) = (item for item in traced_entries(state, Name("default", "web")) if item.entry.kind == "ingress")
    ((_, way),) = found.traces
    assert (way.verdict, way.request.method, way.request.headers) == ("reachable", "POST", {"X-Team": "blxe"})
    assert way.request.path == "/?lang=de"


@pytest.mark.parametrize(("path", "ways"), [("/", 1), ("/x", 2)])
def test_a_default_backend_that_nothing_is_left_for_is_no_way_in(path: str, ways: int) -> None:
    more = "defaultBackend: {service: {name: web, port: {number: 80}}}"
    nginx = objects.ingress_class("k8s.io/ingress-nginx", "nginx")
    text = nginx + objects.ingress(objects.path(path), host="a.example", of_class="nginx", more=more)
    found = [
        item for item in traced_entries(state_of(BASE + text), Name("default", "web")) if item.entry.kind == "ingress"
    ]
    assert len(found) == ways
    assert all(way.verdict == "reachable" for item in found for _, way in item.traces)
