"""What was last applied of a Service and is not in it: a port that kubectl's merge of the list by number has lost."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from svcmap.model.core import Service
from svcmap.model.well_known import LAST_APPLIED

KEYS = ("port", "nodePort")


def lost_port(service: Service, number: int, protocol: str) -> str:
    """A sentence about a port that the manifest had and the object has not; empty where there is none."""
    for port in _ports(service):
        if number in (port.get(key) for key in KEYS) and (port.get("protocol") or "TCP") == protocol:
            has = {(p.port, p.protocol or "TCP") for p in service.spec.ports}
            if (port.get("port"), protocol) not in has:
                lost = f"port {port.get('port')}/{protocol} of the last-applied-configuration of {service.name}"
                return f"It lacks {lost}: kubectl apply merges ports by their number (use --server-side)."
    return ""


def _ports(service: Service) -> Iterator[Mapping[str, Any]]:
    try:
        found = json.loads(service.metadata.annotations.get(LAST_APPLIED, "{}"))
    except (ValueError, RecursionError):
        return
    spec = found.get("spec") if isinstance(found, dict) else None
    ports = spec.get("ports") if isinstance(spec, dict) else None
    yield from (port for port in (ports if isinstance(ports, list) else ()) if isinstance(port, dict))
