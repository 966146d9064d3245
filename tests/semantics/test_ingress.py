"""Ingress hosts, paths and classes (upstream: the path table of the documentation, ingress-controller-conformance)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcmap.model.networking import IngressBackend, IngressServiceBackend
from svcmap.model.refs import Name
from svcmap.semantics.ingress import (
    Flavour,
    HostSet,
    RuleTable,
    RuleTarget,
    controller_title,
    host_specificity,
    is_tls,
    match,
    path_matches,
    served_by,
    targets,
)
from svcmap.semantics.ingress.rules import _path_fits
from tests.conftest import state_of


@pytest.mark.parametrize(
    ("path_type", "rule", "path", "expected"),
    [
        ("Prefix", "/", "/any/path", True),
        ("Exact", "/foo", "/foo", True),
        ("Exact", "/foo", "/bar", False),
        ("Exact", "/foo", "/foo/", False),
        ("Exact", "/foo/", "/foo", False),
        ("Prefix", "/foo", "/foo", True),
        ("Prefix", "/foo", "/foo/", True),
        ("Prefix", "/foo/", "/foo", True),
        ("Prefix", "/foo/", "/foo/", True),
        ("Prefix", "/aaa/bb", "/aaa/bbb", False),
        ("Prefix", "/aaa/bbb", "/aaa/bbb", True),
        ("Prefix", "/aaa/bbb/", "/aaa/bbb", True),
        ("Prefix", "/aaa/bbb", "/aaa/bbb/", True),
        ("Prefix", "/aaa/bbb", "/aaa/bbb/ccc", True),
        ("Prefix", "/aaa/bbb", "/aaa/bbbxyz", False),
        ("Prefix", "/aaa", "/ccc", False),
        ("Prefix", "/FOO", "/foo", False),
        ("ImplementationSpecific", "/a/*", "/a/b", True),
        ("ImplementationSpecific", "/a/*", "/a", False),
        ("ImplementationSpecific", "/a", "/a/b", True),
        ("ImplementationSpecific", "/*", "/", True),
    ],
)
def test_paths(path_type: str, rule: str, path: str, expected: bool) -> None:
    assert path_matches(rule, path_type, path) is expected


@pytest.mark.parametrize(
    ("rule", "host", "rank"),
    [
        ("foo.bar.com", "foo.bar.com", 3),
        ("foo.bar.com", "FOO.bar.com", 3),
        ("foo.bar.com", "bar.com", 0),
        ("*.foo.com", "bar.foo.com", 2),
        ("*.foo.com", "baz.bar.foo.com", 0),
        ("*.foo.com", "foo.com", 0),
        ("", "any.com", 1),
    ],
)
def test_hosts(rule: str, host: str, rank: int) -> None:
    assert host_specificity(rule, host) == rank


def rule(path: str, path_type: str = "Prefix", host: str = "h.com", index: int = 0) -> RuleTarget:
    backend = IngressBackend(service=IngressServiceBackend(name=f"{path}-{path_type}"))
    return RuleTarget(
        owner=Name("default", "i"),
        host=host,
        path=path,
        path_type=path_type,
        backend=backend,
        field=("spec", "rules", index, "paths"),
    )


def test_the_longest_path_wins_then_exact_and_losers_are_named() -> None:
    rules = [rule("/"), rule("/a", index=1), rule("/a", "Exact", index=2), rule("/b", index=3)]
    found = match(RuleTable(rules), "h.com", "/a")
    assert found.target == rules[2]
    assert len(found.losers) == 3
    assert match(RuleTable(rules), "h.com", "/a/x").target == rules[1]


def test_a_more_specific_host_is_chosen_first() -> None:
    rules = [rule("/long/path", host="*.foo.com"), rule("/", host="a.foo.com", index=1)]
    assert match(RuleTable(rules), "a.foo.com", "/long/path").target == rules[1]
    assert match(RuleTable(rules), "b.foo.com", "/long/path").target == rules[0]
    assert match(RuleTable(rules), "foo.com", "/").target is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["/", "/a", "/a/b", "/b"]),
            st.sampled_from(["Exact", "Prefix"]),
            st.sampled_from(["", "h.com", "*.com"]),
        ),
        max_size=8,
    ),
    st.sampled_from(["/", "/a", "/a/b/c", "/x"]),
)
def test_the_winner_matches_and_no_matching_rule_is_longer(raw: list[tuple[str, str, str]], path: str) -> None:
    rules = [rule(p, t, h, i) for i, (p, t, h) in enumerate(raw)]
    found = match(RuleTable(rules), "h.com", path)
    best, losers = found.target, found.losers
    fitting = [r for r in rules if host_specificity(r.host, "h.com") and path_matches(r.path, r.path_type, path)]
    if best is None:
        top = max((host_specificity(r.host, "h.com") for r in rules), default=0)
        assert not [r for r in fitting if host_specificity(r.host, "h.com") == top]
        return
    assert best in fitting
    same_host = [r for r in fitting if host_specificity(r.host, "h.com") == host_specificity(best.host, "h.com")]
    assert all(len(r.path) <= len(best.path) for r in same_host)
    assert len(losers) <= len(rules)


INGRESS = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: i{meta}}}\nspec: {{defaultBackend: {{service: {{name: d, port: {{number: 1}}}}}}{spec}}}\n{status}---\n"
CLASS = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {{name: {name}{meta}}}\nspec: {{controller: {controller}}}\n---\n"


@pytest.mark.parametrize(
    ("meta", "spec", "status", "classes", "expected"),
    [
        ("", ", ingressClassName: nginx", "", ["nginx"], ("nginx", "field", True, "in-cluster")),
        (
            ", annotations: {kubernetes.io/ingress.class: nginx}",
            "",
            "",
            [],
            ("nginx", "annotation", None, "in-cluster"),
        ),
        ("", "", "", ["other", "default"], ("default", "default", True, "in-cluster")),
        ("", "", "", [], ("", "none", None, "unknown")),
        ("", "", "status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}\n", [], ("", "none", True, "unknown")),
        ("", ", ingressClassName: gone", "", ["nginx"], ("gone", "field", False, "unknown")),
        ("", ", ingressClassName: gone", "", [], ("gone", "field", None, "unknown")),
        ("", ", ingressClassName: alb", "", ["alb"], ("alb", "field", True, "outside")),
    ],
)
def test_classes(
    meta: str, spec: str, status: str, classes: list[str], expected: tuple[str, str, bool | None, str]
) -> None:
    controllers = {"alb": "ingress.k8s.aws/alb"}
    default = ", annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}"
    text = "".join(
        CLASS.format(
            name=c, meta=default if c == "default" else "", controller=controllers.get(c, "k8s.io/ingress-nginx")
        )
        for c in classes
    )
    state = state_of(text + INGRESS.format(meta=meta, spec=spec, status=status))
    got = served_by(state.ingresses[Name("default", "i")], state.ingress_classes)
    assert (got.ingress_class, got.source, got.served, got.placement) == expected
    assert controller_title(got)


def test_both_old_forms_read_as_today() -> None:
    state = state_of(
        "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: i}\n"
        "spec:\n  backend: {serviceName: d, servicePort: 80}\n  tls: [{hosts: ['*.x.com']}]\n"
        "  rules: [{host: a.x.com, http: {paths: [{path: /p, backend: {serviceName: s, servicePort: web}}]}}, {host: b.x.com}]\n"
    )
    item = state.ingresses[Name("default", "i")]
    found = [(t.text, t.backend.as_service.name if t.backend.as_service else "", t.is_default) for t in targets(item)]
    assert found == [("a.x.com/p", "s", False), ("b.x.com/", "d", False), ("default backend", "d", True)]
    service = next(targets(item)).backend.as_service
    assert service is not None
    assert (service.port.name, service.port.number) == ("web", 0)
    assert is_tls(item, "a.x.com")
    assert not is_tls(item, "x.com")


PATHS = st.text(alphabet="/ab*.?", max_size=6).map(lambda text: f"/{text}")
TYPES = st.sampled_from(["Exact", "Prefix", "ImplementationSpecific"])
FLAVOURS: tuple[Flavour, ...] = ("", "nginx", "traefik", "alb", "gce", "contour")


@given(st.lists(st.tuples(PATHS, TYPES), max_size=8), PATHS)
def test_a_table_leaves_no_rule_out_that_may_take_a_path(written: list[tuple[str, str]], path: str) -> None:
    rules = [rule(text, kind) for text, kind in written]
    _, here = RuleTable(rules).best_for("h.com")
    near = [item for _, item in here.near(path)]
    for flavour in FLAVOURS:
        assert all(item in near for item in rules if _path_fits(item, path, flavour, regex=False))
    assert [item for _, item in here.some_and_near(path, 100)] == rules


@given(st.lists(st.sampled_from(["h.com", "*.com", "", "*.h.com", "H.com", "x.h.com"]), max_size=4))
def test_a_set_of_hosts_is_as_specific_as_the_best_of_them(hosts: list[str]) -> None:
    for host in ("h.com", "x.h.com", "a.b.com", "com", "X.H.COM", "*.com"):
        best = max((host_specificity(text, host) for text in hosts), default=0)
        assert HostSet(hosts).specificity(host) == best
