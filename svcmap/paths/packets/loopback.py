"""Processes that listen on the loopback address of their pod alone, as command lines say: nobody else gets there."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.core import ServicePort
from svcmap.model.facts import Endpoint
from svcmap.model.listening import is_about
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState
from svcmap.model.workloads import PodSpec
from svcmap.paths.known.specs import runs_behind, spec_of
from svcmap.paths.outcome import Undecided
from svcmap.paths.walk import Walk


def note_loopback(walk: Walk, eligible: Sequence[Endpoint], port: ServicePort) -> None:
    """A doubt about packets that may meet such pods: whether the flag is about the port nobody here knows."""
    of_maker = {endpoint.made_by or endpoint.pod: endpoint for endpoint in reversed(eligible)}  # those of one run alike
    found = [_flag(walk.state, endpoint, port) for endpoint in of_maker.values()]
    for ref, flag in filter(None, found):
        could = f"has {flag}: what listens there only its own pod gets to"
        undecided = Undecided(object=ref, field="spec.containers[].args", could=could)
        walk.doubt(undecided, "endpoint", "N7", refuses=True, why="")


def _flag(state: ClusterState, endpoint: Endpoint, port: ServicePort) -> tuple[ObjectRef, str] | None:
    """The flag of the container that has the port of an endpoint, and the object it stands in."""
    found, spec = runs_behind(state, endpoint), spec_of(state, endpoint)
    binding = endpoint.port_for(port.name, port.protocol)
    if found is None or spec is None or binding is None:
        return None
    flag = _of_port(spec, binding.port)
    return (found.ref, flag) if flag else None


def _of_port(spec: PodSpec, number: int) -> str:
    """That of the only container, or of the one that declares a port."""
    containers = spec.serving_containers
    own = [c for c in containers if any(p.container_port == number for p in c.ports)] or (
        containers if len(containers) == 1 else []
    )
    return next((flag for c in own for flag in c.on_loopback if is_about(flag, number)), "")
