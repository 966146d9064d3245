"""What controllers make of requests that svcmap does not evaluate: named where it could decide, else of no account."""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request
from svcmap.paths.trace import parse_via, trace
from tests import objects
from tests.conftest import state_of
from tests.paths.routes.test_controllers import ALB, BASE, NGINX, ask, rules


@pytest.mark.parametrize(
    ("kind", "to", "verdict"),
    [("Prefix", "/x", "reachable"), ("ImplementationSpecific", "/x", "unknown"), ("Prefix", "/y", "unreachable")],
)
def test_what_a_controller_reads_in_its_own_way_is_not_certain(kind: str, to: str, verdict: str) -> None:
    text = rules(of="agic", paths=objects.path("/x", kind=kind))
    assert ask(text, f"http://a.example{to}").verdict == verdict
    hostless = rules(of="agic", name="j", paths=objects.path("/", "other")).replace("host: a.example, ", "")
    assert ask(text + hostless, "http://a.example/y").verdict == "unknown"


@pytest.mark.parametrize(
    ("annotation", "verdict"), [("'false'", "unknown"), ("'true'", "unknown"), ("''", "reachable")]
)
def test_a_false_may_be_what_has_an_effect(annotation: str, verdict: str) -> None:
    assert ask(rules(f"ingress.cilium.io/insecure-node-port: {annotation}", "cilium")).verdict == verdict


def test_settings_of_a_class_could_decide() -> None:
    of_class = objects.ingress_class("ingress.k8s.aws/alb", "own").replace(
        "alb}", "alb, parameters: {kind: IngressClassParams, name: p}}"
    )
    found = ask(rules(of="own") + of_class, who="10.9.8.7")
    assert (found.verdict, found.likely) == ("unknown", "reachable")
    assert [(str(u.object), u.field) for u in found.undecided] == [("IngressClass/own", "spec.parameters")]


def test_what_another_member_of_the_group_has_is_that_of_the_load_balancer() -> None:
    mine, other = f"{ALB}group.name: g", f"{ALB}group.name: g, {ALB}wafv2-acl-arn: x"
    assert (
        ask(rules(mine, "alb") + rules(other, "alb", name="j", host="b.example"), who="10.9.8.7").verdict == "unknown"
    )


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("https://x.example$request_uri", "https://x.example/p?q=1"),
        ("$scheme://www.$host${uri}$is_args$args", "http://www.a.example/p?q=1"),
        ("https://$http_x_real_host/", None),
    ],
)
def test_variables_of_a_redirect_are_those_of_the_request(target: str, location: str | None) -> None:
    """What nginx takes from elsewhere leads nobody here knows where."""
    found = ask(rules(f"{NGINX}permanent-redirect: '{target}'"), "http://a.example/p?q=1")
    assert (found.verdict, found.answer.status, found.answer.location) == ("redirect", 301, location)


def test_a_missing_service_has_a_stand_in_too() -> None:
    gone = rules(f"{NGINX}default-backend: other", paths=objects.path(backend="gone"))
    assert ask(gone).service == Name("default", "other")


@pytest.mark.parametrize(
    ("name", "data", "field"),
    [
        ("ingress-nginx-controller", "{use-proxy-protocol: 'true'}", "data.use-proxy-protocol"),
        ("ingress-nginx-controller", "{enable-modsecurity: 'true', proxy-body-size: 8m}", "data.enable-modsecurity"),
        ("ingress-nginx-controller", "{ssl-redirect: 'false', proxy-body-size: 8m}", ""),
        ("ingress-nginx-controller", "{use-forwarded-headers: 'true'}", ""),
        ("something-else", "{use-proxy-protocol: 'true'}", ""),
    ],
)
def test_settings_of_the_controller_could_decide(name: str, data: str, field: str) -> None:
    settings = objects.document("ConfigMap", name, f"data: {data}", namespace="edge")
    found = ask(rules() + settings)
    assert found.verdict == ("unknown" if field else "reachable")
    assert [item.field for item in found.undecided] == ([field] if field else [])
    assert ask(rules(of="contour") + settings).verdict == "reachable", "another controller"


