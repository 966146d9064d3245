"""A query on its way through the plugins of CoreDNS as it is configured (D10b).

Upstream: core/dnsserver/server.go, plugin.cfg, plugin/{cache,forward,kubernetes}.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from svcmap.model.assumptions import DNSAssumptions
from svcmap.semantics.dns import plugins
from svcmap.semantics.dns.backend import namespace_asked
from svcmap.semantics.dns.blocks import ORDER, Plugin, ServerBlock, block_for
from svcmap.semantics.dns.corefile import OPTIONS_NOT_EVALUATED, kubernetes_options
from svcmap.semantics.dns.handler import PASSED_ON, forwarded, from_kubernetes, nxdomain
from svcmap.semantics.dns.names import zone_of
from svcmap.semantics.dns.narrowed import narrowed
from svcmap.semantics.dns.records import Answer, Cluster, Record, Upstream
from svcmap.semantics.dns.zones import zones_of

MAX_TTL, MIN_TTL = 3600, 5
"""What `cache` lets through without numbers (plugin/cache/cache.go)."""
ELSEWHERE = (
    "route53",
    "azure",
    "clouddns",
    "k8s_external",
    "k8s_gateway",
    "file",
    "auto",
    "secondary",
    "etcd",
    "multicluster",
)
"""Plugins whose names stand outside the Corefile; of those that name a file the zones are behind it."""
OF_FILES = ("file", "auto")
UNEVALUATED = ("acl", "dns64", "erratic", "whoami")
FORWARDING = ("forward", "grpc")
VARIABLES = ("{$", "{%")
"""How a Corefile names a variable of the environment of CoreDNS."""


class Query(NamedTuple):
    """What is asked, and what is known outside the Corefile."""

    name: str
    type: str
    options: DNSAssumptions
    upstream: Upstream | None = None
    files: Mapping[str, str] = {}
    server_ips: tuple[str, ...] = ()


def answer_of(cluster: Cluster, query: Query, blocks: Sequence[ServerBlock]) -> Answer:
    """The answer to one query of servers that are configured so."""
    if any(mark in zone for block in blocks for zone in block.zones for mark in VARIABLES):
        return plugins.unevaluated("of a server block whose zone is a variable", query.name)
    block = block_for(blocks, query.name)
    if block is None or not block.plugins:
        return Answer(rcode="REFUSED", rule=plugins.RULE, note="no server block of the Corefile has this zone")
    if block.named("view"):
        return plugins.unevaluated("view", query.name)
    return _cached(_through(cluster, query, block), query, block)


def _through(cluster: Cluster, query: Query, block: ServerBlock) -> Answer:
    """The first plugin that answers; nothing behind the last one is SERVFAIL (plugin.NextOrFailure)."""
    asked, renamed, stopped = query, False, False
    passed: Answer | None = None
    for plugin in block.chain:
        if plugin.name == "rewrite":
            if stopped:
                continue
            try:
                made = plugins.rewritten(plugin, asked.name, asked.type)
            except (ValueError, IndexError):
                return plugins.unevaluated("rewrite", query.name)
            if made is not None:
                name, stopped, gives_back = made
                asked, renamed = asked._replace(name=name), renamed or gives_back
            continue
        found = _ask(cluster, asked, block, plugin)
        if found is not None and found.passed_on:
            passed = found
            continue
        if found is not None:
            if passed is not None and not found.rcode and plugin.name in FORWARDING:
                found = passed
            return _named(found, query.name, asked.name) if renamed else found
    return replace(plugins.SERVFAIL, note=f"no plugin of the Corefile answers for {query.name}")


def _ask(cluster: Cluster, query: Query, block: ServerBlock, plugin: Plugin) -> Answer | None:
    """What one plugin answers; None where it leaves the query to the next."""
    if any(mark in word for words in (plugin.args, *plugin.lines) for word in words for mark in VARIABLES):
        return plugins.unevaluated(plugin.name, query.name)
    match plugin.name:
        case "hosts":
            return plugins.hosts(plugin, block, query.name, query.type, query.files)
        case "template":
            return plugins.template(plugin, block, query.name, query.type)
        case "kubernetes":
            return _kubernetes(cluster, query, block, plugin)
        case "forward" | "grpc":
            return _forward(query, plugin)
    return None if _leaves(plugin, query, block) else _undecided(query, block, plugin)


def _leaves(plugin: Plugin, query: Query, block: ServerBlock) -> bool:
    """Whether a plugin that nobody here evaluates is not for a query."""
    match plugin.name:
        case "any":
            return True
        case "dns64":
            return query.type != "AAAA"
        case "acl":
            return not plugins.covers(plugins.zones(plugin.args, block), query.name)
    return False


def _undecided(query: Query, block: ServerBlock, plugin: Plugin) -> Answer | None:
    """The answer of a plugin that nobody here evaluates; None where its zones are others."""
    if plugin.name in UNEVALUATED or plugin.name not in (*ORDER, *ELSEWHERE):
        return plugins.unevaluated(plugin.name, query.name)
    if plugin.name in ELSEWHERE:
        own = plugin.args[1:] if plugin.name in OF_FILES else plugin.args
        if plugins.covers(plugins.zones(own, block), query.name):
            return plugins.unevaluated(plugin.name, query.name)
    return None


def _kubernetes(cluster: Cluster, query: Query, block: ServerBlock, plugin: Plugin) -> Answer | None:
    options = kubernetes_options(plugin.args, plugin.lines, block.zones)
    if zone_of(query.name, options.zones) is None:
        return None
    for option in OPTIONS_NOT_EVALUATED:
        if plugin.option(option) is not None:
            return plugins.unevaluated(f"kubernetes ({option})", query.name)
    part = narrowed(cluster, plugin, namespace_asked(query.name, options.zone))
    if isinstance(part, str):
        return plugins.unevaluated(f"kubernetes ({part})", query.name)
    found = from_kubernetes(part, query.name, query.type, options, query.upstream, query.server_ips)
    if found.rcode == "NXDOMAIN" and plugins.falls_through(plugin, query.name):
        return replace(nxdomain(found, PASSED_ON), passed_on=True)
    left = next((record for record in reversed(found.answers) if record.type == "CNAME"), None)
    if left is not None and not _reaches_out(block, left.data.rstrip(".")):
        return replace(
            found, note=f"no plugin of the Corefile asks another server for {left.data.rstrip('.')}", dead_end=True
        )
    return found


def _reaches_out(block: ServerBlock, name: str) -> bool:
    """Whether a plugin of a server may have a name: kubernetes asks its own server for where an alias leads."""
    own = tuple(zone for plugin in block.named("kubernetes") for zone in plugins.zones(plugin.args, block))
    others = [plugin for plugin in block.chain if plugin.name not in ("kubernetes", "rewrite", "autopath")]
    return zone_of(name, own) is not None or any(
        plugin.name != "forward" or _is_forwarded(plugin, name) for plugin in others
    )


def _forward(query: Query, plugin: Plugin) -> Answer | None:
    if not _is_forwarded(plugin, query.name):
        return None
    return forwarded(query.name, query.type, query.options, query.upstream)


def _is_forwarded(plugin: Plugin, name: str) -> bool:
    """`forward FROM TO…`, but for the names behind `except`."""
    asked, kept = (
        [zone for word in words for zone in zones_of(word)] for words in (plugin.args[:1], _excepted(plugin))
    )
    return plugins.covers(asked, name) and not plugins.covers(kept, name)


def _excepted(plugin: Plugin) -> list[str]:
    return [word for line in plugin.lines if line[0] == "except" for word in line[1:]]


def _named(found: Answer, asked: str, rewritten: str) -> Answer:
    """An answer that has the name of the question again."""

    def back(record: Record) -> Record:
        return replace(record, name=asked) if record.name.lower() == rewritten.lower() else record

    return replace(found, answers=tuple(map(back, found.answers)))


def _caches(cache: Plugin, query: Query, block: ServerBlock) -> bool:
    """Whether `cache [TTL] [ZONES…]` has a name. An answer that it is told not to keep (`disable`) is capped too."""
    zones = [word for word in cache.args if not word.isdecimal()]
    return plugins.covers(plugins.zones(zones, block), query.name)


def _cached(found: Answer, query: Query, block: ServerBlock) -> Answer:
    """`cache` caps the ttl of whatever it lets through, and gives all records the lowest of them."""
    cache = next(iter(block.named("cache")), None)
    if cache is None or not found.answers or not _caches(cache, query, block):
        return found
    own = cache.option("success")
    numbers = [word for word in (own[1:2] if own else cache.args[:1]) if word.isdecimal()]
    least = [word for word in (own[2:3] if own else ()) if word.isdecimal()]
    most, low = int(numbers[0]) if numbers else MAX_TTL, int(least[0]) if least else MIN_TTL
    ttl = max(min(*(record.ttl for record in found.answers), most), low)
    return replace(
        found,
        answers=tuple(replace(record, ttl=ttl) for record in found.answers),
        additional=tuple(replace(record, ttl=ttl) for record in found.additional),
    )
