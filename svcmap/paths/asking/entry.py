"""One way into a Service, as requests to trace: whoever offers it says here how it is asked, and how it is shown."""

from __future__ import annotations

from svcmap.model.base import Part
from svcmap.model.core import ServicePort
from svcmap.model.refs import ObjectRef
from svcmap.paths.asking.request import Request

Facts = tuple[tuple[str, str], ...]
"""What a person can look up, each with the field it stands in."""


class Box(Part, frozen=True):
    """How a stage of a way in is drawn: what it is, and the facts behind it."""

    kind: str
    facts: Facts = ()


class Entry(Part, frozen=True):
    """One way in. `kind` is cluster-ip, node-port, load-balancer, external-ip, or the word of a kind of route.

    `requests` holds one request for each Service port it carries, by port key (`443/TCP`). `object` is the route behind
    it, `front` the object that has its address, `field` the place of the rule. Of a route `edge` is the box of its
    front and `proxy` that of its rule, None where both are one; `is_served` says whether anything serves it, `found`
    what it means that a rule takes a request. Entries of one rule, one for each host and match, have the same `lane`;
    `unasked` are those of it that are too many to ask. `wants` is what a request must have beside host and path.
    """

    id: str
    kind: str
    title: str
    requests: tuple[tuple[str, Request], ...]
    address: str = ""
    host: str = ""
    rule: str = ""
    object: ObjectRef | None = None
    front: ObjectRef | None = None
    field: tuple[str | int, ...] = ()
    edge: Box | None = None
    proxy: Box | None = None
    is_served: bool = True
    found: str = ""
    lane: str = ""
    wants: str = ""
    unasked: int = 0

    @property
    def is_route(self) -> bool:
        """Whether a proxy of layer 7 stands behind it, not kube-proxy alone."""
        return self.edge is not None


def port_key(port: ServicePort) -> str:
    """`443/TCP`: unique among the ports of a Service (S3)."""
    return f"{port.port}/{port.protocol}"
