"""The kubernetes plugin of a Corefile: what it is told (D1). Upstream: plugin/kubernetes/setup.go of CoreDNS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from svcmap.model.assumptions import DNSAssumptions
from svcmap.semantics.dns.blocks import ServerBlock, server_blocks
from svcmap.semantics.dns.zones import zones_of

OPTIONS_NOT_EVALUATED = ("zonal",)
"""Options of the kubernetes plugin that hide names or add some."""
DEFAULT_TTL = 5


def read_corefile(text: str, files: Mapping[str, str] | None = None) -> DNSAssumptions | None:
    """The options of the kubernetes plugin of a Corefile; None where there is none."""
    return options_of(server_blocks(text, files))


def options_of(blocks: Sequence[ServerBlock]) -> DNSAssumptions | None:
    """Those of the first kubernetes plugin, with the zones of all of them; None where there is none."""
    found: DNSAssumptions | None = None
    for block in blocks:
        for plugin in block.named("kubernetes"):
            own = kubernetes_options(plugin.args, plugin.lines, block.zones)
            found = own if found is None else _both(found, own)
    return found


def _both(first: DNSAssumptions, second: DNSAssumptions) -> DNSAssumptions:
    """Zones served by several server blocks; the options are those of the first."""
    zones = tuple(dict.fromkeys((*first.zones, *second.zones)))
    fallthrough = tuple(dict.fromkeys((*first.fallthrough, *second.fallthrough)))
    return msgspec.structs.replace(first, zones=zones, fallthrough=fallthrough)


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
