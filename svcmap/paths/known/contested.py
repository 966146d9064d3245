"""Node ports that two Services of a source ask for: the API server gives a number to one alone (S5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from svcmap.model.group_kinds import SERVICE
from svcmap.model.reads import reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.semantics.validation import node_port_numbers


class Contest(NamedTuple):
    """A field of a Service that is still to be created, the number in it, and who asks for that too. `is_taken`: the
    other one is there already.
    """

    field: str
    number: int
    other: Name
    is_taken: bool


def contest_of(state: ClusterState, name: Name) -> Contest | None:
    """The first one of a Service; None where nobody else wants a number of its own."""
    service = state.services.get(name)
    if service is None or service.metadata.uid or state.is_of_cluster:
        return None
    found: Contest | None = None
    for field, number in node_port_numbers(service):
        for other in _askers(state).get(number, ()):
            is_taken = bool(state.services[other].metadata.uid)
            if other != name and (found is None or (is_taken and not found.is_taken)):
                found = Contest(field, number, other, is_taken)
    return found


def _askers(state: ClusterState) -> Mapping[int, list[Name]]:
    """By number: the Services that ask for it."""

    def index() -> Mapping[int, list[Name]]:
        made: dict[int, list[Name]] = {}
        for service in state.services.values():
            for number in {number for _, number in node_port_numbers(service)}:
                made.setdefault(number, []).append(service.name)
        return made

    found: Mapping[int, list[Name]] = state.remember("node_port_askers", None, index, reads(SERVICE))
    return found
