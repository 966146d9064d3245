"""What the ConfigMap of ingress-nginx changes for all of its Ingresses (controllers.md CN-41, CN-42)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Settings(NamedTuple):
    """Defaults where no annotation says otherwise; those of this class are the controller's own.

    `not_redirected` begin the paths of rules that are never sent to https. `allow` and `deny` are lists of blocks, and
    `where` says which ConfigMap has them.
    """

    ssl_redirect: bool = True
    force_ssl_redirect: bool = False
    redirect_code: int = 308
    not_redirected: tuple[str, ...] = ("/.well-known/acme-challenge",)
    allow: str = ""
    deny: str = ""
    where: str = ""


DEFAULT = Settings()


def settings_from(values: Mapping[str, str], where: str) -> Settings:
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
        where=where,
    )


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
