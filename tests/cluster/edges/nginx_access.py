"""Lists of addresses, passwords, and other names of hosts."""

from __future__ import annotations

from tests.cluster.edges.compared import Case
from tests.cluster.edges.nginx_objects import HOST, OFFICE, P, at, ingress, noted, one, tls

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
    noted("auth-tls-secret that is missing", one("mutual", scheme="https"), auth_tls_secret="shop/gone"),
    noted("auth-tls-secret of no namespace", one("mutualbad", scheme="https"), auth_tls_secret="clients"),
    noted(
        "auth-tls-secret",
        one("mutualon", scheme="https"),
        one("mutualon"),
        auth_tls_secret="shop/clients",
    ),
    noted(
        "auth-tls-verify-client optional",
        one("mutualopt", scheme="https"),
        auth_tls_secret="shop/clients",
        auth_tls_verify_client="optional",
    ),
    noted(
        "auth-tls-verify-client that is none",
        one("mutualodd", scheme="https"),
        auth_tls_secret="shop/clients",
        auth_tls_verify_client="maybe",
    ),
    noted(
        "auth-tls-error-page",
        one("mutualpage", scheme="https"),
        auth_tls_secret="shop/clients",
        auth_tls_error_page="http://pages.example.com/no",
    ),
    Case(
        "auth-tls-secret on one Ingress of a host",
        [
            ingress("mutualtwo", f"mutualtwo.{HOST}", [("/", P, "web")]),
            ingress("mutualtwo-b", f"mutualtwo.{HOST}", [("/b", P, "api")], notes={"auth-tls-secret": "shop/clients"}),
        ],
        [*at("mutualtwo", "/", "/b", scheme="https"), *at("mutualtwo", "/b")],
    ),
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
