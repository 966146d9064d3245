"""TCP and UDP through ingress-nginx: what its ConfigMaps of streams say (CN-31; controller.go, getStreamServices)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from svcmap.model.components import flag
from svcmap.model.core import Service, ServicePort
from svcmap.model.refs import Name

FLAGS = {"TCP": "tcp-services-configmap", "UDP": "udp-services-configmap"}
LISTENING = {
    "http-port": 80,
    "https-port": 443,
    "healthz-port": 10254,
    "default-server-port": 8181,
    "ssl-passthrough-proxy-port": 442,
    "validating-webhook": 8443,
}
"""Flags of the ports that the controller listens on itself, with their defaults (pkg/flags/flags.go)."""
INTERNAL = (10245, 10246, 10247)
"""Those of its profiler, its status and its streams."""


WEB = ("http-port", "https-port")
"""Those of them that take requests of clients."""


class Stream(NamedTuple):
    """What a port leads to: a port of a Service by number or name, and on which side PROXY protocol is spoken."""

    service: Name
    port: str
    decodes: bool = False
    encodes: bool = False


def own_ports(words: Sequence[str]) -> frozenset[int]:
    """The TCP ports that a controller with a command line listens on for anything but streams."""
    given = ((flag(words, name) or "").rpartition(":")[2] or str(default) for name, default in LISTENING.items())
    return frozenset((*(int(text) for text in given if text.isdecimal()), *INTERNAL))


def web_ports(words: Sequence[str]) -> frozenset[int]:
    """The ports at which a controller with a command line takes http and https (CN-49)."""
    given = (flag(words, name) or str(LISTENING[name]) for name in WEB)
    return frozenset(int(text) for text in given if text.isdecimal())


def stream_at(data: Mapping[str, str], port: int, protocol: str) -> Stream | None:
    """What a ConfigMap has for a port; None for nothing, or for what cannot be read."""
    named = {int(key): text for key, text in data.items() if key.isdecimal()}.get(port, "")
    parts = named.split(":")
    namespace, _, name = parts[0].partition("/")
    if len(parts) < 2 or not namespace or not name:
        return None
    spoken = [part.upper() == "PROXY" for part in parts[2:4]] if protocol == "TCP" else []
    return Stream(Name(namespace, name), parts[1], *spoken)


def streams_to(data: Mapping[str, str], service: Name, protocol: str) -> Iterator[tuple[int, Stream]]:
    """The ports that a ConfigMap leads to a Service, with what it says of them."""
    for key in data:
        found = stream_at(data, int(key), protocol) if key.isdecimal() else None
        if found is not None and found.service == service:
            yield int(key), found


def services_of(data: Mapping[str, str]) -> set[Name]:
    """Every Service that a ConfigMap names for a port."""
    found = (stream_at(data, int(key), "TCP") for key in data if key.isdecimal())
    return {stream.service for stream in found if stream}


def port_of(service: Service, port: str, protocol: str) -> ServicePort | None:
    """The port of a Service that a stream names, of its own protocol."""
    for item in service.spec.ports:
        if item.protocol == protocol and (str(item.port) == port if port.isdecimal() else item.name == port):
            return item
    return None
