"""A screen that opens before a large cluster is read: the Services first, then everything else."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from svcmap.errors import SourceError
from svcmap.model.coverage import pods_with
from svcmap.model.feed import Update
from svcmap.model.group_kinds import ENDPOINT_SLICE
from svcmap.model.refs import Name
from svcmap.sources.live import backoff
from svcmap.sources.live.cluster import ClusterSource
from svcmap.sources.live.session import Target
from tests.sources.live.fake_api import Answer, Query, fake_api, listing, no_groups, status

SERVICE = {
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"ports": [{"port": 80}], "clusterIP": "10.96.0.1"},
}
LONG = 10.0


class Slow:
    """An API server whose lists other than that of Services wait for the gate to open; then `answers` come first."""

    def __init__(self, *answers: Answer) -> None:
        self.gate = threading.Event()
        self.answers = list(answers)

    def __call__(self, path: str, query: Query, headers: Any) -> Answer:
        if path == "/apis":
            return no_groups()
        if "watch" in query:
            return 200, b"", {}
        if path.endswith("/services"):
            return listing([SERVICE])
        self.gate.wait(LONG)
        return self.answers.pop() if self.answers else listing([])


@contextmanager
def opened(server: Slow, folder: Path, patience: float) -> Iterator[tuple[ClusterSource, Any]]:
    with fake_api(server) as fake:
        source = ClusterSource(Target(kubeconfig=fake.kubeconfig(folder)))
        try:
            yield source, source.begin(patience)
        finally:
            server.gate.set()
            source.close()


def test_services_are_there_before_everything_else(tmp_path: Path) -> None:
    server, told = Slow(), queue.SimpleQueue[Update]()
    with opened(server, tmp_path, 0.05) as (source, state):
        assert list(state.services) == [Name("shop", "web")]
        assert not state.is_read(ENDPOINT_SLICE, "shop")
        assert {issue.reason for issue in state.issues} == {"not read yet"}
        source.follow(told.put)
        assert source.need([pods_with("shop", {"app": "web"})]) is state, "who needs pods asks again later"
        assert source.load() is state, "it is being read"
        assert source.connection().status == "loading"
        server.gate.set()
        update = told.get(timeout=LONG)
        assert (update.base, update.services) == (None, None)
        assert update.state.is_read(ENDPOINT_SLICE, "shop")
        assert not update.state.issues
        assert source.connection().status == "live"


def test_a_small_cluster_is_read_at_once(tmp_path: Path) -> None:
    server = Slow()
    server.gate.set()
    with opened(server, tmp_path, LONG) as (source, state):
        assert state.is_read(ENDPOINT_SLICE, "shop")
        assert source.connection().status == "live"


def test_a_server_that_fails_in_the_middle_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST", 0.2)
    server, told = Slow(*[(401, {}, {})] * 8), queue.SimpleQueue[Update]()
    with opened(server, tmp_path, 0.05) as (source, _):
        source.follow(told.put)
        server.gate.set()
        end = time.monotonic() + LONG
        while source.connection().status != "reconnecting" and time.monotonic() < end:
            time.sleep(0.01)
        assert source.connection().status == "reconnecting"
        assert source.connection().reason
        assert told.get(timeout=LONG).state.is_read(ENDPOINT_SLICE, "shop")


def test_who_leaves_is_not_told(tmp_path: Path) -> None:
    server, told = Slow(), queue.SimpleQueue[Update]()
    with opened(server, tmp_path, 0.05) as (source, _):
        source.follow(told.put)
        source.close()
        server.gate.set()
        with pytest.raises(queue.Empty):
            told.get(timeout=0.3)


def test_without_services_nothing_opens(tmp_path: Path) -> None:
    def refusing(path: str, query: Query, headers: Any) -> Answer:
        return no_groups() if path == "/apis" else status(403, "Forbidden", "no")

    with fake_api(refusing) as fake, pytest.raises(SourceError, match="may not list services"):
        ClusterSource(Target(kubeconfig=fake.kubeconfig(tmp_path))).begin(0.0)
