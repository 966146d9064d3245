"""Which cluster, user and namespace a kubeconfig means: files merged and a context chosen as kubectl does it.

Rules: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ (merging, relative paths).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from svcmap.errors import SourceError
from svcmap.one_document import one_document

LISTS = {"clusters": "cluster", "users": "user", "contexts": "context"}
AUTHORITIES = ("certificate-authority", "certificate-authority-data")
FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
IN_CLUSTER = "in-cluster"

Entry = dict[str, Any]


class Chosen(NamedTuple):
    """One context of a kubeconfig: `cluster` and `user` are its entries, with absolute paths."""

    context: str
    cluster: Entry
    user: Entry
    user_name: str
    namespace: str
    contexts: tuple[str, ...]
    files: tuple[str, ...] = ()

    @property
    def server(self) -> str:
        return str(self.cluster["server"]).rstrip("/")


class _Merged(NamedTuple):
    entries: dict[str, dict[str, Entry]]
    current: str
    files: tuple[str, ...]


def exists(given: str | None = None, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether there is a cluster to speak of when none is named: a kubeconfig, or the one this pod runs in."""
    return any(path.is_file() for path in _paths(given, environment)) or _in_cluster(environment)


def choose(context: str | None = None, given: str | None = None, environment: Mapping[str, str] = os.environ) -> Chosen:
    """The context that is asked for, else the current one; without any kubeconfig the cluster this pod runs in.

    `given` is `--kubeconfig`. Raises SourceError for files that cannot be read, and what they do not have.
    """
    merged = _merge(_paths(given, environment), must_exist=given is not None)
    if merged is None:
        if _in_cluster(environment) and context in (None, IN_CLUSTER):
            return _own_cluster(environment)
        looked = ", ".join(map(str, _paths(given, environment)))
        raise SourceError(f"no kubeconfig: looked for {looked}; give one with --kubeconfig")
    return _chosen(merged, context or merged.current)


def _paths(given: str | None, environment: Mapping[str, str]) -> list[Path]:
    if given is not None:
        return [Path(given)]
    if listed := [part for part in environment.get("KUBECONFIG", "").split(os.pathsep) if part]:
        return [Path(part) for part in dict.fromkeys(listed)]
    return [Path(environment.get("HOME") or Path.home()) / ".kube" / "config"]


def _merge(paths: list[Path], *, must_exist: bool) -> _Merged | None:
    """What the files say together: the first that names an entry, or the current context, wins. None without files."""
    entries: dict[str, dict[str, Entry]] = {key: {} for key in LISTS}
    current, read = "", []
    for path in paths:
        if not must_exist and not path.exists():
            continue
        value = one_document(path, str(path))
        read.append(str(path))
        if value is None:
            continue
        if not isinstance(value, dict):
            raise SourceError(f"{path}: not a kubeconfig")
        current = current or str(value.get("current-context") or "")
        for key, inner in LISTS.items():
            for name, entry in _entries(value.get(key), inner, path):
                entries[key].setdefault(name, _absolute(entry, path.absolute().parent))
    return _Merged(entries, current, tuple(read)) if read else None


def _entries(value: Any, inner: str, path: Path) -> list[tuple[str, Entry]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise SourceError(f"{path}: {inner}s must be a list of named entries")
    found = []
    for item in value:
        entry = item.get(inner) or {}
        if not isinstance(entry, dict):
            raise SourceError(f"{path}: {inner} {item.get('name')} must be a mapping")
        found.append((str(item.get("name", "")), entry))
    return found


def _absolute(entry: Entry, folder: Path) -> Entry:
    """Paths in a kubeconfig are relative to its file; so is an exec command with a slash in it."""
    made = {key: str(folder / str(value)) if key in FILES and value else value for key, value in entry.items()}
    plugin = made.get("exec")
    if isinstance(plugin, dict) and "/" in str(plugin.get("command", "")):
        made["exec"] = {**plugin, "command": str(folder / str(plugin["command"]))}
    return made


def _chosen(merged: _Merged, context: str) -> Chosen:
    contexts, where = merged.entries["contexts"], ", ".join(merged.files)
    names = ", ".join(sorted(contexts)) or "none"
    if not context:
        raise SourceError(f"{where}: no current-context; choose one with --context ({names})")
    if context not in contexts:
        raise SourceError(f"{where}: there is no context {context}; there are: {names}")
    entry = contexts[context]
    cluster_name, user_name = str(entry.get("cluster") or ""), str(entry.get("user") or "")
    cluster = merged.entries["clusters"].get(cluster_name)
    if cluster is None or not cluster.get("server"):
        raise SourceError(f"{where}: context {context} names cluster {cluster_name or '(none)'}, which has no server")
    _check_server(str(cluster["server"]), f"{where}: cluster {cluster_name}")
    if cluster.get("insecure-skip-tls-verify") and any(cluster.get(key) for key in AUTHORITIES):
        says = "insecure-skip-tls-verify and a certificate-authority exclude each other: remove one of them"
        raise SourceError(f"{where}: cluster {cluster_name}: {says}")
    user = merged.entries["users"].get(user_name)
    if user is None and user_name:
        raise SourceError(f"{where}: context {context} names user {user_name}, who is not in it")
    namespace = str(entry.get("namespace") or "default")
    return Chosen(context, cluster, user or {}, user_name, namespace, tuple(sorted(contexts)), merged.files)


def _check_server(server: str, where: str) -> None:
    """Raises SourceError for what is no URL of an API server."""
    try:
        parts = urlsplit(server)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_url = False
    if not is_url:
        raise SourceError(f"{where}: server {server} is no URL such as https://HOST:6443")


def _in_cluster(environment: Mapping[str, str]) -> bool:
    named = environment.get("KUBERNETES_SERVICE_HOST") and environment.get("KUBERNETES_SERVICE_PORT")
    return bool(named) and (SERVICE_ACCOUNT / "token").is_file()


def _own_cluster(environment: Mapping[str, str]) -> Chosen:
    """The cluster this pod runs in, as its service account (rest.InClusterConfig of client-go)."""
    host, port = environment["KUBERNETES_SERVICE_HOST"], environment["KUBERNETES_SERVICE_PORT"]
    shown = f"[{host}]" if ":" in host else host
    cluster = {"server": f"https://{shown}:{port}", "certificate-authority": str(SERVICE_ACCOUNT / "ca.crt")}
    namespace = SERVICE_ACCOUNT / "namespace"
    return Chosen(
        context=IN_CLUSTER,
        cluster=cluster,
        user={"tokenFile": str(SERVICE_ACCOUNT / "token")},
        user_name="the service account of this pod",
        namespace=namespace.read_text().strip() if namespace.is_file() else "default",
        contexts=(IN_CLUSTER,),
    )
