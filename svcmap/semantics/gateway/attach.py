"""Which listeners a route attaches to, and which one a request meets (G1-G4, G11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from svcmap.model.base import Part
from svcmap.model.gateway import AllowedRoutes, Listener, ParentReference, Route, RouteNamespaces
from svcmap.model.labels import fits_namespace
from svcmap.model.refs import ObjectRef

GROUP = "gateway.networking.k8s.io"
DEFAULT_KINDS = {
    "HTTP": ("HTTPRoute", "GRPCRoute"),
    "HTTPS": ("HTTPRoute", "GRPCRoute"),
    "TLS": ("TLSRoute",),
    "TCP": ("TCPRoute",),
    "UDP": ("UDPRoute",),
}
SCHEME_PROTOCOLS = {
    "http": ("HTTP", "TCP"),
    "grpc": ("HTTP", "HTTPS", "TCP"),
    "https": ("HTTPS", "TLS", "TCP"),
    "tls": ("TLS", "HTTPS", "TCP"),
    "udp": ("UDP",),
    "tcp": ("TCP", "HTTP", "HTTPS", "TLS"),
}
"""What a listener must speak for a request of a scheme; a TCP listener forwards whatever is in the connection."""


class BoundListener(Part, frozen=True):
    """A listener and the object it is written in: a Gateway, or a ListenerSet of it. `conflict` is why it is off;
    `is_unsure` says that labels nobody has read decide whether the Gateway takes its ListenerSet; `refusal` is what the
    controller says of one that it has not accepted, or (`is_whole`) of all of its object.
    """

    listener: Listener
    owner: ObjectRef
    conflict: str | None = None
    is_unsure: bool = False
    refusal: str = ""
    is_whole: bool = False

    @property
    def name(self) -> str:
        return self.listener.name

    @property
    def refused_as(self) -> str:
        """What its controller has not accepted."""
        return f"{self.owner.kind} {self.owner.own_name}" if self.is_whole else f"listener {self.name}"


class Attachment(Part, frozen=True):
    """A route's try to attach to one parentRef: the listeners that took it, or the reason none did (G2). Of those in
    `unsure` labels of its namespace, which were not read, decide.
    """

    listeners: tuple[BoundListener, ...]
    reason: str | None = None
    unsure: tuple[BoundListener, ...] = ()


def with_conflicts(listeners: Sequence[BoundListener]) -> list[BoundListener]:
    """G11: listeners of one port must agree on TCP, HTTP or TLS; of two with the same host name the later is off."""
    made: list[BoundListener] = []
    seen: set[tuple[int, str, str]] = set()
    for bound in listeners:
        item = bound.listener
        others = {_layer(b.listener.protocol) for b in listeners if b.listener.port == item.port}
        key = item.port, _layer(item.protocol), item.hostname.lower()
        conflict = None
        if len(others - {"datagram"}) > 1:
            conflict = "ProtocolConflict"
        elif key in seen:
            conflict = "HostnameConflict"
        seen.add(key)
        made.append(replace(bound, conflict=conflict))
    return made


def _layer(protocol: str) -> str:
    return {"TCP": "stream", "UDP": "datagram", "HTTPS": "tls", "TLS": "tls"}.get(protocol, "http")


def attach(
    route: Route,
    parent: ParentReference,
    listeners: Sequence[BoundListener],
    namespace_labels: Mapping[str, Mapping[str, str]],
    *,
    is_accepted: bool = False,
) -> Attachment:
    """G1: name, section and port, then kind and namespace, then host names. `listeners` are those of the parent,
    `namespace_labels` those of the namespaces whose objects were read; `is_accepted`: the controller says that it takes
    the route, whatever its namespace is.
    """
    named = [bound for bound in listeners if names_listener(parent, bound)]
    if not named:
        return Attachment(listeners=(), reason="NoMatchingParent")
    namespace = route.metadata.namespace
    verdicts = [
        (
            is_allowed(namespace, bound.owner.namespace, bound.listener.allowed_routes.namespaces, namespace_labels),
            bound,
        )
        for bound in named
        if route.kind in supported_kinds(bound.listener)
    ]
    if is_accepted and not any(verdict for verdict, _ in verdicts) and len(_possible(verdicts)) == 1:
        # By one of them at least, and no other is there.
        only = _possible(verdicts)[0]
        verdicts = [(True if bound is only else verdict, bound) for verdict, bound in verdicts]
    allowed = [(verdict, bound) for verdict, bound in verdicts if verdict is not False]
    if not allowed:
        return Attachment(listeners=(), reason="NotAllowedByListeners")
    matching = [(verdict, bound) for verdict, bound in allowed if effective_hostnames(bound.listener, route)]
    if not matching:
        return Attachment(listeners=(), reason="NoMatchingListenerHostname")
    unsure = tuple(bound for verdict, bound in matching if verdict is None or bound.is_unsure)
    return Attachment(listeners=tuple(bound for _, bound in matching), unsure=unsure)


def names_listener(parent: ParentReference, bound: BoundListener) -> bool:
    """G1: whether a parentRef to the object of a listener is for that listener too, by section and port."""
    is_section = not parent.section_name or bound.name == parent.section_name
    return is_section and (not parent.port or bound.listener.port == parent.port)


def _possible(verdicts: Sequence[tuple[bool | None, BoundListener]]) -> list[BoundListener]:
    """The listeners that may be the one by which a route is accepted: of those whose labels are not known, else all."""
    unsure = [bound for verdict, bound in verdicts if verdict is None]
    return unsure or [bound for _, bound in verdicts]


def supported_kinds(listener: Listener) -> list[str]:
    """The route kinds a listener takes: those it lists that its protocol can carry, by default all of these."""
    possible = DEFAULT_KINDS.get(listener.protocol, ())
    listed = listener.allowed_routes.kinds
    if not listed:
        return list(possible)
    return [kind.kind for kind in listed if kind.group in ("", GROUP) and kind.kind in possible]


def carries(listener: Listener, kind: str) -> bool:
    """Whether the protocol of a listener can carry routes of a kind."""
    return kind in DEFAULT_KINDS.get(listener.protocol, ())


def kinds_are_valid(listener: Listener) -> bool:
    """G2: a kind that the protocol cannot carry makes ResolvedRefs False (InvalidRouteKinds)."""
    listed: AllowedRoutes = listener.allowed_routes
    return len(supported_kinds(listener)) == len(listed.kinds) if listed.kinds else True


def is_allowed(
    namespace: str, own: str, allowed: RouteNamespaces, namespace_labels: Mapping[str, Mapping[str, str]]
) -> bool | None:
    """Whether objects of a namespace may attach to one that lives in `own` (Same, All, Selector, None); None where that
    depends on labels of a namespace that was not read.
    """
    match allowed.from_:
        case "All":
            return True
        case "Selector":
            labels = namespace_labels.get(namespace)
            return allowed.selector is not None and fits_namespace(allowed.selector, namespace, labels)
        case "None":
            return False
    return namespace == own


def hostname_matches(pattern: str, host: str) -> bool:
    """G3: `*.x` stands for one or more labels, unlike in Ingress; an empty pattern matches everything."""
    pattern, host = pattern.lower(), host.lower().rstrip(".")
    if not pattern:
        return True
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return pattern == host


def effective_hostnames(listener: Listener, route: Route) -> list[str]:
    """G3: host names both the listener and the route have; [""] stands for all of them."""
    if route.kind in ("TCPRoute", "UDPRoute") or not route.spec.hostnames:
        return [listener.hostname]
    if not listener.hostname:
        return list(route.spec.hostnames)
    shared = (_intersection(listener.hostname, hostname) for hostname in route.spec.hostnames)
    return [hostname for hostname in shared if hostname]


def _intersection(one: str, other: str) -> str:
    """The narrower of two patterns if every name of it fits the wider one; empty if they share nothing."""
    for narrow, wide in ((other, one), (one, other)):
        if narrow.startswith("*."):
            fits = wide.startswith("*.") and narrow.lower().endswith(wide.lower()[1:])
        else:
            fits = hostname_matches(wide, narrow)
        if fits:
            return narrow
    return ""


def choose_listener(listeners: Iterable[BoundListener], host: str) -> BoundListener | None:
    """G4: of the listeners on a port the one with the most specific host name."""
    fitting = [bound for bound in listeners if hostname_matches(bound.listener.hostname, host)]
    return max(fitting, key=lambda bound: host_rank(bound.listener.hostname), default=None)


def host_rank(pattern: str) -> tuple[int, int]:
    """Exact before wildcard before none, longer before shorter."""
    return (0 if not pattern else 1 if pattern.startswith("*.") else 2), len(pattern)