@pytest.mark.parametrize(
    ("of", "annotation", "verdict"),
    [
        ("nginx", f"{NGINX}auth-url", "unknown"),
        ("nginx", f"{NGINX}configuration-snippet", "unknown"),
        ("nginx", f"{NGINX}never-heard-of", "unknown"),
        ("nginx", f"{NGINX}proxy-read-timeout", "reachable"),
        ("nginx", f"{NGINX}limit-rps", "reachable"),
        ("nginx", "konghq.com/plugins", "reachable"),
        ("nginx", "example.com/owner", "reachable"),
        ("kong", "konghq.com/plugins", "unknown"),
        ("kong", f"{NGINX}auth-url", "reachable"),
        ("contour", "projectcontour.io/response-timeout", "reachable"),
        ("gce", "networking.gke.io/v1beta1.FrontendConfig", "unknown"),
    ],
)
def test_what_could_decide_and_is_not_evaluated_is_named(of: str, annotation: str, verdict: str) -> None:
    found = ask(rules(f"{annotation}: x", of))
    assert found.verdict == verdict
    if verdict == "unknown":
        assert found.likely == "reachable"
        assert [(str(u.object), u.field) for u in found.undecided] == [
            ("Ingress/default/i", f"metadata.annotations[{annotation}]")
        ]
        assert found.stop is not None
        assert annotation in found.stop.says
    else:
        assert not found.undecided
        assert (found.warnings == ("foreign-annotation",)) is ("konghq" in annotation or (of == "kong"))


def test_a_refusal_changes_nothing_where_nobody_answers() -> None:
    dead = objects.path(backend="dead")
    assert ask(rules(f"{NGINX}auth-url: 'http://x'", paths=dead)).verdict == "unreachable"
    assert ask(rules(f"{NGINX}configuration-snippet: x", paths=dead)).likely == "unreachable"
    assert ask(rules(f"{NGINX}auth-url: 'http://x', {NGINX}force-ssl-redirect: 'true'")).verdict == "redirect"


def test_a_path_that_is_not_worked_out_leaves_the_verdict() -> None:
    found = ask(rules("konghq.com/rewrite: /x", "kong"))
    assert (found.verdict, found.proxied.path) == ("reachable", None)
    assert [item.field for item in found.undecided] == ["metadata.annotations[konghq.com/rewrite]"]


def test_annotations_of_the_service_count_where_its_controller_reads_them() -> None:
    text = rules(of="kong").replace("name: web", "name: marked")
    marked = objects.service(
        "{clusterIP: 10.96.0.7, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}",
        "marked",
        meta=", annotations: {konghq.com/plugins: x}",
    )
    found = ask(text + marked)
    assert (found.verdict, [str(u.object) for u in found.undecided]) == ("unknown", ["Service/default/marked"])
    assert ask(text.replace("ingressClassName: kong", "ingressClassName: nginx") + marked).verdict == "reachable"


def test_via_one_ingress_is_via_all_that_its_controller_merges() -> None:
    text = rules(name="a") + rules(name="b", paths=objects.path("/x", "other"))
    found = trace(state_of(BASE + text), parse_request("http://a.example/x", via=parse_via("ingress:default/a")))
    assert found.service == Name("default", "other")


@pytest.mark.parametrize(("of", "verdict"), [("traefik", "unknown"), ("contour", "unknown"), ("nginx", "reachable")])
def test_which_of_two_equal_rules_is_taken_only_some_controllers_say(of: str, verdict: str) -> None:
    """CT-4, CC-5."""
    second = rules(of=of, name="j", paths=objects.path(backend="other"))
    assert ask(rules(of=of) + second).verdict == verdict
    assert ask(rules(of=of) + rules(of=of, name="j")).verdict == "reachable", "both lead to one backend"


def test_the_annotation_with_the_class_is_of_no_controller_in_particular() -> None:
    found = ask(rules("kubernetes.io/ingress.class: alb", of="nginx"))
    assert "foreign-annotation" not in found.warnings


