"""Exec plug-ins of a kubeconfig: programs that print credentials.

Format: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins. The client
library goes on anonymously where a plug-in fails or is missing; here that is an error, always.
"""

from __future__ import annotations

import atexit
import datetime
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from typing import Any, NamedTuple

from svcmap import console
from svcmap.errors import SourceError

VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
EXTENSION = "client.authentication.k8s.io/exec"
TIME_LIMIT = 120.0
_running: set[subprocess.Popen[str]] = set()


@atexit.register
def _end_all() -> None:
    """No login outlives the program that wanted it."""
    for process in tuple(_running):
        process.kill()


class Credential(NamedTuple):
    """What a plug-in gave: a token, or a certificate with its key (PEM), until `expires`."""

    token: str = ""
    certificate: str = ""
    key: str = ""
    expires: datetime.datetime | None = None


def run(plugin: dict[str, Any], cluster: dict[str, Any], user: str, *, may_ask: bool) -> Credential:
    """Run the plug-in of a user. With `may_ask` it has the terminal; a refresh while the UI runs never does.

    Raises SourceError when it is missing, fails, or prints no credentials.
    """
    version, command = str(plugin.get("apiVersion", "")), str(plugin.get("command", ""))
    title = f"exec plug-in {command or '(no command)'} of user {user}"
    if not command or version not in VERSIONS:
        raise SourceError(f"{title}: apiVersion must be one of {', '.join(VERSIONS)}, not {version or '(none)'}")
    mode = plugin.get("interactiveMode", "IfAvailable")
    asks = may_ask and mode != "Never" and sys.stdin is not None and sys.stdin.isatty()
    if mode == "Always" and not asks:
        raise SourceError(f"{title}: it wants to ask something, and there is no terminal; log in first")
    environment = _environment(plugin, cluster, version, interactive=asks)
    with console.if_slow(f"waiting for {title}") if may_ask and not asks else nullcontext():
        output = _output(plugin, title, environment, asks)
    return _credential(output, version, title)


def _listed(plugin: dict[str, Any], field: str, type_: type | tuple[type, ...]) -> list[Any]:
    """A list of a plug-in's entry. Raises SourceError for anything else."""
    value = plugin.get(field) or []
    if not isinstance(value, list) or not all(isinstance(item, type_) for item in value):
        raise SourceError(
            f"exec plug-in {plugin.get('command')}: {field} must be a list, as in the kubeconfig of kubectl"
        )
    return value


def _environment(plugin: dict[str, Any], cluster: dict[str, Any], version: str, *, interactive: bool) -> dict[str, str]:
    spec: dict[str, Any] = {"interactive": interactive}
    if plugin.get("provideClusterInfo"):
        spec["cluster"] = {key: value for key, value in cluster.items() if key != "extensions"}
        for extension in cluster.get("extensions") or []:
            if extension.get("name") == EXTENSION:
                spec["cluster"]["config"] = extension.get("extension")
    info = json.dumps({"apiVersion": version, "kind": "ExecCredential", "spec": spec})
    given = {str(item.get("name", "")): str(item.get("value", "")) for item in _listed(plugin, "env", dict)}
    return {**os.environ, **given, "KUBERNETES_EXEC_INFO": info}


def _output(plugin: dict[str, Any], title: str, environment: dict[str, str], asks: bool) -> str:
    words = [str(plugin["command"]), *(str(word) for word in _listed(plugin, "args", (str, int, float)))]
    stdin = None if asks else subprocess.DEVNULL
    try:
        errors = None if asks else subprocess.PIPE
        started = subprocess.Popen(
            words, stdin=stdin, stdout=subprocess.PIPE, stderr=errors, env=environment, text=True
        )
        _running.add(started)
        try:
            printed, complaints = started.communicate(timeout=None if asks else TIME_LIMIT)
        finally:
            started.kill()  # one that was waited for has ended already
            _running.discard(started)
    except FileNotFoundError:
        hint = " ".join(str(plugin.get("installHint") or "install it, or choose another user").split())
        raise SourceError(f"{title}: not found; {hint}") from None
    except OSError as error:
        raise SourceError(f"{title}: cannot run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise SourceError(f"{title}: no answer in {TIME_LIMIT:.0f} s") from None
    except UnicodeDecodeError:
        raise SourceError(f"{title}: printed no text") from None
    if started.returncode:
        lines = (complaints or "").strip().splitlines()
        raise SourceError(f"{title}: exit code {started.returncode}{': ' + lines[-1] if lines else ''}")
    return printed


def _credential(output: str, version: str, title: str) -> Credential:
    try:
        value = json.loads(output)
    except ValueError:
        raise SourceError(f"{title}: printed no JSON") from None
    status = value.get("status") if isinstance(value, dict) else None
    if not isinstance(status, dict):
        raise SourceError(f"{title}: printed no ExecCredential with a status")
    if value.get("apiVersion") != version:
        raise SourceError(f"{title}: answered as {value.get('apiVersion')}, was asked as {version}")
    token = str(status.get("token") or "")
    certificate, key = (str(status.get(name) or "") for name in ("clientCertificateData", "clientKeyData"))
    if not token and not (certificate and key):
        raise SourceError(f"{title}: gave neither a token nor a certificate with its key")
    return Credential(token, certificate, key, read_time(status.get("expirationTimestamp")))


def read_time(text: Any) -> datetime.datetime | None:
    """An RFC 3339 time; None where there is none."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)
