"""Server blocks of a Corefile with their plugins, in the order in which these run (D10b).

Syntax: coredns.io/manual/configuration (Caddyfile); order: plugin.cfg of CoreDNS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from msgspec.structs import replace

from svcmap.model.base import Part
from svcmap.semantics.dns.names import is_below
from svcmap.semantics.dns.zones import is_plain, port_of, zones_of

TOKEN = re.compile(r'"((?:\\.|[^"\\])*)"|(\S+)')
ORDER = (
    *("dns64", "acl", "any", "rewrite", "autopath", "template", "hosts", "route53", "azure", "clouddns"),
    *("k8s_external", "kubernetes", "file", "auto", "secondary", "etcd", "multicluster", "k8s_gateway", "forward"),
    *("grpc", "erratic", "whoami"),
)
"""Plugins that answer or change names, as they are asked."""
IDLE = frozenset(
    {
        *(
            "root",
            "metadata",
            "geoip",
            "cancel",
            "tls",
            "timeouts",
            "proxyproto",
            "quic",
            "multisocket",
            "reload",
            "nsid",
        ),
        *("bufsize", "bind", "debug", "trace", "ready", "health", "pprof", "prometheus", "errors", "log", "dnstap"),
        *("local", "chaos", "loadbalance", "tsig", "cache", "header", "dnssec", "minimal", "transfer", "loop", "sign"),
        "grpc_server",
    }
)
"""Those that only cache, log and measure. Any other is none of CoreDNS' own: nobody here knows what it answers."""
MAX_IMPORTS = 8
DNS_PORT = 53
OPTIONAL = (".override", ".server")
"""What AKS and k3s import from a ConfigMap that one may add (`coredns-custom`), and that mostly is not there."""
Words = tuple[str, ...]


class Plugin(Part, frozen=True):
    """One directive of a server block: its arguments, and the lines of its own block."""

    name: str
    args: Words = ()
    lines: tuple[Words, ...] = ()

    def option(self, name: str) -> Words | None:
        """The arguments of an option; None where it is not set."""
        return next((line[1:] for line in self.lines if line[0] == name), None)


class ServerBlock(Part, frozen=True):
    """The zones that a server answers for in plain DNS, and its plugins in the order in which they are asked. `ports`
    has the port of each zone: None where the Corefile leaves it to `-dns.port`.
    """

    zones: tuple[str, ...]
    plugins: tuple[Plugin, ...] = ()
    ports: tuple[int | None, ...] = ()

    def named(self, name: str) -> list[Plugin]:
        return [plugin for plugin in self.plugins if plugin.name == name]

    @property
    def chain(self) -> list[Plugin]:
        """Those that answer or change names; several of one kind stay in the order in which they are written, and those
        that nobody here knows are behind the others, wherever they are asked.
        """
        active = [plugin for plugin in self.plugins if plugin.name not in IDLE]
        return sorted(active, key=lambda one: ORDER.index(one.name) if one.name in ORDER else len(ORDER))


def server_blocks(text: str, files: Mapping[str, str] | None = None) -> list[ServerBlock]:
    """The server blocks of a Corefile. `files` are what `import` finds, by name; what it does not find adds nothing."""
    lines = list(_imported(_lines(text), files or {}, {}))
    found: list[ServerBlock] = []
    keys: Words = ()
    index = 0
    while index < len(lines):
        words = lines[index]
        index += 1
        if words[-1] != "{":
            is_key = words != ("}",) and words[0] != "import"
            keys = (*keys, *words) if is_key else ()
            continue
        plugins, index = _plugins(lines, index)
        written = (*keys, *words[:-1])
        keys = ()
        listens = [(zone, port_of(key)) for key in written if is_plain(key) for zone in zones_of(key)]
        zones, ports = tuple(zone for zone, _ in listens), tuple(port for _, port in listens)
        found.append(ServerBlock(zones=zones, plugins=plugins, ports=ports))
    return found


