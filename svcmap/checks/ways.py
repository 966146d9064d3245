"""The ways in to a Service, one for each entry and port, and what a finding has to do with one."""

from __future__ import annotations

from typing import NamedTuple

from svcmap.checks.finding import Finding
from svcmap.model.core import Service
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Entry
from svcmap.paths.entries import CUT, traced_entries
from svcmap.paths.missing import service_or_missing
from svcmap.paths.outcome import Trace

NOBODY_ANSWERS = ("no-endpoints", "no-local-endpoints", "name-not-found", "name-no-data", "dns-failure")
AT_A_PORT = ("no-endpoints", "port-not-in-service", "service-port-not-found", "backend-port-not-found")
ON_PURPOSE = ("network-policy",)
"""Reasons that somebody wanted: such a way is closed, not broken."""


class TracedWay(NamedTuple):
    """A way in to a Service (with its defaults) and what becomes of a request along it; `port` is the key of the
    Service port (`443/TCP`).
    """

    service: Service
    entry: Entry
    port: str
    trace: Trace


def ways_of(state: ClusterState, name: Name) -> list[TracedWay]:
    """Every way in to a Service, or to one that is only asked for."""
    service = service_or_missing(state, name)
    if service is None:
        return []
    return [
        TracedWay(service, item.entry, port, trace)
        for item in traced_entries(state, name)
        for port, trace in item.traces
    ]


def passes(way: TracedWay) -> bool:
    """Whether requests get through this way, all of them or a part."""
    return way.trace.verdict not in ("unreachable", "unknown")


def is_cut(way: TracedWay) -> bool:
    """Whether requests stop this way, all of them or a part."""
    return way.trace.verdict in ("unreachable", "partial")


def is_closed(way: TracedWay) -> bool:
    """Whether it is cut on purpose."""
    return is_cut(way) and way.trace.reason in ON_PURPOSE


def explains(finding: Finding, way: TracedWay) -> bool:
    """Whether a way fails at the very part of the picture a finding is about."""
    reason = way.trace.reason
    match finding.spot.kind:
        case "entry":
            return way.entry.id.removesuffix(CUT) == finding.spot.key and not is_closed(way)
        case "port":
            return way.port == finding.spot.key and reason in AT_A_PORT
        case "endpoints":
            return reason in NOBODY_ANSWERS and way.trace.verdict == "unreachable"
    return False
