"""Routes of Gateway API and the requests that show what each rule does, the same for every implementation."""

from __future__ import annotations

from typing import Any

from tests.cluster.edges.asking import Request
from tests.cluster.edges.compared import Case
from tests.cluster.objects import Json

HOST = "example.com"
SHOP, OTHER = "shop", "elsewhere"
NAMESPACES = (SHOP, OTHER)
GROUP = "gateway.networking.k8s.io"
GATEWAY = "edge"
SERVICES = (
    *((SHOP, name, 1) for name in ("web", "api", "canary", "other")),
    (SHOP, "two", 2),
    (SHOP, "nothing", 0),
    (OTHER, "far", 1),
    (OTHER, "granted", 1),
)
OFFICE = "198.51.100.7"


BROKEN: dict[str, Json] = {
    "missing": {"name": "gone"},
    "foreign": {"name": "certificate", "namespace": OTHER},
    "wrong": {"name": "opaque"},
}
"""Listeners for NAME.test, and the certificate that each of them cannot have."""


def opaque() -> Json:
    """A Secret that is no certificate."""
    metadata = {"name": "opaque", "namespace": SHOP}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": {"a": "Yg=="}}


def gateway(of_class: str, **spec: Any) -> list[Json]:
    """The class `edge` belongs to, and `edge`: a listener for every host, one for a few, and one with TLS."""
    here = {"allowedRoutes": {"namespaces": {"from": "All"}}}
    certificate = {"mode": "Terminate", "certificateRefs": [{"name": "certificate"}]}
    listeners = [
        {"name": "http", "port": 80, "protocol": "HTTP", **here},
        {"name": "own", "port": 80, "protocol": "HTTP", "hostname": f"*.own.{HOST}"},
        {"name": "https", "port": 443, "protocol": "HTTPS", "hostname": f"*.{HOST}", "tls": certificate, **here},
    ]
    for name, refs in BROKEN.items():
        broken = {"mode": "Terminate", "certificateRefs": [refs]}
        tls = {"port": 443, "protocol": "HTTPS", "tls": broken, **here}
        listeners += [{"name": name, "hostname": f"{name}.test", **tls}]
    listeners += [
        {
            "name": "hidden",
            "port": 443,
            "protocol": "HTTPS",
            "hostname": f"hidden.{HOST}",
            "tls": {"mode": "Terminate", "certificateRefs": [{"name": "gone"}]},
            **here,
        }
    ]
    made = {"gatewayClassName": of_class, "listeners": listeners, **spec}
    return [item("Gateway", GATEWAY, made)]


def gateway_class(name: str, controller: str) -> Json:
    made = item("GatewayClass", name, {"controllerName": controller})
    del made["metadata"]["namespace"]
    return made


def item(kind: str, name: str, spec: Json, namespace: str = SHOP, version: str = "v1", group: str = GROUP) -> Json:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": f"{group}/{version}", "kind": kind, "metadata": metadata, "spec": spec}


def route(
    name: str, hosts: str, *rules: Json, section: str = "", namespace: str = SHOP, kind: str = "HTTPRoute"
) -> Json:
    parent = {"namespace": SHOP, "name": GATEWAY, **({"sectionName": section} if section else {})}
    named = {"hostnames": hosts.split()} if hosts else {}
    return item(kind, name, {"parentRefs": [parent], **named, "rules": list(rules)}, namespace)


def to(*services: str, **more: Any) -> Json:
    """A rule to Services, `name*weight`; a namespace goes before a slash."""
    refs = []
    for text in services:
        name, _, weight = text.partition("*")
        namespace, _, name = name.rpartition("/")
        ref: Json = {"name": name, "port": 80}
        refs.append(ref | ({"namespace": namespace} if namespace else {}) | ({"weight": int(weight)} if weight else {}))
    return {**({"backendRefs": refs} if refs else {}), **more}


def starts(path: str, **more: Any) -> list[Json]:
    return [{"path": {"type": "PathPrefix", "value": path}, **more}]


def exactly(path: str) -> list[Json]:
    return [{"path": {"type": "Exact", "value": path}}]


def pattern(path: str) -> list[Json]:
    return [{"path": {"type": "RegularExpression", "value": path}}]


