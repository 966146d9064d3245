"""A request with a Host header of its own that comes to a Gateway by a node port, a cluster IP or the name of a Service
in front. Its packets are those of any Service, then the listeners and rules count.
"""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.model.core import Service
from svcmap.model.gateway import Gateway
from svcmap.paths.outcome import Trace
from svcmap.paths.routes.front import take_up_http
from svcmap.paths.routes.gateway.attached import listeners_of
from svcmap.paths.routes.gateway.claims import claimants
from svcmap.paths.routes.gateway.fronts import leads_to
from svcmap.paths.routes.gateway.through import through_gateway
from svcmap.paths.walk import Walk


def arriving(walk: Walk, found: Trace, front: Service) -> Trace | None:
    """What a Gateway makes of a request that has got to its pods (`found`) by the Service in front of them: of several
    that share them the one that has the host. None where there is none, or the request names no host of its own.
    """
    request, port = walk.request, found.service_port
    if not request.has_own_host or port is None:
        return None
    mine = {gateway.name: gateway for gateway in _listening(walk, front, port.port)}
    if not mine:
        return None
    _, claiming = claimants(walk.state, request.authority) or (None, ())
    best = next((mine[gateway.name] for gateway in claiming if gateway.name in mine), next(iter(mine.values())))
    return take_up_http(walk, found, front) or through_gateway(walk, best)


def _listening(walk: Walk, front: Service, port: int) -> Iterator[Gateway]:
    """The Gateways behind a Service that have a listener at a port of it."""
    for gateway in walk.state.gateways.values():
        listening = (bound.listener.port for bound in listeners_of(walk.state, gateway))
        if leads_to(walk.state, front, gateway) and port in listening:
            yield gateway
