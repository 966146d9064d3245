"""The real control plane, started once for all tests that want it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from tests.cluster import build, namespaces
from tests.cluster.agreement import Table
from tests.cluster.control_plane import ControlPlane
from tests.cluster.dataplane import DataPlane
from tests.cluster.filling import fill
from tests.cluster.objects import Json
from tests.standing import standing_of

BUILD = "python -m tests.cluster.build (needs the Go client)"
Plane = TypeVar("Plane", ControlPlane, DataPlane)
TABLE = pytest.StashKey[Table]()


def needs(missing: list[str], how: str) -> None:
    """Skip what cannot be tested on this machine. In CI that is a failure."""
    if not missing:
        return
    says = f"{', '.join(missing)} missing here: {how}"
    if os.environ.get("CI") == "true":
        pytest.fail(says)
    pytest.skip(says)


@pytest.fixture(scope="session")
def table(pytestconfig: pytest.Config) -> Table:
    """What svcmap and the real components said; printed when all tests are done."""
    return pytestconfig.stash.setdefault(TABLE, Table())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The table, and its answers in the standing count."""
    table = config.stash.get(TABLE, Table())
    for line in table.lines():
        terminalreporter.write_line(line)
    for row in table:
        standing_of(config).add(row.against, row.outcome)


def until_done(running: Plane) -> Iterator[Plane]:
    """Start it for the tests, and stop it whatever becomes of the start."""
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def dataplane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataPlane]:
    """A cluster of its own whose packets run between network namespaces: Linux, root and its tools."""
    needs(build.missing(*build.CORE, *build.PROXY), BUILD)
    needs(namespaces.missing(), "network namespaces need root on Linux with iproute2, nftables and iptables")
    yield from until_done(DataPlane(tmp_path_factory.mktemp("dataplane")))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A running cluster; the test is skipped where its components are not built. In CI that is a failure."""
    needs(build.missing(*build.CORE), BUILD)
    yield from until_done(ControlPlane(tmp_path_factory.mktemp("cluster")))


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


@pytest.fixture(scope="session")
def kubelet_environment() -> Callable[[Json], dict[str, str]]:
    """What a kubelet makes of a ServiceList: the variables of a container, by the kubelet's own code."""
    needs(build.missing(*build.KUBELET), BUILD)

    def variables(services: Json) -> dict[str, str]:
        given = json.dumps(services)
        command = [str(build.component(build.KUBELET[0]))]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=60)
        found: dict[str, str] = json.loads(done.stdout)
        return found

    return variables