@pytest.mark.parametrize(
    ("annotations", "status"),
    [
        (f"{NGINX}auth-type: Basic, {NGINX}auth-secret: users", 503),
        (f"{NGINX}auth-type: basic, {NGINX}auth-secret: other/users", 503),
    ],
)
def test_a_password_that_is_asked_for_wrongly_closes_the_location(annotations: str, status: int) -> None:
    assert ask(rules(annotations)).answer.status == status


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        ("{annotations-risk-level: Low}", "unknown"),
        ("{annotations-risk-level: Critical}", "reachable"),
        ("{enable-underscores-in-headers: 'true'}", "unknown"),
    ],
)
def test_settings_that_change_which_annotations_and_headers_count(data: str, verdict: str) -> None:
    settings = objects.document("ConfigMap", "ingress-nginx-controller", f"data: {data}", namespace="edge")
    assert ask(rules() + settings).verdict == verdict


@pytest.mark.parametrize(
    ("of", "path", "service"),
    [
        ("contour", "//j", "other"),
        ("traefik", "/x/../j", "other"),
        ("inc", "/%6A", "other"),
        ("contour", "/x/%2e%2e/j", "other"),
        ("contour", "/j%2F", "web"),
    ],
)
def test_paths_are_compared_as_controllers_clean_them(of: str, path: str, service: str) -> None:
    """CC-6, CT-12, CI-12."""
    both = f"{objects.path()}, {objects.path('/j', backend='other')}"
    assert ask(rules(of=of, paths=both), f"http://a.example{path}").service == Name("default", service)


def test_what_a_controller_makes_of_an_unclean_path_may_not_be_known() -> None:
    assert ask(rules(of="kong"), "http://a.example/x/../y").verdict == "unknown"
    assert ask(rules(of="kong"), "http://a.example/y").verdict == "reachable"


@pytest.mark.parametrize(
    ("of", "verdict"), [("inc", "unreachable"), ("contour", "unreachable"), ("nginx", "reachable")]
)
def test_https_without_a_tls_section(of: str, verdict: str) -> None:
    """CI-9, CC-8; ingress-nginx has a certificate of its own."""
    found = ask(rules(of=of), "https://a.example/")
    assert (found.verdict, found.reason) == (verdict, "tls" if verdict == "unreachable" else None)
    listed = rules(of=of, more="tls: [{hosts: [a.example], secretName: s}]")
    assert ask(listed, "https://a.example/").verdict == "reachable"


@pytest.mark.parametrize(("of", "verdict"), [("inc", "reachable"), ("kong", "reachable"), ("nginx", "unreachable")])
def test_a_wildcard_stands_for_one_label_or_for_many(of: str, verdict: str) -> None:
    """CI-8, CK-5, CN-11."""
    assert ask(rules(of=of, host="'*.a.example'"), "http://x.y.a.example/").verdict == verdict


@pytest.mark.parametrize(
    ("of", "annotations", "method", "verdict"),
    [
        ("nginx", f"{NGINX}proxy-ssl-verify: 'on'", "GET", "unknown"),
        ("nginx", f"{NGINX}proxy-ssl-verify: 'off'", "GET", "reachable"),
        ("kong", "konghq.com/tls-verify: 'true'", "GET", "unknown"),
        ("haproxy", "haproxy.org/cors-enable: 'true'", "OPTIONS", "unknown"),
        ("haproxy", "haproxy.org/cors-enable: 'true'", "GET", "reachable"),
    ],
)
def test_verified_certificates_and_preflights_of_others(of: str, annotations: str, method: str, verdict: str) -> None:
    assert ask(rules(annotations, of=of), method=method).verdict == verdict


def test_what_no_rule_of_a_host_takes_may_be_taken_by_those_of_a_wider_one() -> None:
    """CH-23, CK-5."""
    wide = rules(of="agic", name="j", host="'*.example'", paths=objects.path(backend="other"))
    text = rules(of="agic", paths=objects.path("/x")) + wide
    assert ask(text, "http://a.example/x").verdict == "reachable"
    assert ask(text, "http://a.example/y").verdict == "unknown"


