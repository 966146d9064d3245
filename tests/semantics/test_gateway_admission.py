"""What the API server refuses of Gateways and HTTPRoutes (XValidation of their definitions)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.semantics.gateway import admission
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web")
WEB += objects.pod("web-0", "10.1.0.8")
HTTP = "{name: a, port: 80, protocol: HTTP}"
TO_WEB = "{backendRefs: [{name: web, port: 80}]}"


@pytest.mark.parametrize(
    ("listeners", "field"),
    [
        (HTTP, None),
        (f"{HTTP}, {{name: b, port: 80, protocol: HTTP, hostname: x.io}}", None),
        (f"{HTTP}, {{name: a, port: 81, protocol: HTTP}}", "spec.listeners[1].name"),
        (f"{HTTP}, {{name: b, port: 80, protocol: HTTP}}", "spec.listeners[1]"),
        ("{name: a, port: 80, protocol: HTTP, tls: {certificateRefs: [{name: c}]}}", "spec.listeners[0].tls"),
        ("{name: a, port: 443, protocol: HTTPS, tls: {mode: Passthrough}}", "spec.listeners[0].tls.mode"),
        ("{name: a, port: 443, protocol: TLS, tls: {mode: Passthrough}}", None),
        ("{name: a, port: 53, protocol: UDP, hostname: x.io}", "spec.listeners[0].hostname"),
    ],
)
def test_the_field_for_which_a_gateway_is_refused(listeners: str, field: str | None) -> None:
    (gateway,) = state_of(objects.gateway(listeners)).gateways.values()
    found = admission.of_gateway(gateway)
    assert (found.field if found else None) == field


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (TO_WEB, None),
        (f"{{filters: [{{type: RequestRedirect, requestRedirect: {{scheme: https}}}}], {TO_WEB[1:]}", "filters"),
        ("{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}", None),
        (f"{{matches: [{{path: {{value: web}}}}], {TO_WEB[1:]}", "matches[0].path.value"),
        (f"{{matches: [{{path: {{value: /a//b}}}}], {TO_WEB[1:]}", "matches[0].path.value"),
        (f"{{matches: [{{path: {{value: /a/..}}}}], {TO_WEB[1:]}", "matches[0].path.value"),
        (f"{{matches: [{{path: {{type: RegularExpression, value: a//b}}}}], {TO_WEB[1:]}", None),
    ],
)
def test_the_field_for_which_a_route_is_refused(rule: str, field: str | None) -> None:
    (route,) = state_of(objects.route(rule)).routes
    found = admission.of_route(route)
    assert (found.field if found else None) == (f"spec.rules[0].{field}" if field else None)


def ask(listeners: str, routes: str, to: str = "http://x.io/") -> Trace:
    return trace(state_of(WEB + objects.gateway(listeners) + routes), parse_request(to))


def test_what_is_refused_is_not_there() -> None:
    twice = f"{HTTP}, {{name: b, port: 80, protocol: HTTP}}"
    assert ask(twice, objects.route(TO_WEB)).reason == "object-refused"
    broken = objects.route(f"{{matches: [{{path: {{value: web}}}}, {{path: {{value: /}}}}], {TO_WEB[1:]}", "broken")
    assert ask(HTTP, broken).reason == "object-refused"
    assert ask(HTTP, broken + objects.route(TO_WEB)).verdict == "reachable"
    created = objects.gateway(twice).replace("name: g", "name: g, uid: x", 1)
    assert trace(state_of(WEB + created + objects.route(TO_WEB)), parse_request("http://x.io/")).verdict == "reachable"


def test_http_and_https_on_one_port_contradict_each_other() -> None:
    secure = "{name: b, port: 80, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}"
    found = ask(f"{HTTP}, {secure}", objects.route(TO_WEB))
    assert found.reason == "no-listener"
    assert found.stop is not None
    assert "a and b of that port contradict each other (ProtocolConflict)" in found.stop.says


def test_https_needs_tls() -> None:
    found = ask("{name: a, port: 443, protocol: HTTPS}", objects.route(TO_WEB), "https://x.io/")
    assert found.reason == "no-listener"
    assert found.stop is not None
    assert "it has no tls, which HTTPS needs" in found.stop.says
