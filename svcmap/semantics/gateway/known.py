"""Implementations of Gateway API, and how each reads what the API leaves to it (controllers.md 11.1, 11.2)."""

from __future__ import annotations

from typing import Literal, NamedTuple

from svcmap.clean_paths import Cleaning


class Reading(NamedTuple):
    """How rules are tried (GW-21 to GW-26, GW-35); the defaults are those of the API text.

    `after_exact`: of other paths the longest first, or regular expressions before prefixes, or after them. `method`:
    before headers, as one of them, or not at all. `anchored`: how much of a path a regular expression has to take.
    `own_host`: a host that a rule names is served by the rules of the most specific name alone. `spreads`: what a
    backend that is invalid would get goes to the others. `skips_empty`: a rule without backends is none.
    `none_left` is the answer where no backend can be used; `certificates`: those of listeners count.
    `cleaning` is what becomes of a path first (GW-20); one that `unescapes` redirects a path with encoded slashes.
    """

    after_exact: Literal["longest", "regex", "prefix"] = "longest"
    method: Literal["first", "header", "never"] = "first"
    anchored: Literal["whole", "start"] = "whole"
    own_host: bool = False
    spreads: bool = False
    skips_empty: bool = False
    none_left: int = 500
    certificates: bool = True
    cleaning: Cleaning = "unknown"
    unescapes: bool = False


class Implementation(NamedTuple):
    """One implementation. `controllers` are values of a GatewayClass' `spec.controllerName`, `classes` its usual names,
    for sources without the object; `reading` is None where nobody has written it down. `unclaimed` are extended
    features that its conformance report lists as unsupported (GW-61 to GW-71), as far as they decide an answer.
    `external_names`: Services of type ExternalName are backends, by its defaults (GW-31 to GW-33, CC-7).
    """

    title: str
    controllers: tuple[str, ...]
    classes: tuple[str, ...] = ()
    reading: Reading | None = None
    unclaimed: tuple[str, ...] = ()
    external_names: bool = True


BACKEND_TLS, TLS_TERMINATE = "BackendTLSPolicy", "TLSRouteModeTerminate"
ISOLATION, PARENT_PORT = "GatewayHTTPListenerIsolation", "HTTPRouteParentRefPort"
REDIRECT_CODES = tuple(f"HTTPRoute{code}RedirectStatusCode" for code in (303, 307, 308))
IMPLEMENTATIONS = (
    Implementation(
        "Envoy Gateway",
        ("gateway.envoyproxy.io/gatewayclass-controller",),
        ("eg",),
        Reading("regex", "header", own_host=True, cleaning="merged", unescapes=True),
        external_names=False,
    ),
    Implementation(
        "Istio",
        ("istio.io/gateway-controller", "istio.io/unmanaged-gateway"),
        ("istio", "istio-remote"),
        Reading("prefix", own_host=True, cleaning="dots"),
    ),
    Implementation(
        "Cilium",
        ("io.cilium/gateway-controller",),
        ("cilium",),
        Reading("longest", "never", own_host=True, spreads=True),
        (PARENT_PORT, TLS_TERMINATE),
    ),
    Implementation(
        "NGINX Gateway Fabric",
        ("gateway.nginx.org/nginx-gateway-controller",),
        ("nginx",),
        Reading("regex", anchored="start", own_host=True, cleaning="decoded"),
        external_names=False,
    ),
    Implementation(
        "Contour",
        ("projectcontour.io/gateway-controller",),
        ("contour",),
        Reading("regex", own_host=True, spreads=True, skips_empty=True, cleaning="merged"),
        ("HTTPRoutePortRedirect", PARENT_PORT),
        external_names=False,
    ),
    Implementation(
        "AWS Load Balancer Controller",
        ("gateway.k8s.aws/alb",),
        (),
        Reading("prefix", none_left=503, certificates=False),
        (
            *("HTTPRouteQueryParamMatching", "HTTPRoutePathRewrite", "HTTPRouteHostRewrite", "HTTPRoutePathRedirect"),
            *("HTTPRouteSchemeRedirect", *REDIRECT_CODES, BACKEND_TLS, ISOLATION),
        ),
    ),
    Implementation(
        "Traefik", ("traefik.io/gateway-controller",), ("traefik",), unclaimed=(ISOLATION,), external_names=False
    ),
    Implementation("kgateway", ("kgateway.dev/kgateway", "agentgateway.dev/agentgateway"), ("kgateway",)),
    Implementation(
        "GKE",
        ("networking.gke.io/gateway",),
        tuple(
            f"gke-l7-{kind}{clusters}"
            for kind in ("global-external-managed", "regional-external-managed", "rilb", "gxlb")
            for clusters in ("", "-mc")
        ),
        unclaimed=(
            *("HTTPRouteMethodMatching", "HTTPRoutePathRewrite", "HTTPRoutePortRedirect", *REDIRECT_CODES),
            *(ISOLATION, PARENT_PORT),
        ),
    ),
    Implementation(
        "Kong",
        ("konghq.com/kic-gateway-controller", "konghq.com/gateway-operator"),
        ("kong",),
        unclaimed=(
            *("HTTPRoutePathRedirect", "HTTPRoutePortRedirect", "HTTPRouteSchemeRedirect", *REDIRECT_CODES),
            *("HTTPRouteMethodMatching", "HTTPRouteQueryParamMatching", BACKEND_TLS, ISOLATION, PARENT_PORT),
        ),
    ),
    Implementation(
        "HAProxy Ingress",
        ("haproxy-ingress.github.io/controller",),
        unclaimed=(
            *("HTTPRouteMethodMatching", "HTTPRouteQueryParamMatching", "HTTPRouteHostRewrite", "HTTPRoutePathRewrite"),
            *("HTTPRoutePathRedirect", "HTTPRoutePortRedirect", *REDIRECT_CODES),
            *(BACKEND_TLS, ISOLATION, PARENT_PORT),
        ),
    ),
)
AS_WRITTEN = Reading()
READINGS = (
    AS_WRITTEN,
    *(Reading(order, method) for order in ("longest", "regex", "prefix") for method in ("first", "header")),
    Reading(own_host=True),
    Reading(anchored="start"),
)
"""What an implementation that is not known may do, as far as the conformance tests of the API leave it a choice: where
all of them agree, it does so too.
"""


def implementation_of(controller: str, class_name: str) -> Implementation | None:
    """The implementation of a GatewayClass, by its controller; without the object by the name of the class."""
    if controller:
        return next((item for item in IMPLEMENTATIONS if controller in item.controllers), None)
    return next((item for item in IMPLEMENTATIONS if class_name in item.classes), None)


def readings_of(found: Implementation | None) -> tuple[Reading, ...]:
    """The one way in which it reads rules, or all that it may."""
    return (found.reading,) if found is not None and found.reading is not None else READINGS
