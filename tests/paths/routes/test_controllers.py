"""What controllers make of requests by their annotations, where svcmap evaluates it."""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.entries import traced_entries
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

NGINX = "nginx.ingress.kubernetes.io/"
CLASSES = {
    "nginx": "k8s.io/ingress-nginx",
    "inc": "nginx.org/ingress-controller",
    "alb": "ingress.k8s.aws/alb",
    "traefik": "traefik.io/ingress-controller",
    "kong": "ingress-controllers.konghq.com/kong",
    "contour": "projectcontour.io/ingress-controller",
    "gce": "k8s.io/ingress-gce",
    "haproxy": "haproxy.org/ingress-controller",
    "cilium": "cilium.io/ingress-controller",
    "istio": "istio.io/ingress-controller",
    "agic": "azure/application-gateway",
}


def service(name: str, *, ready: bool = True) -> str:
    spec = (
        f"{{type: NodePort, clusterIP: 10.96.0.9, selector: {{app: {name}}}, ports: [{{port: 80, targetPort: 8080}}]}}"
    )
    return objects.service(spec, name) + (objects.pod(name, "10.1.0.1", labels=f"{{app: {name}}}") if ready else "")


BASE = service("web") + service("other") + service("dead", ready=False)
BASE += "".join(objects.ingress_class(value, name) for name, value in CLASSES.items())


def rules(
    annotations: str = "",
    of: str = "nginx",
    *,
    name: str = "i",
    paths: str = "",
    host: str = "a.example",
    more: str = "",
) -> str:
    if of == "gce":  # it goes by the annotation (CG-1)
        annotations, of = ", ".join(filter(None, (annotations, "kubernetes.io/ingress.class: gce"))), ""
    meta = f", annotations: {{{annotations}}}" if annotations else ""
    return objects.ingress(paths or objects.path(), name, host=host, of_class=of, meta=meta, more=more)


def ask(
    text: str,
    to: str = "http://a.example/",
    who: str = "internet",
    headers: dict[str, str] | None = None,
    method: str = "GET",
) -> Trace:
    return trace(state_of(BASE + text), parse_request(to, parse_vantage(who), method=method, headers=headers or {}))


# -- what is evaluated ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotations", "to", "expected"),
    [
        (f"{NGINX}permanent-redirect: 'https://x.example/'", "/any", (301, "https://x.example/")),
        (
            f"{NGINX}permanent-redirect: 'https://x.example/', {NGINX}permanent-redirect-code: '308'",
            "/",
            (308, "https://x.example/"),
        ),
        (
            f"{NGINX}permanent-redirect: 'https://x.example/', {NGINX}permanent-redirect-code: '404'",
            "/",
            (301, "https://x.example/"),
        ),
        (
            f"{NGINX}temporal-redirect: 'https://y.example/', {NGINX}permanent-redirect: 'https://x.example/'",
            "/",
            (302, "https://y.example/"),
        ),
        (f"{NGINX}app-root: /app", "/", (302, "http://a.example/app")),
        (f"{NGINX}app-root: /app", "/app", None),
        (f"{NGINX}force-ssl-redirect: 'true'", "/x", (308, "https://a.example/x")),
        (f"{NGINX}force-ssl-redirect: 'false'", "/x", None),
    ],
)
def test_redirects_of_ingress_nginx(annotations: str, to: str, expected: tuple[int, str] | None) -> None:
    found = ask(rules(annotations), f"http://a.example{to}")
    assert found.verdict == ("redirect" if expected else "reachable")
    assert expected is None or (found.answer.status, found.answer.location) == expected


def test_a_redirect_to_itself_is_a_loop() -> None:
    found = ask(rules(f"{NGINX}permanent-redirect: 'http://a.example/'"))
    assert (found.verdict, found.reason, found.answer.status) == ("unreachable", "redirect-loop", 301)


