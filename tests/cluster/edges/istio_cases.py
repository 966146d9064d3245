"""What Istio's gateway is asked: the routes of all implementations, and its own kinds, which svcmap only names."""

from __future__ import annotations

from typing import Any

from tests.cluster.edges.asking import Request
from tests.cluster.edges.compared import Case
from tests.cluster.edges.gateway_cases import CASES as COMMON
from tests.cluster.edges.gateway_cases import HOST, OFFICE, SHOP, at, gateway, gateway_class, item, of, one, route, to
from tests.cluster.objects import Json

CONTROLLER = "istio.io/gateway-controller"
CLASS = gateway_class("istio", CONTROLLER)
SYSTEM = "istio-system"
SERVICE = "gateway"
ADDRESS = {"type": "Hostname", "value": f"{SERVICE}.{SHOP}.svc.cluster.local"}
LABELS = {"app": SERVICE}
"""Of the proxy's pods."""


def own(kind: str, name: str, spec: Json, namespace: str = SHOP, group: str = "networking.istio.io") -> Json:
    return item(kind, name, spec, namespace, group=group)


def there(service: str, **more: Any) -> Json:
    return {"destination": {"host": service, "port": {"number": 80}}, **more}


GATEWAY_OBJECTS = [
    *gateway("istio", addresses=[ADDRESS]),
    own(
        "Gateway",
        "classic",
        {
            "selector": LABELS,
            "servers": [
                {"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": [f"*.vs.{HOST}", f"vs.{HOST}"]}
            ],
        },
    ),
]
OF_ITS_OWN = [
    Case(
        "VirtualService",
        [
            own(
                "VirtualService",
                "vs",
                {
                    "hosts": [f"vs.{HOST}"],
                    "gateways": ["classic"],
                    "http": [
                        {"match": [{"headers": {"x-canary": {"exact": "1"}}}], "route": [there("canary")]},
                        {"match": [{"uri": {"prefix": "/api/"}}], "rewrite": {"uri": "/"}, "route": [there("api")]},
                        {
                            "match": [{"uri": {"exact": "/moved"}}],
                            "redirect": {"uri": "/new", "authority": "new.test", "redirectCode": 302},
                        },
                        {
                            "match": [{"uri": {"prefix": "/fault"}}],
                            "fault": {"abort": {"percentage": {"value": 100}, "httpStatus": 418}},
                            "route": [there("web")],
                        },
                        {"match": [{"uri": {"prefix": "/nowhere"}}], "route": [there("gone")]},
                        {"route": [there("web")]},
                    ],
                },
            )
        ],
        [*at("vs", "/", "/api/x", "/moved", "/fault", "/nowhere"), one("vs", x_canary="1"), *at("other.vs", "/")],
        opaque=True,
    ),
]
CASES = [*COMMON, *OF_ITS_OWN]
GUARD = [
    own(
        "AuthorizationPolicy",
        "guarded",
        {
            "selector": {"matchLabels": LABELS},
            "action": "DENY",
            "rules": [
                {
                    "from": [{"source": {"ipBlocks": ["198.51.100.0/24"]}}],
                    "to": [{"operation": {"hosts": [of("guarded")]}}],
                }
            ],
        },
        group="security.istio.io",
    )
]
GUARDED = Case(
    "AuthorizationPolicy for the gateway's pods",
    [route("guarded", of("guarded"), to("web"))],
    [Request(f"http://guarded.{HOST}/", source=OFFICE), Request(f"http://guarded.{HOST}/")],
    opaque=True,
)
"""Asked at last, when the policy is there, which may refuse any request to the gateway."""
