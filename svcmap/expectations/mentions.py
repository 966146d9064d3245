"""`mentions`: texts that must stand somewhere in what an answer says to a person (product.md, "Expectation files")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from svcmap.checks.finding import Finding
from svcmap.checks.standing import every_finding
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.outcome import Trace

Json = dict[str, Any]


def lacking(wanted: Iterable[str], question: Json, texts: Iterable[str]) -> list[str]:
    """The texts that nothing mentions, without case. What only repeats the question's own words does not count."""
    said = "\n".join(texts).lower()
    for own in sorted(_words(question), key=len, reverse=True):
        said = said.replace(own.lower(), "")
    return [text for text in wanted if text.lower() not in said]


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _words(item)
    elif isinstance(value, str) and value:
        yield value


def texts_of(state: ClusterState, question: Json, answer: Json, found: Trace | None) -> Iterator[str]:
    """What an answer says: the hops of a trace, what is undecided and assumed, and the findings it meets."""
    if found is None:
        yield msgspec.json.encode(answer).decode()
    else:
        yield from _of_trace(found)
    names = {text for text in _words(question) if "/" in text}
    services = {found.service} if found else {Name(*text.split("/")) for text in names if text.count("/") == 1}
    met = names | ({str(ref) for ref in _objects_of(found)} if found else set())
    for finding in every_finding(state):
        if str(finding.object) in met or services.intersection(finding.services):
            yield from _of_finding(finding)


def _objects_of(found: Trace) -> list[ObjectRef]:
    return [*(hop.object for hop in found.hops if hop.object), *(item.object for item in found.undecided)]


def _of_trace(found: Trace) -> Iterator[str]:
    for hop in found.hops:
        yield from (str(hop.object or ""), hop.address, hop.says, hop.next)
    for item in found.undecided:
        yield from (str(item.object), item.field, item.could)
    yield from (*found.assumed, *found.warnings, found.reason or "", found.suggest or "", found.resource or "")
    yield found.answer.location or ""


def _of_finding(finding: Finding) -> Iterator[str]:
    yield from (finding.id, str(finding.object), finding.message, finding.field, finding.next, finding.suggestion or "")
