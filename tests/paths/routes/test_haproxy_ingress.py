"""haproxy-ingress: hosts, kinds of paths, headers, rewrites and redirects (CH-21 to CH-25, CH-B1 to CH-B4)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

OWN = "haproxy-ingress.github.io/"
SPEC = "{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}"
BASE = objects.service(SPEC, "web") + objects.service(SPEC.replace("0.8", "0.9"), "other")
BASE += objects.pod("web-0", "10.1.0.8") + objects.ingress_class("haproxy-ingress.github.io/controller", "haproxy")


def rule(
    annotations: str = "", *paths: str, name: str = "i", host: str = "a.example", more: str = "", created: str = ""
) -> str:
    meta = f", annotations: {{{annotations}}}" if annotations else ""
    meta += f", creationTimestamp: '{created}'" if created else ""
    return objects.ingress(
        ", ".join(paths) or objects.path(), name, host=host, of_class="haproxy", meta=meta, more=more
    )


def ask(text: str, to: str = "http://a.example/", **headers: str) -> Trace:
    return trace(state_of(BASE + text), parse_request(to, parse_vantage("internet"), headers=headers))


def taken(found: Trace) -> str:
    return found.service.name if found.service else ""


def path(value: str, backend: str = "web") -> str:
    return objects.path(f"'{value}'", backend, kind="ImplementationSpecific")


@pytest.mark.parametrize(
    ("kind", "written", "asked", "fits"),
    [
        ("", "/app", "/App/1", True),
        ("", "/app", "/app1", True),
        ("Begin", "/app", "/ap", False),
        ("prefix", "/app/", "/app", True),
        ("prefix", "/app", "/app1", False),
        ("prefix", "/app", "/App", False),
        ("exact", "/app", "/app", True),
        ("exact", "/app", "/app/", False),
        ("regex", "/app[0-9]+", "/app25xx/sub", True),
        ("regex", "/app[0-9]+$", "/app15/", False),
        ("regex", "/app[0-9]+", "/App1", False),
    ],
)
def test_a_path_of_no_type_is_of_the_kind_that_a_key_says(kind: str, written: str, asked: str, fits: bool) -> None:
    annotations = f"{OWN}path-type: {kind}" if kind else ""
    found = ask(rule(annotations, path(written)), f"http://a.example{asked}")
    assert found.verdict == ("reachable" if fits else "unreachable")


def test_longer_paths_go_first_and_patterns_last() -> None:
    text = rule("", path("/app"), objects.path("/app/sub", "other"))
    assert taken(ask(text, "http://a.example/app/sub/x")) == "other"
    pattern = rule(f"{OWN}path-type: regex", path("/app/[a-z]+", "other"), name="j")
    assert taken(ask(rule("", path("/app")) + pattern, "http://a.example/app/x")) == "web"
    older = rule("", path("/app", "other"), name="z", created="2026-01-01T00:00:00Z")
    assert taken(ask(rule("", path("/app"), created="2026-02-01T00:00:00Z") + older, "http://a.example/app")) == "other"


def test_an_unmatched_path_falls_to_wider_hosts() -> None:
    text = rule("", objects.path("/a")) + rule("", objects.path("/", "other"), name="w", host="'*.example'")
    assert taken(ask(text, "http://a.example/b")) == "other"
    assert taken(ask(text, "http://a.example/a")) == "web"
    every = rule("", objects.path("/", "other"), name="e", host="")
    assert taken(ask(rule("", objects.path("/a")) + every, "http://a.example/b")) == "other"


@pytest.mark.parametrize(
    ("annotation", "host", "verdict"),
    [
        (f"{OWN}server-alias: b.example", "b.example", "reachable"),
        (f"{OWN}server-alias: '*.b.example'", "x.b.example", "reachable"),
        (f"{OWN}server-alias: '*.b.example'", "y.x.b.example", "unreachable"),
        (f"{OWN}server-alias-regex: '^b[0-9]+[.]example$'", "b12.example", "reachable"),
        (f"{OWN}server-alias-regex: '^b[0-9]+[.]example$'", "bx.example", "unreachable"),
        ("ingress.kubernetes.io/server-alias: b.example", "b.example", "reachable"),
    ],
)
def test_other_names_of_a_host(annotation: str, host: str, verdict: str) -> None:
    assert ask(rule(annotation), f"http://{host}/").verdict == verdict


@pytest.mark.parametrize(
    ("value", "headers", "service"),
    [
        ("'X-Env: staging'", {"x-env": "staging"}, "other"),
        ("'X-Env: staging'", {"x-env": "Staging"}, "web"),
        ("'X-Env staging'", {"X-Env": "staging"}, "other"),
        ('"X-Env: staging\\nX-Team: a"', {"X-Env": "staging"}, "web"),
        ('"X-Env: staging\\nX-Team: a"', {"X-Env": "staging", "X-Team": "a"}, "other"),
    ],
)
def test_rules_may_ask_for_headers(value: str, headers: dict[str, str], service: str) -> None:
    text = rule() + rule(f"{OWN}http-header-match: {value}", objects.path("/", "other"), name="j")
    assert taken(ask(text, **headers)) == service


def test_headers_may_be_patterns() -> None:
    text = rule() + rule(f"{OWN}http-header-match-regex: 'X-Env: ^(qa|dev)'", objects.path("/", "other"), name="j")
    assert taken(ask(text, **{"X-Env": "dev-2"})) == "other"
    assert taken(ask(text, **{"X-Env": "my-dev"})) == "web"


@pytest.mark.parametrize(
    ("written", "target", "asked", "seen"),
    [
        ("/abc", "/", "/abc", "/"),
        ("/abc", "/", "/abc/x?q=1", "/x?q=1"),
        ("/abc", "/y", "/abc", "/y"),
        ("/abc", "/y", "/abc/", "/y/"),
        ("/abc/", "/y", "/abc/x", "/y/x"),
        ("/abc/", "/", "/abc/x", "/x"),
        ("/abc", "/y", "/ABC/x", "/ABC/x"),
    ],
)
def test_the_part_that_fits_is_replaced(written: str, target: str, asked: str, seen: str) -> None:
    found = ask(rule(f"{OWN}rewrite-target: {target}", path(written)), f"http://a.example{asked}")
    assert (found.verdict, found.proxied.path) == ("reachable", seen)


def test_of_a_pattern_the_target_is_the_whole() -> None:
    annotations = f"{OWN}path-type: regex, {OWN}rewrite-target: '/v2/\\1'"
    assert ask(rule(annotations, path("/v1/(.*)")), "http://a.example/v1/x").proxied.path == "/v2/x"


TLS = ", tls: [{hosts: [a.example], secretName: s}]"


@pytest.mark.parametrize(
    ("annotations", "to", "location"),
    [
        (f"{OWN}redirect-to: 'https://b.example/login'", "http://a.example/any", "https://b.example/login"),
        (f"{OWN}app-root: /home", "http://a.example/", "https://a.example/"),
        (f"{OWN}app-root: /home", "https://a.example/", "https://a.example/home"),
        (f"{OWN}ssl-redirect: 'false'", "http://a.example/", None),
        ("", "http://a.example/.well-known/acme-challenge/x", None),
        ("", "http://a.example/x", "https://a.example/x"),
        (f"{OWN}redirect-from: old.example", "http://old.example/x?q=1", "http://a.example/x?q=1"),
        (f"{OWN}redirect-from-regex: '^o.d[.]'", "https://old.example/x", "https://a.example/x"),
    ],
)
def test_it_sends_requests_elsewhere(annotations: str, to: str, location: str | None) -> None:
    found = ask(rule(annotations, more=TLS), to)
    assert (found.answer.status, found.answer.location) == (302 if location else None, location)


def test_a_name_that_a_rule_has_is_not_sent_on() -> None:
    text = rule(f"{OWN}redirect-from: old.example") + rule("", objects.path("/", "other"), name="j", host="old.example")
    assert taken(ask(text, "http://old.example/")) == "other"


def test_redirects_go_before_lists_and_passwords() -> None:
    annotations = f"{OWN}app-root: /home, {OWN}auth-secret: users"
    assert ask(rule(annotations)).verdict == "redirect"
    assert ask(rule(annotations), "http://a.example/x").answer.status == 401


def test_a_list_of_addresses_from_a_header_is_named() -> None:
    annotations = f"{OWN}allowlist-source-range: 0.0.0.0/0"
    assert ask(rule(annotations)).verdict == "reachable"
    assert ask(rule(f"{annotations}, {OWN}allowlist-source-header: X-Real-IP")).verdict == "unknown"
    assert ask(rule(f"{OWN}allowlist-source-header: X-Real-IP")).verdict == "reachable"


def test_a_rule_whose_service_does_not_exist_is_left_out() -> None:
    text = rule("", objects.path("/a", "gone"), objects.path("/", "other"))
    found = ask(text, "http://a.example/a")
    assert taken(found) == "other"
    assert ask(rule("", objects.path("/a", "gone")), "http://a.example/a").reason == "service-not-found"


def test_it_may_dial_the_cluster_ip() -> None:
    assert ask(rule(f"{OWN}service-upstream: 'true'")).proxied.via == "clusterIP 10.96.0.8:80"


def test_who_says_that_it_was_https_is_believed() -> None:
    """`use-forwarded-proto`, on by default (CH-25)."""
    text = rule(more=", tls: [{hosts: [a.example], secretName: s}]")
    assert ask(text).answer.status == 302
    assert ask(text, **{"X-Forwarded-Proto": "https"}).verdict == "reachable"


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("auth-secret: users", "auth-secret"),
        ("redirect-to: 'https://b.example'", "redirect-to"),
        ("balance-algorithm: x", ""),
    ],
)
def test_keys_of_a_service_are_not_evaluated(key: str, field: str) -> None:
    web = objects.service(SPEC, "web", meta=f", annotations: {{{OWN}{key}}}")
    found = trace(
        state_of(BASE.replace(objects.service(SPEC, "web"), web) + rule()), parse_request("http://a.example/")
    )
    assert [item.field for item in found.undecided] == ([f"metadata.annotations[{OWN}{field}]"] if field else [])
    assert found.verdict == ("unknown" if field else "reachable")
