"""The OIDC auth provider of a kubeconfig: its id token, and a new one for the refresh token.

Not the client library's refresh: where the kubeconfig names no CA for the issuer it asks it without verifying TLS, and
where the issuer refuses it goes on anonymously. What the issuer gives is written back as kubectl does: a refresh token
may be good for one use only. Other auth providers (gcp, azure) left kubectl with 1.26.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from svcmap.errors import SourceError
from svcmap.sources.live.auth.kubeconfig import Chosen
from svcmap.sources.live.auth.tokens import expiry, has_ended

PATIENCE = 30.0
Config = dict[str, Any]


def token(provider: Config, chosen: Chosen) -> tuple[str, datetime.datetime | None]:
    """The id token and when it ends. Raises SourceError for other providers, and where no valid token comes of it."""
    user = chosen.user_name
    if provider.get("name") != "oidc":
        name = provider.get("name")
        raise SourceError(f"user {user}: unknown auth-provider {name}; kubectl has dropped it: use an exec plug-in")
    config: Config = provider.get("config") or {}
    found = str(config.get("id-token") or "")
    if not found or has_ended(expiry(found)):
        found = _refresh(config, user)
        _keep(chosen, config)
    if expiry(found) is None:
        raise SourceError(f"user {user}: the oidc id-token is no JSON web token; log in again")
    if has_ended(expiry(found)):
        raise SourceError(f"user {user}: the oidc issuer gave a token that has already ended; is the clock right?")
    return found, expiry(found)


def _refresh(config: Config, user: str) -> str:
    """A new id token, put into `config` with the new refresh token."""
    if not config.get("refresh-token") or not config.get("idp-issuer-url"):
        raise SourceError(f"user {user}: the oidc id-token has expired and there is no refresh-token; log in again")
    from urllib3.exceptions import HTTPError

    try:
        answer = _ask(config, str(config["idp-issuer-url"]).rstrip("/"))
    except (HTTPError, ValueError, KeyError, TypeError) as error:
        raise SourceError(f"user {user}: the oidc token cannot be refreshed: {_first_line(error)}") from None
    if not isinstance(answer, Mapping) or not answer.get("id_token"):
        reason = answer.get("error_description") or answer.get("error") if isinstance(answer, Mapping) else None
        raise SourceError(
            f"user {user}: the oidc issuer gives no id token: {reason or 'no reason given'}; log in again"
        )
    config["id-token"] = str(answer["id_token"])
    config["refresh-token"] = str(answer.get("refresh_token") or config["refresh-token"])
    return str(config["id-token"])


def _ask(config: Config, issuer: str) -> Any:
    """The issuer's answer to a refresh request (RFC 6749 section 6, OpenID Connect Discovery 1.0)."""
    import urllib3

    data = config.get("idp-certificate-authority-data")
    pool = urllib3.PoolManager(
        cert_reqs="CERT_REQUIRED",
        ca_certs=config.get("idp-certificate-authority"),
        ca_cert_data=base64.b64decode(data).decode() if data else None,
        timeout=PATIENCE,
        retries=False,
    )
    found = pool.request("GET", f"{issuer}/.well-known/openid-configuration")
    endpoint = json.loads(found.data)["token_endpoint"]
    client, secret = str(config.get("client-id") or ""), str(config.get("client-secret") or "")
    fields = {"grant_type": "refresh_token", "refresh_token": str(config["refresh-token"]), "client_id": client}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if secret:
        headers |= urllib3.util.make_headers(basic_auth=f"{client}:{secret}")
    return json.loads(pool.request("POST", endpoint, body=urlencode(fields), headers=headers).data)


def _keep(chosen: Chosen, config: Config) -> None:
    """Write the new tokens into the kubeconfig that has this user, through the client library, which does it so too."""
    from kubernetes.config.kube_config import KubeConfigMerger

    merger = KubeConfigMerger(os.pathsep.join(chosen.files))
    for item in merger.config.value["users"]:
        if item["name"] == chosen.user_name:
            item["user"]["auth-provider"]["config"].value.update(config)
            break
    with contextlib.suppress(OSError):  # a kubeconfig that cannot be written: the new token works here all the same
        merger.save_changes()


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
