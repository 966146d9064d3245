"""Redirects, with TLS and without."""

from __future__ import annotations

from tests.cluster.edges.compared import Case
from tests.cluster.edges.nginx_objects import HOST, P, at, ingress, noted, one, tls

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