def test_other_names_of_a_host() -> None:
    aliased = rules(f"{NGINX}server-alias: 'b.example, c.example'")
    assert ask(aliased, "http://c.example/").service == Name("default", "web")
    taken = rules(name="j", host="c.example", paths=objects.path(backend="other"))
    assert ask(aliased + taken, "http://c.example/").service == Name("default", "other")
    www = rules(f"{NGINX}from-to-www-redirect: 'true'", host="www.b.example")
    found = ask(www, "http://b.example/x")
    assert (found.answer.status, found.answer.location) == (308, "http://www.b.example/x")
    assert ask(www + rules(name="j", host="b.example"), "http://b.example/x").verdict == "reachable"


def test_who_answers_for_a_service_without_endpoints() -> None:
    dead = objects.path(backend="dead")
    assert ask(rules(f"{NGINX}default-backend: other", paths=dead)).service == Name("default", "other")
    assert ask(rules(f"{NGINX}default-backend: dead", paths=dead)).answer.status == 503
    assert ask(rules(f"{NGINX}default-backend: other")).service == Name("default", "web")


@pytest.mark.parametrize(
    ("annotations", "headers", "shares"),
    [
        (f"{NGINX}canary-weight: '10'", {}, {"web": 0.9, "other": 0.1}),
        (f"{NGINX}canary-weight: '10', {NGINX}canary-weight-total: '200'", {}, {"web": 0.95, "other": 0.05}),
        (f"{NGINX}canary-weight: '10', {NGINX}canary-weight-total: '20'", {}, {"web": 0.9, "other": 0.1}),
        (f"{NGINX}canary-by-header: x-new", {"X-New": "always"}, {"other": 1.0}),
        (f"{NGINX}canary-by-header: x-new", {}, {"web": 1.0}),
    ],
)
def test_a_canary_takes_its_share(annotations: str, headers: dict[str, str], shares: dict[str, float]) -> None:
    other = rules(f"{NGINX}canary: 'true', {annotations}", name="j", paths=objects.path(backend="other"))
    found = ask(rules() + other, headers=headers)
    assert found.verdict == "reachable"
    got = {backend.service.name: backend.share for backend in found.backends} or {
        str(found.service and found.service.name): 1.0
    }
    assert got == pytest.approx(shares)


@pytest.mark.parametrize(
    ("annotations", "headers", "service"),
    [
        (f"{NGINX}canary-by-header: x", {"x": "never"}, "web"),
        (f"{NGINX}canary-by-header: x, {NGINX}canary-by-header-pattern: 'al.*'", {"x": "alpha"}, "other"),
        (f"{NGINX}canary-by-cookie: ck", {"Cookie": "a=b; ck=always"}, "other"),
        (f"{NGINX}canary-by-cookie: ck", {"Cookie": "ck=never"}, "web"),
        (f"{NGINX}canary-weight: '100'", {}, "other"),
    ],
)
@pytest.mark.parametrize("host", ["a.example", "b.example"])
def test_who_is_sent_to_a_canary(annotations: str, headers: dict[str, str], service: str, host: str) -> None:
    """On another host of the same Service and port too, for upstreams are shared (CN-24)."""
    canary = rules(f"{NGINX}canary: 'true', {annotations}", name="j", paths=objects.path(backend="other"))
    found = ask(rules() + rules(name="k", host="b.example") + canary, f"http://{host}/", headers=headers)
    assert found.service == Name("default", service)


def test_a_canary_is_behind_the_rules_of_its_main_ingress() -> None:
    canary = rules(f"{NGINX}canary: 'true', {NGINX}canary-by-header: x", name="j", paths=objects.path(backend="other"))
    closed = rules(f"{NGINX}denylist-source-range: 0.0.0.0/0")
    assert ask(closed + canary, headers={"x": "always"}, who="192.0.2.1").answer.status == 403
    dead = canary.replace("name: other", "name: dead")
    assert ask(rules() + dead, headers={"x": "always"}).service == Name("default", "web")
    main = rules(paths=objects.path(backend="dead"))
    assert ask(main + canary, headers={"x": "always"}).answer.status == 503


