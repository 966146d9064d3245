"""`exposure`: how far away a client of a load balancer can stand."""

from __future__ import annotations

from typing import Any

from svcmap.errors import UsageError
from svcmap.expectations.questions import asked
from svcmap.model.assumptions import Assumptions
from svcmap.model.state import ClusterState
from svcmap.semantics.load_balancer import PROVIDERS, restricted_to
from svcmap.semantics.load_balancer import exposure as scope

Json = dict[str, Any]


def exposure(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """The scope of the load balancer of a Service, and the ranges that narrow it."""
    del assumptions
    asked.only(question, "service", "provider")
    service = asked.service(state, question)
    provider = str(question.get("provider") or "")
    if provider and provider not in PROVIDERS:
        raise UsageError(f"provider is one of {', '.join(PROVIDERS)}, not {provider}")
    return {"scope": scope(service, provider), "restrictedTo": restricted_to(service)}
