"""Network namespaces on Linux, made and taken away with iproute2, and sockets that listen inside one."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

CLONE_NEWNET = 0x40000000
SETTINGS = {
    "ipv4/ip_forward": 1,
    "ipv6/conf/all/forwarding": 1,
    "ipv4/conf/all/rp_filter": 0,
    "ipv4/conf/default/rp_filter": 0,
    "ipv4/icmp_ratelimit": 0,  # a REJECT says so to each of forty connections
    "ipv6/icmp/ratelimit": 0,
    "ipv4/fib_multipath_hash_policy": 1,  # a route over several nodes spreads connections, not clients
}
TOOLS = ("ip", "nft", "iptables", "unshare", "mount")


def missing() -> list[str]:
    """What this machine lacks for network namespaces; empty where they can be made."""
    if sys.platform != "linux":
        return ["Linux"]
    lacks = [tool for tool in TOOLS if shutil.which(tool) is None]
    return lacks if os.geteuid() == 0 else [*lacks, "root"]


class Namespaces:
    """The namespaces of one test session, under names that nobody else has."""

    def __init__(self) -> None:
        self.prefix = f"svcmap-{os.getpid()}-"
        self.made: list[str] = []
        _remove_orphans()

    def add(self, name: str) -> None:
        """Make a namespace that forwards packets and answers at loopback."""
        ip(f"netns add {self.prefix}{name}")
        self.made.append(name)
        self.run(name, "ip", "link", "set", "lo", "up")
        self.run(name, "sh", "-c", "; ".join(f"echo {value} > /proc/sys/net/{key}" for key, value in SETTINGS.items()))

    def command(self, name: str, *command: str, resolv_conf: Path | None = None) -> list[str]:
        """A command line that runs another in a namespace, with a resolv.conf of its own."""
        inside = ["ip", "netns", "exec", self.prefix + name]
        if resolv_conf is None:
            return [*inside, *command]
        script = f'mount --bind "{resolv_conf}" /etc/resolv.conf && exec "$@"'
        return [*inside, "unshare", "-m", "sh", "-c", script, "sh", *command]

    def run(self, name: str, *command: str, given: str = "", resolv_conf: Path | None = None) -> str:
        """What a command prints in a namespace. Raises RuntimeError with what it complains of."""
        return _run(self.command(name, *command, resolv_conf=resolv_conf), given)

    def configure(self, name: str, lines: Sequence[str]) -> None:
        """Run lines of `ip` in a namespace, all at once."""
        _run(["ip", "-n", self.prefix + name, "-batch", "-"], "\n".join(lines))

    def connect(self, one: str, one_link: str, other: str, other_link: str) -> None:
        """A cable between two namespaces."""
        ip(f"link add {one_link} netns {self.prefix}{one} type veth peer {other_link} netns {self.prefix}{other}")

    def listen(self, name: str, port: int) -> socket.socket:
        """A TCP socket of this process that listens at 127.0.0.1 of a namespace."""
        opened: list[socket.socket] = []

        def inside() -> None:  # a thread of its own: it ends in the other namespace, and nothing else is moved
            with Path("/run/netns", self.prefix + name).open() as handle:
                if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
            opened.append(socket.create_server(("127.0.0.1", port)))

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        return opened[0]

    def remove(self) -> None:
        """Take all of them away, their links too."""
        while self.made:
            ip(f"netns delete {self.prefix}{self.made.pop()}")


def _remove_orphans() -> None:
    """Take away what a pytest that was killed left behind; its processes ended with it."""
    for path in Path("/run/netns").glob("svcmap-*-*"):
        if not Path("/proc", path.name.split("-")[1]).exists():
            ip(f"netns delete {path.name}")


def ip(line: str) -> None:
    """One line of `ip`. Raises RuntimeError with what it complains of."""
    _run(["ip", *line.split()])


def _run(command: Sequence[str], given: str = "") -> str:
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
