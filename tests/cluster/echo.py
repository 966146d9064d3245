"""A server of one pod: it answers each request with its name, the port that was asked and the source it saw.

`python echo.py NAME tcp:8080 udp:5353 …`: HTTP on TCP, a datagram for a datagram on UDP, on all addresses of its
network namespace. It needs nothing but the standard library.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from typing import Any


def _answer(name: str, local: Any, peer: Any, **more: str) -> bytes:
    address, port = str(local[0]).removeprefix("::ffff:"), local[1]
    said = {"name": name, "address": address, "port": port, "source": str(peer[0]).removeprefix("::ffff:"), **more}
    return json.dumps(said).encode()


class Datagrams(asyncio.DatagramProtocol):
    """Answers datagrams. The local address is not known of one that arrives, the name says which pod it was."""

    def __init__(self, name: str, port: int) -> None:
        self.name, self.port = name, port
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.transport.sendto(_answer(self.name, ("", self.port), addr), addr)


async def _listen(name: str, protocol: str, port: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            lines = head.split("\r\n")
            host = next((line[5:].strip() for line in lines if line.lower().startswith("host:")), "")
            local, peer = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
            body = _answer(name, local, peer, host=host, path=lines[0].split(" ")[1])
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
        writer.close()

    if protocol == "tcp":
        await asyncio.start_server(answer, None, port, backlog=256)
        return
    loop = asyncio.get_running_loop()
    for family, anywhere in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        own = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            own.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        own.bind((anywhere, port))
        await loop.create_datagram_endpoint(lambda: Datagrams(name, port), sock=own)


async def _head(reader: asyncio.StreamReader) -> str:
    """The head of the next request; empty when the client is done."""
    try:
        return (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return ""


async def main(name: str, ports: list[str]) -> None:
    """Listen on every port, for ever."""
    for port in ports:
        protocol, number = port.split(":")
        await _listen(name, protocol, int(number))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
