"""The standing count, for the questions of expectation files."""

from __future__ import annotations

import pytest

from tests.expectations.standing_count import StandingCount
from tests.standing import standing_of


@pytest.fixture
def count(request: pytest.FixtureRequest) -> StandingCount:
    """What adds to the count that is printed when the run is over."""
    return StandingCount(standing_of(request.config))
