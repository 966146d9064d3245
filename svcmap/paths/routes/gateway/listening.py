"""Which listener of a Gateway a request arrives at, and why none takes it (G1, G2, G4, G7)."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.gateway import Gateway, GatewayClass
from svcmap.model.group_kinds import GATEWAY_CLASS
from svcmap.model.refs import Name
from svcmap.paths.asking.request import SCHEME_PORTS, Request
from svcmap.paths.outcome import Answer, Hop, Reason, Trace
from svcmap.paths.routes.gateway.attached import listeners_of
from svcmap.paths.routes.gateway.entries import WORD
from svcmap.paths.routes.gateway.entry_points import is_by_entry_point, listener_port
from svcmap.paths.walk import ANYTHING, Walk
from svcmap.semantics import gateway as rules

TLS_SCHEMES = ("https", "tls")
NOT_FOUND = 404


def not_listening(
    walk: Walk,
    gateway: Gateway,
    on_port: Sequence[rules.BoundListener],
    bound: rules.BoundListener | None,
    address: str,
) -> Trace | None:
    """The finished trace of a request that no listener takes; None where one does, or another host has the port."""
    if (off := _without_certificate(walk, gateway, bound, address)) is not None:
        return off
    if bound is None and (refused := refused_listener(walk, gateway, None, address)) is not None:
        return refused
    if not on_port:
        return _no_listener(walk, gateway, address)
    return None


def without_class(walk: Walk, gateway: Gateway) -> Trace | None:
    """G1: of the GatewayClasses that are there none is that of the Gateway: no controller looks at it."""
    classes, wanted = walk.state.all(GATEWAY_CLASS, GatewayClass), gateway.spec.gateway_class_name
    if not classes or not wanted or rules.is_taken_up(gateway.status.conditions):
        return None
    if (of_class := classes.get(Name("", wanted))) is not None:
        return _class_refused(walk, gateway, of_class)
    has = ", ".join(name.name for name in list(classes)[:3])
    hop = Hop(
        kind=WORD,
        object=gateway.ref,
        address=wanted,
        rule="G1",
        says=f"There is no GatewayClass {wanted}: no controller serves the Gateway. There is {has}.",
        next="set spec.gatewayClassName; kubectl get gatewayclass",
    )
    return walk.stop(hop, "gateway-class-not-found")


def _class_refused(walk: Walk, gateway: Gateway, of_class: GatewayClass) -> Trace | None:
    """GW-13: a GatewayClass that its controller has not accepted, and a Gateway of which it says nothing."""
    found = rules.refused(of_class.status.conditions, of_class.metadata.generation)
    if found is None:
        return None
    told, name = found.message or found.reason or "not accepted", of_class.metadata.name
    hop = Hop(
        kind=WORD,
        object=of_class.ref,
        address=name,
        rule="GW-13",
        basis="observed",
        says=f"Its controller has not accepted GatewayClass {name}, that of Gateway {gateway.name}: {told}.",
        next=of_class.ref.kubectl("describe"),
    )
    return walk.stop(hop, "not-accepted")


def refused_listener(walk: Walk, gateway: Gateway, bound: rules.BoundListener | None, address: str) -> Trace | None:
    """The host has a listener of the port that the controller says it has not accepted: its message is the sentence.
    None where it has not, or where the one that takes its requests in the place of that (`bound`) fits it as well.
    """
    refused = [b for b in listeners_of(walk.state, gateway) if b.refusal and b.conflict not in rules.UNUSABLE]
    wanted = _arrives_at(walk, gateway)
    protocols = rules.SCHEME_PROTOCOLS.get(walk.request.scheme, ())
    off = [b for b in refused if b.listener.port == wanted and (bound is None or b.listener.protocol in protocols)]
    own = rules.choose_listener([*([bound] if bound else []), *off], server_name(walk.request))
    if own is None or own is bound:
        return None
    instead = f" Listener {bound.name} takes the request, and has no rule for it: 404." if bound else ""
    hop = Hop(
        kind=WORD,
        object=own.owner,
        address=address,
        rule="G2",
        basis="observed",
        says=f"Its controller has not accepted {own.refused_as} ({own.conflict}): {own.refusal}.{instead}",
        next=own.owner.kubectl("describe"),
    )
    if bound is None:
        return walk.stop(hop, "not-accepted")
    return walk.stop(hop, "not-accepted", answer=Answer(status=NOT_FOUND), lacks=ANYTHING)


def _without_certificate(walk: Walk, gateway: Gateway, bound: rules.BoundListener | None, address: str) -> Trace | None:
    """A host whose own listener has no certificate: no other listener serves it (GEP-1713), at most it takes the
    connection. `bound` is the listener that fits best of those that are on.
    """
    wanted = _arrives_at(walk, gateway)
    broken = [b for b in listeners_of(walk.state, gateway) if b.conflict in rules.UNUSABLE]
    own = rules.choose_listener(
        [b for b in (*broken, *([bound] if bound else [])) if b.listener.port == wanted], server_name(walk.request)
    )
    if own is None or own is bound or walk.request.scheme not in TLS_SCHEMES:
        return None
    why = {"RefNotPermitted": "no ReferenceGrant lets it refer to its Secret"}.get(own.conflict or "")
    why = why or ("its Secret is no certificate" if own.listener.tls else "it has no tls, which HTTPS needs")
    told = own.refusal or why
    ending = f"listener {bound.name} takes the connection and answers 404" if bound else "the connection is refused"
    hop = Hop(
        kind=WORD,
        object=gateway.ref,
        address=address,
        rule="G7",
        basis="observed" if own.refusal else "computed",
        says=f"Listener {own.name} has no certificate that it can use ({own.conflict}: {told.rstrip('.')}): {ending}.",
        next="correct spec.listeners[].tls.certificateRefs, or add a ReferenceGrant where the Secret is",
    )
    computed: Reason = "ref-not-permitted" if own.conflict == "RefNotPermitted" else "no-listener"
    reason = "not-accepted" if own.refusal else computed
    return walk.stop(hop, reason, answer=Answer(status=NOT_FOUND if bound else None))


def server_name(request: Request) -> str:
    """What chooses a listener: the server name of TLS, else the Host of the request."""
    return request.host if request.scheme in TLS_SCHEMES and not request.is_address else request.authority


def listeners_on_port(walk: Walk, gateway: Gateway) -> list[rules.BoundListener]:
    """The listeners of the port a request arrives on that speak its protocol."""
    wanted = _arrives_at(walk, gateway)
    protocols = rules.SCHEME_PROTOCOLS.get(walk.request.scheme, ())
    return [b for b in _listening(walk, gateway) if b.listener.port == wanted and b.listener.protocol in protocols]


def _listening(walk: Walk, gateway: Gateway) -> list[rules.BoundListener]:
    return [bound for bound in listeners_of(walk.state, gateway) if not bound.conflict]


def _arrives_at(walk: Walk, gateway: Gateway) -> int | None:
    """The port that a request arrives on.

    The port in a host name's URL is one of the client's Host header: where no listener has it, the connection came in
    on the scheme's own port.
    """
    request = walk.request
    default = SCHEME_PORTS.get(request.scheme)
    arrived = walk.first_leg.service_port if walk.first_leg is not None else None
    wanted = arrived.port if arrived is not None else request.port or default
    known = (bound for bound in listeners_of(walk.state, gateway) if not bound.conflict or bound.refusal)
    ports = {bound.listener.port for bound in known}
    if wanted and is_by_entry_point(walk.state, gateway):
        return listener_port(walk.state, gateway, wanted, ports)
    return default if wanted not in ports and not request.is_address and default in ports else wanted


def _no_listener(walk: Walk, gateway: Gateway, address: str) -> Trace:
    """Nobody listens on the port, or not for the protocol: those that there are, are the next step."""
    port = _arrives_at(walk, gateway)
    says = f"No listener of the Gateway takes {walk.request.scheme} on port {port}."
    off = [b for b in listeners_of(walk.state, gateway) if b.listener.port == port and b.conflict and not b.refusal]
    if off:
        names = " and ".join(b.name for b in off)
        says += f" {names} of that port contradict each other ({off[0].conflict}): the controller takes none of them."
    others = [f"{b.listener.protocol} on {b.listener.port}" for b in _listening(walk, gateway)]
    step = f"its listeners: {', '.join(dict.fromkeys(others))}" if others else "add a listener"
    step = "give them different ports" if off else step
    return walk.stop(
        Hop(kind=WORD, object=gateway.ref, address=address, rule="G4", says=says, next=step), "no-listener"
    )
