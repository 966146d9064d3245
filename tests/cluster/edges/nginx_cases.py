"""Ingresses of ingress-nginx and the requests that show what each annotation does, one host for each."""

from __future__ import annotations

import base64

from tests.cluster.edges.asking import Request
from tests.cluster.edges.compared import Case
from tests.cluster.objects import Json

HOST = "example.com"
SHOP, OTHER = "shop", "elsewhere"
NAMESPACES = (SHOP, OTHER)
PREFIX = "nginx.ingress.kubernetes.io/"
OFFICE = "198.51.100.7"
SERVICES = (
    *((SHOP, name, 1) for name in ("web", "api", "canary", "fallback", "shared", "next", "other")),
    (SHOP, "two", 2),
    (SHOP, "nothing", 0),
    (OTHER, "web", 1),
)
CLASS: Json = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "IngressClass",
    "metadata": {"name": "nginx"},
    "spec": {"controller": "k8s.io/ingress-nginx"},
}
P, E, ANY = "Prefix", "Exact", "ImplementationSpecific"


def backend(name: str, port: int | str = 80) -> Json:
    return {"service": {"name": name, "port": {"name" if isinstance(port, str) else "number": port}}}


def ingress(
    name: str,
    host: str,
    paths: list[tuple[str, str, str]],
    namespace: str = SHOP,
    ports: Json | None = None,
    **spec: object,
) -> Json:
    """An Ingress: (path, path type, Service) for a host, `""` for any; annotations in `notes`, without their prefix."""
    notes = spec.pop("notes", {})
    assert isinstance(notes, dict)
    written = [
        {"path": path, "pathType": kind, "backend": backend(service, (ports or {}).get(path, 80))}
        for path, kind, service in paths
    ]
    rule: Json = {"http": {"paths": written}, **({"host": host} if host else {})}
    annotations = {f"{PREFIX}{key}": value for key, value in notes.items()}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations},
        "spec": {"ingressClassName": "nginx", **({"rules": [rule]} if paths else {}), **spec},
    }


def noted(about: str, *requests: Request, opaque: bool = False, service: str = "web", **notes: str) -> Case:
    """One Ingress `/` → web at the host of its first request, with annotations (`_` for `-`)."""
    host = requests[0].url.partition("://")[2].partition("/")[0]
    written = {key.replace("_", "-"): value for key, value in notes.items()}
    name = host.partition(".")[0]
    return Case(about, [ingress(name, host, [("/", P, service)], notes=written)], list(requests), opaque)


def at(name: str, *paths: str, scheme: str = "http") -> list[Request]:
    return [Request(f"{scheme}://{name}.{HOST}{path}") for path in paths]


def one(
    name: str,
    path: str = "/",
    scheme: str = "http",
    source: str | None = None,
    shared: bool = False,
    method: str = "GET",
    **headers: str,
) -> Request:
    """A request to the host of a case; `_` in the names of headers is `-`."""
    given = tuple((key.replace("_", "-"), value) for key, value in headers.items())
    made = Request(f"{scheme}://{name}.{HOST}{path}", method, given, shared=shared)
    return made._replace(source=source) if source else made


def tls(name: str, secret: str | None = "certificate") -> list[Json]:
    return [{"hosts": [f"{name}.{HOST}"], **({"secretName": secret} if secret else {})}]


