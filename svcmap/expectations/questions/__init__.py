"""One module for each family of questions; each function turns a question into the keys its `expect` may name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from svcmap.expectations.questions import (
    dns,
    endpoints,
    findings,
    gateways,
    load_balancers,
    policies,
    services,
    traces,
)
from svcmap.model.assumptions import Assumptions
from svcmap.model.state import ClusterState

Json = dict[str, Any]
Ask = Callable[[ClusterState, Json, Assumptions], Json]

QUESTIONS: dict[str, Ask] = {
    "dns": dns.ask,
    "resolvconf": dns.resolvconf,
    "search": dns.search,
    "trace": traces.ask,
    "policy": policies.ask,
    "endpoints": endpoints.ask,
    "predicted": endpoints.predicted,
    "env": services.environment,
    "service": services.defaults,
    "validate": services.validate,
    "conflict": services.conflict,
    "finding": findings.ask,
    "exposure": load_balancers.exposure,
    "route": gateways.route,
    "gateway": gateways.gateway,
    "ingress": gateways.ingress,
}
"""Question kind → what answers it (product.md, "Expectation files")."""
