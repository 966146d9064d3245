"""A trace as the keys of product.md: what `svcmap trace -o json` prints and expectations compare."""

from __future__ import annotations

from typing import Any

from svcmap.model.facts import Endpoint
from svcmap.paths.walk import Backend, Trace

Json = dict[str, Any]


def trace_fields(found: Trace) -> Json:
    """Every key a trace question may expect; null where it does not apply."""
    return {
        "verdict": found.verdict,
        "reason": found.reason,
        "action": found.action,
        "status": found.status,
        "service": str(found.service) if found.service else None,
        "port": found.port,
        "endpoints": list(dict.fromkeys(_endpoint(found, e) for e in found.endpoints if e.address)),
        "pods": list(dict.fromkeys(str(e.pod) for e in found.endpoints if e.pod and e.basis != "predicted")),
        "backends": [backend_fields(backend) for backend in found.backends],
        "snat": found.snat,
        "hairpin": found.hairpin,
        "shortCircuit": found.short_circuit,
        "via": found.via,
        "backendPath": found.backend_path,
        "backendProtocol": found.backend_protocol,
        "location": found.location,
        "locationPath": found.location_path,
        "grpcCode": found.grpc_code,
        "externalName": found.external_name,
        "resource": found.resource,
        "warnings": list(found.warnings),
        "invalid": found.invalid,
        "suggest": found.suggest,
    }


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
