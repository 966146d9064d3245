"""What routes of Kong ask for beside host and path (CK-3, CK-A5)."""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request
from svcmap.paths.entries import traced_entries
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.semantics.ingress.kong import conditions_of
from tests import objects
from tests.conftest import state_of

SPEC = "{clusterIP: 10.96.0.%d, selector: {app: web}, ports: [{port: 80}]}"
BASE = (
    objects.service(SPEC % 8, "web")
    + objects.service(SPEC % 9, "other")
    + objects.pod("web-0", "10.1.0.8")
    + objects.ingress_class("ingress-controllers.konghq.com/kong", "kong")
)


def ingress(annotations: str, name: str = "i", backend: str = "web") -> str:
    meta = f", annotations: {{{annotations}}}" if annotations else ""
    return objects.ingress(objects.path("/", backend), name, host="a.example", of_class="kong", meta=meta)


def ask(text: str, method: str = "GET", to: str = "http://a.example/", **headers: str) -> Trace:
    return trace(state_of(BASE + text), parse_request(to, method=method, headers=headers))


@pytest.mark.parametrize(
    ("annotations", "method", "headers", "taken"),
    [
        ("konghq.com/methods: 'get, POST'", "POST", {}, True),
        ("konghq.com/methods: POST", "GET", {}, False),
        ("konghq.com/headers.x-team: 'blue,green'", "GET", {"X-Team": "green"}, True),
        ("konghq.com/headers.x-team: 'blue,green'", "GET", {"X-Team": "Green"}, False),
        ("konghq.com/headers.x-team: blue", "GET", {}, False),
        ("konghq.com/headers.x-team: '~*^bl'", "GET", {"X-Team": "BLUE"}, True),
        ("konghq.com/headers.x-team: 'a;b', konghq.com/headers-separator: ';'", "GET", {"X-Team": "b"}, True),
    ],
)
def test_a_route_takes_what_it_asks_for(annotations: str, method: str, headers: dict[str, str], taken: bool) -> None:
    found = ask(ingress(annotations), method, **headers)
    assert (found.verdict, found.reason) == (("reachable", None) if taken else ("unreachable", "no-matching-rule"))
    assert not found.undecided


def test_a_server_name_is_one_of_tls() -> None:
    text = ingress("konghq.com/snis: a.example")
    assert ask(text, to="https://a.example/").verdict == "reachable"
    assert ask(text).reason == "no-matching-rule"


def test_a_route_that_asks_for_more_goes_first() -> None:
    text = ingress("", "plain") + ingress("konghq.com/methods: POST", "posts", "other")
    assert ask(text).service == Name("default", "web")
    assert ask(text, "POST").service == Name("default", "other")


def test_the_ways_in_ask_as_the_route_wants() -> None:
    text = ingress("konghq.com/methods: POST, konghq.com/headers.x-team: blue")
    (found,) = (i for i in traced_entries(state_of(BASE + text), Name("default", "web")) if i.entry.kind == "ingress")
    assert [way.verdict for _, way in found.traces] == ["reachable"]


@pytest.mark.parametrize(
    ("host", "verdict"), [("b.example", "reachable"), ("c.example", "reachable"), ("d.example", "unreachable")]
)
def test_an_alias_of_a_host_is_one_of_its_names(host: str, verdict: str) -> None:
    found = ask(ingress("konghq.com/host-aliases: 'b.example,c.example'"), to=f"http://{host}/")
    assert found.verdict == verdict


def test_a_rule_without_a_host_is_for_the_aliases_alone() -> None:
    text = ingress("konghq.com/host-aliases: b.example").replace("host: a.example, ", "")
    assert text != ingress("konghq.com/host-aliases: b.example")
    assert ask(text, to="http://b.example/").verdict == "reachable"
    assert ask(text, to="http://c.example/").answer.status == 404


def plugin(name: str, kind: str, rest: str = "", *, of: str = "KongPlugin") -> str:
    return objects.document(of, name, f"plugin: {kind}{rest}", "configuration.konghq.com/v1")


@pytest.mark.parametrize(
    ("kind", "rest", "method", "verdict"),
    [
        ("prometheus", "", "GET", "reachable"),
        ("rate-limiting", "", "GET", "reachable"),
        ("cors", "", "GET", "reachable"),
        ("cors", "", "OPTIONS", "unknown"),
        ("key-auth", "", "GET", "unknown"),
        ("key-auth", "\ndisabled: true", "GET", "reachable"),
        ("request-termination", "", "GET", "unknown"),
    ],
)
def test_plugins_that_may_answer_are_named(kind: str, rest: str, method: str, verdict: str) -> None:
    text = ingress("konghq.com/plugins: gate") + plugin("gate", kind, rest)
    found = ask(text, method=method)
    assert found.verdict == verdict
    if verdict == "unknown":
        assert [(item.object.name, item.field) for item in found.undecided] == [("gate", "plugin")]


def test_a_plugin_for_everything_and_one_that_is_not_there() -> None:
    everywhere = plugin("gate", "key-auth", of="KongClusterPlugin").replace(
        "name: gate", "name: gate, labels: {global: 'true'}"
    )
    assert ask(ingress("") + everywhere).verdict == "unknown"
    assert ask(ingress("") + plugin("gate", "key-auth", of="KongClusterPlugin")).verdict == "reachable"
    assert (
        ask(ingress("konghq.com/plugins: gone")).undecided[0].could == "names plugin gone, which is not in the source"
    )


@pytest.mark.parametrize(
    ("annotations", "written", "asked", "verdict"),
    [
        ("konghq.com/regex-prefix: '/@'", "/@/v[0-9]+", "/v12/x", "reachable"),
        ("konghq.com/regex-prefix: '/@'", "/~/v[0-9]+", "/v12/x", "unreachable"),
        ("", "/~/v[0-9]+", "/v12/x", "reachable"),
    ],
)
def test_the_mark_of_regular_expressions_may_be_another(
    annotations: str, written: str, asked: str, verdict: str
) -> None:
    rule = objects.path(f"'{written}'", kind="ImplementationSpecific")
    meta = f", annotations: {{{annotations}}}" if annotations else ""
    text = objects.ingress(rule, host="a.example", of_class="kong", meta=meta)
    assert ask(text, to=f"http://a.example{asked}").verdict == verdict


def test_what_is_not_asked_for_is_no_condition() -> None:
    assert conditions_of({}) == ((), {}, ())


def test_a_service_may_have_its_cluster_ip_dialled() -> None:
    upstream = objects.service(SPEC % 8, "web", meta=", annotations: {ingress.kubernetes.io/service-upstream: 'true'}")
    text = BASE.replace(objects.service(SPEC % 8, "web"), upstream) + ingress("")
    assert upstream in text
    found = trace(state_of(text), parse_request("http://a.example/"))
    assert (found.verdict, found.undecided) == ("reachable", ())
    assert (found.proxied.via or "").startswith("clusterIP")
