"""Machine output: `apiVersion: svcmap/v1`, camelCase, stable."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from svcmap import exact_yaml
from svcmap.checks.finding import Finding
from svcmap.checks.registry import with_breaks
from svcmap.checks.standing import standing
from svcmap.expectations.runner import Result
from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import Endpoint
from svcmap.model.kinds import tally
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.destination.dig import Dig
from svcmap.paths.entries import entries, exposure, traced_entries
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.missing import MISSING, service_or_missing
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.views.contract import trace_fields
from svcmap.paths.views.names import name_rows
from svcmap.semantics.environment import service_variables
from svcmap.semantics.service import shown_as

API_VERSION = "svcmap/v1"
Json = dict[str, Any]


def render(document: Json) -> str:
    """A document as text, two blanks a level, with a final line break."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def as_yaml(document: Json) -> str:
    """A document as YAML."""
    return exact_yaml.dump(msgspec.to_builtins(document))


def service_list(state: ClusterState, names: Iterable[Name]) -> Json:
    """The document of `svcmap list -o json`."""
    return {
        "apiVersion": API_VERSION,
        "kind": "ServiceList",
        "source": state.source,
        "items": [_item(state, name) for name in names],
        "loadIssues": _issues(state),
        "skipped": tally(state.skipped),
    }


def service_change(state: ClusterState, name: Name, change: str, when: str) -> Json:
    """One change of `svcmap list --watch -o json`: `change` is added, changed or deleted, `item` null when deleted."""
    gone = change == "deleted"
    return {
        "apiVersion": API_VERSION,
        "kind": "ServiceChange",
        "change": change,
        "at": when,
        "namespace": name.namespace,
        "name": name.name,
        "item": None if gone else _item(state, name),
    }


def line(document: Json) -> str:
    """A document on one line."""
    return msgspec.json.encode(document).decode() + "\n"


def service(state: ClusterState, name: Name) -> Json:
    """The document of `svcmap show -o json`."""
    found = endpoints_of(state, name)
    item = service_or_missing(state, name)
    return {
        "apiVersion": API_VERSION,
        "kind": "Service",
        "service": _item(state, name),
        "dns": [
            {
                "name": row.name,
                "type": row.type,
                "ttl": row.ttl or None,
                "data": list(row.data),
                "worksFrom": row.works_from,
                "note": row.note or None,
            }
            for row in name_rows(state, name)
        ],
        "environment": service_variables(item) if item else {},
        "endpoints": [_endpoint(endpoint) for endpoint in found.endpoints],
        "entries": [trace(t) for traced in traced_entries(state, name) for _, t in traced.traces],
        "findings": [finding(with_breaks(state, f)) for f in standing(state, name).findings],
        "loadIssues": _issues(state),
    }


def trace(item: Trace) -> Json:
    """The shape of `svcmap trace -o json`, also of the entries of `show`."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Trace",
        "request": {
            "from": str(item.request.vantage),
            "to": item.request.to,
            "via": str(item.request.via) if item.request.via else None,
            "method": item.request.method,
            "headers": item.request.headers,
        },
        **trace_fields(item),
        "assumed": list(item.assumed),
        "hops": [_hop(hop) for hop in item.hops],
    }


def dns_answer(item: Dig) -> Json:
    """The document of `svcmap dig -o json`; `rcode` is null where nobody here can know."""
    return {
        "apiVersion": API_VERSION,
        "kind": "DNSAnswer",
        "question": {"name": item.name, "type": item.type},
        "rcode": item.answer.rcode or None,
        "answers": [str(record) for record in item.answer.answers],
        "additional": [str(record) for record in item.answer.additional],
        "tries": [name for name, _ in item.tries],
        "service": str(item.answer.service) if item.answer.service else None,
        "rule": item.answer.rule,
        "basis": item.answer.basis,
        "notes": [*([item.answer.note] if item.answer.note else []), *item.notes],
    }


def verify_report(results: Iterable[Result]) -> Json:
    """The document of `svcmap verify -o json`."""
    found = list(results)
    return {
        "apiVersion": API_VERSION,
        "kind": "VerifyReport",
        "passed": sum(result.ok for result in found),
        "failed": sum(not result.ok for result in found),
        "results": found,
    }


def trace_list(items: Iterable[Trace]) -> Json:
    """The document of `svcmap trace ADDRESS -o json`: every way through it."""
    return {"apiVersion": API_VERSION, "kind": "TraceList", "items": [trace(item) for item in items]}


def finding(item: Finding) -> Json:
    """One finding, as `check` and `show` print it."""
    place = item.location
    return {
        "id": item.id,
        "severity": item.severity,
        "object": str(item.object),
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place and place.column else None,
        "path": item.field or None,
        "message": item.message,
        "suggestion": item.suggestion,
        "next": item.next,
        "breaks": list(item.breaks),
        "fingerprint": item.fingerprint,
    }


def _item(state: ClusterState, name: Name) -> Json:
    item = service_or_missing(state, name)
    if item is None:
        raise KeyError(str(name))
    found, ways = endpoints_of(state, name), entries(state, item)
    stands = standing(state, name)
    worst = stands.worst
    place = state.locate(item.ref, ())
    has_ip = item.spec.type != "ExternalName" and item.spec.cluster_ip != "None"
    kinds = dict.fromkeys(entry.kind for entry in ways if has_ip or entry.kind != "cluster-ip")
    return {
        "namespace": name.namespace,
        "name": name.name,
        "type": item.spec.type,
        "shownAs": shown_as(item) if name in state.services else MISSING,
        "clusterIPs": item.spec.cluster_ips,
        "externalName": item.spec.external_name or None,
        "ports": [_port(item, port) for port in item.spec.ports],
        "endpoints": {"ready": len(found.usable), "total": found.total, "basis": found.basis},
        "entries": list(kinds),
        "exposure": exposure(state, item, ways),
        "mark": stands.mark,
        "ways": stands.ways,
        "worst": {"id": worst.id, "severity": worst.severity} if worst else None,
        "file": place.file if place else None,
        "line": place.line if place else None,
    }


def _port(item: Service, port: ServicePort) -> Json:
    del item
    return {
        "name": port.name or None,
        "port": port.port,
        "protocol": port.protocol,
        "targetPort": port.target_port,
        "nodePort": port.node_port or None,
    }


def _endpoint(item: Endpoint) -> Json:
    return {
        "address": item.address or None,
        "pod": str(item.pod) if item.pod else None,
        "hostname": item.hostname or None,
        "node": item.node or None,
        "zone": item.zone or None,
        "ready": item.ready,
        "serving": item.serving,
        "terminating": item.terminating,
        "ports": [str(port) for port in item.ports],
        "basis": item.basis,
        "reason": item.reason or None,
    }


def _hop(hop: Hop) -> Json:
    return {
        "kind": hop.kind,
        "object": str(hop.object) if hop.object else None,
        "address": hop.address or None,
        "verdict": hop.verdict,
        "rule": hop.rule,
        "basis": hop.basis,
        "says": hop.says,
        "next": hop.next or None,
        "needs": [str(need) for need in hop.needs],
    }


def _issues(state: ClusterState) -> list[Json]:
    return [
        {
            "file": i.file,
            "line": i.line or None,
            "column": i.column or None,
            "object": i.object,
            "resource": i.resource,
            "namespace": i.namespace,
            "reason": i.reason,
        }
        for i in state.issues
    ]