@pytest.mark.parametrize(
    ("annotations", "who", "status"),
    [
        (f"{NGINX}whitelist-source-range: '192.0.2.0/24, nonsense'", "192.0.2.1", 503),
        (f"{NGINX}auth-type: basic", "192.0.2.1", 503),
        (
            f"{NGINX}permanent-redirect-code: '{'9' * 5000}', {NGINX}permanent-redirect: 'https://x.example/'",
            "internet",
            301,
        ),
        (f"{NGINX}permanent-redirect: x.example", "internet", 301),
        (f"{NGINX}temporal-redirect: x.example", "internet", None),
        (
            f"{NGINX}temporal-redirect: x.example, {NGINX}permanent-redirect: 'https://x.example/'",
            "internet",
            None,
        ),
        (f"{NGINX}force-ssl-redirect: 'TRUE'", "internet", 308),
        (f"{NGINX}force-ssl-redirect: 'yes'", "internet", None),
    ],
)
def test_odd_values(annotations: str, who: str, status: int | None) -> None:
    assert ask(rules(annotations), who=who).answer.status == status


@pytest.mark.parametrize(
    ("more", "to", "status", "location"),
    [
        ("tls: [{secretName: s}]", "/x", 308, "https://a.example/x"),
        ("tls: [{hosts: [b.example], secretName: s}]", "/x", 308, "https://a.example/x"),
        ("tls: [{secretName: s}]", "/x/", 308, "https://a.example/x"),
        ("tls: [{secretName: s}]", "/x/?q=/", 308, "https://a.example/x/?q="),
        ("tls: [{secretName: s}]", "/", 308, "https://a.example"),
        (
            "tls: [{secretName: s}]",
            "/.well-known/acme-challenge/x",
            308,
            "https://a.example/.well-known/acme-challenge/x",
        ),
    ],
)
def test_every_host_of_an_ingress_with_tls_redirects(
    more: str, to: str, status: int | None, location: str | None
) -> None:
    """CN-17, CN-18: whichever hosts the tls section lists."""
    found = ask(rules(more=more), f"http://a.example{to}")
    assert (found.answer.status, found.answer.location) == (status, location)
    hostless = rules(more="tls: [{hosts: [a.example]}]").replace("host: a.example, ", "")
    assert ask(hostless, "http://a.example/x").verdict == "reachable"


@pytest.mark.parametrize("how", ["canary-weight: '10'", "canary-by-header: x-new", "canary-by-cookie: ck"])
def test_a_canary_is_a_way_into_its_own_service(how: str) -> None:
    canary = rules(f"{NGINX}canary: 'true', {NGINX}{how}", name="j", paths=objects.path(backend="other"))
    found = traced_entries(state_of(BASE + rules() + canary), Name("default", "other"))
    (way,) = [trace for item in found if item.entry.kind == "ingress" for _, trace in item.traces]
    assert (way.verdict, way.service) == ("reachable", Name("default", "other"))


def test_a_canary_without_an_ingress_of_its_host_is_of_no_use() -> None:
    found = ask(rules(f"{NGINX}canary: 'true', {NGINX}canary-weight: '10'", name="j"))
    assert found.verdict == "unreachable"
    assert any("j is a canary, and no other Ingress has its host" in hop.says for hop in found.hops)


@pytest.mark.parametrize(
    ("annotations", "who", "expected"),
    [
        (f"{NGINX}whitelist-source-range: 0.0.0.0/0", "internet", ("reachable", None)),
        (f"{NGINX}whitelist-source-range: 192.0.2.0/24", "192.0.2.7", ("unknown", None)),
        (f"{NGINX}denylist-source-range: 0.0.0.0/0", "192.0.2.7", ("unreachable", 403)),
        (f"{NGINX}auth-realm: 'who?'", "internet", ("reachable", None)),
        (
            f"{NGINX}auth-type: basic, {NGINX}satisfy: any, {NGINX}whitelist-source-range: 0.0.0.0/0",
            "internet",
            ("reachable", None),
        ),
    ],
)
def test_whom_ingress_nginx_refuses(annotations: str, who: str, expected: tuple[str, int | None]) -> None:
    found = ask(rules(annotations), who=who)
    assert (found.verdict, found.answer.status) == expected
    assert (found.reason == "denied") is (expected[1] is not None)
    assert (found.stop is None) is (found.verdict == "reachable"), "one answer"


