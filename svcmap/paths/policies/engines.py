"""The kinds of network policies, in the order in which they are asked about a connection."""

from __future__ import annotations

from svcmap.model.refs import GroupKind
from svcmap.paths.policies.cluster_network_policy import ADMIN_TIER, BASELINE_TIER
from svcmap.paths.policies.engine import PolicyEngine
from svcmap.paths.policies.network_policy import NETWORK_POLICIES

ENGINES: tuple[PolicyEngine, ...] = (ADMIN_TIER, NETWORK_POLICIES, BASELINE_TIER)
"""What one allows or denies is settled, what it leaves to others the next one is asked; what all do passes. Policies of
kinds that nobody evaluates come after all of them, and can only make an answer unknown (`unevaluated`).
"""


def that_may_say_otherwise(deciding: PolicyEngine) -> tuple[GroupKind, ...]:
    """The kinds whose policies could change a denial, if there were more of them than were read: those of the engine
    that denies, and of all that are asked before it.
    """
    before = ENGINES[: ENGINES.index(deciding) + 1]
    return tuple(dict.fromkeys(kind for engine in before for kind in engine.kinds))
