"""Whether a Service port says that what is behind it speaks TLS (port names and numbers by custom; KEP-2511)."""

from __future__ import annotations

from svcmap.model.core import ServicePort

PORTS = (443, 8443)
SECURE = ("https", "tls", "wss")


def is_open(port: ServicePort) -> bool:
    """Whether neither its appProtocol nor its name says what a port speaks, and its number is none of plain http."""
    return not port.app_protocol and not port.name.startswith("http") and port.port not in (80, 8080)


def speaks_plain_http(port: ServicePort) -> bool:
    """Whether it says that it speaks http without TLS; one whose pods have a port of TLS by number or name does not."""
    target = port.target_port
    to_tls = target in PORTS if isinstance(target, int) else str(target).partition("-")[0] in SECURE
    return not to_tls and not is_open(port) and not speaks_tls(port) and not speaks_grpc(port)


def speaks_grpc(port: ServicePort) -> bool:
    """By its appProtocol, else by its name."""
    return "grpc" in (port.app_protocol, port.name.partition("-")[0]) and port.protocol == "TCP"


def speaks_tls(port: ServicePort) -> bool:
    """By its appProtocol, else by its name, else by its number and that of the pods."""
    if port.app_protocol:
        return port.app_protocol.rpartition("/")[2] in SECURE
    if port.name:
        return port.name.partition("-")[0] in SECURE
    return port.port in PORTS and (not isinstance(port.target_port, int) or port.target_port in (0, *PORTS))
