"""What an answer rests on, and what of that changed: so that a new state keeps what nothing has changed for."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import NamedTuple

from svcmap.model.group_kinds import NAMESPACE, SERVICE
from svcmap.model.refs import GroupKind


class Aspect(NamedTuple):
    """A part of what objects of a kind say, which changes more seldom than they do."""

    kind: GroupKind
    what: str


NAMES = Aspect(SERVICE, "names")
"""Which Services there are."""
SELECTORS = Aspect(SERVICE, "selectors")
"""Which Services there are, what they select, and which of them are headless."""
USED_NAMESPACES = Aspect(NAMESPACE, "in use")
"""The namespaces that objects are in, whether they are there as objects or not."""
Part = GroupKind | Aspect


class Reads(NamedTuple):
    """`parts`: any change of these may change the answer. `own`: of these kinds only objects that are about the Service
    the answer is about (`Kind.services`; of pods those of its namespace and those that it selects).
    """

    parts: frozenset[Part] = frozenset()
    own: frozenset[GroupKind] = frozenset()

    def __or__(self, other: Reads) -> Reads:
        return Reads(self.parts | other.parts, self.own | other.own)

    def is_concerned(self, changed: Set[Part], *, of_all: bool) -> bool:
        """Whether a change may concern the answer whichever Service it is about; `of_all`: it is about all of them."""
        return not self.parts.isdisjoint(changed) or (of_all and not self.own.isdisjoint(changed))


def reads(*parts: Part, own: Iterable[GroupKind] = ()) -> Reads:
    """What an answer rests on."""
    return Reads(frozenset(parts), frozenset(own))
