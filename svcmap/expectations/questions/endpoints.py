"""`endpoints` and `predicted`: where traffic of a Service may end, now or once its workloads run."""

from __future__ import annotations

from typing import Any

from svcmap.expectations.questions import asked
from svcmap.model.assumptions import Assumptions
from svcmap.model.facts import Endpoint
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.views.forecast import forecast

Json = dict[str, Any]


def ask(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """Every endpoint, ready or not, one entry for each address family."""
    del assumptions
    asked.only(question, "service")
    found = endpoints_of(state, asked.service(state, question).name)
    return {"endpoints": [_endpoint(endpoint) for endpoint in found.endpoints if endpoint.basis != "predicted"]}


def _endpoint(endpoint: Endpoint) -> Json:
    return {
        "pod": endpoint.pod.name if endpoint.pod else None,
        "address": endpoint.address or None,
        "ports": [str(port) for port in endpoint.ports],
        "ready": endpoint.ready,
        "serving": endpoint.serving,
        "terminating": endpoint.terminating,
        "hostname": endpoint.hostname or None,
        "node": endpoint.node or None,
        "zone": endpoint.zone or None,
        "zoneHints": list(endpoint.zone_hints),
        "nodeHints": list(endpoint.node_hints),
        "family": endpoint.family or None,
    }


def predicted(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """What the workloads of the source will give a Service."""
    del assumptions
    asked.only(question, "service")
    found = forecast(state, asked.service(state, question))
    return {
        "workloads": [f"{workload.kind}/{workload.name}" for workload in found.workloads],
        "count": found.count,
        "ports": list(found.ports),
        "hostnames": list(found.hostnames),
        "verdict": found.verdict,
        "reason": found.reason,
        "suggest": found.suggest,
        "warning": found.warning,
    }
