"""`trace`: what becomes of a request."""

from __future__ import annotations

from typing import Any

from svcmap.errors import UsageError
from svcmap.expectations.questions import asked
from svcmap.expectations.questions.asked import SAID, TRACE
from svcmap.model.assumptions import Assumptions
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import parse_via, trace
from svcmap.paths.views.contract import trace_fields

Json = dict[str, Any]


def ask(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """Every key of the trace question in product.md."""
    asked.only(question, "to", "from", "via", "method", "headers")
    headers = question.get("headers") or {}
    if not isinstance(headers, dict):
        raise UsageError("headers is a mapping of names to values")
    via = question.get("via")
    request = parse_request(
        asked.text(question, "to"),
        parse_vantage(asked.text(question, "from", "internet")),
        parse_via(str(via) if via else None),
        asked.text(question, "method", "GET"),
        {str(key): str(value) for key, value in headers.items()},
    )
    found = trace(state, request, assumptions)
    answer = trace_fields(found)
    return {**answer, "warning": answer["warnings"], SAID: _said(found), TRACE: found}


def _said(found: Trace) -> str:
    """Where the request stops: the hop, its object, the sentence, and the next step."""
    for number, hop in enumerate(found.hops, 1):
        if hop.verdict != "ok":
            where = f"{found.reason or found.verdict} at hop {number} ({hop.kind})"
            parts = (where, str(hop.object or ""), hop.says, f"next: {hop.next}" if hop.next else "")
            return "; ".join(part.rstrip(".") for part in parts if part)
    return ""
