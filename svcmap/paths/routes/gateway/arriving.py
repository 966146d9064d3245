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
from svcmap.paths.routes.gateway.fronts import leads_to
from svcmap.paths.routes.gateway.through import through_gateway
from svcmap.paths.walk import Walk


def arriving(walk: Walk, found: Trace, front: Service) -> Trace | None:
    """What a Gateway makes of a request that has got to its pods (`found`) by the Service in front of them; None where
    that leads to no Gateway or to several, or where the request names no host of its own.
    """
    request, port = walk.request, found.service_port
    if not request.has_own_host or port is None:
        return None
    mine = list(_listening(walk, front, port.port))
    if len(mine) != 1:
        return None
    return take_up_http(walk, found, front) or through_gateway(walk, mine[0])


def _listening(walk: Walk, front: Service, port: int) -> Iterator[Gateway]:
    """The Gateways behind a Service that have a listener at a port of it."""
    for gateway in walk.state.gateways.values():
        listening = (bound.listener.port for bound in listeners_of(walk.state, gateway))
        if leads_to(walk.state, front, gateway) and port in listening:
            yield gateway
