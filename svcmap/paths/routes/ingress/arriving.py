"""A request with a Host header of its own that comes to a controller by a node port, a cluster IP or a Service's name:
`curl -H 'Host: shop.example' http://10.0.0.4:30080/`. Its packets are those of any Service, then the rules count.
"""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.model.core import Service
from svcmap.model.networking import Ingress
from svcmap.paths.known.look_ups import served_by
from svcmap.paths.outcome import Trace
from svcmap.paths.routes.front import take_up_http
from svcmap.paths.routes.ingress.claims import claimants, refused
from svcmap.paths.routes.ingress.controller import controller_service
from svcmap.paths.routes.ingress.running import is_behind, runners
from svcmap.paths.routes.ingress.through import through_ingress
from svcmap.paths.walk import Walk
from svcmap.semantics import front_listener

HTTP_PORTS = (80, 443)


def arriving(walk: Walk, found: Trace, front: Service) -> Trace | None:
    """What a controller makes of a request that has got to its pods (`found`) by a Service in front of them; None where
    no controller is behind it, or the request names no host of its own.
    """
    request, port = walk.request, found.service_port
    if not request.has_own_host or port is None:
        return None
    if port.port not in HTTP_PORTS and not front_listener.spoken(port.target_port):
        return None  # one of metrics, or of the admission webhook
    mine = {item.name: item for item in _served_behind(walk, front)}
    if not mine:
        return None
    claiming = [item for _, item in claimants(walk.state, request.authority) if item.name in mine]
    return take_up_http(walk, found, front) or through_ingress(walk, claiming or list(mine.values()))


def _served_behind(walk: Walk, front: Service) -> Iterator[Ingress]:
    """The Ingresses whose controller's pods a Service leads to."""
    state = walk.state
    for item in state.ingresses.values():
        served = served_by(state, item)
        if served.served is False or served.placement == "outside" or refused(state, item) is not None:
            continue
        leading = controller_service(state, item)
        is_front = leading is not None and leading.name == front.name
        if is_front or any(is_behind(runner, front) for runner in runners(state, served)):
            yield item
