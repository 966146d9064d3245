"""How a user of a kubeconfig proves who they are, and how that is kept fresh. Nobody ever asks anonymously."""

from __future__ import annotations

import base64
import binascii
import datetime
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from svcmap.errors import SourceError
from svcmap.sources.live.auth import exec_plugin, oidc
from svcmap.sources.live.auth.kubeconfig import Chosen
from svcmap.sources.live.auth.tokens import expiry, has_ended

CERTIFICATE = ("client-certificate", "client-key")
EARLY = 10.0
TOKEN = "!#$&'*+^`|"
"""What a header's name may have beside letters, digits and what `quote` leaves anyway (RFC 9110, token)."""
FILE_AGE = 60.0
"""Seconds after which a token file is read again, as client-go does: a projected token is replaced within the hour."""


class Impersonation(NamedTuple):
    """Whom the user acts as (`--as`, `--as-group`, or the kubeconfig's)."""

    user: str = ""
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, str], ...] = ()

    def headers(self) -> list[tuple[str, str]]:
        """Header lines, one for each group.

        https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
        """
        found = [("Impersonate-User", self.user)] if self.user else []
        found += [("Impersonate-Group", group) for group in self.groups]
        found += [("Impersonate-Uid", self.uid)] if self.uid else []
        return found + [(f"Impersonate-Extra-{quote(key, safe=TOKEN)}", value) for key, value in self.extra]


def impersonation(user: dict[str, Any], as_user: str | None, as_groups: Iterable[str]) -> Impersonation:
    """The flags', where they name a user; else the kubeconfig's. Raises SourceError for groups without a user."""
    groups = tuple(as_groups)
    if as_user:
        return Impersonation(as_user, groups)
    named = str(user.get("as") or "")
    found = groups or tuple(str(group) for group in user.get("as-groups") or ())
    if any(not text.isprintable() or not text.isascii() for text in (named, *found)):
        raise SourceError("--as and --as-group are plain ASCII text")
    if found and not named:
        raise SourceError("a group is impersonated together with a user: give --as too")
    extra = user.get("as-user-extra") or {}
    lines = tuple((str(key), str(value)) for key, values in extra.items() for value in values)
    return Impersonation(named, found, str(user.get("as-uid") or ""), lines)


class Credentials:
    """The credentials of one user. Raises SourceError where they have none that work.

    `certificate` and `key` are PEM texts for the TLS handshake; both empty where a header does it.
    """

    def __init__(self, chosen: Chosen, *, may_ask: bool = True) -> None:
        self.chosen, self.user, self.title = chosen, chosen.user, chosen.user_name or "(none)"
        self.certificate, self.key = (pem(self.user, key, f"user {self.title}") for key in CERTIFICATE)
        self.expires: datetime.datetime | None = None
        self._authorization = ""
        self._read_at = 0.0
        if bool(self.certificate) != bool(self.key):
            raise SourceError(f"user {self.title}: a client certificate and its key belong together")
        for key in ("exec", "auth-provider"):
            if self.user.get(key) and not isinstance(self.user[key], dict):
                raise SourceError(f"user {self.title}: {key} must be a mapping")
        self.refresh(may_ask=may_ask)
        if not (self._authorization or self.certificate) and not chosen.server.lower().startswith("http:"):
            raise SourceError(
                f"user {self.title} of context {chosen.context} has no credentials (token, client certificate, exec); "
                "svcmap never asks anonymously"
            )

    def authorization(self) -> str:
        """The Authorization header's value, refreshed where it is about to expire; empty with a certificate."""
        aged = "tokenFile" in self.user and time.monotonic() - self._read_at > FILE_AGE
        if aged or has_ended(self.expires, EARLY):
            self.refresh()
        return self._authorization

    def refresh(self, *, may_ask: bool = False) -> None:
        """Get them again: after a 401, or before they expire."""
        user = self.user
        if provider := user.get("auth-provider"):
            found, self.expires = oidc.token(provider, self.chosen)
            self._authorization = f"Bearer {found}"
        elif user.get("tokenFile"):
            self._authorization, self._read_at = f"Bearer {self._token_file()}", time.monotonic()
        elif user.get("token"):
            self._authorization = f"Bearer {user['token']}"
        elif user.get("exec"):
            given = exec_plugin.run(user["exec"], self.chosen.cluster, self.title, may_ask=may_ask)
            self._authorization = f"Bearer {given.token}" if given.token else ""
            self.certificate, self.key, self.expires = given.certificate, given.key, given.expires
        elif user.get("username") and "password" in user:
            pair = f"{user['username']}:{user['password']}".encode()
            self._authorization = f"Basic {base64.b64encode(pair).decode()}"
        if "\n" in self._authorization or "\r" in self._authorization:
            raise SourceError(f"user {self.title}: the token has a line break in it")
        if not self._authorization.isascii():
            raise SourceError(f"user {self.title}: the token has characters in it that no token has")

    def explain_refusal(self) -> str:
        """What to say of a 401: that the token has expired, if it says so itself."""
        ended = self.expires or expiry(self._authorization.removeprefix("Bearer "))
        if ended and has_ended(ended):
            return f"the token of user {self.title} expired at {ended:%Y-%m-%d %H:%M:%S} UTC; log in again"
        return f"the API server refuses the credentials of user {self.title} (401 Unauthorized)"

    def _token_file(self) -> str:
        path = Path(str(self.user["tokenFile"]))
        try:
            token = path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no token"
            raise SourceError(f"user {self.title}: tokenFile {path}: {reason}") from None
        if not token:
            raise SourceError(f"user {self.title}: tokenFile {path} is empty")
        return token


def pem(entry: dict[str, Any], key: str, title: str) -> str:
    """The PEM text of `key` or `key-data` of an entry. Raises SourceError if it cannot be read."""
    try:
        if data := entry.get(f"{key}-data"):
            found = base64.b64decode(str(data), validate=False).decode("ascii")
        else:
            found = Path(str(entry[key])).read_text("ascii") if entry.get(key) else ""
    except (binascii.Error, UnicodeDecodeError):
        raise SourceError(f"{title}: {key} is no PEM text") from None
    except OSError as error:
        raise SourceError(f"{title}: {key} {entry[key]}: {error.strerror}") from None
    if found and "-----BEGIN" not in found:
        raise SourceError(f"{title}: {key} is no PEM text")
    return found
