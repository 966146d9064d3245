"""The standing count of the expectations, at the end of a run that asked them."""

from __future__ import annotations

import pytest

from tests.expectations.standing_count import StandingCount

COUNT = pytest.StashKey[StandingCount]()


@pytest.fixture
def count(request: pytest.FixtureRequest) -> StandingCount:
    """The count that is printed when the run is over."""
    return request.config.stash.setdefault(COUNT, StandingCount())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash.get(COUNT, None)
    if found is not None:
        terminalreporter.write_line("\n".join(found.lines()))
