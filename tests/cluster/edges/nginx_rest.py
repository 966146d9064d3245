"""Backends, other annotations, and what is odd."""

from __future__ import annotations

from tests.cluster.edges.asking import Request
from tests.cluster.edges.compared import Case
from tests.cluster.edges.nginx_objects import (
    ANY,
    HOST,
    OFFICE,
    SHOP,
    E,
    P,
    at,
    backend,
    canary,
    ingress,
    noted,
    one,
    tls,
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
    noted(
        "ssl-passthrough without the argument", one("through"), one("through", scheme="https"), ssl_passthrough="true"
    ),
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