def test_a_password_may_be_right() -> None:
    found = ask(rules(f"{NGINX}auth-type: basic, {NGINX}auth-secret: users"), headers={"Authorization": "Basic eDp5"})
    assert (found.verdict, found.likely) == ("unknown", "reachable")


@pytest.mark.parametrize(
    ("policy", "blocks", "who", "expected"),
    [
        ("Cluster", "198.51.100.0/24", "198.51.100.7", "unreachable"),
        ("Local", "198.51.100.0/24", "198.51.100.7", "reachable"),
        ("Local", "198.51.100.0/24", "192.0.2.7", "unreachable"),
        ("Local", "198.51.100.0/24", "internet", "unknown"),
        ("Cluster", "10.9.0.0/16", "198.51.100.7", "reachable"),
        ("Cluster", "10.9.0.1/32", "198.51.100.7", "unknown"),
    ],
)
def test_the_list_is_asked_of_the_address_that_the_controller_sees(
    policy: str, blocks: str, who: str, expected: str
) -> None:
    """CF-13: a node's address, where the policy of its Service is Cluster."""
    ports = "[{port: 80, targetPort: 80, nodePort: 31080}]"
    spec = f"{{type: LoadBalancer, clusterIP: 10.96.0.5, externalTrafficPolicy: {policy}, selector: {{app: ctl}}, ports: {ports}}}"
    front = objects.service(spec, "ctl", status="{loadBalancer: {ingress: [{ip: 203.0.113.9}]}}")
    front += objects.pod("ctl-0", "10.1.0.5", labels="{app: ctl}", spec="nodeName: n1")
    front += objects.node("n1", "10.9.0.1") + objects.node("n2", "10.9.0.2")
    meta = f", annotations: {{{NGINX}whitelist-source-range: '{blocks}'}}"
    status = "{loadBalancer: {ingress: [{ip: 203.0.113.9}]}}"
    item = objects.ingress(objects.path(), "i", host="a.example", of_class="nginx", meta=meta, status=status)
    assert ask(item + front, who=who).verdict == expected


# -- ALB, Traefik, NGINX Inc ------------------------------------------------------------------------------------------

ALB = "alb.ingress.kubernetes.io/"
ACTION = '\'{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}\''
BY_ACTION = objects.path("/*", "go", "ImplementationSpecific", "name: use-annotation")


@pytest.mark.parametrize(
    ("annotations", "paths", "to", "expected"),
    [
        (
            f"{ALB}actions.go: {ACTION}",
            BY_ACTION,
            "http://a.example/x?y",
            ("redirect", 301, "https://a.example:443/x?y"),
        ),
        (
            f"{ALB}actions.go: {ACTION}",
            f"{BY_ACTION}, {objects.path('/*', kind='ImplementationSpecific')}",
            "https://a.example/",
            ("reachable", None, None),
        ),
        (
            f'{ALB}actions.go: \'{{"type": "fixed-response", "fixedResponseConfig": {{"statusCode": "418"}}}}\'',
            BY_ACTION,
            "http://a.example/",
            ("unreachable", 418, None),
        ),
        (f'{ALB}actions.go: \'{{"type": "forward"}}\'', BY_ACTION, "http://a.example/", ("unknown", None, None)),
        ("", BY_ACTION, "http://a.example/", ("unreachable", 503, None)),
        (
            f"{ALB}ssl-redirect: '443'",
            objects.path(),
            "http://a.example/x",
            ("redirect", 301, "https://a.example:443/x"),
        ),
        (
            f"{ALB}listen-ports: '[{{\"HTTPS\": 443}}]'",
            objects.path(),
            "http://a.example/",
            ("unreachable", None, None),
        ),
        (f"{ALB}scheme: internal", objects.path(), "http://a.example/", ("unknown", None, None)),
        (f"{ALB}scheme: internet-facing", objects.path(), "http://a.example/", ("reachable", None, None)),
        (f"{ALB}wafv2-acl-arn: x", objects.path(), "http://a.example/", ("unknown", None, None)),
    ],
)
def test_an_alb(annotations: str, paths: str, to: str, expected: tuple[str, int | None, str | None]) -> None:
    both = f'{ALB}listen-ports: \'[{{"HTTP": 80}}, {{"HTTPS": 443}}]\''
    more = ", ".join(part for part in (annotations, "" if "listen-ports" in annotations else both) if part)
    found = ask(rules(more, "alb", paths=paths), to, "internet" if "scheme" in annotations else "10.9.8.7")
    assert (found.verdict, found.answer.status, found.answer.location) == expected


