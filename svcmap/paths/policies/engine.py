"""A kind of network policy, as whoever judges a connection asks it: the seam behind which each has its own rules."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from svcmap.model.connection import INWARD, OUTWARD, Direction, OneWay, Party, Ruling
from svcmap.model.refs import GroupKind
from svcmap.model.state import ClusterState


class Meant(NamedTuple):
    """What a client asked for, which policies do not see: `port` and `addresses` are the Service's. They see
    `receiver`, the pod that kube-proxy has put in its place.
    """

    port: int = 0
    addresses: tuple[str, ...] = ()
    receiver: Party | None = None


NOTHING_MEANT = Meant()


class Told(NamedTuple):
    """What a sentence about a ruling needs to know: who sends, as whom the pods see it where a node put its own address
    on the packets (K10), and which of the endpoints are meant: `them`, or `2 of the 3 endpoints`. `of_names`: it is a
    look-up of a name, and no server gets it; `servers` are those that would, in a sentence.
    """

    direction: Direction
    sender: Party
    seen_as: Party | None
    whom: str
    protocol: str
    meant: Meant
    is_undecided: bool
    of_names: bool = False
    servers: str = "the DNS pods"

    @property
    def subject(self) -> str:
        """The party that the policies are about."""
        return "the client" if self.direction == OUTWARD else "the DNS pods" if self.of_names else "the pods"

    @property
    def masqueraded(self) -> str:
        """The doubt about packets that the pod's own node has put its address on."""
        return f"on the pod's own node plugins see {self.sender.title} or the node's address, and the rules differ"

    @property
    def from_whom(self) -> str:
        """The sender, as the party that the policies are about sees it."""
        seen = f", seen as {self.seen_as.title}," if self.seen_as and self.direction == INWARD else ""
        return f"{self.sender.title}{seen}"


class PolicyEngine(Protocol):
    """The policies of some kinds that have their say together: of one tier.

    `touches`: whether a policy may be about a party; false only where `rule` has nothing to say of any connection of
    it, for then nobody asks. `rule` says what they make of one direction of a connection of a pod. `tell` gives the
    sentence about a ruling that does not let everything pass, and the next step.
    """

    @property
    def kinds(self) -> tuple[GroupKind, ...]: ...
    @property
    def rule_id(self) -> str: ...
    def touches(self, state: ClusterState, party: Party, direction: Direction) -> bool: ...
    def rule(self, state: ClusterState, asked: OneWay) -> Ruling: ...
    def tell(self, ruling: Ruling, told: Told) -> tuple[str, str]: ...
