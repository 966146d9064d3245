"""What ingress controllers make of paths, annotations and Services beside the API's own words (upstream: ingress-nginx
docs/user-guide/ingress-path-matching.md, internal/ingress/annotations; the table of controllers in the semantics notes)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from svcmap.model.base import Metadata
from svcmap.model.core import Service, ServicePort, ServiceSpec
from svcmap.model.networking import Ingress, IngressServiceBackend, ServiceBackendPort
from svcmap.semantics.ingress import RuleTable, nginx
from svcmap.semantics.ingress.backends import backend_port, is_tls, way_to_pods
from svcmap.semantics.ingress.classes import ServedBy, controller_title, flavour
from svcmap.semantics.ingress.known import Flavour
from svcmap.semantics.ingress.nginx_settings import DEFAULT
from svcmap.semantics.ingress.rules import match, targets
from tests import objects
from tests.conftest import state_of

NGINX = nginx.PREFIX


def served_as(controller: str = "", ingress_class: str = "") -> ServedBy:
    return ServedBy(
        ingress_class=ingress_class, source="field", controller=controller, placement="in-cluster", served=True
    )


def ingress(spec: str, annotations: str = "") -> Ingress:
    meta = f"annotations: {{{annotations}}}"
    state = state_of(objects.document("Ingress", "web", f"spec: {{{spec}}}", meta=meta))
    return next(iter(state.ingresses.values()))


def rules(*paths: tuple[str, str], host: str = "a.example", default: bool = False) -> Ingress:
    backend = "backend: {service: {name: web, port: {number: 80}}}"
    written = ", ".join(f"{{path: '{path}', pathType: {kind}, {backend}}}" for path, kind in paths)
    fallback = ", defaultBackend: {service: {name: other, port: {number: 80}}}" if default else ""
    return ingress(f"rules: [{{host: {host}, http: {{paths: [{written}]}}}}]{fallback}")


ANY = "ImplementationSpecific"


@pytest.mark.parametrize(
    ("flavour", "rule", "path", "fits"),
    [
        ("nginx", ("/foo", ANY), "/foobar", False),
        ("nginx", ("/foo", ANY), "/foo/bar", True),
        ("traefik", ("/foo", ANY), "/foobar", True),
        ("traefik", ("/foo", "Prefix"), "/foobar", True),
        ("nginx", ("/foo", "Prefix"), "/foobar", False),
        ("", ("/foo", ANY), "/foobar", False),
        ("contour", ("/foo", ANY), "/foobar", True),
        ("contour", ("/foo/", ANY), "/foo", False),
        ("contour", ("/foo", "Prefix"), "/foobar", False),
        ("contour", ("/foo/[0-9]+", ANY), "/foo/12", True),
        ("contour", ("/foo/[0-9]+", ANY), "/foo/12/x", False),
        ("contour", ("/foo/[0-9]+", "Exact"), "/foo/12", False),
        ("alb", ("/foo", ANY), "/foo/bar", False),
        ("alb", ("/foo*", ANY), "/foo/bar", True),
        ("alb", ("/?oo", ANY), "/foo", True),
        ("alb", ("", ANY), "/x", True),
        ("gce", ("/foo", ANY), "/foo/bar", False),
        ("gce", ("/foo/*", ANY), "/foo/bar", True),
        ("gce", ("/", ANY), "/foo", True),
        ("", ("/foo/*", ANY), "/foo/bar", True),
    ],
)
def test_paths_as_controllers_read_them(flavour: Flavour, rule: tuple[str, str], path: str, fits: bool) -> None:
    assert (match(RuleTable(targets(rules(rule))), "a.example", path, flavour).target is not None) is fits


def test_nginx_adds_a_slash() -> None:
    found = match(RuleTable(targets(rules(("/foo/", "Prefix"), ("/", "Prefix")))), "a.example", "/foo", "nginx")
    assert (found.target, found.slash_added) == (None, True)
    both = match(RuleTable(targets(rules(("/foo/", "Prefix"), ("/foo", "Exact")))), "a.example", "/foo", "nginx")
    assert both.target is not None
    assert both.target.path_type == "Exact"
    exact = match(RuleTable(targets(rules(("/foo/", "Exact")))), "a.example", "/foo", "nginx")
    assert (exact.target, exact.slash_added) == (None, True), "CN-9: of an Exact path too"
    loose = match(RuleTable(targets(rules(("/foo/", ANY)))), "a.example", "/foo", "nginx")
    assert (loose.target, loose.slash_added) == (None, True)


def test_contour_tries_exact_paths_then_patterns_then_the_longest_prefix() -> None:
    written = rules(("/a/b/c", "Prefix"), ("/a/[a-z]", ANY), ("/a/.*", ANY), ("/a/b", "Exact"), ("/a", ANY))

    def taken(path: str) -> str:
        found = match(RuleTable(targets(written)), "a.example", path, "contour").target
        return found.path if found else ""

    assert [taken(path) for path in ("/a/b", "/a/c", "/a/b/c", "/ab")] == ["/a/b", "/a/[a-z]", "/a/.*", "/a"]


@pytest.mark.parametrize(
    ("flavour", "host", "expected"),
    [("nginx", "a.example", True), ("contour", "a.example", False), ("contour", "b.example", True)],
)
def test_for_whom_a_default_backend_is(flavour: Flavour, host: str, expected: bool) -> None:
    found = match(RuleTable(targets(rules(("/foo", "Exact"), default=True))), host, "/bar", flavour).target
    assert (found is not None and found.is_default) is expected


@pytest.mark.parametrize(
    ("served", "expected"),
    [
        (served_as(controller="k8s.io/ingress-nginx", ingress_class="web"), "nginx"),
        (served_as(ingress_class="nginx"), "nginx"),
        (served_as(controller="projectcontour.io/projectcontour/contour"), "contour"),
        (served_as(ingress_class="contour"), "contour"),
        (served_as(controller="traefik.io/ingress-controller"), "traefik"),
        (served_as(ingress_class="traefik"), "traefik"),
        (served_as(controller="ingress.k8s.aws/alb"), "alb"),
        (served_as(controller="example.com/own", ingress_class="nginx"), ""),
        (served_as(), ""),
    ],
)
def test_flavours(served: ServedBy, expected: str) -> None:
    assert flavour(served) == expected


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({}, False),
        ({nginx.USE_REGEX: "true"}, True),
        ({nginx.USE_REGEX: "false"}, False),
        ({nginx.REWRITE_TARGET: "/"}, True),
    ],
)
def test_one_ingress_of_a_host_makes_all_its_paths_patterns(annotations: dict[str, str], expected: bool) -> None:
    plain, other = rules(("/x", "Prefix")), rules(("/y", "Prefix"))
    asked = [plain, replace(other, metadata=Metadata(name="b", annotations=annotations))]
    assert nginx.reads_regex(asked) is expected


def test_a_rewrite_to_the_path_itself_makes_no_patterns() -> None:
    """CN-8: only a target that is another one than the path."""
    same = replace(rules(("/", "Prefix")), metadata=Metadata(name="b", annotations={nginx.REWRITE_TARGET: "/"}))
    assert not nginx.reads_regex([same])


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/foo", "/FOO/bar", True),
        ("/foo$", "/foo/bar", False),
        ("/v[0-9]+/", "/v12/x", True),
        ("/foo", "/a/foo", False),
        ("/(", "/(", False),
    ],
)
def test_patterns(pattern: str, path: str, fits: bool) -> None:
    assert nginx.regex_matches(pattern, path) is fits


@pytest.mark.parametrize(
    ("target", "pattern", "path", "expected"),
    [
        ("/$2", "/api(/|$)(.*)", "/api/users", "/users"),
        ("/$2", "/api(/|$)(.*)", "/api", "/"),
        ("/", "/api", "/api/users", "/"),
        ("$1", "/api/(.*)", "/api/users", "/users"),
        ("/$3", "/api/(.*)", "/api/users", "/"),
        ("/$1", "/api/(x)?", "/api/", "/"),
        ("/x", "/api", "/other", None),
        ("/x", "/(", "/(", None),
        ("", "/api", "/api", None),
    ],
)
def test_rewrites(target: str, pattern: str, path: str, expected: str | None) -> None:
    assert nginx.rewritten({nginx.REWRITE_TARGET: target}, pattern, path) == expected


@pytest.mark.parametrize(
    ("annotations", "headers", "expected"),
    [
        ({nginx.CANARY_HEADER: "X-New"}, {"x-new": "always"}, True),
        ({nginx.CANARY_HEADER: "X-New"}, {"X-New": "never"}, False),
        ({nginx.CANARY_HEADER: "X-New", nginx.CANARY_VALUE: "beta"}, {"X-New": "beta"}, True),
        ({nginx.CANARY_HEADER: "X-New", nginx.CANARY_VALUE: "beta"}, {"X-New": "always"}, None),
        ({nginx.CANARY_HEADER: "X-New"}, {}, None),
        ({}, {"": "always"}, None),
    ],
)
def test_a_header_may_choose_the_canary(
    annotations: dict[str, str], headers: dict[str, str], expected: bool | None
) -> None:
    canary = Ingress(metadata=Metadata(name="c", annotations={nginx.CANARY: "true", **annotations}))
    assert nginx.is_canary(canary)
    assert nginx.takes_by_header(canary, headers) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/pay", "/pay"),
        ("/p%61y", "/pay"),
        ("//pay//x/", "/pay/x/"),
        ("/a/../pay", "/pay"),
        ("/a/./b/.", "/a/b/"),
        ("/a/b/..", "/a/"),
        ("/.well-known/x", "/.well-known/x"),
        ("/", "/"),
    ],
)
def test_nginx_compares_the_decoded_path(path: str, expected: str) -> None:
    assert nginx.normalized(path) == expected


def test_what_else_annotations_say() -> None:
    assert nginx.backend_protocol({nginx.BACKEND_PROTOCOL: "https"}) == "HTTPS"
    assert nginx.backend_protocol({}) is None
    assert nginx.redirects_to_https({}, DEFAULT, has_tls=True)
    assert not nginx.redirects_to_https({}, DEFAULT, has_tls=False)
    assert not nginx.redirects_to_https({nginx.SSL_REDIRECT: "false"}, DEFAULT, has_tls=True)
    assert nginx.redirects_to_https({nginx.FORCE_SSL_REDIRECT: "true"}, DEFAULT, has_tls=False)


ALB = served_as(controller="ingress.k8s.aws/alb", ingress_class="alb")
GCE = served_as(ingress_class="gce")
IN_CLUSTER = served_as(controller="k8s.io/ingress-nginx", ingress_class="nginx")


@pytest.mark.parametrize(
    ("served", "annotations", "kind", "service_annotations", "expected"),
    [
        (ALB, "", "NodePort", {}, "node-port"),
        (ALB, "alb.ingress.kubernetes.io/target-type: ip", "ClusterIP", {}, "endpoints"),
        (GCE, "", "NodePort", {}, "node-port"),
        (GCE, "", "ClusterIP", {}, "endpoints"),
        (GCE, "", "NodePort", {"cloud.google.com/neg": '{"ingress": true}'}, "endpoints"),
        (IN_CLUSTER, "", "ClusterIP", {}, "endpoints"),
        (IN_CLUSTER, f"{NGINX}service-upstream: 'true'", "ClusterIP", {}, "cluster-ip"),
    ],
)
def test_what_a_controller_dials(
    served: ServedBy, annotations: str, kind: str, service_annotations: dict[str, str], expected: str
) -> None:
    service = Service(metadata=Metadata(annotations=service_annotations), spec=ServiceSpec(type=kind))
    assert controller_title(served)
    assert way_to_pods(ingress("", annotations), served, service) == expected


SERVICE = Service(
    spec=ServiceSpec(
        ports=(
            ServicePort(name="http", port=80, target_port=8080),
            ServicePort(name="admin", port=9000, target_port="manage"),
        )
    )
)


@pytest.mark.parametrize(
    ("wanted", "served", "port", "warning"),
    [
        (ServiceBackendPort(number=80), None, 80, None),
        (ServiceBackendPort(name="admin"), None, 9000, None),
        (ServiceBackendPort(number=8080), None, None, None),
        (ServiceBackendPort(number=8080), IN_CLUSTER, 80, "port-matched-by-target-port"),
        (ServiceBackendPort(name="manage"), IN_CLUSTER, 9000, "port-matched-by-target-port"),
        (ServiceBackendPort(number=8081), IN_CLUSTER, None, None),
        (ServiceBackendPort(number=8080), ALB, None, None),
    ],
)
def test_which_service_port_a_backend_names(
    wanted: ServiceBackendPort, served: ServedBy | None, port: int | None, warning: str | None
) -> None:
    found, said = backend_port(SERVICE, IngressServiceBackend(name="web", port=wanted), served)
    assert (found.port if found else None, said) == (port, warning)


@pytest.mark.parametrize(
    ("tls", "host", "exact", "expected"),
    [
        ("", "a.example", False, False),
        ("tls: [{}]", "a.example", False, True),
        ("tls: [{}]", "a.example", True, False),
        ("tls: [{hosts: [A.example]}]", "a.example", True, True),
        ("tls: [{hosts: ['*.example']}]", "a.example", True, True),
        ("tls: [{hosts: [b.example]}]", "a.example", False, False),
    ],
)
def test_which_hosts_have_tls(tls: str, host: str, exact: bool, expected: bool) -> None:
    assert is_tls(ingress(tls), host, exact=exact) is expected