def is_balanced(text: str) -> bool:
    """Whether every block of a Corefile is closed: CoreDNS does not take one of which one is not (core/dnsserver)."""
    depth = 0
    for words in _lines(text):
        depth += (words[-1] == "{") - (words == ("}",))
        if depth < 0:
            return False
    return not depth


def at_port(blocks: Sequence[ServerBlock], port: int) -> list[ServerBlock]:
    """The servers that look-ups meet at a port, with the zones that they have there; all of them where none has it."""
    if all(port not in block.ports for block in blocks):
        return list(blocks)
    found: list[ServerBlock] = []
    for block in blocks:
        here = [(zone, own) for zone, own in zip(block.zones, block.ports, strict=True) if own in (port, *_usual(port))]
        if here:
            zones, ports = tuple(zone for zone, _ in here), tuple(own for _, own in here)
            found.append(replace(block, zones=zones, ports=ports))
    return found


def _usual(port: int) -> tuple[None, ...]:
    """A key without a port is at 53, if no argument says otherwise."""
    return (None,) if port == DNS_PORT else ()


def block_for(blocks: Sequence[ServerBlock], name: str) -> ServerBlock | None:
    """The server that answers for a name: the one with the longest zone (core/dnsserver/server.go)."""
    fitting = [(len(zone), block) for block in blocks for zone in block.zones if zone == "." or is_below(name, zone)]
    return max(fitting, key=lambda pair: pair[0], default=(0, None))[1]


def _plugins(lines: Sequence[Words], index: int) -> tuple[tuple[Plugin, ...], int]:
    found: list[Plugin] = []
    while index < len(lines) and lines[index] != ("}",):
        words = lines[index]
        index += 1
        own: list[Words] = []
        if words[-1] == "{":
            words = words[:-1]
            depth = 1
            while index < len(lines):
                line = lines[index]
                index += 1
                depth += (line[-1] == "{") - (line == ("}",))
                if not depth:
                    break
                own.append(line)
        if words:
            found.append(Plugin(name=words[0], args=words[1:], lines=tuple(own)))
    return tuple(found), index + 1


def _lines(text: str) -> Iterator[Words]:
    """The words of each line, without comments; a block in one line is taken apart."""
    for line in text.splitlines():
        words = _words(line)
        if len(words) > 1 and words[-1] == "}" and "{" in words:
            start = words.index("{") + 1
            yield words[:start]
            if inner := words[start:-1]:
                yield inner
            yield ("}",)
        elif words:
            yield words


def _words(line: str) -> Words:
    found: list[str] = []
    for match in TOKEN.finditer(line):
        if match[2] is not None and match[2].startswith("#"):
            break
        found.append(match[1].replace('\\"', '"') if match[1] is not None else match[2])
    return tuple(found)


def _imported(
    lines: Iterator[Words], files: Mapping[str, str], snippets: dict[str, list[Words]], depth: int = 0
) -> Iterator[Words]:
    """The lines with what they import in its place: snippets, `(name) { … }`, and files. An import of which nothing is
    found stays, as a directive.
    """
    for words in lines:
        if words[0].startswith("(") and words[0].endswith(")") and words[-1] == "{":
            snippets[words[0][1:-1]] = list(_until_closed(lines))
        elif words[0] == "import" and len(words) > 1 and depth < MAX_IMPORTS:
            pattern = words[1].rpartition("/")[2]
            found = [text for name, text in files.items() if fnmatchcase(name, pattern)]
            if words[1] in snippets:
                yield from _imported(iter(snippets[words[1]]), files, snippets, depth + 1)
            for text in found:
                yield from _imported(_lines(text), files, snippets, depth + 1)
            if words[1] not in snippets and not found and not pattern.endswith(OPTIONAL):
                yield words
        else:
            yield words


def _until_closed(lines: Iterator[Words]) -> Iterator[Words]:
    depth = 1
    for words in lines:
        depth += (words[-1] == "{") - (words == ("}",))
        if not depth:
            return
        yield words
