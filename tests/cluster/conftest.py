"""The real control plane, started once for all tests that want it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster import build
from tests.cluster.control_plane import ControlPlane
from tests.cluster.filling import fill


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A running cluster; the test is skipped where its components are not built."""
    if missing := build.missing():
        pytest.skip(f"{', '.join(missing)} not built here: python -m tests.cluster.build (needs the Go client)")
    running = ControlPlane(tmp_path_factory.mktemp("cluster"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def filled(cluster: ControlPlane) -> ControlPlane:
    """The cluster with the objects of the comparison, and its controllers done."""
    return fill(cluster)
