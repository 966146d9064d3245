"""Timing two things against each other."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from fcntl import ioctl
from termios import TIOCSWINSZ

ROUNDS = 11
# Both sides run from compiled modules, as an installed program does.
COMPILED = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {
    "PYTHONPYCACHEPREFIX": tempfile.mkdtemp(prefix="svcmap-bench-")
}
Timed = Callable[[], float]


def seconds(function: Callable[[], object]) -> Timed:
    """A timer of one call."""

    def timed() -> float:
        start = time.perf_counter()
        function()
        return time.perf_counter() - start

    return timed


def process(command: Sequence[str]) -> Timed:
    """A timer of a whole process."""
    return seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=COMPILED))


def compare(one: Timed, other: Timed, rounds: int = ROUNDS) -> tuple[float, float, float]:
    """(ratio, median of one, median of the other), in turn A B B A."""
    one(), other()
    first, second, ratios = [], [], []
    for number in range(rounds):
        a, b = (one(), other()) if number % 2 == 0 else reversed((other(), one()))
        first.append(a)
        second.append(b)
        ratios.append(a / b)
    return statistics.median(ratios), statistics.median(first), statistics.median(second)


class Terminal:
    """A program in a pseudo terminal of 120x40, with `more` in its environment."""

    def __init__(self, command: Sequence[str], more: Mapping[str, str] | None = None) -> None:
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            environment = COMPILED | {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40", **(more or {})}
            os.execvpe(command[0], list(command), environment)
        ioctl(self.fd, TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def until(self, text: bytes, limit: float = 30.0) -> float:
        """Seconds from the start until the program has written a text."""
        seen = b""
        while text not in seen:
            if not select.select([self.fd], [], [], limit)[0]:
                raise TimeoutError(f"{text!r} not seen in {seen[-2000:]!r}")
            seen += os.read(self.fd, 65536)
        return time.perf_counter() - self.started

    def quiet(self, seconds_: float = 0.3) -> None:
        """Read until the program has nothing more to say."""
        while select.select([self.fd], [], [], seconds_)[0]:
            os.read(self.fd, 65536)

    def key(self, key: bytes) -> float:
        """Seconds from a key to the first byte it causes."""
        start = time.perf_counter()
        os.write(self.fd, key)
        select.select([self.fd], [], [], 5.0)
        taken = time.perf_counter() - start
        self.quiet(0.05)
        return taken

    def close(self) -> None:
        os.write(self.fd, b"\x03\x11")
        with contextlib.suppress(OSError):  # the program closed its side: it is gone
            self.quiet(0.2)
        os.close(self.fd)
        deadline = time.perf_counter() + 3.0
        while not os.waitpid(self.pid, os.WNOHANG)[0]:
            if time.perf_counter() > deadline:  # it lost the key, and hangups are ignored here (nohup)
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                return
            time.sleep(0.01)
