"""TLS Secrets that a route object names, and that the source could have and has not (I6, G7)."""

from __future__ import annotations

from collections.abc import Iterable

from svcmap.model.group_kinds import SECRET
from svcmap.model.refs import Name
from svcmap.paths.walk import Walk

NOT_FOUND = "tls-secret-not-found"


def note_missing(walk: Walk, named: Iterable[Name]) -> None:
    """A Secret that is not in the source may exist all the same: worth a warning, and where one of its name is in
    another namespace, worth saying so.
    """
    if not walk.state.is_read(SECRET):
        return
    there = walk.state.objects.get(SECRET, {})
    for name in named:
        if name in there:
            continue
        walk.warn(NOT_FOUND)
        if elsewhere := sorted(other.namespace for other in there if other.name == name.name):
            walk.assume(f"Secret {name} exists: the source has one of that name in namespace {elsewhere[0]} only")