def test_rules_of_an_alb_come_in_their_order() -> None:
    everything, api = (
        objects.path("/*", kind="ImplementationSpecific"),
        objects.path("/api/*", "other", "ImplementationSpecific"),
    )
    assert ask(rules(of="alb", paths=f"{everything}, {api}"), "http://a.example/api/1", "10.9.8.7").service == Name(
        "default", "web"
    )
    grouped = [
        rules(f"{ALB}group.name: g, {ALB}group.order: '{order}'", "alb", name=name, paths=paths)
        for order, name, paths in (("2", "a", everything), ("1", "b", api))
    ]
    assert ask("".join(grouped), "http://a.example/api/1", "10.9.8.7").service == Name("default", "other")


@pytest.mark.parametrize(
    ("annotations", "http", "https"),
    [
        ("", "reachable", "reachable"),
        ("traefik.ingress.kubernetes.io/router.entrypoints: web", "reachable", "unreachable"),
        ("traefik.ingress.kubernetes.io/router.entrypoints: 'web,websecure'", "reachable", "reachable"),
        ("traefik.ingress.kubernetes.io/router.tls: 'true'", "unreachable", "reachable"),
        ("traefik.ingress.kubernetes.io/router.entrypoints: private", "unknown", "unknown"),
        ("traefik.ingress.kubernetes.io/router.middlewares: x-y@kubernetescrd", "unknown", "unknown"),
    ],
)
def test_entry_points_of_traefik(annotations: str, http: str, https: str) -> None:
    for scheme, expected in (("http", http), ("https", https)):
        found = ask(rules(annotations, "traefik"), f"{scheme}://a.example/")
        assert found.verdict == expected
        assert expected != "unreachable" or (found.reason, found.answer.status) == ("no-matching-rule", 404)


def test_the_longest_rule_of_traefik_wins_whichever_host_it_has() -> None:
    """CT-4, CT-6, CT-7."""
    hostless = objects.path("/averyverylongpath/indeed", "other")
    text = rules(of="traefik") + rules(of="traefik", name="j", paths=hostless).replace("host: a.example, ", "")
    assert ask(text, "http://a.example/averyverylongpath/indeed").service == Name("default", "other")
    anything = rules(of="traefik", name="j", paths=objects.path("/", "other")).replace("host: a.example, ", "")
    only_x = rules(of="traefik", paths=objects.path("/x"))
    assert ask(only_x + anything, "http://a.example/y").service == Name("default", "other")
    first = rules(
        "traefik.ingress.kubernetes.io/router.priority: '1000'", "traefik", name="j", paths=objects.path("/", "other")
    )
    assert ask(only_x + first, "http://a.example/x").service == Name("default", "other")
    gone = rules(of="traefik", paths=f"{objects.path()}, {objects.path('/x', 'gone')}")
    assert ask(gone, "http://a.example/x").service == Name("default", "web")
    fallback = rules(
        of="traefik", paths=objects.path("/x"), more="defaultBackend: {service: {name: other, port: {number: 80}}}"
    )
    assert ask(fallback, "http://a.example/y").answer.status == 404


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ("inc", (301, "https://a.example:443/x")),
        ("haproxy", (302, "https://a.example:8443/x")),
        ("cilium", (301, "https://a.example/x")),
        ("kong", (None, None)),
        ("traefik", (None, None)),
        ("contour", (None, None)),
    ],
)
def test_who_sends_http_to_https(of: str, expected: tuple[int | None, str | None]) -> None:
    found = ask(rules(of=of, more="tls: [{hosts: [a.example], secretName: s}]"), "http://a.example/x")
    assert (found.answer.status, found.answer.location) == expected


