"""How many answers are certain, unknown, and certain and wrong, by what they are about: printed when a run is over.

Expectation files and the comparisons with real components add to the same count.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal, get_args

import pytest

Outcome = Literal["certain", "unknown", "certain and wrong"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


class Standing:
    """The answers of a run. One that is wrong was certain too."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, Outcome]] = Counter()

    def add(self, about: str, outcome: Outcome) -> None:
        """Count one answer; `about` is a row of the table."""
        self.counts[about, outcome] += 1
        if outcome == "certain and wrong":
            self.counts[about, "certain"] += 1

    def lines(self) -> list[str]:
        """A table, one row for each thing that answers are about."""
        rows = dict.fromkeys(about for about, _ in self.counts)
        if not rows:
            return []
        width = max(map(len, rows))
        heads = "  ".join(f"{name:>9}" for name in OUTCOMES)
        told = [
            f"{about:{width}}  "
            + "  ".join(f"{self.counts[about, outcome]:>{max(9, len(outcome))}}" for outcome in OUTCOMES)
            for about in rows
        ]
        return ["", f"{'answers':{width}}  {heads}", *told]


STANDING = pytest.StashKey[Standing]()


def standing_of(config: pytest.Config) -> Standing:
    """The count of a run."""
    return config.stash.setdefault(STANDING, Standing())
