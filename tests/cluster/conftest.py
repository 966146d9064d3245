"""The real control plane, started once for all tests that want it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.cluster import build
from tests.cluster.control_plane import ControlPlane
from tests.cluster.filling import fill


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A running cluster; the test is skipped where its components are not built. In CI that is a failure."""
    if missing := build.missing():
        says = f"{', '.join(missing)} not built here: python -m tests.cluster.build (needs the Go client)"
        if os.environ.get("CI") == "true":
            pytest.fail(says)
        pytest.skip(says)
    running = ControlPlane(tmp_path_factory.mktemp("cluster"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def any_kubeconfig(request: pytest.FixtureRequest) -> str:
    """A kubeconfig of whatever cluster is at hand: SVCMAP_TEST_KUBECONFIG, else the one of these tests."""
    given = os.environ.get("SVCMAP_TEST_KUBECONFIG")
    if given:
        return given
    filled: ControlPlane = request.getfixturevalue("filled")
    return filled.kubeconfig()


@pytest.fixture(scope="session")
def filled(cluster: ControlPlane) -> ControlPlane:
    """The cluster with the objects of the comparison, and its controllers done."""
    return fill(cluster)
