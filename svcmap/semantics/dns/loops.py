"""A server that forwards to itself: the plugin loop finds out when it starts, and ends CoreDNS (plugin/loop)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from svcmap.model.addresses import address_of
from svcmap.semantics.dns.blocks import ServerBlock

EVERY_NAME = "."


def loop_in(blocks: Sequence[ServerBlock], own: Collection[str]) -> str:
    """The address by which a server with that plugin forwards every name to itself; empty where there is none. `own`
    are the addresses of its Service.
    """
    for block in blocks:
        for plugin in block.named("forward") if block.named("loop") else ():
            if plugin.args[:1] == (EVERY_NAME,):
                targets = (_host(word) for word in plugin.args[1:])
                if found := next((ip for ip in targets if ip in own or _is_loopback(ip)), ""):
                    return found
    return ""


def _host(word: str) -> str:
    """`10.96.0.10`, `dns://10.96.0.10:53`, `[::1]:53`: the address; another port is another server."""
    return word.removeprefix("dns://").removesuffix(":53").strip("[]") if not word.endswith("::53") else word


def _is_loopback(text: str) -> bool:
    ip = address_of(text)
    return ip is not None and ip.is_loopback
