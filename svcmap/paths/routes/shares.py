"""Requests that several ways share, each followed to its end: whatever is on one of them is not on the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from svcmap.model.refs import Name
from svcmap.paths.outcome import Backend, Trace
from svcmap.paths.walk import PASSING, Walk


class Share(NamedTuple):
    """One of the ways: the Service at its end, its part of the requests, and who follows it there."""

    service: Name
    part: float
    follow: Callable[[Walk], Trace]


def follow_shares(walk: Walk, shares: Sequence[Share]) -> Trace:
    """The finished trace: shares that fail make it partial, all of them unreachable. Those that get nothing are named
    among the backends.
    """
    ends = [(share, share.follow(walk.beside())) for share in shares if share.part]
    status = {share: trace.answer.status for share, trace in ends}
    walk.backends = tuple(Backend(service=s.service, share=s.part, status=status.get(s)) for s in shares)
    working = [(share, trace) for share, trace in ends if _verdict(trace) in PASSING]
    failing = [(share, trace) for share, trace in ends if _verdict(trace) == "unreachable"]
    _, main = max(working or failing or ends, key=lambda end: end[0].part)
    walk.place = replace(main.place, port=None) if len(ends) > 1 else main.place
    walk.seen, walk.proxied = main.seen, main.proxied
    walk.invalid, walk.suggest, walk.external_name = main.invalid, main.suggest, main.external_name
    walk.excluded = tuple(pair for _, trace in ends for pair in trace.excluded)
    endpoints = tuple(endpoint for _, trace in working for endpoint in trace.endpoints)
    if len(working) + len(failing) < len(ends):
        return walk.end("unknown", endpoints=endpoints)
    if not failing:
        partial = next((trace for _, trace in working if _verdict(trace) == "partial"), None)
        return walk.end(
            "partial" if partial else "reachable", reason=partial.reason if partial else None, endpoints=endpoints
        )
    worst = max(failing, key=lambda end: end[0].part)[1]
    if not working:
        return walk.end("unreachable", reason=worst.reason, answer=worst.answer)
    return walk.end("partial", reason=worst.reason, endpoints=endpoints)


def _verdict(trace: Trace) -> str:
    """That of a way, were it not for what is not evaluated: its doubts stand in the notebook."""
    return trace.likely or trace.verdict
