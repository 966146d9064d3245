"""targetport-name-missing: a named target port that no selected pod has."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.checks.check import Check
from svcmap.checks.finding import Finding, Spot
from svcmap.model.core import Service
from svcmap.model.facts import Endpoint
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import port_key
from svcmap.paths.known.emptiness import PortGap, lacks_port, port_gap
from svcmap.paths.known.look_ups import ITS_ENDPOINTS, endpoints_of


def run(state: ClusterState, service: Service) -> Iterator[Finding]:
    """E9, E10: a name is looked up on every pod; one that none has leaves the endpoints without this port."""
    found = endpoints_of(state, service.name)
    for index, port in enumerate(service.spec.ports):
        if not isinstance(port.target_port, str) or not lacks_port(port, found):
            continue
        gap = port_gap(state, port, found)
        if not gap.is_of_other_protocol:  # with another protocol: a fault of its own
            yield _finding(service, gap, index, found.endpoints)


def _finding(service: Service, gap: PortGap, index: int, endpoints: tuple[Endpoint, ...]) -> Finding:
    """Where the pods were not read, EndpointSlices prove that no endpoint has the port."""
    port, declared, suggestion = gap.port, gap.declared, gap.suggestion
    wanted = str(port.target_port)
    listed = ", ".join(declared or ()) or "nothing"
    owners = ", ".join(dict.fromkeys(endpoint.owner for endpoint in endpoints))
    named = f"; the pods of {owners} name their ports: {listed}" if declared is not None else ""
    return Finding(
        id=CHECK.id,
        severity=CHECK.severity,
        object=service.ref,
        path=("spec", "ports", index, "targetPort"),
        message=f"targetPort {wanted} is a port name{named}. "
        f"No endpoint has this port: connections to {port.port} are refused.",
        suggestion=suggestion,
        next=f"set targetPort to {suggestion}" if suggestion else f"name a container port {wanted}",
        services=(service.name,),
        spot=Spot(kind="port", key=port_key(port)),
    )


CHECK = Check(
    id="targetport-name-missing",
    title="targetPort is a name that no selected pod has",
    explain=(
        "E9, E10: a name is looked up among the container ports of every selected pod. Where none has it, the "
        "endpoints have no such port, and connections to the Service port are refused."
    ),
    severity="error",
    about="service",
    reads=ITS_ENDPOINTS,
    run=run,
)
