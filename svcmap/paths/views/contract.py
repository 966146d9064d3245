"""A trace as the keys of product.md: what `svcmap trace -o json` prints and expectations compare."""

from __future__ import annotations

from typing import Any

from svcmap.model.facts import Endpoint
from svcmap.paths.outcome import Backend, Trace, Undecided

Json = dict[str, Any]


def trace_fields(found: Trace) -> Json:
    """Every key a trace question may expect; null where it does not apply."""
    answer = found.answer
    return {
        "verdict": found.verdict,
        "reason": found.reason,
        "action": answer.action,
        "status": answer.status,
        "likely": found.likely,
        "undecided": [undecided_fields(item) for item in found.undecided],
        "service": str(found.service) if found.service else None,
        "port": found.place.number,
        "endpoints": list(dict.fromkeys(_endpoint(found, e) for e in found.endpoints if e.address)),
        "pods": list(dict.fromkeys(str(e.pod) for e in found.endpoints if e.pod and e.basis != "predicted")),
        "backends": [backend_fields(backend) for backend in found.backends],
        "snat": found.seen.snat,
        "hairpin": found.seen.hairpin,
        "shortCircuit": found.seen.short_circuit,
        "via": found.proxied.via,
        "backendPath": found.proxied.path,
        "backendProtocol": found.proxied.protocol,
        "location": answer.location,
        "locationPath": answer.location_path,
        "grpcCode": answer.grpc_code,
        "externalName": found.external_name,
        "resource": found.resource,
        "warnings": list(found.warnings),
        "invalid": found.invalid,
        "suggest": found.suggest,
    }


def undecided_fields(item: Undecided) -> Json:
    """What is not evaluated and could decide: the object, its field, and what it could do."""
    return {"object": str(item.object), "field": item.field, "could": item.could}


def backend_fields(backend: Backend) -> Json:
    """One backendRef: `share` of the requests between 0 and 1, `status` where the gateway itself answers them."""
    return {"service": str(backend.service), "share": round(backend.share, 4), "status": backend.status}


def _endpoint(found: Trace, endpoint: Endpoint) -> str:
    host = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    return f"{host}:{port_of(found, endpoint)}"


def port_of(found: Trace, endpoint: Endpoint) -> int:
    """The port of an endpoint that a request gets to: that of the Service port, else its only one, else the asked."""
    port = found.service_port
    binding = endpoint.port_for(port.name, port.protocol) if port else None
    if binding is None and port is None and len(endpoint.ports) == 1:
        binding = endpoint.ports[0]
    return binding.port if binding else found.request.port
