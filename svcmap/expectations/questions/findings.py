"""`finding`: what the checks say about an object."""

from __future__ import annotations

from typing import Any

from svcmap.checks.standing import every_finding
from svcmap.errors import NotFoundError
from svcmap.expectations.questions import asked
from svcmap.model.assumptions import Assumptions
from svcmap.model.kinds import parse_kind
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState

Json = dict[str, Any]


def _is_there(state: ClusterState, wanted: str) -> bool:
    kind, *rest = wanted.split("/")
    return (
        any(str(Name(*rest)) == str(name) for name in state.objects.get(parse_kind(kind), {}))
        if len(rest) == 2
        else False
    )


def ask(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """Every finding of an object, under `findings`; an expectation holds if one of them fits."""
    del assumptions
    asked.only(question, "object")
    wanted = asked.text(question, "object")
    if not _is_there(state, wanted):
        raise NotFoundError(f"no {wanted} in {state.source.name}; write Kind/NAMESPACE/NAME")
    return {
        "findings": [
            {"code": f.id.replace("-", "_").upper(), "severity": f.severity, "suggest": f.suggestion}
            for f in every_finding(state)
            if str(f.object) == wanted
        ]
    }
