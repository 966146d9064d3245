"""Brings the API server, which listens at loopback, to the loopback of a network namespace."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Relay:
    """Passes each connection of a listening socket on to a port of this machine's loopback, until it is closed."""

    def __init__(self, listening: socket.socket, port: int) -> None:
        self.listening, self.port = listening, port
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections; those that are open end with their peers."""
        with suppress(OSError):  # a socket that nobody waits at cannot be shut down, only closed
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listening.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                near.close()
                continue
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):  # either side may go at any time: the other then hears of it
        while data := one.recv(65536):
            other.sendall(data)
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
