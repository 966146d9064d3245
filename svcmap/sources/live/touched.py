"""Whose answers a change of one object can change: the Services it is about."""

from __future__ import annotations

from collections.abc import Iterable

from svcmap.model.base import KubernetesObject
from svcmap.model.kinds import KINDS
from svcmap.model.refs import GroupKind, Name


def touched_by(kind: GroupKind, objects: Iterable[KubernetesObject]) -> set[Name] | None:
    """The Services that an object is about, as it was and as it is; None for kinds that may concern all of them.

    Not asked of pods: whose they are depends on which were read at all (Store._touch_pods).
    """
    known = KINDS.get(kind)
    if known is None or known.services is None:
        return None
    return {name for item in objects for name in known.services(item)}
