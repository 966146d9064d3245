"""What must hold on every cluster; `SVCMAP_TEST_KUBECONFIG=FILE pytest tests/cluster/test_any_cluster.py` reads yours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from svcmap.cli import main

pytestmark = pytest.mark.slow
MOST = 25


def document(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main([*words, "-o", "json"]) in (0, 1, 3)
    found = json.loads(capsys.readouterr().out)
    found.pop("source", None)
    return found


def test_a_snapshot_gives_the_answers_of_the_cluster(
    any_kubeconfig: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kubernetes.client.rest import RESTClientObject

    methods: list[tuple[str, bool]] = []
    original: Any = RESTClientObject.request

    def request(self: Any, method: str, url: str, **more: Any) -> Any:
        methods.append((method, "/secrets" in url))
        return original(self, method, url, **more)

    monkeypatch.setattr(RESTClientObject, "request", request)
    file, live = str(tmp_path / "cluster.json.gz"), ("--kubeconfig", any_kubeconfig)
    assert main(["snapshot", "-o", file, *live]) in (0, 3)
    capsys.readouterr()
    services = document(capsys, "list", *live)
    assert services == document(capsys, "list", file)
    assert services["items"]
    for item in services["items"][:MOST]:
        name = f"{item['namespace']}/{item['name']}"
        assert document(capsys, "show", name, *live) == document(capsys, "show", name, "-f", file), name
    assert set(methods) == {("GET", False)}
