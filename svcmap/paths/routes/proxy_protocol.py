"""PROXY protocol between a load balancer and the proxy behind it: both speak it, or nobody gets through (CF-14)."""

from __future__ import annotations

from typing import NamedTuple

from svcmap.model.core import Service
from svcmap.model.refs import ObjectRef
from svcmap.paths.outcome import Answer, Hop, Trace, Undecided
from svcmap.paths.walk import Walk
from svcmap.semantics import front_listener

BAD_REQUEST = 400
RULE = "CF-14"


def is_sent(walk: Walk) -> bool | None:
    """Whether the header of PROXY protocol comes before a request at the proxy; None where whatever is in front is not
    in the source.
    """
    front, leg = walk.front, walk.first_leg
    if front is None or leg is None:
        return None
    if walk.is_direct or (walk.request.via is not None and walk.request.via.node):
        return False  # kube-proxy answers for the load balancer's address itself, or none was asked
    if front.spec.type != "LoadBalancer":
        return None if front.spec.type == "NodePort" else False
    return bool(front_listener.tells_the_client(front))


class Expected(NamedTuple):
    """What a proxy expects before a request: PROXY protocol or not (None: not known), and where that is said."""

    is_on: bool | None = None
    told: str = ""
    ref: ObjectRef | None = None
    field: str = ""


def at_header(walk: Walk, expected: Expected, proxy: ObjectRef) -> Trace | None:
    """The finished trace of a request that the proxy cannot read: one of both sides alone speaks PROXY protocol."""
    sent, front = is_sent(walk), walk.front
    if front is None or sent is None:
        if expected.is_on and expected.ref is not None:
            could = "makes it expect PROXY protocol, and what sends that is not in the source"
            _leave_open(walk, expected.ref, expected.field, could)
        return None
    if expected.is_on is None:
        if sent:
            field = f"metadata.annotations[{front_listener.tells_the_client(front)}]"
            _leave_open(walk, front.ref, field, front_listener.SPEAKS_PROXY)
        return None
    walk.tells_client = expected.is_on and sent
    if sent and not expected.is_on:
        return _unexpected(walk, front, expected.told)
    return _missing(walk, front, expected.told, proxy) if expected.is_on and not sent else None


def _leave_open(walk: Walk, ref: ObjectRef, field: str, could: str) -> None:
    walk.doubt(Undecided(object=ref, field=field, could=could), "load-balancer", RULE, refuses=True)


def _unexpected(walk: Walk, front: Service, told: str) -> Trace:
    sends = f"{front_listener.tells_the_client(front)} of Service {front.name} sends PROXY protocol"
    says = f"{sends}, and the proxy does not expect it ({told}): it reads no request."
    step = "turn it on in the proxy as well, or remove the annotation"
    answer = Answer(status=BAD_REQUEST if walk.scheme == "http" else None)
    return walk.stop(_hop(walk, front.ref, says, step), "tls", answer=answer)


def _missing(walk: Walk, front: Service, told: str, proxy: ObjectRef) -> Trace:
    leg = walk.first_leg
    if leg is not None and leg.seen.short_circuit:
        why = "kube-proxy answers for the load balancer's address inside the cluster, and sends none (short cut)"
        step = "ask for the cluster IP of the Service behind, or give the load balancer a host name"
    elif front.spec.type != "LoadBalancer" or front_listener.tells_the_client(front):
        why = f"no load balancer that sends it is on this way to Service {front.name}"
        step = "ask by a load balancer that speaks PROXY protocol"
    else:
        why = f"no annotation has the load balancer of Service {front.name} send it"
        step = "turn PROXY protocol on at the load balancer as well"
        walk.assume(f"nobody has turned PROXY protocol on at the load balancer of Service {front.name} by hand")
    says = f"The proxy expects PROXY protocol ({told}), and {why}: it ends the connection."
    return walk.stop(_hop(walk, proxy, says, step), "tls")


def _hop(walk: Walk, ref: ObjectRef, says: str, step: str) -> Hop:
    address = f"{walk.request.authority}:{walk.request.port}"
    return Hop(kind="load-balancer", object=ref, address=address, rule=RULE, says=says, next=step)
