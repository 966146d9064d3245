"""What the tests share: states from text, and the folder of real-world material that lies beside a checkout in CI."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from svcmap.model.state import ClusterState
from svcmap.sources.base import Gathering
from svcmap.sources.manifests import ManifestSource, read_text
from tests.standing import standing_of

# A property is right or wrong, not fast or slow: a busy machine must not fail it.
settings.register_profile("svcmap", deadline=None)
settings.load_profile("svcmap")
ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"
SHARED = ROOT.parent / "shared"


def state_of(text: str, namespace: str = "default") -> ClusterState:
    """The state of some YAML."""
    gathering = Gathering(namespace)
    read_text("test.yaml", text.encode(), gathering)
    return gathering.state("test.yaml")


def read(*paths: Path, namespace: str | None = None) -> ClusterState:
    """The state of some files or folders."""
    return ManifestSource([str(path) for path in paths], namespace).load()


@pytest.fixture(scope="session")
def demo() -> ClusterState:
    """The bundled demo."""
    return read(FIXTURES / "demo")


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """A path below the shared folder; the test is skipped where it is not there."""

    def find(path: str) -> Path:
        found = SHARED / path
        if not found.exists():
            pytest.skip(f"{path} of the shared material is not beside this checkout")
        return found

    return find


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The standing count, behind what the folders of tests have to say."""
    for line in standing_of(config).lines():
        terminalreporter.write_line(line)
