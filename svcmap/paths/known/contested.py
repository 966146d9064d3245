"""Node ports that two Services of a source ask for: the API server gives a number to one alone (S5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from svcmap.model.core import Service
from svcmap.model.group_kinds import SERVICE
from svcmap.model.reads import reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState

PROTOCOLS = ("TCP", "UDP", "SCTP")


class Contest(NamedTuple):
    """A field of a Service that is still to be created, the number in it, and who asks for that too. `is_taken`: the
    other one is there already.
    """

    field: str
    number: int
    other: Name
    is_taken: bool


def contest_of(state: ClusterState, name: Name) -> Contest | None:
    """The first one of a Service; None where nobody else wants anything of its own. A number is for all protocols."""
    service = state.services.get(name)
    if service is None or service.metadata.uid or state.is_of_cluster:
        return None

    def found() -> Contest | None:
        every = list(_node_ports(state, service))
        return next((item for item in every if item.is_taken), None) or next(iter(every), None)

    return state.remember("contest", name, found, reads(SERVICE))


def _node_ports(state: ClusterState, service: Service) -> Iterator[Contest]:
    for index, port in enumerate(service.spec.ports):
        for protocol in PROTOCOLS if port.node_port else ():
            for other in state.services_by_node_port.get((port.node_port, protocol), ()):
                if other.name != service.name:
                    field = f"spec.ports[{index}].nodePort"
                    yield Contest(field, port.node_port, other.name, bool(other.metadata.uid))