def test_one_backend_of_gke_that_is_not_there_blocks_the_whole_ingress() -> None:
    """CG-4."""
    both = f"{objects.path('/x', 'gone')}, {objects.path('/', 'web')}"
    found = ask(rules(of="gce", paths=both))
    assert (found.verdict, found.likely) == ("unknown", "reachable")
    assert "a.example/x, which GKE cannot make" in found.undecided[0].could
    assert ask(rules(of="gce")).verdict == "reachable"


def test_gke_does_not_go_by_the_field() -> None:
    """CG-1."""
    found = ask(objects.ingress(host="a.example", of_class="gce"))
    assert (found.verdict, found.reason) == ("unreachable", "no-ingress-class")
    served = objects.ingress(host="a.example", of_class="gce", status="{loadBalancer: {ingress: [{ip: 192.0.2.7}]}}")
    assert ask(served).verdict == "reachable"


@pytest.mark.parametrize(
    ("path", "service"),
    [("/x", "other"), ("/x/y", "other"), ("/xy", "web"), ("/long/path/of/it", "web"), ("/none", "web")],
)
def test_kong_orders_whole_routes(path: str, service: str) -> None:
    """CK-3: a route with a pattern goes before one without, whichever path of it is the longer."""
    plain = rules(of="kong", paths=objects.path("/", "web", kind="ImplementationSpecific"))
    pattern = rules(of="kong", name="j", paths=objects.path("/x", "other"))
    assert ask(plain + pattern, f"http://a.example{path}").service == Name("default", service)


def test_a_route_of_kong_has_the_rank_of_its_longest_path() -> None:
    short = rules(of="kong", name="j", paths=f"{objects.path('/a')}, {objects.path('/some/longer/path')}")
    other = rules(of="kong", paths=objects.path("/a/b", "other"))
    assert ask(short + other, "http://a.example/a/b/c").service == Name("default", "web")
    first = rules("konghq.com/regex-priority: '5'", of="kong", paths=objects.path("/a/b", "other"))
    assert ask(short + first, "http://a.example/a/b/c").service == Name("default", "other")


def test_a_route_of_kong_for_every_host_takes_what_those_of_the_host_leave() -> None:
    """CK-5."""
    hostless = rules(of="kong", name="j", paths=objects.path("/", "other")).replace("host: a.example, ", "")
    mine = rules(of="kong", paths=objects.path("/x"))
    assert ask(mine + hostless, "http://a.example/y").service == Name("default", "other")
    assert ask(mine + hostless, "http://a.example/x").service == Name("default", "web")


HAPROXY, LISTED = "haproxy-ingress.github.io/", "192.0.2.7"


@pytest.mark.parametrize(
    ("of", "annotations", "who", "verdict", "status"),
    [
        ("haproxy", "haproxy.org/allow-list: 0.0.0.0/0", LISTED, "reachable", None),
        ("haproxy", "haproxy.org/allow-list: 192.0.2.0/24", LISTED, "unknown", None),
        ("haproxy", "haproxy.org/blacklist: '10.0.0.0/8, 0.0.0.0/0'", LISTED, "unreachable", 403),
        ("haproxy", "haproxy.org/allow-list: patterns/office", LISTED, "unknown", None),
        ("haproxy", "haproxy.org/allow-list: 192.0.2.0/24", "internet", "unknown", None),
        ("haproxy", "haproxy.org/auth-type: basic-auth", LISTED, "unreachable", 401),
        ("inc", "nginx.org/basic-auth-secret: users", LISTED, "unreachable", 401),
        ("inc", "nginx.org/app-root: /home", LISTED, "redirect", 302),
        ("contour", "ingress.kubernetes.io/force-ssl-redirect: 'true'", LISTED, "redirect", 301),
        ("contour", "ingress.kubernetes.io/force-ssl-redirect: 'false'", LISTED, "reachable", None),
        ("contour", "kubernetes.io/ingress.allow-http: 'false'", LISTED, "unreachable", 404),
        ("gce", "kubernetes.io/ingress.allow-http: 'false'", LISTED, "unreachable", None),
        ("kong", "konghq.com/protocols: https", LISTED, "unreachable", 426),
        ("kong", "konghq.com/protocols: 'http,https'", LISTED, "reachable", None),
        ("kong", "konghq.com/protocols: 'https,spdy'", LISTED, "reachable", None),
        ("kong", "ingress.kubernetes.io/force-ssl-redirect: 'true'", LISTED, "redirect", 302),
        ("alb", f"{ALB}scheme: internet-facing, {ALB}inbound-cidrs: 198.51.100.0/24", LISTED, "unreachable", None),
        ("alb", f"{ALB}scheme: internet-facing, {ALB}inbound-cidrs: 192.0.2.0/24", LISTED, "reachable", None),
    ],
)
def test_what_annotations_have_a_controller_answer(
    of: str, annotations: str, who: str, verdict: str, status: int | None
) -> None:
    found = ask(rules(annotations, of), who=who)
    assert (found.verdict, found.answer.status) == (verdict, status)


