"""A real API server whose etcd was filled directly: through the API ten thousand Services take minutes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tests.cluster.control_plane import ControlPlane

PREFIXES = {
    "namespaces": "namespaces",
    "nodes": "minions",
    "services": "services/specs",
    "endpointslices": "endpointslices",
    "ingresses": "ingress",
    "ingressclasses": "ingressclasses",
    "networkpolicies": "networkpolicies",
    "deployments": "deployments",
    "statefulsets": "statefulsets",
    "daemonsets": "daemonsets",
    "pods": "pods",
}
"""Resource → where kube-apiserver keeps it below /registry (pkg/registry/*/storage)."""
AT_ONCE = 120
"""Objects of a transaction; etcd takes 128."""
CROWD = 1_000
"""Pods of the one Service whose pods are read."""


class FilledServer(ControlPlane):
    """etcd with the objects of a folder of pages, and an API server. No controllers: they would make slices anew."""

    def __init__(self, place: Path, folder: Path) -> None:
        super().__init__(place)
        self.folder = folder

    def start(self) -> None:
        self._etcd()
        objects = _objects(self.folder)
        while batch := list(islice(objects, AT_ONCE)):
            puts = [{"requestPut": {"key": _text(key), "value": _text(value)}} for key, value in batch]
            self._etcd_call("kv/txn", {"success": puts})
        self._apiserver()


def _objects(folder: Path) -> Iterator[tuple[str, str]]:
    """Key and value of every object but pods, and of as many pods as one Service may have."""
    for plural, prefix in PREFIXES.items():
        if plural != "pods":
            for item in _items(folder, plural):
                metadata = item["metadata"]
                place = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
                yield f"/registry/{prefix}/{place}{metadata['name']}", json.dumps(item)
    pod = next(_items(folder, "pods"))
    for number in range(CROWD):
        metadata = {**pod["metadata"], "name": f"crowd-{number}", "namespace": "default", "labels": {"app": "crowd"}}
        yield f"/registry/pods/default/crowd-{number}", json.dumps({**pod, "metadata": metadata})


def _items(folder: Path, plural: str) -> Iterator[dict[str, Any]]:
    for path in sorted((folder / "json" / plural).glob("page-*.json")):
        page = json.loads(path.read_bytes())
        kind, version = page["kind"].removesuffix("List"), page["apiVersion"]
        for item in page["items"]:
            item["metadata"].pop("resourceVersion", None)
            yield {"apiVersion": version, "kind": kind, **item}


def _text(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
