"""How ingress-nginx makes servers, locations and upstreams of all its Ingresses together (controllers.md 1.2 to 1.5).

The real one is asked the same in tests/cluster/test_nginx.py.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from svcmap.model.core import ConfigMap
from svcmap.model.coverage import Coverage
from svcmap.model.group_kinds import CONFIG_MAP
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import parse_request
from svcmap.paths.entries import traced_entries
from svcmap.paths.trace import trace
from svcmap.picture.lanes import short_reason
from tests import objects
from tests.conftest import read, state_of
from tests.paths.routes.test_controllers import BASE, NGINX, ask, rules, service

HERE, OTHER = Name("default", "web"), Name("default", "other")
TO_OTHER = objects.path(backend="other")
DEFAULT = "defaultBackend: {service: {name: other, port: {number: 80}}}"
CANARY = f"{NGINX}canary: 'true', {NGINX}canary-by-header: x-new"


def aged(text: str, day: int) -> str:
    return text.replace("metadata: {", f"metadata: {{creationTimestamp: '2024-07-0{day}T00:00:00Z', ")


def test_of_equal_rules_the_older_ingress_wins_and_of_one_second_the_later_name() -> None:
    """CN-5."""
    first, second = rules(name="a"), rules(name="b", paths=TO_OTHER)
    assert ask(aged(first, 1) + aged(second, 2)).service == HERE
    assert ask(aged(first, 2) + aged(second, 1)).service == OTHER
    assert ask(aged(first, 1) + aged(second, 1)).service == OTHER
    assert not ask(aged(first, 1) + aged(second, 2)).assumed
    found = ask(first + second)
    assert any("Ingress default/b is older than default/a" in text for text in found.assumed)


@pytest.mark.parametrize(("first", "service"), [("a", OTHER), ("b", None)])
def test_the_default_backend_of_a_host_is_that_of_the_ingress_that_makes_its_server(
    first: str, service: Name | None
) -> None:
    """CN-10: that of another Ingress of the host is for nobody."""
    with_default = rules(name="a", paths=objects.path("/only"), more=DEFAULT)
    without = rules(name="b", paths=objects.path("/mine"))
    ages = (1, 2) if first == "a" else (2, 1)
    found = ask(aged(with_default, ages[0]) + aged(without, ages[1]), "http://a.example/rest")
    assert found.service == service


def test_an_older_canary_hides_a_rule_with_its_service() -> None:
    canary = rules(f"{NGINX}canary: 'true', {NGINX}canary-weight: '10'", name="c", paths=TO_OTHER)
    plain = rules(name="p", host="p.example", paths=TO_OTHER)
    assert ask(aged(rules(), 1) + aged(canary, 2) + aged(plain, 3), "http://p.example/").reason == "no-matching-rule"
    assert ask(aged(rules(), 1) + aged(canary, 3) + aged(plain, 2), "http://p.example/").verdict == "reachable"


def test_a_canary_to_the_service_of_an_older_rule_gets_nothing() -> None:
    """CN-24: the upstream is that of a plain Ingress, without a word of which requests go to it."""
    canary, plain = rules(CANARY, name="c", paths=TO_OTHER), rules(name="p", host="p.example", paths=TO_OTHER)
    text = aged(rules(), 1) + aged(plain, 2) + aged(canary, 3)
    assert ask(text, headers={"x-new": "always"}).service == HERE


def test_which_of_both_is_older_is_not_known_of_what_is_not_created_yet() -> None:
    text = rules() + rules(CANARY, name="c", paths=TO_OTHER) + rules(name="p", host="p.example", paths=TO_OTHER)
    for to in ("http://a.example/", "http://p.example/"):
        found = ask(text, to, headers={"x-new": "always"})
        assert (found.verdict, [item.field for item in found.undecided]) == ("unknown", ["metadata.creationTimestamp"])


def test_the_annotations_of_the_ingress_that_makes_the_upstream_count() -> None:
    older = rules(CANARY, name="c", paths=TO_OTHER)
    younger = rules(CANARY.replace("x-new", "x-old"), name="d", paths=TO_OTHER)
    text = aged(rules(), 1) + aged(older, 2) + aged(younger, 3)
    assert ask(text, headers={"x-new": "always"}).service == OTHER
    assert ask(text, headers={"x-old": "always"}).service == HERE


def test_a_header_with_an_underscore_never_arrives() -> None:
    """CN-53."""
    canary = rules(CANARY.replace("x-new", "x_new"), name="c", paths=TO_OTHER)
    assert ask(rules() + canary, headers={"x_new": "always"}).service == HERE


@pytest.mark.parametrize(
    ("alias", "host", "taken"),
    [
        ("b.example", "b.example", True),
        ("'*.b.example'", "x.y.b.example", True),
        ("'*.b.example'", "b.example", False),
        (r"'~^v[0-9]+\.b\.example$'", "v12.b.example", True),
        (r"'~^v[0-9]+\.b\.example$'", "V12.b.example", True),
        (r"'~^v[0-9]+\.b\.example$'", "w12.b.example", False),
        ("'~('", "w12.b.example", False),
    ],
)
def test_aliases_are_names_wildcards_and_patterns(alias: str, host: str, taken: bool) -> None:
    """CN-A9, CN-11."""
    found = ask(rules(f"{NGINX}server-alias: {alias}"), f"http://{host}/")
    assert (found.service == HERE) is taken


def test_an_alias_leads_to_every_rule_of_the_host() -> None:
    text = rules(f"{NGINX}server-alias: b.example") + rules(name="j", paths=objects.path("/j", backend="other"))
    assert ask(text, "http://b.example/j").service == OTHER


@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 204), ("GET", None)])
def test_with_cors_the_controller_answers_every_preflight(method: str, status: int | None) -> None:
    """CN-A29."""
    found = ask(rules(f"{NGINX}enable-cors: 'true'"), method=method)
    assert (found.answer.status, found.service == HERE) == (status, status is None)


@pytest.mark.parametrize(("target", "sees"), [("/new", "/new?q=1"), ("/new?a=b", "/new?a=b&q=1")])
def test_a_rewrite_keeps_the_query(target: str, sees: str) -> None:
    found = ask(rules(f"{NGINX}rewrite-target: {target}"), "http://a.example/?q=1")
    assert found.proxied.path == sees


@pytest.mark.parametrize(("secret", "status"), [("users", 401), ("others", None)])
def test_a_password_is_asked_for_where_its_secret_is_there(secret: str, status: int | None) -> None:
    """CN-A21: without the Secret it is 503; whether there is one outside the source nobody knows."""
    users = f"---\n{{apiVersion: v1, kind: Secret, metadata: {{name: {secret}, namespace: default}}}}\n"
    found = ask(rules(f"{NGINX}auth-type: basic, {NGINX}auth-secret: users") + users)
    assert (found.verdict, found.reason, found.answer.status) == ("unreachable", "denied", status)


def test_a_secret_in_another_namespace_is_named() -> None:
    users = "---\n{apiVersion: v1, kind: Secret, metadata: {name: users, namespace: edge}}\n"
    found = ask(rules(f"{NGINX}auth-type: basic, {NGINX}auth-secret: users") + users)
    assert found.stop is not None
    assert found.stop.says.endswith("does not exist. There is Secret edge/users.")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://gate.sso.svc.cluster.local:4180/auth", "Service sso/gate is not in the source"),
        ("http://idle.default.svc.cluster.local/auth", "Service default/idle has no endpoints"),
        ("http://web.default.svc.cluster.local/auth", "Service default/web decides who is let in"),
        ("http://web/auth", "looks up whole names alone, not web"),
        ("https://sso.example.org/auth", "what that answers is not known"),
    ],
)
def test_whom_a_controller_asks_is_named(url: str, says: str) -> None:
    """CN-A22."""
    idle = objects.service("{clusterIP: 10.96.0.20, selector: {app: idle}, ports: [{port: 80}]}", "idle")
    found = ask(rules(f"{NGINX}auth-url: '{url}'") + idle + objects.namespace("sso"))
    assert found.verdict == "unknown"
    (told,) = [text for text in found.assumed if "auth-url of Ingress" in text]
    assert says in told


def configured(data: str, name: str = "ingress-nginx-controller") -> str:
    return objects.document("ConfigMap", name, f"data: {data}", namespace="edge")


@pytest.mark.parametrize(
    ("data", "annotations", "status"),
    [
        ("{ssl-redirect: 'false'}", "", None),
        ("{ssl-redirect: 'false'}", f"{NGINX}ssl-redirect: 'true'", 308),
        ("{http-redirect-code: '301'}", "", 301),
        ("{http-redirect-code: '404'}", "", 308),
        ("{no-tls-redirect-locations: '/x,/'}", "", None),
    ],
)
def test_settings_are_what_annotations_leave_open(data: str, annotations: str, status: int | None) -> None:
    """CN-41."""
    found = ask(rules(annotations, more="tls: [{secretName: s}]") + configured(data))
    assert found.answer.status == status


def test_lists_of_the_settings_are_for_ingresses_without_their_own() -> None:
    """CN-42."""
    closed = configured("{denylist-source-range: 0.0.0.0/0}")
    found = ask(rules() + closed)
    assert (found.answer.status, found.reason) == (403, "denied")
    assert any("denylist-source-range of ConfigMap edge/ingress-nginx-controller" in hop.says for hop in found.hops)
    assert ask(rules(f"{NGINX}denylist-source-range: 192.0.2.0/24") + closed, who="198.51.100.7").answer.status != 403


def test_of_two_controllers_nobody_knows_whose_settings_are_whose() -> None:
    text = rules(more="tls: [{secretName: s}]") + configured("{ssl-redirect: 'false'}")
    other = configured("{http-redirect-code: '301'}", "ingress-nginx-internal")
    assert ask(text + other).verdict == "unknown"
    assert ask(text + objects.ingress_class("k8s.io/internal-ingress-nginx", "internal")).verdict == "unknown"


def test_where_the_client_is_read_from_matters_to_lists_alone() -> None:
    """CN-40."""
    forwarded = configured("{use-forwarded-headers: 'true'}")
    assert ask(rules() + forwarded).verdict == "reachable"
    listed = rules(f"{NGINX}allowlist-source-range: 0.0.0.0/0")
    assert [item.field for item in ask(listed + forwarded).undecided] == ["data.use-forwarded-headers"]


def test_a_dump_has_settings_as_files_have(tmp_path: Path) -> None:
    meta = {"name": "ingress-nginx-controller", "namespace": "edge", "uid": "1"}
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"ssl-redirect": "false"}}
    path = tmp_path / "dump.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [item]}))
    assert [item.data for item in read(path).all(CONFIG_MAP, ConfigMap).values()] == [{"ssl-redirect": "false"}]


@pytest.mark.parametrize("of", ["nginx", "public"])
def test_a_target_port_is_taken_for_a_port_whether_or_not_the_class_is_there(of: str) -> None:
    """CN-25."""
    by_target = rules(of=of, paths=objects.path(port="number: 8080"))
    of_class = objects.ingress_class("k8s.io/ingress-nginx", of)
    for classes in ("", of_class):
        state = state_of(service("web") + classes + by_target)
        assert trace(state, parse_request("http://a.example/")).verdict == "reachable"


def test_rules_of_another_controller_are_no_main_ones_to_a_canary() -> None:
    canary = rules(f"{NGINX}canary: 'true', {NGINX}canary-weight: '10'", name="c", host="b.example", paths=TO_OTHER)
    elsewhere = rules(of="contour", name="d", host="b.example")
    found = ask(rules() + canary + elsewhere)
    assert (found.service, found.backends) == (HERE, ())


def test_from_a_cluster_the_default_settings_are_assumed() -> None:
    files = state_of(BASE + rules())
    state = ClusterState(files.source, files.objects, coverage=Coverage(all_pods=True))
    found = trace(state, parse_request("http://a.example/"))
    assert any("default settings" in text for text in found.assumed)
    assert not any("default settings" in text for text in ask(rules()).assumed)


def test_the_picture_says_that_another_rule_takes_the_requests() -> None:
    state = state_of(BASE + aged(rules(name="a"), 1) + aged(rules(name="b", paths=TO_OTHER), 2))
    ways = [way for item in traced_entries(state, OTHER) if item.entry.kind == "ingress" for _, way in item.traces]
    assert [short_reason(way) for way in ways] == ["another rule takes it"]
    assert short_reason(ask(rules(paths=objects.path("/x")), "http://a.example/y")) == "no rule matches"


def test_http_is_asked_of_tcp_ports() -> None:
    """A port of the number, and of UDP, is none for an Ingress."""
    udp = objects.service("{clusterIP: 10.96.0.30, selector: {app: web}, ports: [{port: 80, protocol: UDP}]}", "udp")
    found = ask(rules(paths=objects.path(backend="udp")) + udp)
    assert (found.verdict, found.reason, found.answer.status) == ("unreachable", "service-port-not-found", 503)
    assert found.stop is not None
    assert "has ports 80/UDP" in found.stop.says


@pytest.mark.parametrize(("header", "taken"), [("X-New", True), ("X_New", False), ("x-new", True)])
def test_an_underscore_in_the_header_of_a_canary_is_a_hyphen(header: str, taken: bool) -> None:
    """CN-53: a variable of nginx stands for either, and headers with underscores are dropped."""
    canary = rules(f"{NGINX}canary: 'true', {NGINX}canary-by-header: X_New", name="c", paths=TO_OTHER)
    found = ask(rules() + canary, headers={header: "always"})
    assert (found.service == OTHER) is taken
