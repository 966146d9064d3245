"""What the ConfigMap and the arguments of ingress-nginx change for all of its Ingresses (CN-1, CN-41, CN-42, CN-50)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from svcmap.model.components import flag, is_on
from svcmap.model.refs import Name, ObjectRef


class Settings(NamedTuple):
    """Defaults where no annotation says otherwise; those of this class are the controller's own.

    `not_redirected` begin the paths of rules that are never sent to https; `risk` and `snippets` are the values of
    annotations-risk-level and allow-snippet-annotations, whose defaults depend on the release. `forwarded`: address and
    scheme of clients are those of X-Forwarded headers. `allow` and `deny` are lists of blocks, and `where` says which
    ConfigMap has them: `ref`, where it is in the source.
    """

    ssl_redirect: bool = True
    force_ssl_redirect: bool = False
    redirect_code: int = 308
    not_redirected: tuple[str, ...] = ("/.well-known/acme-challenge",)
    allow: str = ""
    deny: str = ""
    risk: str = ""
    snippets: str = ""
    proxy_protocol: bool = False
    forwarded: bool = False
    where: str = ""
    ref: ObjectRef | None = None


DEFAULT = Settings()


def settings_from(values: Mapping[str, str], where: str, ref: ObjectRef | None = None) -> Settings:
    """The settings of a ConfigMap's data; a key that is not there, or makes no sense, has its default
    (internal/ingress/controller/template/configmap.go).
    """
    code = values.get("http-redirect-code", "")
    unsent = values.get("no-tls-redirect-locations")
    return Settings(
        ssl_redirect=values.get("ssl-redirect", "true") != "false",
        force_ssl_redirect=values.get("force-ssl-redirect", "false") == "true",
        redirect_code=int(code) if code in ("301", "302", "307", "308") else DEFAULT.redirect_code,
        not_redirected=DEFAULT.not_redirected if unsent is None else tuple(_parts(unsent)),
        allow=values.get("whitelist-source-range", ""),
        deny=values.get("denylist-source-range", ""),
        risk=values.get("annotations-risk-level", ""),
        snippets=values.get("allow-snippet-annotations", ""),
        proxy_protocol=values.get("use-proxy-protocol", "false") == "true",
        forwarded=values.get("use-forwarded-headers", "false") == "true",
        where=where,
        ref=ref,
    )


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


ARGUMENTS = (
    *(
        "controller-class",
        "ingress-class",
        "watch-ingress-without-class",
        "watch-namespace",
        "watch-namespace-selector",
    ),
    *("configmap", "default-backend-service", "disable-catch-all", "disable-svc-external-name"),
    *("annotations-prefix", "enable-ssl-passthrough"),
)
"""The flags that are read."""
ANNOTATIONS_PREFIX = "nginx.ingress.kubernetes.io"
CONTROLLER, CLASS_NAME, NAMESPACE_OF_POD = "k8s.io/ingress-nginx", "nginx", "$(POD_NAMESPACE)"


class Arguments(NamedTuple):
    """The command line of a controller (pkg/flags/flags.go). It serves the classes with the value `controller`, or
    without the object the one called `class_name`; `adopts`: Ingresses without a class too.

    `watched` is the only namespace whose Ingresses it looks at (empty: all), `selector` the labels of those;
    `default_backend` answers what no rule takes. `no_catch_all`: it ignores Ingresses with a default backend
    (store.go); `no_external_names`: Services of type ExternalName have no endpoint for it (endpointslices.go);
    `passes_tls`: hosts may have their TLS passed through (pkg/tcpproxy).
    """

    controller: str = CONTROLLER
    class_name: str = CLASS_NAME
    adopts: bool = False
    watched: str = ""
    selector: str = ""
    config_map: Name | None = None
    default_backend: Name | None = None
    no_catch_all: bool = False
    no_external_names: bool = False
    annotations_prefix: str = ANNOTATIONS_PREFIX
    passes_tls: bool = False

    def serves(self, controller: str, class_name: str) -> bool:
        """Whether a class is its own; `controller` is empty where the object is not in the source."""
        return controller == self.controller if controller else class_name == self.class_name


def arguments_from(words: Sequence[str], namespace: str) -> Arguments:
    """Those of a controller whose pods run in `namespace`."""
    default_backend, config_map = flag(words, "default-backend-service"), flag(words, "configmap")
    return Arguments(
        controller=flag(words, "controller-class") or CONTROLLER,
        class_name=flag(words, "ingress-class") or CLASS_NAME,
        adopts=is_on(words, "watch-ingress-without-class"),
        watched=(flag(words, "watch-namespace") or "").replace(NAMESPACE_OF_POD, namespace),
        selector=flag(words, "watch-namespace-selector") or "",
        config_map=_name(config_map, namespace),
        default_backend=_name(default_backend, namespace),
        no_catch_all=is_on(words, "disable-catch-all"),
        no_external_names=is_on(words, "disable-svc-external-name"),
        annotations_prefix=flag(words, "annotations-prefix") or ANNOTATIONS_PREFIX,
        passes_tls=is_on(words, "enable-ssl-passthrough"),
    )


def _name(text: str | None, namespace: str) -> Name | None:
    own, slash, name = (text or "").replace(NAMESPACE_OF_POD, namespace).partition("/")
    return Name(own, name) if slash and name else None
