"""What a benchmark found."""

from __future__ import annotations

from typing import NamedTuple


class Result(NamedTuple):
    """A ratio beside its budget (None: only reported), and the two things it compares."""

    what: str
    ratio: float
    budget: float | None
    detail: str


def milliseconds(one: float, other: float) -> str:
    """Two times, in seconds."""
    return f"{one * 1e3:.2f} ms against {other * 1e3:.2f} ms"