def named(kind: str, **values: str) -> Json:
    return {kind: [{"name": key.replace("_", "-"), "value": value} for key, value in values.items()]}


def redirect(**how: Any) -> list[Json]:
    return [{"type": "RequestRedirect", "requestRedirect": how}]


def rewrite(**how: Any) -> list[Json]:
    return [{"type": "URLRewrite", "urlRewrite": {"path": how}}]


def at(name: str, *paths: str, scheme: str = "http") -> list[Request]:
    return [Request(f"{scheme}://{name}.{HOST}{path}") for path in paths]


def one(name: str, path: str = "/", method: str = "GET", shared: bool = False, **headers: str) -> Request:
    given = tuple((key.replace("_", "-"), value) for key, value in headers.items())
    return Request(f"http://{name}.{HOST}{path}", method, given, shared=shared)


def of(name: str) -> str:
    return f"{name}.{HOST}"


CASES = [
    Case(
        "paths",
        [
            route(
                "paths",
                of("paths"),
                to("web"),
                to("api", matches=starts("/api")),
                to("canary", matches=starts("/api/v2")),
                to("other", matches=exactly("/api/only")),
                to("other", matches=starts("/slash/")),
            )
        ],
        at(
            "paths",
            *("/", "/x", "/api", "/api/", "/apix", "/API", "/api/v2", "/api/v22", "/api/only", "/api/only/"),
            *("/slash", "/slash/", "/slashed", "/api?x=1"),
            *("//api", "/x/../api/v2", "/%61pi", "/x/%2e%2e/api/v2", "/api%2Fv2", "/api/only/."),
        ),
    ),
    Case(
        "patterns",
        [
            route(
                "patterns",
                of("patterns"),
                to("web", matches=starts("/")),
                to("api", matches=pattern("/item/[0-9]+")),
                to("canary", matches=starts("/item/1")),
            )
        ],
        at("patterns", "/item/7", "/item/7/x", "/item/1", "/item/1/x", "/a/item/7"),
        opaque=True,
    ),
    Case(
        "headers, methods and queries",
        [
            route(
                "matches",
                of("matches"),
                to("web", matches=starts("/v1")),
                to("api", matches=starts("/v1", **named("headers", x_canary="yes"))),
                to("other", matches=starts("/v1", method="POST")),
                to("canary", matches=starts("/v1", **named("queryParams", beta="1"))),
                to("two", matches=starts("/v1", **named("headers", x_canary="yes", x_more="1"))),
            )
        ],
        [
            one("matches", "/v1"),
            one("matches", "/v1", x_canary="yes"),
            one("matches", "/v1", x_canary="no"),
            one("matches", "/v1", "POST"),
            one("matches", "/v1", "POST", x_canary="yes"),
            one("matches", "/v1?beta=1"),
            one("matches", "/v1?beta=2"),
            one("matches", "/v1?beta=1", x_canary="yes"),
            one("matches", "/v1", x_canary="yes", x_more="1"),
            one("matches", "/v2"),
        ],
    ),
    Case(
        "equal matches of two routes",
        [
            route("twin-a", of("twin"), to("web", matches=starts("/a"))),
            route("twin-b", of("twin"), to("api", matches=starts("/a")), to("other", matches=starts("/b"))),
        ],
        at("twin", "/a", "/b", "/c"),
    ),
    Case(
        "hosts",
        [
            route("wild", "*.wild.example.com", to("web")),
            route("tame", "tame.wild.example.com", to("api", matches=starts("/x"))),
            route("own", "a.own.example.com", to("other"), section="own"),
            route("any", "", to("canary", matches=starts("/any"))),
        ],
        [
            *at("a.wild", "/"),
            *at("a.b.wild", "/"),
            *at("wild", "/", "/any"),
            *at("tame.wild", "/x", "/"),
            *at("a.own", "/"),
            *at("b.own", "/", "/any"),
            *at("nobody", "/", "/any"),
        ],
    ),
    Case(
        "backends",
        [
            route(
                "backends",
                of("backends"),
                to("nothing", matches=starts("/empty")),
                to("gone", matches=starts("/gone")),
                to("web*1", "gone*0", matches=starts("/zero-gone")),
                to("web*0", matches=starts("/zero")),
                to(matches=starts("/none")),
                to("elsewhere/far", matches=starts("/foreign")),
                to("elsewhere/granted", matches=starts("/granted")),
                to("web*1", "api*1", matches=starts("/half")),
                to("web*1", "api*0", matches=starts("/all")),
            ),
            item(
                "ReferenceGrant",
                "from-shop",
                {
                    "from": [{"group": GROUP, "kind": "HTTPRoute", "namespace": SHOP}],
                    "to": [{"group": "", "kind": "Service", "name": "granted"}],
                },
                OTHER,
                "v1beta1",
            ),
        ],
        [
            *at("backends", "/empty", "/gone", "/zero-gone", "/zero", "/none", "/foreign", "/granted", "/all"),
            one("backends", "/half", shared=True),
        ],
        opaque=True,
    ),
    Case(
        "a share that is lost",
        [route("lost", of("lost"), to("web*1", "gone*1"))],
        [one("lost", shared=True)],
        opaque=True,
    ),
    Case(
        "redirects",
        [
            route(
                "redirects",
                of("redirects"),
                to(matches=starts("/host"), filters=redirect(hostname="new.test", statusCode=301)),
                to(matches=starts("/default"), filters=redirect(hostname="new.test")),
                to(matches=starts("/scheme"), filters=redirect(scheme="https", statusCode=301)),
                to(matches=starts("/port"), filters=redirect(port=8080)),
                to(
                    matches=starts("/whole"),
                    filters=redirect(path={"type": "ReplaceFullPath", "replaceFullPath": "/new"}),
                ),
                to(
                    matches=starts("/part"),
                    filters=redirect(path={"type": "ReplacePrefixMatch", "replacePrefixMatch": "/new"}),
                ),
                to(
                    matches=starts("/root"),
                    filters=redirect(path={"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}),
                ),
            )
        ],
        at(
            "redirects",
            *("/host", "/host/x?y=1", "/default", "/scheme", "/port/x", "/whole/x?y=1", "/part", "/part/x", "/root/x"),
        ),
    ),
    Case(
        "rewrites",
        [
            route(
                "rewrites",
                of("rewrites"),
                to(
                    "web",
                    matches=starts("/part"),
                    filters=rewrite(type="ReplacePrefixMatch", replacePrefixMatch="/new"),
                ),
                to("web", matches=starts("/root"), filters=rewrite(type="ReplacePrefixMatch", replacePrefixMatch="/")),
                to("api", matches=starts("/whole"), filters=rewrite(type="ReplaceFullPath", replaceFullPath="/new")),
            )
        ],
        at("rewrites", "/part", "/part/", "/part/x?y=1", "/root", "/root/x", "/whole", "/whole/x?y=1"),
    ),
    Case(
        "filters that change nothing about the way",
        [
            route(
                "headers",
                of("headers"),
                to(
                    "web",
                    filters=[
                        {
                            "type": "RequestHeaderModifier",
                            "requestHeaderModifier": {"set": [{"name": "x-a", "value": "b"}]},
                        },
                        {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"remove": ["x-b"]}},
                    ],
                ),
            )
        ],
        at("headers", "/"),
    ),
    Case(
        "TLS",
        [route("safe", of("safe"), to("web"), section="https")],
        [*at("safe", "/", scheme="https"), *at("safe", "/"), *at("paths", "/api", scheme="https")],
    ),
    Case(
        "listeners without a certificate",
        [
            route("broken", " ".join(f"{name}.test" for name in BROKEN), to("web")),
            route("hidden", of("hidden"), to("web")),
        ],
        [
            *(Request(f"https://{name}.test/") for name in BROKEN),
            *at("hidden", "/", scheme="https"),
            *at("hidden", "/"),
        ],
    ),
    Case(
        "a route of another namespace",
        [
            route("visitor", of("visitor"), to("far"), namespace=OTHER),
            route("stranger", "a.own.example.com", to("far", matches=starts("/far")), section="own", namespace=OTHER),
        ],
        [*at("visitor", "/"), *at("a.own", "/far")],
    ),
]
