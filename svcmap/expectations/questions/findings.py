"""`finding`: what the checks say about an object."""

from __future__ import annotations

from typing import Any

from svcmap.checks.registry import findings
from svcmap.expectations.questions import asked
from svcmap.model.assumptions import Assumptions
from svcmap.model.state import ClusterState

Json = dict[str, Any]


def ask(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """Every finding of an object, under `findings`; an expectation holds if one of them fits."""
    del assumptions
    asked.only(question, "object")
    wanted = asked.text(question, "object")
    return {
        "findings": [
            {"code": f.id.replace("-", "_").upper(), "severity": f.severity, "suggest": f.suggestion}
            for f in findings(state)
            if str(f.object) == wanted
        ]
    }
