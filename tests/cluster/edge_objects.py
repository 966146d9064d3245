"""Ingresses and a Gateway with its routes, one for each way a request can go or fail at the edge."""

from __future__ import annotations

from typing import Any

from tests.cluster.objects import Json
from tests.cluster.packet_objects import NAMESPACE

GROUP = "gateway.networking.k8s.io"
OTHER = "elsewhere"
GATEWAY_NAME = f"{NAMESPACE}/edge"


def _object(version: str, kind: str, name: str, spec: Json, namespace: str | None = NAMESPACE) -> Json:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def _backend(service: str, port: int | str = 80) -> Json:
    return {"service": {"name": service, "port": {"name" if isinstance(port, str) else "number": port}}}


def _path(path: str, service: str, type_: str = "Prefix", port: int | str = 80) -> Json:
    return {"path": path, "pathType": type_, "backend": _backend(service, port)}


def _ingress(name: str, host: str | None, *paths: Json, **spec: Any) -> Json:
    rule = {"http": {"paths": list(paths)}, **({"host": host} if host else {})}
    rules = {"rules": [rule]} if paths else {}
    made = {"ingressClassName": "contour", **rules, **spec}
    return _object("networking.k8s.io/v1", "Ingress", name, made)


def _proxy(name: str, host: str, service: str) -> Json:
    routes = [{"services": [{"name": service, "port": 80}]}]
    return _object("projectcontour.io/v1", "HTTPProxy", name, {"virtualhost": {"fqdn": host}, "routes": routes})


PROXIES = [_proxy("proxied", "proxied.example.com", "web"), _proxy("both", "both.example.com", "web")]
"""Contour's own kind, which svcmap only names."""
INGRESSES: list[Json] = [
    *PROXIES,
    _ingress("both", "both.example.com", _path("/", "myself")),
    _object(
        "networking.k8s.io/v1", "IngressClass", "contour", {"controller": "projectcontour.io/ingress-controller"}, None
    ),
    _ingress(
        "shop",
        "shop.example.com",
        _path("/", "web"),
        _path("/api", "myself"),
        _path("/api/v2", "on-host"),
        _path("/pay", "on-host", "Exact"),
        _path("/named", "myself", port="http"),
        _path("/empty", "empty"),
        _path("/manual", "by-hand", port=5432),
        _path("/headless", "headless", port=8080),
        _path("/six", "six"),
        _path("/own", "myself", "ImplementationSpecific"),
        _path("/slash/", "myself", "ImplementationSpecific"),
        _path("/re/[0-9]+", "on-host", "ImplementationSpecific"),
        _path("/re/1/longer", "myself"),
        _path("/tail/", "myself"),
        _path("/missing", "gone"),
        _path("/no-port", "web", port=99),
    ),
    _ingress("wild", "*.example.org", _path("/", "on-host")),
    _ingress("wild-exact", "exact.example.org", _path("/x", "web")),
    _ingress("narrow", "narrow.example.com", _path("/only", "web", "Exact")),
    _ingress("gone", "gone.example.com", _path("/", "gone")),
    _ingress("half-gone", "half-gone.example.com", _path("/x", "gone")),
    _ingress("wild-gone", "*.gone.test", _path("/", "gone")),
    _ingress("wrong-port", "wrong-port.example.com", _path("/", "web", port=99)),
    _ingress("leaving", "leaving.example.com", _path("/", "leaving")),
    _ingress("away", "away.example.com", _path("/", "alias")),
    _ingress("unserved", "unserved.example.com", _path("/", "web"), ingressClassName="another"),
    _ingress("any", None, _path("/any", "on-host")),
    _ingress("rest", None, defaultBackend=_backend("myself")),
]


def _rule(*backends: Json, match: Json | None = None, filters: list[Json] | None = None) -> Json:
    return {
        **({"matches": [match]} if match else {}),
        **({"filters": filters} if filters else {}),
        **({"backendRefs": list(backends)} if backends else {}),
    }


def _ref(name: str, port: int = 80, **more: Any) -> Json:
    return {"name": name, "port": port, **more}


def _starts(path: str, **more: Any) -> Json:
    return {"path": {"type": "PathPrefix", "value": path}, **more}


def _route(name: str, host: str, *rules: Json, listener: str = "http", namespace: str = NAMESPACE) -> Json:
    parent = {"namespace": NAMESPACE, "name": "edge", "sectionName": listener}
    spec = {"parentRefs": [parent], "hostnames": [host], "rules": list(rules)}
    return _object(f"{GROUP}/v1", "HTTPRoute", name, spec, namespace)


