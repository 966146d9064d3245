"""Which rule takes a request: hosts, paths, rewrites."""

from __future__ import annotations

from tests.cluster.edges.compared import Case
from tests.cluster.edges.nginx_objects import ANY, HOST, OTHER, E, P, at, backend, ingress, noted, one

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
