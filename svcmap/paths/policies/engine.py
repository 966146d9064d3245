"""A kind of network policy, as whoever judges a connection asks it: the seam behind which each has its own rules."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from svcmap.model.connection import Direction, Party, Ruling
from svcmap.model.refs import GroupKind
from svcmap.model.state import ClusterState


class Told(NamedTuple):
    """What a sentence about a ruling needs to know: who sends, as whom the pods see it where a node put its own address
    on the packets (K10), and which of the endpoints are meant: `them`, or `2 of the 3 endpoints`. `port` is that of the
    request, which the pod need not have.
    """

    direction: Direction
    sender: Party
    seen_as: Party | None
    whom: str
    protocol: str
    port: int
    is_undecided: bool

    @property
    def subject(self) -> str:
        """The party that the policies are about."""
        return "the client" if self.direction == "egress" else "the pods"


class PolicyEngine(Protocol):
    """The policies of some kinds that have their say together: of one tier.

    `rule` says what they make of one direction of a connection between a pod they may be about and a peer; a port of
    None is not known. `tell` gives the sentence about a ruling that is not `allow`, and the next step.
    """

    @property
    def kinds(self) -> tuple[GroupKind, ...]: ...
    @property
    def rule_id(self) -> str: ...
    def touches(self, state: ClusterState, party: Party, direction: Direction) -> bool: ...
    def rule(
        self, state: ClusterState, direction: Direction, subject: Party, peer: Party, port: int | None, protocol: str
    ) -> Ruling: ...
    def tell(self, ruling: Ruling, told: Told) -> tuple[str, str]: ...
    def lead(self, ruling: Ruling, told: Told) -> str: ...