@pytest.mark.parametrize(("of", "status"), [("nginx", None), ("inc", 502), ("contour", 404), ("traefik", 404)])
def test_a_service_outside_is_not_for_every_controller(of: str, status: int | None) -> None:
    outside = objects.service("{type: ExternalName, externalName: x.example.org, ports: [{port: 80}]}", "outside")
    found = ask(rules(of=of, paths=objects.path(backend="outside")) + outside)
    assert (found.verdict, found.answer.status) == ("unreachable" if status else "reachable", status)


@pytest.mark.parametrize(
    ("argument", "verdict"), [("--config-path=/config/contour.yaml", "unknown"), ("--incluster", "unreachable")]
)
def test_a_configuration_that_was_not_read_may_turn_such_services_on(argument: str, verdict: str) -> None:
    """CC-7."""
    outside = objects.service("{type: ExternalName, externalName: x.example.org, ports: [{port: 80}]}", "outside")
    args = f"args: [contour, serve, '{argument}']"
    pods = f"template: {{spec: {{containers: [{{name: c, image: 'projectcontour/contour:v1.33.0', {args}}}]}}}}"
    made = objects.document("Deployment", "contour", f"spec: {{{pods}}}", "apps/v1", namespace="edge")
    found = ask(rules(of="contour", paths=objects.path(backend="outside")) + outside + made)
    assert found.verdict == verdict


def test_look_alikes_of_ingress_nginx_are_read_as_it_is() -> None:
    moved = f"{NGINX}permanent-redirect: 'https://x.example/'"
    for value in ("webapprouting.kubernetes.azure.com/nginx", "k8s.io/internal-ingress-nginx"):
        assert ask(rules(moved, "own") + objects.ingress_class(value, "own")).answer.status == 301
    assert ask(rules(moved, "own") + objects.ingress_class("example.com/other", "own")).verdict == "unknown"


def test_a_host_is_that_of_one_ingress_of_nginx_inc() -> None:
    first, second = rules(of="inc", name="a"), rules(of="inc", name="b", paths=objects.path("/x", "other"))
    assert ask(first + second, "http://a.example/x").service == Name("default", "web")
    minion = rules("nginx.org/mergeable-ingress-type: minion", "inc", name="b")
    lost = ask(minion)
    assert (lost.reason, lost.answer.status) == ("no-matching-rule", 404)
    assert "no master has exactly its host" in str(lost.stop and lost.stop.says)
    master = objects.document(
        "Ingress",
        "m",
        "spec: {ingressClassName: inc, rules: [{host: a.example}]}",
        meta="annotations: {nginx.org/mergeable-ingress-type: master}",
    )
    assert ask(minion + master).service == Name("default", "web")


def test_of_equal_rules_the_earlier_wins_and_each_loser_is_named_once() -> None:
    """I3: the path is the same, so none is longer."""
    same = objects.path("/shop") + ", " + objects.path("/shop", "other") + ", " + objects.path("/shop", "dead")
    found = ask(rules(paths=same + ", " + objects.path("/")), "http://a.example/shop")
    assert found.service == Name("default", "web")
    (says,) = [hop.says for hop in found.hops if hop.kind == "ingress"]
    assert says.count("an earlier rule has the path (I3)") == 1
    assert says.count("a longer or more exact path wins (I3)") == 1
