"""The answers of expectation files in the standing count, by what stands in front."""

from __future__ import annotations

from collections.abc import Iterable

from svcmap.expectations.questions import QUESTIONS
from svcmap.expectations.questions.asked import TRACE
from svcmap.expectations.read import Expectation
from svcmap.expectations.runner import Result
from svcmap.model.assumptions import Assumptions
from svcmap.model.state import ClusterState
from svcmap.paths.outcome import Trace
from svcmap.paths.routes.kinds import ROUTE_WORDS
from tests.standing import Outcome, Standing

LAYER_4 = "layer 4"


class StandingCount:
    """Counts the trace questions of expectation files."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.wrong: list[tuple[str, str]] = []
        """What stands in front, and the id of the question, of each certain answer that is wrong."""

    def add(self, state: ClusterState, assumptions: Assumptions, item: Expectation, result: Result) -> None:
        found = QUESTIONS["trace"](state, item.question, assumptions)[TRACE]
        front = front_of(found)
        verdict = item.expect.get("verdict", found.verdict)
        outcome: Outcome = "unknown" if found.verdict == "unknown" else "certain"
        if not result.ok and outcome == "certain" and (verdict != found.verdict or _differs(item, found)):
            outcome = "certain and wrong"
            self.wrong.append((front, result.id))
        self.standing.add(f"expectations, {front}", outcome)


def _differs(item: Expectation, found: Trace) -> bool:
    """Whether something but the words of an answer is another than expected."""
    return found.reason != item.expect.get("reason", found.reason) or bool(set(item.expect) - {"mentions", "verdict"})


def front_of(found: Trace) -> str:
    """The word of the kind of route whose rules a request met, else layer 4."""
    words: Iterable[str] = (hop.kind for hop in found.hops if hop.kind in ROUTE_WORDS)
    return next(iter(words), LAYER_4)
