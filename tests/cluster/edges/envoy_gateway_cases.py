"""What Envoy Gateway is asked: the routes of all implementations, and its own policies and filters."""

from __future__ import annotations

from tests.cluster.edges.asking import Request
from tests.cluster.edges.compared import Case
from tests.cluster.edges.gateway_cases import CASES as COMMON
from tests.cluster.edges.gateway_cases import (
    GROUP,
    HOST,
    OFFICE,
    at,
    gateway,
    gateway_class,
    item,
    of,
    pattern,
    route,
    to,
)
from tests.cluster.objects import Json

CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"
CLASS = gateway_class("eg", CONTROLLER)
GATEWAY_OBJECTS = gateway("eg")
OWN = "gateway.envoyproxy.io"


def own(kind: str, name: str, spec: Json, target: str = "") -> Json:
    refs = {"targetRefs": [{"group": GROUP, "kind": "HTTPRoute", "name": target}]} if target else {}
    return item(kind, name, {**refs, **spec}, version="v1alpha1", group=OWN)


def extension(name: str) -> list[Json]:
    return [{"type": "ExtensionRef", "extensionRef": {"group": OWN, "kind": "HTTPRouteFilter", "name": name}}]


ALIAS: Json = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "alias", "namespace": "shop"},
    "spec": {"type": "ExternalName", "externalName": "web.shop.svc.cluster.local"},
}
OF_ITS_OWN = [
    Case("ExternalName", [ALIAS, route("alias", of("alias"), to("alias"))], at("alias", "/")),
    Case(
        "SecurityPolicy",
        [
            route("office", of("office"), to("web")),
            own(
                "SecurityPolicy",
                "office",
                {
                    "authorization": {
                        "defaultAction": "Deny",
                        "rules": [{"action": "Allow", "principal": {"clientCIDRs": ["198.51.100.0/24"]}}],
                    }
                },
                "office",
            ),
        ],
        [Request(f"http://office.{HOST}/"), Request(f"http://office.{HOST}/", source=OFFICE)],
        opaque=True,
    ),
    Case(
        "BackendTrafficPolicy",
        [
            route("faulty", of("faulty"), to("web")),
            own("BackendTrafficPolicy", "faulty", {"faultInjection": {"abort": {"httpStatus": 418}}}, "faulty"),
        ],
        at("faulty", "/"),
        opaque=True,
    ),
    Case(
        "HTTPRouteFilter",
        [
            route(
                "filtered",
                of("filtered"),
                to("api", matches=pattern("/old/.*"), filters=extension("new")),
                to("web", filters=extension("gone")),
            ),
            own(
                "HTTPRouteFilter",
                "new",
                {
                    "urlRewrite": {
                        "path": {
                            "type": "ReplaceRegexMatch",
                            "replaceRegexMatch": {"pattern": "^/old/(.*)$", "substitution": "/new/\\1"},
                        }
                    }
                },
            ),
        ],
        at("filtered", "/old/x", "/x"),
        opaque=True,
    ),
]
CASES = [*COMMON, *OF_ITS_OWN]
