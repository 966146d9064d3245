"""What a kind of route is asked: everything that differs between Ingress, Gateway API and those that come."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Any, NamedTuple, Protocol

from svcmap.model.core import Service
from svcmap.model.refs import GroupKind, Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Entry
from svcmap.paths.outcome import Reason, Trace
from svcmap.paths.walk import Walk


class HostRank(IntEnum):
    """How specific a claim on a host is: one scale for every kind. An object that gets no requests, whoever asks, has
    its host only where nothing else takes it: to say so.
    """

    REFUSED = 0
    ANY = 1
    WILDCARD = 2
    EXACT = 3


class Claim(NamedTuple):
    """The objects of a kind that name a host best, and how specific they are. `owners` are objects that these were made
    of: what serves them takes the host in the place of those. `rivals` are other fronts that have it as well, each with
    an object that says so: whose address the name has is for the DNS outside to say.
    """

    rank: HostRank
    front: Any
    objects: tuple[ObjectRef, ...] = ()
    owners: tuple[ObjectRef, ...] = ()
    rivals: tuple[tuple[ObjectRef, Any], ...] = ()


class Overlooked(NamedTuple):
    """An object that names a host and that nobody serves: a sentence about it, what to do, and the reason. `is_wide`:
    it names the host by a wildcard alone, and another server may have that; `is_open`: what serves it may not be in the
    source.
    """

    object: ObjectRef
    says: str
    next: str
    reason: Reason
    is_wide: bool = False
    is_open: bool = False


class RouteKind(Protocol):
    """A kind of route. What it calls a front is its own: some of its objects, that take a request together."""

    @property
    def word(self) -> str:
        """What its hops, its entries and `--via` are called."""

    @property
    def object_kinds(self) -> tuple[GroupKind, ...]:
        """The kinds of its objects."""

    @property
    def other_kinds(self) -> tuple[GroupKind, ...]:
        """Kinds between its objects and their addresses."""

    @property
    def takes_streams(self) -> bool:
        """Whether a host of it may be one of any protocol, not of HTTP and TLS alone."""

    @property
    def advice(self) -> str:
        """What to look at where a request stops at a rule of it."""

    def entries(self, state: ClusterState, service: Service) -> Iterator[Entry]:
        """Every rule that leads to a Service."""

    def terms(self, state: ClusterState, service: Name) -> Iterator[str]:
        """What a person may know a rule by that leads to a Service: hosts (`*.` for a wildcard) and addresses."""

    def claim(self, state: ClusterState, host: str) -> Claim | None:
        """Who takes a host, or would if it were let; None where none of its objects names it."""

    def at(self, state: ClusterState, address: str) -> Any | None:
        """The front that has an address; None where none has."""

    def addresses(self, front: Any) -> Iterator[str]:
        """The addresses of a front, host names among them."""

    def served(self, state: ClusterState) -> Iterator[tuple[str, Name]]:
        """The addresses of its fronts, each with a Service that their requests go to."""

    def led_by(self, state: ClusterState) -> Iterator[tuple[Name, Name]]:
        """Services in front of fronts that no address leads to, each with a Service that their requests go to."""

    def may_be_at_any(self, state: ClusterState) -> Any | None:
        """The front of which no address is known and that takes every host: an address nobody has may be its own."""

    def named(self, state: ClusterState, name: Name) -> Any | None:
        """The front that an object of this name stands for (`--via`); None where there is none."""

    def follow(self, walk: Walk, front: Any) -> Trace:
        """A request that arrives at a front."""

    def passes_to(self, state: ClusterState) -> Iterator[tuple[Name, Name]]:
        """Services whose pods pass connections of layer 4 on (`passed_on`), each with a Service that these go to."""

    def passed_on(self, walk: Walk, found: Trace, service: Service) -> Trace | None:
        """The rest of a connection that has got to the pods of a Service at layer 4, where they are a proxy that passes
        it on; None where they are not, or where it ends there.
        """

    def unclaimed(self, walk: Walk, overlooked: Overlooked | None) -> Trace | None:
        """What a front answers for a host that nobody claims; None where none would be asked."""

    def overlooked(self, state: ClusterState, host: str) -> Overlooked | None:
        """An object that names a host and that nobody serves."""

    def senders(self, state: ClusterState, ref: ObjectRef) -> Iterator[Name]:
        """The Services whose pods send the requests of an object on."""
