"""The Corefile: what CoreDNS' kubernetes plugin is told, and which plugins may answer differently (D1).

Syntax: coredns.io/manual/configuration (Caddyfile). One server block with a kubernetes plugin is enough to know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from svcmap.model.assumptions import DNSAssumptions
from svcmap.model.base import Part
from svcmap.semantics.dns.zones import zones_of

NOT_EVALUATED = ("rewrite", "template", "hosts", "file", "auto", "etcd", "route53", "clouddns", "azure", "k8s_external")
"""Plugins that can change or add answers."""
OPTIONS_NOT_EVALUATED = ("noendpoints", "labels", "namespace_labels", "zonal")
"""Options of the kubernetes plugin that hide names or add some."""
DEFAULT_TTL = 5


class Corefile(Part, frozen=True):
    """What was read. `dns` is None without a kubernetes plugin; `not_evaluated` names plugins that can interfere."""

    dns: DNSAssumptions | None
    not_evaluated: tuple[str, ...] = ()


def read_corefile(text: str) -> Corefile | None:
    """The options of the first kubernetes plugin; None for an empty Corefile."""
    lines = list(_lines(text))
    if not lines:
        return None
    dns: DNSAssumptions | None = None
    others: list[str] = []
    server_zones: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    depth, index = 0, 0
    while index < len(lines):
        words = lines[index]
        index += 1
        if words == ["}"]:
            depth -= 1
        elif words[0] == "import" and depth < 2:
            others.append("import")
        elif depth == 0:
            server_zones = (*unfinished, *_zones(words))
            unfinished = server_zones if words[-1].endswith(",") else ()  # the key goes on in the next line
            depth += words[-1] == "{"
        elif words[0] == "kubernetes" and depth == 1:
            block, index = _block(words, lines, index)
            found = kubernetes_options([w for w in words[1:] if w != "{"], block, server_zones)
            if dns is not None and not _are_alike(dns, found):
                others.append("kubernetes (of another server block)")
            dns = found if dns is None else _both(dns, found)
            others += [f"kubernetes {name}" for name, *_ in block if name in OPTIONS_NOT_EVALUATED]
        else:
            if depth == 1 and words[0] in NOT_EVALUATED:
                others.append(words[0])
            depth += words[-1] == "{"
    return Corefile(dns=dns, not_evaluated=tuple(dict.fromkeys(others)))


def _are_alike(one: DNSAssumptions, other: DNSAssumptions) -> bool:
    """Whether two kubernetes plugins differ in their zones only."""
    return msgspec.structs.replace(one, zones=other.zones, fallthrough=other.fallthrough) == other


def _both(first: DNSAssumptions, second: DNSAssumptions) -> DNSAssumptions:
    """Zones served by several server blocks; the options are those of the first."""
    zones = tuple(dict.fromkeys((*first.zones, *second.zones)))
    fallthrough = tuple(dict.fromkeys((*first.fallthrough, *second.fallthrough)))
    return msgspec.structs.replace(first, zones=zones, fallthrough=fallthrough)


def _lines(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words and words != ["}"] and words[-1] == "}" and "{" in words:  # `plugin { option }` on one line
            head = words[: words.index("{") + 1]
            yield head
            yield words[len(head) : -1] or ["{}"]
            yield ["}"]
        elif words:
            yield words


def _block(words: Sequence[str], lines: list[list[str]], index: int) -> tuple[list[list[str]], int]:
    """The lines of a plugin's block, and the index of the line after it."""
    if words[-1] != "{":
        return [], index
    block = []
    while index < len(lines) and lines[index] != ["}"]:
        block.append(lines[index])
        index += 1
    return block, index + 1


def _zones(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(zone for word in words if word != "{" for zone in zones_of(word))


def kubernetes_options(
    zones: Sequence[str], block: Sequence[Sequence[str]], server_zones: Sequence[str]
) -> DNSAssumptions:
    """The plugin's own zones, else those of the server block; the options it was given."""
    own = _zones(zones) or tuple(server_zones)
    ttl, pods = DEFAULT_TTL, "disabled"
    namespaces: tuple[str, ...] = ()
    fallthrough: tuple[str, ...] = ()
    ignore, pod_names = False, False
    for name, *values in block:
        match name:
            case "ttl" if values and values[0].isdecimal():
                ttl = int(values[0])
            case "pods" if values:
                pods = values[0]
            case "namespaces":
                namespaces = tuple(values)
            case "fallthrough":
                fallthrough = _zones(values) or own
            case "ignore":
                ignore = values[:1] == ["empty_service"]
            case "endpoint_pod_names":
                pod_names = True
    return DNSAssumptions(
        zones=own,
        ttl=ttl,
        pods=pods,
        namespaces=namespaces,
        fallthrough=fallthrough,
        ignore_empty_service=ignore,
        endpoint_pod_names=pod_names,
    )
