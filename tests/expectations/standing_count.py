"""How many answers are certain, unknown, and certain and wrong, by what stands in front: printed at the end of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from svcmap.expectations.questions import QUESTIONS
from svcmap.expectations.questions.asked import TRACE
from svcmap.expectations.read import Expectation
from svcmap.expectations.runner import Result
from svcmap.model.assumptions import Assumptions
from svcmap.model.state import ClusterState
from svcmap.paths.outcome import Trace
from svcmap.paths.routes.kinds import ROUTE_WORDS

OUTCOMES = ("certain", "unknown", "certain and wrong")
LAYER_4 = "layer 4"


class StandingCount:
    """Counted over the trace questions of expectation files."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.wrong: list[tuple[str, str]] = []
        """What stands in front, and the id of the question, of each certain answer that is wrong."""

    def add(self, state: ClusterState, assumptions: Assumptions, item: Expectation, result: Result) -> None:
        found = QUESTIONS["trace"](state, item.question, assumptions)[TRACE]
        front = front_of(found)
        is_unknown = found.verdict == "unknown"
        self.counts[front, "unknown" if is_unknown else "certain"] += 1
        verdict = item.expect.get("verdict", found.verdict)
        if not result.ok and not is_unknown and (verdict != found.verdict or _differs(item, found)):
            self.counts[front, "certain and wrong"] += 1
            self.wrong.append((front, result.id))

    def lines(self) -> list[str]:
        """A table, one row for each front."""
        fronts = sorted({front for front, _ in self.counts})
        said = ["", f"{'answers':10} {'certain':>9} {'unknown':>9} {'certain and wrong':>19}"]
        return said + [
            f"{front:10} "
            + " ".join(f"{self.counts[front, o]:>{w}}" for o, w in zip(OUTCOMES, (9, 9, 19), strict=True))
            for front in fronts
        ]


def _differs(item: Expectation, found: Trace) -> bool:
    """Whether something but the words of an answer is another than expected."""
    return found.reason != item.expect.get("reason", found.reason) or bool(set(item.expect) - {"mentions", "verdict"})


def front_of(found: Trace) -> str:
    """The word of the kind of route whose rules a request met, else layer 4."""
    words: Iterable[str] = (hop.kind for hop in found.hops if hop.kind in ROUTE_WORDS)
    return next(iter(words), LAYER_4)
