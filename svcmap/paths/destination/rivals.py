"""A host that several fronts have rules for: whose address its name has is not in the source."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from svcmap.model.refs import ObjectRef
from svcmap.paths.outcome import Trace, Undecided
from svcmap.paths.routes.kind import Claim, RouteKind
from svcmap.paths.walk import Walk


class Rival(NamedTuple):
    """A front that has a host as well, and an object that says so."""

    kind: RouteKind
    ref: ObjectRef
    front: Any


def rivals_of(best: tuple[RouteKind, Claim], claims: Sequence[tuple[RouteKind, Claim]]) -> list[Rival]:
    """Those of the kind that claims a host best, and those of other kinds that claim it as well."""
    kind, claim = best
    others = [(k, c) for k, c in claims if k is not kind and c.rank == claim.rank]
    also = [Rival(k, c.objects[0], c.front) for k, c in others if c.objects]
    return [*(Rival(kind, ref, front) for ref, front in claim.rivals), *also]


def note_rivals(walk: Walk, best: tuple[RouteKind, Claim], rivals: Sequence[Rival]) -> None:
    """Say that other fronts have the host; where one of them would make something else of the request it is a doubt."""
    if not rivals:
        return
    kind, claim = best
    host, mine = walk.request.host, _outcome(_asked(walk, kind, claim.front))
    for rival in rivals:
        what = f"a rule of a {rival.kind.word}" if rival.kind is not kind else str(rival.ref)
        if _outcome(_asked(walk, rival.kind, rival.front)) == mine:
            walk.assume(f"{host} leads to the {kind.word}; {what} has it as well")
            continue
        could = f"has {host} as well, behind another front, which makes something else of the request"
        walk.doubt(Undecided(object=rival.ref, field="spec", could=could), "dns", "CX-5", refuses=False, why="")


def _asked(walk: Walk, kind: RouteKind, front: Any) -> Trace:
    return kind.follow(Walk(walk.state, walk.request, walk.assumptions), front)


def _outcome(found: Trace) -> Hashable:
    """What a client would tell apart: two that do not get through are alike."""
    if found.verdict == "unreachable":
        return found.verdict
    return found.verdict, found.service, found.answer.location