def backends() -> list[Json]:
    """The Secret with a user."""
    data = {"auth": base64.b64encode(b"ann:$apr1$Zx8bM1Tj$4nC9yJ0JzQ5f3tJ3vE1wF/\n").decode()}
    metadata = {"name": "users", "namespace": SHOP}
    return [{"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data}]


def is_canary(item: Json) -> bool:
    """Whether an Ingress is made after the plain ones."""
    return f"{PREFIX}canary" in item["metadata"]["annotations"]


MATCHING = [
    Case(
        "paths",
        [
            ingress(
                "plain",
                f"plain.{HOST}",
                [
                    ("/", P, "web"),
                    ("/api", P, "api"),
                    ("/exact", E, "api"),
                    ("/impl", ANY, "canary"),
                    ("/slash/", P, "api"),
                    ("/deep/slash/", E, "other"),
                    ("/both", P, "api"),
                    ("/both", E, "other"),
                ],
            )
        ],
        at(
            "plain",
            *("/", "/x", "/api", "/api/", "/api/x?y=1", "/apix", "/API", "/exact", "/exact/", "/exact/x", "/exacty"),
            *("/impl", "/implx", "/impl/x", "/slash", "/slash/", "/slash/x", "/deep/slash", "/deep/slash/"),
            *("/both", "/both/", "/both/x", "//api", "/api/../exact", "/%61pi/x", "/x/%2e%2e/api", "/a//b"),
        ),
    ),
    Case(
        "no rule",
        [ingress("narrow", f"narrow.{HOST}", [("/only", P, "web")])],
        at("narrow", "/", "/only", "/other", "/onlyx"),
    ),
    Case(
        "default backend of a host",
        [ingress("half", f"half.{HOST}", [("/only", P, "web")], defaultBackend=backend("fallback"))],
        at("half", "/", "/only", "/other"),
    ),
    Case(
        "default backend of an Ingress that is not the first of its host",
        [
            ingress("late-z", f"late.{HOST}", [("/only", P, "web")]),
            ingress("late-a", f"late.{HOST}", [("/other", P, "api")], defaultBackend=backend("fallback")),
            ingress("early-a", f"early.{HOST}", [("/only", P, "web")]),
            ingress("early-z", f"early.{HOST}", [("/other", P, "api")], defaultBackend=backend("fallback")),
        ],
        [*at("late", "/", "/only", "/other"), *at("early", "/", "/only", "/other")],
    ),
    Case(
        "wildcard host",
        [
            ingress("wild", f"*.wild.{HOST}", [("/", P, "web"), ("/api", P, "api")]),
            ingress("tame", f"tame.wild.{HOST}", [("/x", P, "other")]),
        ],
        [*at("a.wild", "/", "/api"), *at("a.b.wild", "/"), *at("wild", "/"), *at("tame.wild", "/x", "/api", "/")],
    ),
    Case(
        "hostless rules and default backend",
        [
            ingress("any", "", [("/any", P, "other")]),
            ingress("rest", "", [], defaultBackend=backend("fallback")),
        ],
        [*at("nobody", "/", "/any", "/any/x", "/anyone"), *at("narrow", "/any"), *at("nobody", "/", scheme="https")],
    ),
    Case(
        "one host in two namespaces",
        [
            ingress("split", f"split.{HOST}", [("/", P, "web"), ("/mine", P, "api")]),
            ingress("split", f"split.{HOST}", [("/theirs", P, "web"), ("/mine", P, "web")], OTHER),
        ],
        at("split", "/", "/mine", "/theirs"),
    ),
    Case(
        "the same path twice",
        [
            ingress("twin-a", f"twin.{HOST}", [("/", P, "web")]),
            ingress("twin-b", f"twin.{HOST}", [("/", P, "api")]),
        ],
        at("twin", "/"),
    ),
    Case(
        "names of ports",
        [
            ingress(
                "ports",
                f"ports.{HOST}",
                [
                    ("/name", P, "web"),
                    ("/target", P, "web"),
                    ("/none", P, "web"),
                    ("/gone", P, "gone"),
                    ("/empty", P, "nothing"),
                ],
                ports={"/name": "http", "/target": 9376, "/none": 99},
            )
        ],
        at("ports", "/name", "/target", "/none", "/gone", "/empty"),
    ),
]
REWRITES = [
    Case(
        "rewrite-target",
        [
            ingress(
                "rw",
                f"rw.{HOST}",
                [("/app(/|$)(.*)", ANY, "web")],
                notes={"rewrite-target": "/$2", "use-regex": "true"},
            ),
            ingress("rw-too", f"rw.{HOST}", [("/plain", P, "api"), ("/exact", E, "other")]),
        ],
        at(
            "rw",
            *("/app", "/app/", "/app/a/b", "/app/a?x=1", "/APP/a", "/apple", "/plain", "/plainly", "/plain/x"),
            *("/exact", "/exact/more", "/Exact/more", "/", "/none"),
        ),
    ),
    Case(
        "rewrite-target without groups",
        [ingress("flat", f"flat.{HOST}", [("/old", P, "web")], notes={"rewrite-target": "/new"})],
        at("flat", "/old", "/old/x", "/older", "/old?q=1", "/new"),
    ),
    Case(
        "use-regex",
        [ingress("re", f"re.{HOST}", [("/item/[0-9]+$", ANY, "api"), ("/", ANY, "web")], notes={"use-regex": "true"})],
        at("re", "/item/42", "/ITEM/42", "/item/x", "/item/42/x", "/a/item/42", "/"),
    ),
    Case(
        "a regular expression that nobody asked for",
        [ingress("plainre", f"plainre.{HOST}", [("/v[0-9]+", ANY, "api")])],
        at("plainre", "/v1", "/v[0-9]+", "/v[0-9]+/x"),
    ),
    noted("upstream-vhost", one("vhost"), upstream_vhost="inside.test"),
    noted("x-forwarded-prefix", one("xfp"), x_forwarded_prefix="/x"),
]
REDIRECTS = [
    noted("permanent-redirect", *at("old", "/", "/deep?x=1"), permanent_redirect="https://new.test/x"),
    noted(
        "permanent-redirect-code", one("old308"), permanent_redirect="https://new.test/x", permanent_redirect_code="308"
    ),
    noted(
        "permanent-redirect-code beyond",
        one("old399"),
        permanent_redirect="https://new.test/x",
        permanent_redirect_code="399",
    ),
    noted("permanent-redirect with a variable", one("oldvar", "/a"), permanent_redirect="https://new.test$request_uri"),
    noted("permanent-redirect to no URL", one("oldbad"), permanent_redirect="new.test"),
    noted("temporal-redirect", one("temp", "/a"), temporal_redirect="https://new.test/y"),
    noted(
        "temporal goes before permanent",
        one("both"),
        temporal_redirect="https://new.test/y",
        permanent_redirect="https://new.test/x",
    ),
    noted("app-root", *at("root", "/", "/?a=b", "/x"), app_root="/home"),
    noted("app-root that is no path", one("badroot"), app_root="home"),
    Case(
        "from-to-www-redirect",
        [
            ingress("www", f"www.site.{HOST}", [("/", P, "web")], notes={"from-to-www-redirect": "true"}),
            ingress("bare", f"bare.{HOST}", [("/", P, "web")], notes={"from-to-www-redirect": "true"}),
        ],
        [*at("site", "/a?b=c", "/"), *at("www.site", "/"), *at("www.bare", "/a"), *at("bare", "/")],
    ),
    Case(
        "TLS",
        [ingress("safe", f"safe.{HOST}", [("/", P, "web")], tls=tls("safe"))],
        [*at("safe", "/", "/p?q=1", "/a/"), *at("safe", "/p", scheme="https")],
    ),
    Case(
        "ssl-redirect false",
        [ingress("unsafe", f"unsafe.{HOST}", [("/", P, "web")], tls=tls("unsafe"), notes={"ssl-redirect": "false"})],
        [*at("unsafe", "/"), *at("unsafe", "/", scheme="https")],
    ),
    Case(
        "TLS with a Secret that is missing",
        [ingress("lost", f"lost.{HOST}", [("/", P, "web")], tls=tls("lost", "gone"))],
        [*at("lost", "/"), *at("lost", "/", scheme="https")],
    ),
    Case(
        "TLS for another host",
        [ingress("unlisted", f"unlisted.{HOST}", [("/", P, "web")], tls=tls("somebody"))],
        [*at("unlisted", "/"), *at("unlisted", "/", scheme="https")],
    ),
    Case(
        "TLS without a Secret",
        [ingress("nosecret", f"nosecret.{HOST}", [("/", P, "web")], tls=tls("nosecret", None))],
        [*at("nosecret", "/"), *at("nosecret", "/", scheme="https")],
    ),
    Case(
        "TLS by another Ingress of the host",
        [
            ingress("mixed-a", f"mixed.{HOST}", [("/", P, "web")]),
            ingress("mixed-b", f"mixed.{HOST}", [("/b", P, "api")], tls=tls("mixed")),
        ],
        at("mixed", "/", "/b"),
    ),
    noted(
        "force-ssl-redirect",
        *at("force", "/", "/a/", "/a/?q=1", "/a"),
        *at("force", "/a", scheme="https"),
        force_ssl_redirect="true",
    ),
    noted(
        "preserve-trailing-slash", *at("keep", "/a/", "/"), force_ssl_redirect="true", preserve_trailing_slash="true"
    ),
    Case(
        "https without TLS",
        [ingress("bareweb", f"bareweb.{HOST}", [("/", P, "web")])],
        at("bareweb", "/", scheme="https"),
    ),
    noted("ACME challenge", *at("acme", "/.well-known/acme-challenge/x", "/"), force_ssl_redirect="true"),
    Case(
        "app-root with TLS",
        [ingress("rootsafe", f"rootsafe.{HOST}", [("/", P, "web")], tls=tls("rootsafe"), notes={"app-root": "/home"})],
        [*at("rootsafe", "/"), *at("rootsafe", "/", scheme="https")],
    ),
    Case(
        "permanent-redirect with TLS",
        [
            ingress(
                "oldsafe",
                f"oldsafe.{HOST}",
                [("/", P, "web")],
                tls=tls("oldsafe"),
                notes={"permanent-redirect": "https://new.test/x"},
            )
        ],
        at("oldsafe", "/"),
    ),
    Case(
        "relative-redirects and a slash",
        [ingress("rel", f"rel.{HOST}", [("/slash/", P, "web")], notes={"relative-redirects": "true"})],
        at("rel", "/slash", "/slash/"),
    ),
]
LISTS = [
    noted(
        "allowlist-source-range",
        one("office"),
        one("office", source=OFFICE),
        allowlist_source_range="198.51.100.0/24, 192.168.0.0/16",
    ),
    noted(
        "whitelist-source-range",
        one("white"),
        one("white", source=OFFICE),
        whitelist_source_range="198.51.100.0/24",
    ),
    noted("denylist-source-range", one("deny"), one("deny", source=OFFICE), denylist_source_range="198.51.100.0/24"),
    noted(
        "deny goes before allow",
        one("denyallow", source=OFFICE),
        denylist_source_range="198.51.100.7",
        allowlist_source_range="198.51.100.0/24",
    ),
    noted("a list of nonsense", one("nonsense"), whitelist_source_range="nonsense"),
    noted(
        "list and permanent-redirect",
        one("listmove"),
        allowlist_source_range="192.168.0.0/16",
        permanent_redirect="https://new.test/x",
    ),
    Case(
        "list and TLS",
        [
            ingress(
                "listsafe",
                f"listsafe.{HOST}",
                [("/", P, "web")],
                tls=tls("listsafe"),
                notes={"allowlist-source-range": "192.168.0.0/16"},
            )
        ],
        [*at("listsafe", "/"), *at("listsafe", "/", scheme="https")],
    ),
    noted("auth-type with a Secret", one("guard"), auth_type="basic", auth_secret="users", auth_realm="here"),
    noted("auth-type, its Secret is missing", one("guardlost"), auth_type="basic", auth_secret="gone"),
    noted("auth-type without a Secret", one("guardnone"), auth_type="basic"),
    noted(
        "satisfy any",
        one("satisfy"),
        one("satisfy", source=OFFICE),
        auth_type="basic",
        auth_secret="users",
        allowlist_source_range="198.51.100.0/24",
        satisfy="any",
    ),
    noted(
        "auth-url that lets in",
        one("asked"),
        opaque=True,
        auth_url="http://10.244.1.1:9376/check",
    ),
    noted("auth-tls-secret that is missing", one("mutual", scheme="https"), opaque=True, auth_tls_secret="shop/gone"),
]
ALIASES = [
    noted(
        "server-alias",
        one("main"),
        *at("alias", "/"),
        *at("v12", "/"),
        server_alias=f"alias.{HOST},~^v[0-9]+\\.example\\.com$",
    ),
    noted("server-alias that is a rule's host", one("aliased"), *at("plain", "/api"), server_alias=f"plain.{HOST}"),
    noted(
        "server-alias with a wildcard",
        one("starry"),
        *at("a.star", "/"),
        *at("a.b.star", "/"),
        *at("star", "/"),
        server_alias=f"*.star.{HOST}",
    ),
]


def _canary(name: str, **notes: str) -> list[Json]:
    """A main Ingress to a Service of its own, and a canary of it to another one."""
    written = {"canary": "true", **{key.replace("_", "-"): value for key, value in notes.items()}}
    return [
        ingress(name, f"{name}.{HOST}", [("/", P, name)]),
        ingress(f"{name}-next", f"{name}.{HOST}", [("/", P, f"{name}-next")], notes=written),
    ]


def canary(about: str, name: str, *requests: Request, **notes: str) -> Case:
    return Case(about, _canary(name, **notes), list(requests))


CANARIES = [
    canary(
        "canary-by-header",
        "byheader",
        one("byheader"),
        one("byheader", x_canary="always"),
        one("byheader", x_canary="never"),
        one("byheader", x_canary="other"),
        canary_by_header="x-canary",
    ),
    canary(
        "canary-by-header-value",
        "byvalue",
        one("byvalue", x_canary="yes"),
        one("byvalue", x_canary="always"),
        one("byvalue", x_canary="no"),
        canary_by_header="x-canary",
        canary_by_header_value="yes",
    ),
    canary(
        "canary-by-header-pattern",
        "bypattern",
        one("bypattern", x_canary="v12"),
        one("bypattern", x_canary="x"),
        canary_by_header="x-canary",
        canary_by_header_pattern="^v[0-9]+$",
    ),
    canary(
        "canary-by-cookie",
        "bycookie",
        one("bycookie"),
        one("bycookie", Cookie="tester=always"),
        one("bycookie", Cookie="tester=never"),
        one("bycookie", Cookie="tester=yes"),
        canary_by_cookie="tester",
    ),
    canary("canary-weight", "byweight", one("byweight", shared=True), canary_weight="50"),
    canary("canary-weight 0", "none", one("none", shared=True), canary_weight="0"),
    canary("canary-weight 100", "all", one("all", shared=True), canary_weight="100"),
    canary(
        "header and weight",
        "mixedway",
        one("mixedway", x_canary="never", shared=True),
        one("mixedway", shared=True),
        canary_by_header="x-canary",
        canary_weight="50",
    ),
    Case(
        "canary without a main Ingress",
        [ingress("alone", f"alone.{HOST}", [("/", P, "alone-next")], notes={"canary": "true", "canary-weight": "100"})],
        at("alone", "/"),
    ),
    Case(
        "canary of another path",
        [
            ingress("apart", f"apart.{HOST}", [("/", P, "apart")]),
            ingress(
                "apart-next",
                f"apart.{HOST}",
                [("/beta", P, "apart-next")],
                notes={"canary": "true", "canary-weight": "100"},
            ),
        ],
        at("apart", "/", "/beta"),
    ),
    Case(
        "a canary acts for every host of its Service",
        [
            ingress("upstream", f"upstream.{HOST}", [("/", P, "upstream")]),
            ingress("downstream", f"downstream.{HOST}", [("/", P, "upstream")]),
            ingress(
                "upstream-next",
                f"upstream.{HOST}",
                [("/", P, "upstream-next")],
                notes={"canary": "true", "canary-by-header": "x-canary"},
            ),
        ],
        [one("upstream", x_canary="always"), one("downstream", x_canary="always"), one("downstream")],
    ),
    Case(
        "a canary to the Service of an older plain rule",
        [
            ingress("plainly", f"plainly.{HOST}", [("/", P, "plainly")]),
            ingress("preview", f"preview.{HOST}", [("/", P, "plainly-next")]),
            ingress(
                "plainly-next",
                f"plainly.{HOST}",
                [("/", P, "plainly-next")],
                notes={"canary": "true", "canary-weight": "100"},
            ),
        ],
        [*at("plainly", "/"), *at("preview", "/")],
    ),
    Case(
        "two canaries of one rule",
        [
            *_canary("double", canary_by_header="x-canary"),
            ingress(
                "double-third",
                f"double.{HOST}",
                [("/", P, "double-third")],
                notes={"canary": "true", "canary-by-header": "x-third"},
            ),
        ],
        [one("double", x_canary="always"), one("double", x_third="always"), one("double")],
    ),
    Case(
        "canary whose Service has no endpoint",
        [
            ingress("hollow", f"hollow.{HOST}", [("/", P, "hollow")]),
            ingress(
                "hollow-next",
                f"hollow.{HOST}",
                [("/", P, "hollow-none")],
                notes={"canary": "true", "canary-weight": "100"},
            ),
        ],
        at("hollow", "/"),
    ),
    Case(
        "a header that nginx drops",
        _canary("underscore", canary_by_header="x_canary"),
        [Request(f"http://underscore.{HOST}/", headers=(("x_canary", "always"),))],
    ),
]
MAINS = """byheader byvalue bypattern bycookie byweight none all mixedway alone apart upstream plainly double hollow
    underscore total order gated"""
SERVICES = (
    *SERVICES,
    *((SHOP, name, 1) for main in MAINS.split() for name in (main, f"{main}-next")),
    (SHOP, "double-third", 1),
    (SHOP, "hollow-none", 0),
)
BACKENDS = [
    noted("default-backend, no endpoint", one("empty"), service="nothing", default_backend="fallback"),
    noted("default-backend, no Service", one("missing"), service="gone", default_backend="fallback"),
    noted("default-backend beside endpoints", one("full"), default_backend="fallback"),
    noted("two pods", one("pair", shared=True), service="two"),
    noted("affinity", one("sticky"), service="two", affinity="cookie", session_cookie_name="s"),
    noted("upstream-hash-by", one("hashed"), service="two", upstream_hash_by="$remote_addr"),
    noted("load-balance", one("ewma"), service="two", load_balance="ewma"),
    Case(
        "resource as a backend",
        [
            {
                **ingress("resource", f"resource.{HOST}", [("/", P, "web")]),
                "spec": {
                    "ingressClassName": "nginx",
                    "rules": [
                        {
                            "host": f"resource.{HOST}",
                            "http": {
                                "paths": [
                                    {
                                        "path": "/",
                                        "pathType": "Prefix",
                                        "backend": {
                                            "resource": {"apiGroup": "example.com", "kind": "Bucket", "name": "b"}
                                        },
                                    }
                                ]
                            },
                        }
                    ],
                },
            }
        ],
        at("resource", "/"),
    ),
]
OTHERS = [
    noted(
        "enable-cors",
        one("cors"),
        one("cors", method="OPTIONS", Origin="http://x.test", Access_Control_Request_Method="GET"),
        one("cors", method="OPTIONS"),
        enable_cors="true",
    ),
    noted("custom-http-errors", one("errors"), custom_http_errors="404,503"),
    noted("limit-rps", one("limited"), limit_rps="5"),
    noted("limit-connections", one("limitcon"), limit_connections="5"),
    noted("proxy-body-size", one("body"), proxy_body_size="1k"),
    noted("proxy times and buffers", one("times"), proxy_read_timeout="5", proxy_buffering="on"),
    noted("mirror-target", one("mirror"), mirror_target="http://10.244.1.2:9376/"),
    noted("enable-access-log", one("quiet"), enable_access_log="false"),
    noted("an annotation nobody knows", one("odd"), opaque=True, no_such_thing="x"),
    noted("configuration-snippet", one("snippet"), opaque=True, configuration_snippet="return 418;"),
    noted("server-snippet", one("ssnippet"), opaque=True, server_snippet="return 418;"),
    noted("enable-global-auth", one("noglobal"), enable_global_auth="false"),
    noted("ssl-passthrough without the argument", one("through"), opaque=True, ssl_passthrough="true"),
]
ODD = [
    Case(
        "alias and TLS",
        [
            ingress(
                "aliastls",
                f"aliastls.{HOST}",
                [("/", P, "web")],
                tls=tls("aliastls"),
                notes={"server-alias": f"named.{HOST},*.pattern.{HOST},~^re[0-9]+\\.{HOST}$"},
            ),
            ingress("aliastls-b", f"aliastls.{HOST}", [("/b", P, "api")]),
        ],
        [
            *at("aliastls", "/", "/b"),
            *at("named", "/", "/b"),
            *at("named", "/b", scheme="https"),
            *at("x.pattern", "/"),
            *at("re7", "/"),
            *at("re7", "/b", scheme="https"),
        ],
        opaque=True,
    ),
    Case(
        "TLS of a wildcard host",
        [
            ingress(
                "wildtls",
                f"*.wildtls.{HOST}",
                [("/", P, "web")],
                tls=[{"hosts": [f"*.wildtls.{HOST}"], "secretName": "certificate"}],
            )
        ],
        [*at("a.wildtls", "/"), *at("a.wildtls", "/", scheme="https")],
    ),
    Case(
        "paths that overlap",
        [
            ingress(
                "overlap",
                f"overlap.{HOST}",
                [("/foo", P, "web"), ("/foo/bar", E, "other"), ("/foo/bar/", P, "canary"), ("/Foo", P, "fallback")],
            )
        ],
        at(
            "overlap",
            "/foo",
            "/foo/",
            "/foo/x",
            "/foo/bar",
            "/foo/bar/",
            "/foo/bar/x",
            "/Foo",
            "/Foo/x",
            "/foo%2Fbar",
            "/foo?x",
            "/foo;x",
        ),
    ),
    Case(
        "patterns that overlap",
        [
            ingress(
                "repeat",
                f"repeat.{HOST}",
                [
                    ("/a.c", ANY, "web"),
                    ("/a.*", ANY, "api"),
                    ("/abcdef", P, "other"),
                    ("/a.json", E, "fallback"),
                    ("/A(b)(c)?", ANY, "canary"),
                ],
                notes={"use-regex": "true"},
            )
        ],
        at("repeat", "/abc", "/a.c", "/axc", "/abcdef", "/abcdefg", "/a.json", "/axjson", "/a", "/ab", "/b/abc"),
    ),
    Case(
        "rewrite with groups that are not there",
        [ingress("groups", f"groups.{HOST}", [("/x(/y)?(.*)", ANY, "web")], notes={"rewrite-target": "/n$1/$2/$3"})],
        at("groups", "/x", "/x/y", "/x/y/z", "/xz"),
    ),
    Case(
        "rewrite to a URL",
        [ingress("away", f"away.{HOST}", [("/", P, "web")], notes={"rewrite-target": "https://new.test/x"})],
        at("away", "/", "/a"),
    ),
    Case(
        "rewrite of the path that is asked for",
        [ingress("same", f"same.{HOST}", [("/", P, "web"), ("/a", P, "api")], notes={"rewrite-target": "/"})],
        at("same", "/", "/a", "/ab", "/a/b"),
    ),
    Case(
        "one location redirects, another does not",
        [
            ingress("part", f"part.{HOST}", [("/", P, "web")], tls=tls("part")),
            ingress("part-off", f"part.{HOST}", [("/off", P, "api")], notes={"ssl-redirect": "false"}),
            ingress("part-force", f"part.{HOST}", [("/force", P, "api")], notes={"force-ssl-redirect": "true"}),
        ],
        [*at("part", "/", "/off", "/force", "/off/x")],
    ),
    Case(
        "rule without paths",
        [
            {
                **ingress("pathless", f"pathless.{HOST}", []),
                "spec": {
                    "ingressClassName": "nginx",
                    "rules": [{"host": f"pathless.{HOST}"}],
                    "defaultBackend": backend("fallback"),
                },
            }
        ],
        at("pathless", "/", "/x"),
    ),
    Case(
        "path that is left out",
        [
            {
                **ingress("nopath", f"nopath.{HOST}", []),
                "spec": {
                    "ingressClassName": "nginx",
                    "rules": [
                        {"host": f"nopath.{HOST}", "http": {"paths": [{"pathType": ANY, "backend": backend("web")}]}}
                    ],
                },
            }
        ],
        at("nopath", "/", "/x"),
    ),
    Case(
        "class by annotation",
        [
            {
                **ingress("byname", f"byname.{HOST}", []),
                "metadata": {
                    "name": "byname",
                    "namespace": SHOP,
                    "annotations": {"kubernetes.io/ingress.class": "nginx"},
                },
                "spec": {
                    "rules": [
                        {
                            "host": f"byname.{HOST}",
                            "http": {"paths": [{"path": "/", "pathType": P, "backend": backend("web")}]},
                        }
                    ]
                },
            }
        ],
        at("byname", "/"),
    ),
    Case(
        "spelling of hosts",
        [],
        [
            Request(f"http://PLAIN.{HOST}/api"),
            Request(f"http://plain.{HOST}:80/api"),
            Request(f"http://plain.{HOST}./api"),
        ],
    ),
    Case(
        "methods",
        [],
        [
            one("plain", "/api", method="POST"),
            one("plain", "/api", method="DELETE"),
            one("old", method="POST"),
            one("safe", method="POST"),
        ],
    ),
    Case("headers of a proxy", [], [one("safe", "/p", X_Forwarded_Proto="https")]),
    Case(
        "from-to-www-redirect with TLS",
        [
            ingress(
                "wwwtls",
                f"www.wwwtls.{HOST}",
                [("/", P, "web")],
                tls=[{"hosts": [f"www.wwwtls.{HOST}"], "secretName": "certificate"}],
                notes={"from-to-www-redirect": "true"},
            ),
            ingress("wwwboth", f"wwwboth.{HOST}", [("/", P, "web")], notes={"from-to-www-redirect": "true"}),
            ingress("wwwother", f"www.wwwboth.{HOST}", [("/", P, "api")]),
        ],
        [
            *at("wwwtls", "/a", "/a/"),
            *at("wwwtls", "/a", scheme="https"),
            *at("www.wwwboth", "/a"),
            *at("wwwboth", "/a"),
        ],
    ),
    noted(
        "temporal-redirect-code", one("temp307"), temporal_redirect="https://new.test/y", temporal_redirect_code="307"
    ),
    noted(
        "denylist and satisfy any",
        one("denyany", source=OFFICE),
        denylist_source_range="198.51.100.0/24",
        satisfy="any",
    ),
    canary("canary-weight-total", "total", one("total", shared=True), canary_weight="500", canary_weight_total="1000"),
    canary(
        "header that goes before the cookie",
        "order",
        one("order", x_canary="never", Cookie="tester=always"),
        one("order", x_canary="always", Cookie="tester=never"),
        canary_by_header="x-canary",
        canary_by_cookie="tester",
    ),
    Case("health of the server for all hosts", [], at("nobody", "/healthz")),
    Case(
        "a denied canary",
        [
            ingress("gated", f"gated.{HOST}", [("/", P, "gated")]),
            ingress(
                "gated-next",
                f"gated.{HOST}",
                [("/", P, "gated-next")],
                notes={"canary": "true", "canary-weight": "100", "denylist-source-range": "0.0.0.0/0"},
            ),
        ],
        at("gated", "/"),
    ),
    noted("backend-protocol that does not exist", one("odd-protocol"), backend_protocol="HTTPX"),
    noted("permanent-redirect to itself", one("itself"), permanent_redirect=f"http://itself.{HOST}/"),
    noted("app-root that leads to itself", one("rootloop"), app_root="/"),
]
CASES = [*MATCHING, *REWRITES, *REDIRECTS, *LISTS, *ALIASES, *CANARIES, *BACKENDS, *OTHERS, *ODD]
SETTINGS = {
    "ssl-redirect": "false",
    "http-redirect-code": "301",
    "denylist-source-range": "198.51.100.66",
    "no-tls-redirect-locations": "/free",
}
"""What is then written into the controller's ConfigMap."""
STRANGER = "198.51.100.66"
CONFIGURED = [
    Case(
        "settings: ssl-redirect",
        [],
        [*at("safe", "/"), *at("part", "/", "/force", "/free"), *at("force", "/a", "/free"), *at("keep", "/a/")],
    ),
    Case("settings: http-redirect-code", [], [*at("site", "/a"), *at("rel", "/slash"), *at("root", "/")]),
    Case(
        "settings: denylist-source-range",
        [],
        [
            one("plain", "/api", source=STRANGER),
            one("plain", "/api"),
            one("deny", source=STRANGER),
            one("deny", source=OFFICE),
            one("office", source=STRANGER),
        ],
    ),
    Case("Secrets in the source", [], [one("guard"), one("guardlost"), one("satisfy"), one("satisfy", source=OFFICE)]),
]
"""Asked when they are there."""
