"""`policy`: whether NetworkPolicies let a connection pass."""

from __future__ import annotations

from typing import Any

from svcmap.errors import NotFoundError, UsageError
from svcmap.expectations.questions import asked
from svcmap.model.addresses import family_of
from svcmap.model.assumptions import Assumptions
from svcmap.model.connection import Party
from svcmap.model.state import ClusterState
from svcmap.paths.asking.parties import address_party, endpoint_party, pod_party
from svcmap.paths.asking.request import split_name
from svcmap.paths.known.look_ups import endpoints_of, find_service
from svcmap.paths.policies.judgement import Judgement, judge
from svcmap.semantics.service import find_port

Json = dict[str, Any]
PROTOCOLS = ("TCP", "UDP", "SCTP")


def ask(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """verdict allowed, denied or unknown, and deniedBy egress or ingress. Egress is judged first."""
    del assumptions
    asked.only(question, "from", "to", "port", "protocol")
    source = _party(state, asked.text(question, "from"))
    protocol = str(question.get("protocol") or "TCP")
    if protocol not in PROTOCOLS:
        raise UsageError(f"protocol: {protocol} is none of {', '.join(PROTOCOLS)}")
    port = question.get("port") or 0
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
        raise UsageError(f"port: {port} is no number up to 65535")
    targets = _targets(state, asked.text(question, "to"), port, protocol)
    return _summary([judge(state, source, party, port, protocol) for party, port in targets])


def _summary(found: list[Judgement]) -> Json:
    verdicts = {item.verdict for item in found}
    if len(verdicts) == 1:
        first = found[0]
        return {"verdict": first.verdict, "deniedBy": first.direction if first.verdict == "denied" else None}
    return {"verdict": "unknown" if "unknown" in verdicts else "partial", "deniedBy": None}


def _party(state: ClusterState, text: str) -> Party:
    kind, _, value = text.partition(":")
    if kind == "ip" and family_of(value):
        return address_party(state, value)
    if kind == "pod" and value.count("/") == 1:
        pod = state.pods.get(split_name(value))
        if pod is None:
            raise NotFoundError(f"no Pod {value} in {state.source.name}")
        return pod_party(state, pod)
    raise UsageError(f"{text}: a party is pod:NS/NAME or ip:ADDRESS; a destination also service:NS/NAME:PORT")


def _targets(state: ClusterState, text: str, port: int, protocol: str) -> list[tuple[Party, int]]:
    """The parties a connection ends at, with the port of each: a Service stands for its endpoints (N1)."""
    if not text.startswith("service:"):
        return [(_party(state, text), port)]
    name, _, number = text.removeprefix("service:").rpartition(":")
    if name.count("/") != 1 or not number.isdecimal():
        raise UsageError(f"{text}: write service:NS/NAME:PORT")
    service = find_service(state, split_name(name))
    wanted = find_port(service, int(number), protocol) if service else None
    if service is None or wanted is None:
        raise NotFoundError(f"no Service {name} with port {number}/{protocol} in {state.source.name}")
    bound = ((e, e.port_for(wanted.name, protocol)) for e in endpoints_of(state, service.name).ready)
    found = [(endpoint_party(state, service.metadata.namespace, e), b.port) for e, b in bound if b]
    if not found:
        raise NotFoundError(f"Service {name} has no ready endpoint on port {number}")
    return found
