"""Every kind of question, once answered right and once wrong, over the project's own objects."""

from __future__ import annotations

from typing import Any

import pytest

from svcmap.expectations.questions import QUESTIONS
from svcmap.expectations.read import Expectation, ExpectationFile
from svcmap.expectations.runner import TEXT_DEFAULTS, Result, run
from svcmap.paths.known.assumptions import assumptions_of
from tests.conftest import state_of
from tests.paths.policies.test_egress import BASE, egress
from tests.paths.test_edges_of_requests import GATEWAY, MORE, ingress, rule

STATE = state_of(BASE + MORE + GATEWAY + ingress(rule("/")) + egress())
Json = dict[str, Any]


def ask(kind: str, question: Json, expect: Json, *, plugin_dependent: bool = False) -> Result:
    item = Expectation(id="x", kind=kind, question=question, expect=expect, plugin_dependent=plugin_dependent)
    file = ExpectationFile(file="x.expect.yaml", manifests=(), options=None, expectations=(item,))
    return next(run([file], lambda _file: STATE, lambda state: assumptions_of(state, TEXT_DEFAULTS)))


RIGHT: list[tuple[str, Json, Json]] = [
    ("dns", {"name": "web.default.svc.cluster.local"}, {"rcode": "NOERROR", "nodata": False}),
    ("dns", {"name": "web.default.svc.cluster.local", "type": "srv"}, {"additional": ["* * IN A 10.96.0.1"]}),
    (
        "dns",
        {"name": "outside.default.svc.cluster.local", "upstream": {"db.example.org": {"A": ["192.0.2.7"]}}},
        {"answers": ["* * IN CNAME db.example.org.", "db.example.org. * IN A 192.0.2.7"]},
    ),
    ("resolvconf", {"pod": "default/client"}, {"nameservers": ["10.96.0.10"], "truncated": False}),
    ("search", {"pod": "default/client", "name": "web"}, {"answer": "10.96.0.1", "answeredBy": 0}),
    ("trace", {"to": "http://10.96.0.1", "from": "node:n1"}, {"verdict": "reachable", "service": "default/web"}),
    ("policy", {"from": "pod:default/client", "to": "pod:default/web", "port": 8080}, {"deniedBy": "egress"}),
    ("policy", {"from": "ip:192.0.2.1", "to": "service:default/web:80", "port": 80}, {"verdict": "allowed"}),
    ("endpoints", {"service": "default/web"}, {"endpoints": [{"address": "10.1.0.1", "ready": True, "pod": "web"}]}),
    ("predicted", {"service": "default/web"}, {"workloads": [], "count": 1}),
    ("env", {"pod": "default/web"}, {"vars": {"WEB_SERVICE_HOST": "10.96.0.1", "DB_SERVICE_PORT": "3306"}}),
    ("service", {"service": "default/web"}, {"type": "ClusterIP", "ports": [{"targetPort": 8080}]}),
    ("validate", {"object": "Service/default/web"}, {"valid": True}),
    ("conflict", {"objects": ["Service/default/local", "Service/default/web"]}, {"conflict": False, "value": None}),
    ("finding", {"object": "Service/default/web"}, {"code": None}),
    ("exposure", {"service": "default/local", "provider": "metallb"}, {"scope": "internal", "restrictedTo": None}),
    ("route", {"route": "default/wide"}, {"accepted": True, "resolvedRefs": True, "reason": None}),
    ("gateway", {"gateway": "default/wide"}, {"attachedRoutes": {"h": 1, "raw": 1}}),
    ("ingress", {"ingress": "default/i"}, {"ingressClass": "nginx", "classSource": "field"}),
]


@pytest.mark.parametrize(("kind", "question", "expect"), RIGHT)
def test_a_right_answer_passes_and_a_wrong_one_does_not(kind: str, question: Json, expect: Json) -> None:
    found = ask(kind, question, expect)
    assert found.error is None, found.error
    assert found.ok, found.got
    wrong = dict.fromkeys(expect, "something else")
    assert not ask(kind, question, wrong).ok


def test_every_kind_is_asked_here() -> None:
    assert {kind for kind, _, _ in RIGHT} == set(QUESTIONS)


@pytest.mark.parametrize(
    ("expect", "ok"),
    [
        ({"warning": "tls-host-not-listed"}, True),
        ({"warning": "port-matched-by-target-port"}, True),
        ({"warning": "removed-api"}, False),
        ({"warning": None}, False),
        ({"warnings": ["port-matched-by-target-port", "tls-host-not-listed"]}, True),
        ({"warnings": ["tls-host-not-listed"]}, False),
    ],
)
def test_a_warning_is_one_of_all(expect: Json, ok: bool) -> None:
    state = state_of(BASE + MORE + ingress(rule("/").replace("number: 80", "number: 8080")))
    item = Expectation(id="x", kind="trace", question={"to": "https://h.example.com/"}, expect=expect)
    file = ExpectationFile(file="x.expect.yaml", manifests=(), options=None, expectations=(item,))
    found = next(run([file], lambda _file: state, lambda state: assumptions_of(state, TEXT_DEFAULTS)))
    assert found.ok is ok