def _listener(name: str, port: int, **more: Any) -> Json:
    return {"name": name, "port": port, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "Same"}}, **more}


GATEWAYS: list[Json] = [
    _object(f"{GROUP}/v1", "GatewayClass", "contour", {"controllerName": "projectcontour.io/gateway-controller"}, None),
    _object(
        f"{GROUP}/v1",
        "Gateway",
        "edge",
        {
            "gatewayClassName": "contour",
            "listeners": [_listener("http", 80), _listener("alt", 81, hostname="*.alt.test")],
        },
    ),
    _route(
        "matches",
        "gw.example.com",
        _rule(_ref("web"), match=_starts("/v1")),
        _rule(_ref("myself"), match={"path": {"type": "Exact", "value": "/v1/only"}}),
        _rule(_ref("myself"), match=_starts("/v1", headers=[{"name": "x-canary", "value": "yes"}])),
        _rule(_ref("on-host"), match=_starts("/v1", method="POST")),
        _rule(_ref("myself"), match=_starts("/q", queryParams=[{"name": "beta", "value": "1"}])),
        _rule(_ref("on-host"), match={"path": {"type": "RegularExpression", "value": "/re/[0-9]+"}}),
        _rule(_ref("empty"), match=_starts("/empty")),
        _rule(_ref("web"), _ref("myself", weight=0), match=_starts("/weights")),
        _rule(_ref("web", weight=0), match=_starts("/zero")),
        _rule(_ref("gone"), match=_starts("/gone")),
        _rule(_ref("web", 99), match=_starts("/port")),
        _rule(_ref("far", namespace=OTHER), match=_starts("/foreign")),
        _rule(_ref("granted", namespace=OTHER), match=_starts("/granted")),
        _rule(match=_starts("/nothing")),
    ),
    _route(
        "filters",
        "filters.example.com",
        _rule(
            match=_starts("/moved"),
            filters=[
                {"type": "RequestRedirect", "requestRedirect": {"hostname": "new.example.com", "statusCode": 301}}
            ],
        ),
        _rule(
            _ref("myself"),
            match=_starts("/old"),
            filters=[
                {
                    "type": "URLRewrite",
                    "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/new"}},
                }
            ],
        ),
    ),
    _route(
        "order",
        "order.example.com",
        _rule(_ref("web"), _ref("gone"), match=_starts("/half-gone")),
        _rule(_ref("myself"), match=_starts("/rex/prefix/that/is/longer")),
        _rule(_ref("on-host"), match={"path": {"type": "RegularExpression", "value": "/rex/.*"}}),
        _rule(_ref("web"), match=_starts("/order", headers=[{"name": "x-canary", "value": "yes"}])),
        _rule(_ref("myself"), match=_starts("/order", method="POST")),
    ),
    _route("wild", "*.wild.example.com", _rule(_ref("on-host"))),
    _route("tame", "tame.wild.example.com", _rule(_ref("web"), match=_starts("/x"))),
    _route("alt", "x.alt.test", _rule(_ref("myself")), listener="alt"),
    _route("apart", "x.other.test", _rule(_ref("web")), listener="alt"),
    _route("stranger", "stranger.example.com", _rule(_ref("far")), namespace=OTHER),
    _object(
        f"{GROUP}/v1beta1",
        "ReferenceGrant",
        "from-store",
        {
            "from": [{"group": GROUP, "kind": "HTTPRoute", "namespace": NAMESPACE}],
            "to": [{"group": "", "kind": "Service", "name": "granted"}],
        },
        OTHER,
    ),
]


def _manual(name: str, address: str) -> list[Json]:
    """A Service of another namespace, whose endpoint is written by hand."""
    metadata = {"name": name, "namespace": OTHER, "labels": {"kubernetes.io/service-name": name}}
    ports = [{"name": "", "port": 5432}]
    return [
        _object("v1", "Service", name, {"ports": [{"port": 80, "targetPort": 5432}]}, OTHER),
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": metadata,
            "addressType": "IPv4",
            "ports": ports,
            "endpoints": [{"addresses": [address]}],
        },
    ]


ELSEWHERE: list[Json] = [*_manual("far", "192.168.60.200"), *_manual("granted", "192.168.60.200")]
