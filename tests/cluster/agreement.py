"""What svcmap and a real component said to the same question, remembered for the table at the end of a test run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from tests.standing import Outcome

MOST = 90
"""Characters of an answer in the table; the whole of it is in the failure of the test."""


class Row(NamedTuple):
    """One question. `against` names the component that svcmap is compared with; of what svcmap leaves open `ours` says
    why.
    """

    against: str
    question: str
    ours: str
    theirs: str
    is_open: bool = False

    @property
    def outcome(self) -> Outcome:
        if self.is_open:
            return "unknown"
        return "certain" if self.ours == self.theirs else "certain and wrong"

    @property
    def mark(self) -> str:
        return {"unknown": "?", "certain": "="}.get(self.outcome, "≠")


class Table(list[Row]):
    """The rows of a session, in the order in which they were asked."""

    def agree(self, against: str, question: str, ours: object, theirs: object) -> None:
        """Remember both answers; fail where they differ."""
        self.append(Row(against, question, _said(ours), _said(theirs)))
        assert ours == theirs, question

    def leave_open(self, against: str, question: str, why: str, theirs: object) -> None:
        """Remember an answer that svcmap did not give, with what it named as undecided."""
        self.append(Row(against, question, f"unknown: {why}", _said(theirs), is_open=True))

    def lines(self) -> list[str]:
        """The table as text: an answer that both gave once, both answers where they differ."""
        said: list[str] = []
        for against in dict.fromkeys(row.against for row in self):
            rows = [row for row in self if row.against == against]
            same, unknown = (sum(row.outcome == outcome for row in rows) for outcome in ("certain", "unknown"))
            left_open = f", {unknown} are unknown to svcmap" if unknown else ""
            said += ["", f"{against}: {same} of {len(rows)} answers are the same{left_open}"]
            width = min(60, max(len(row.question) for row in rows))
            for row in rows:
                said.append(f"  {row.mark} {row.question:{width}}  {_short(row.ours)}")
                if row.ours != row.theirs:
                    said.append(f"    {'the real one says':{width}}  {_short(row.theirs)}")
        return said


def _said(value: object) -> str:
    """An answer in a line of text."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={_said(item)}" for key, item in value.items())
    if type(value) in (list, tuple):  # a NamedTuple says itself what it is
        parts = cast("Sequence[object]", value)
        return "; ".join(filter(None, map(_said, parts))) or "nothing"
    return str(value)


def _short(text: str) -> str:
    return text if len(text) <= MOST else f"{text[:MOST]}…"
