"""A request: where it goes, who asks, and by which way."""

from __future__ import annotations

import re
from typing import Literal

from svcmap.errors import UsageError
from svcmap.model.addresses import canonical, family_of
from svcmap.model.base import Part
from svcmap.model.refs import Name

SCHEME_PORTS = {"http": 80, "grpc": 80, "https": 443, "tls": 443}
SCHEMES = ("tcp", "udp", "sctp", "http", "https", "grpc", "tls")
NOT_A_URL = "not a URL; write for example https://shop.example.com/cart or tcp://10.96.0.1:443 (ports to 65535)"
LAYER_7 = ("http", "https", "grpc")
PROTOCOLS = {"udp": "UDP", "sctp": "SCTP"}
ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}\Z|[0-9a-fA-F]*:[0-9a-fA-F:.]*\Z")

ANY_HOST = "any.invalid"
"""Stands for a host that no rule names (RFC 2606); written `*`."""
NODE_PORT = re.compile(r":[0-9]+\Z")
NODE = "node"
"""What a request can arrive at (`--via`), beside the fronts of routes."""
VantageKind = Literal["internet", "intranet", "ip", "node", "pod", "workload", "namespace"]
ANYONE: tuple[VantageKind, ...] = ("internet", "intranet", "node", "pod")
"""Those of whom nothing more needs to be known: a word alone names them."""
Role = Literal["cluster-ip", "node-port", "external-ip", "load-balancer", "headless", "external-name"]


class Vantage(Part, frozen=True):
    """Who asks. `value` is an address, a node, `ns/pod`, `ns/Kind/name` or a namespace.

    An empty value is "any of them": a machine near the nodes or a pod of which nothing more is known, but that a pod is
    not of the namespace `apart_from`. `intranet` is a machine of the private network that leads to a private address.
    """

    kind: VantageKind
    value: str = ""
    apart_from: str = ""

    def __str__(self) -> str:
        if not self.value:
            return self.kind
        return self.value if self.kind == "ip" else f"{self.kind}:{self.value}"


INTERNET = Vantage(kind="internet")
INTRANET = Vantage(kind="intranet")
ANY_NODE = Vantage(kind="node")
ANY_POD = Vantage(kind="pod")


class Aim(Part, frozen=True):
    """A way into a Service that no address names yet: a node port or cluster IP that is assigned at creation."""

    service: Name
    role: Role
    port: str
    address: str = ""


class Via(Part, frozen=True):
    """Where a request arrives: a node (of no namespace), or the entry that an object with rules stands for."""

    kind: str
    name: Name

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    @property
    def node(self) -> str:
        """The node it arrives at; empty where it is an entry."""
        return self.name.name if self.kind == NODE else ""


class Request(Part, frozen=True):
    """One request, as `svcmap trace` takes it. `port` 0 means the scheme has no default and none was given.

    `prefer` is the backend whose share of a weighted route is followed.
    """

    to: str
    scheme: str = "tcp"
    host: str = ""
    port: int = 0
    path: str = "/"
    vantage: Vantage = INTERNET
    via: Via | None = None
    method: str = "GET"
    headers: dict[str, str] = {}
    aim: Aim | None = None
    prefer: Name | None = None

    @property
    def protocol(self) -> str:
        return PROTOCOLS.get(self.scheme, "TCP")

    @property
    def authority(self) -> str:
        """The host that HTTP routes by: the Host header, else that of the URL."""
        given = next((value for name, value in self.headers.items() if name.lower() == "host"), "")
        return re.sub(r":[0-9]*\Z", "", given.lower()) or self.host

    @property
    def has_own_host(self) -> bool:
        """Whether HTTP routes by another host than the one connected to."""
        return self.scheme in ("http", "https") and self.authority != self.host

    @property
    def is_address(self) -> bool:
        return bool(ADDRESS.match(self.host))


def parse_request(
    to: str,
    vantage: Vantage = INTERNET,
    via: Via | None = None,
    method: str = "GET",
    headers: dict[str, str] | None = None,
) -> Request:
    """A request from a URL such as `https://shop.example.com/cart`. Raises UsageError for what is none."""
    from urllib.parse import urlsplit  # only for URLs that a person typed

    try:
        parts = urlsplit(to if "://" in to else f"tcp://{to}")
        port = parts.port
    except ValueError:
        raise UsageError(f"{to}: {NOT_A_URL}") from None
    if parts.scheme not in SCHEMES or not parts.hostname or not is_name(parts.netloc):
        raise UsageError(f"{to}: {NOT_A_URL}")
    if (port is None and parts.scheme not in SCHEME_PORTS) or port == 0:
        shown = parts.netloc.removesuffix(":0")
        raise UsageError(f"{to}: a port from 1 to 65535 is needed, as in {parts.scheme}://{shown}:443")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Request(
        to=to,
        scheme=parts.scheme,
        host=ANY_HOST if parts.hostname == "*" else canonical(parts.hostname),
        port=port or SCHEME_PORTS.get(parts.scheme, 0),
        path=path,
        vantage=vantage,
        via=via,
        method="POST" if parts.scheme == "grpc" else method.upper(),  # a gRPC call is always a POST
        headers=headers or {},
    )


def split_name(text: str) -> Name:
    """`NS/NAME`. A name in a file may be any text; a namespace has no slash."""
    namespace, _, name = text.partition("/")
    return Name(namespace, name)


def is_name(text: str) -> bool:
    """Whether a text can be a name or an address: something to read, without blanks."""
    return text.isprintable() and not any(character.isspace() for character in text)


def is_lookup(text: str) -> bool:
    """Whether a text names a thing (an address, `:nodePort`, host or pod) and no request to it: no scheme, no port."""
    if "://" in text:
        return False
    if text.startswith("pod:") or NODE_PORT.match(text) or ADDRESS.match(text):
        return True
    return ":" not in text


def parse_vantage(text: str) -> Vantage:
    """`internet`, an IP address, `node:N`, `pod:NS/NAME`, `workload:NS/KIND/NAME` or `namespace:NS`.

    The words `intranet`, `node` and `pod` alone are any of them, as the ways in of `show` name who asks.
    """
    if anyone := next((kind for kind in ANYONE if kind == text), None):
        return Vantage(kind=anyone)
    if ADDRESS.match(text):
        if not family_of(text):
            raise UsageError(f"{text} is no IP address")
        return Vantage(kind="ip", value=text)
    kind, _, value = text.partition(":")
    slashes = {"node": 0, "pod": 1, "workload": 2, "namespace": 0}
    if kind in slashes and value and value.count("/") == slashes[kind]:
        match kind:
            case "node":
                return Vantage(kind="node", value=value)
            case "pod":
                return Vantage(kind="pod", value=value)
            case "workload":
                return Vantage(kind="workload", value=value)
        return Vantage(kind="namespace", value=value)
    raise UsageError(
        f"{text}: who asks is internet, an IP address, node:NAME, pod:NS/NAME, workload:NS/KIND/NAME or namespace:NS"
    )
