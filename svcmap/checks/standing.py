"""How a Service stands: the one mark, from every way in as it was traced and what the checks found (product.md, "The
mark of a Service"). Every view shows this value; none works out a mark of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec.structs import replace

from svcmap.checks.finding import FAULTS, Finding, Severity
from svcmap.checks.own_findings import own_findings
from svcmap.checks.registry import findings_elsewhere, findings_of, findings_of_missing, order
from svcmap.checks.ways import TracedWay, explains, is_cut, passes, ways_of
from svcmap.model.base import Part
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.missing import askers, is_expected_elsewhere, missing_services

Mark = Literal["error", "warning", "unknown", "info", "ok"]
MARKS: tuple[Mark, ...] = ("error", "warning", "unknown", "info", "ok")
"""The worst first."""
ASSIGNED_LATER = "S19"
"""A load balancer that has no address because nothing was applied yet: nothing is wrong, and nobody could know more."""


class Standing(Part, frozen=True):
    """`findings` are those that touch the Service, the worst first: of the checks, and of ways in that are cut for a
    cause no check knows. `ways` counts ways in (entry and port) by `reachable`, `unreachable` and `unknown`; `says` is
    the mark as a sentence.
    """

    mark: Mark
    says: str
    findings: tuple[Finding, ...] = ()
    ways: dict[str, int] = {}

    @property
    def worst(self) -> Finding | None:
        return self.findings[0] if self.findings else None


def standing(state: ClusterState, name: Name) -> Standing:
    """How a Service stands; worked out once for a state."""
    return state.remember("standing", name, lambda: _standing(state, name))


def every_finding(state: ClusterState) -> tuple[Finding, ...]:
    """What is found in all of a state, of Services and of what stands in front of none; the worst first."""

    def found() -> Iterator[Finding]:
        for name in (*state.services, *missing_services(state)):
            yield from standing(state, name).findings
        yield from findings_elsewhere(state)

    return state.remember("every_finding", None, lambda: tuple(sorted(dict.fromkeys(found()), key=order)))


def _standing(state: ClusterState, name: Name) -> Standing:
    if name not in state.services:
        return _of_missing(state, name)
    ways = ways_of(state, name)
    checked = [_by_effect(finding, ways) for finding in findings_of(state, name)]
    findings = tuple(sorted([*checked, *own_findings(state, name, ways, checked)], key=order))
    mark = _mark(ways, findings)
    return Standing(mark=mark, says=_says(mark, ways, findings), findings=findings, ways=_counted(ways))


def _of_missing(state: ClusterState, name: Name) -> Standing:
    """Of a Service that does not exist and is asked for: an error, unless its folder is just another one."""
    ways = ways_of(state, name)
    checked = findings_of_missing(state, name)
    known = {finding.object for finding in checked}
    own = [finding for finding in own_findings(state, name, ways, checked) if finding.object not in known]
    severity: Severity = "info" if is_expected_elsewhere(state, name) else "error"
    findings = tuple(sorted((replace(finding, severity=severity) for finding in [*checked, *own]), key=order))
    asking = askers(state, name)
    who = f"{', '.join(asking)} {'asks' if len(asking) == 1 else 'ask'} for it"
    says = f"Service {name.name} does not exist in {name.namespace}, and {who}"
    return Standing(mark=severity, says=says, findings=findings, ways=_counted(ways))


def _by_effect(finding: Finding, ways: Sequence[TracedWay]) -> Finding:
    """What explains a way that is cut is at least a warning, whatever its check alone can tell. What would stop all
    traffic is no more than that where part of the source was not read, so that no trace is certain of it.
    """
    cut = any(explains(finding, way) for way in ways if is_cut(way))
    if finding.severity == "info" and cut:
        return replace(finding, severity="warning")
    about = [way for way in ways if finding.spot.kind != "port" or way.port == finding.spot.key]
    if finding.severity == "error" and about and all(way.trace.verdict == "unknown" for way in about):
        return replace(finding, severity="warning")
    return finding


def _mark(ways: Sequence[TracedWay], findings: Sequence[Finding]) -> Mark:
    severities = {finding.severity for finding in findings}
    for severity in FAULTS:
        if severity in severities:
            return severity
    if any(is_open_question(way) for way in ways):
        return "unknown"
    return "info" if severities or any(way.trace.likely for way in ways) else "ok"


def is_open_question(way: TracedWay) -> bool:
    """Whether nobody can tell what becomes of requests this way, and more could be known. What only rests on something
    that svcmap does not evaluate is good to know, and no more.
    """
    stop = way.trace.stop
    if way.trace.likely is not None:
        return False
    return way.trace.verdict == "unknown" and not (stop is not None and stop.rule == ASSIGNED_LATER)


def _says(mark: Mark, ways: Sequence[TracedWay], findings: Sequence[Finding]) -> str:
    if findings and mark != "unknown":
        return findings[0].message
    if mark == "unknown":
        asked = next(way for way in ways if is_open_question(way))
        says = asked.trace.stop.says if asked.trace.stop else ""
        return f"{asked.entry.title}: {says}"
    if undecided := next((way for way in ways if way.trace.likely and way.trace.stop), None):
        return f"{undecided.entry.title}: {undecided.trace.stop.says if undecided.trace.stop else ''}"
    later = any(way.trace.verdict == "unknown" for way in ways)
    return "no problem found" + ("; the address of the load balancer is assigned when it is created" if later else "")


def _counted(ways: Sequence[TracedWay]) -> dict[str, int]:
    counts = Counter("reachable" if passes(way) else way.trace.verdict for way in ways)
    return {word: counts[word] for word in ("reachable", "unreachable", "unknown")}