def test_a_password_that_is_sent_may_be_refused() -> None:
    found = ask(rules("haproxy.org/auth-type: basic-auth", "haproxy"), headers={"Authorization": "Basic eDp5"})
    assert (found.verdict, found.likely) == ("unknown", "reachable")


@pytest.mark.parametrize(
    ("of", "annotation", "verdict"),
    [
        ("contour", "", "unknown"),
        ("contour", "projectcontour.io/websocket-routes: '/ws, /'", "reachable"),
        ("inc", "", "unknown"),
        ("inc", "nginx.org/websocket-services: web", "reachable"),
        ("nginx", "", "reachable"),
    ],
)
def test_an_upgrade_is_passed_on_where_it_is_listed(of: str, annotation: str, verdict: str) -> None:
    """CC-9, CI-12."""
    assert ask(rules(annotation, of), headers={"Upgrade": "websocket"}).verdict == verdict
    assert ask(rules(annotation, of)).verdict == "reachable"


def secret(name: str, namespace: str) -> str:
    return f"---\n{{apiVersion: v1, kind: Secret, metadata: {{name: {name}, namespace: {namespace}}}, type: kubernetes.io/tls}}\n"


def custom(kind: str, name: str, api: str) -> str:
    return objects.document(kind, name, "spec: {}", api)


LISTED = "tls: [{hosts: [a.example], secretName: s}]"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (rules(of="istio", more=LISTED) + secret("s", "default"), "spec.tls[].secretName"),
        (rules(of="istio", more=LISTED) + secret("s", "default") + secret("s", "istio-system"), ""),
        (rules(of="istio", more=LISTED), ""),
        (rules(of="traefik", more=LISTED) + custom("TLSOption", "default", "traefik.io/v1alpha1"), "spec"),
        (rules(of="traefik", more=LISTED) + custom("TLSOption", "other", "traefik.io/v1alpha1"), ""),
        (
            rules("networking.gke.io/managed-certificates: m", "gce")
            + custom("ManagedCertificate", "m", "networking.gke.io/v1"),
            "status.certificateStatus",
        ),
        (rules("networking.gke.io/managed-certificates: m", "gce"), ""),
    ],
)
def test_what_decides_about_tls_is_named(text: str, field: str) -> None:
    """CS-4, CG-A3; an option of Traefik that is called default."""
    found = ask(text, "https://a.example/")
    assert [item.field for item in found.undecided] == ([field] if field else [])
    assert ask(text).undecided == (), "it is about https alone"


@pytest.mark.parametrize(
    ("annotation", "verdict"), [("", "unknown"), (f"{NGINX}enable-global-auth: 'false'", "reachable")]
)
def test_who_is_asked_about_every_request_may_be_left_out(annotation: str, verdict: str) -> None:
    """CN-A24."""
    settings = objects.document(
        "ConfigMap", "ingress-nginx-controller", "data: {global-auth-url: 'https://sso.example/'}", namespace="edge"
    )
    assert ask(rules(annotation) + settings).verdict == verdict
