"""A request to an edge and its answer, over a socket of its own: any source address, any path as it is written."""

from __future__ import annotations

import json
import socket
import ssl
from typing import NamedTuple
from urllib.parse import urlsplit

CLIENT = "203.0.113.9"
PATIENCE = 5.0


class Request(NamedTuple):
    """A request to the edge. `source` is the client's address; `shared`: several servers may answer it."""

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    source: str = CLIENT
    shared: bool = False

    def __str__(self) -> str:
        more = [f"{name}: {value}" for name, value in self.headers]
        who = [] if self.source == CLIENT else [f"from {self.source}"]
        return " ".join([*([] if self.method == "GET" else [self.method]), self.url, *more, *who])


class Answer(NamedTuple):
    """What a client gets. `server` is the address of the pod that answered and `path` the one it was asked for, where
    one did; `status` None: the connection ended without an answer.
    """

    status: int | None
    server: str | None = None
    path: str | None = None
    location: str | None = None


def ask(address: str, request: Request, shift: int = 0) -> Answer:
    """Send a request, to a port that is so much higher. Raises OSError where nobody listens or nothing comes."""
    url = urlsplit(request.url)
    port = url.port or (443 if url.scheme == "https" else 80)
    with socket.create_connection((address, port + shift), PATIENCE, (request.source, 0)) as plain:
        if url.scheme != "https":
            return _exchange(plain, request)
        with _any_certificate().wrap_socket(plain, server_hostname=url.hostname) as encrypted:
            return _exchange(encrypted, request)


def _any_certificate() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _exchange(connection: socket.socket, request: Request) -> Answer:
    _, _, rest = request.url.partition("://")
    host, slash, path = rest.partition("/")
    headers = {"Host": host, "Connection": "close", **dict(request.headers)}
    lines = [f"{request.method} {slash or '/'}{path} HTTP/1.1", *(f"{key}: {value}" for key, value in headers.items())]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return _read(_all_of(connection))


def _all_of(connection: socket.socket) -> bytes:
    data = b""
    while part := connection.recv(65536):
        data += part
        head, end, body = data.partition(b"\r\n\r\n")
        length = next((line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b"")
        if end and length.strip().isdigit() and len(body) >= int(length):
            break
    return data


def _read(data: bytes) -> Answer:
    head, _, body = data.partition(b"\r\n\r\n")
    if not head:
        return Answer(None)
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    status, location = int(first.split()[1]), headers.get("location")
    start, end = body.find(b"{"), body.rfind(b"}")
    if status != 200 or start < 0:
        return Answer(status, location=location)
    said = json.loads(body[start : end + 1])
    return Answer(status, said["address"], said["path"], location)
