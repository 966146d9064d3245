"""Plugins of CoreDNS beside kubernetes, as far as their answers stand in the Corefile (D10b).

Upstream: plugin/hosts, plugin/template, plugin/rewrite.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from svcmap.model.addresses import family_of
from svcmap.semantics.dns.blocks import Plugin, ServerBlock
from svcmap.semantics.dns.names import is_below, reversed_address
from svcmap.semantics.dns.records import Answer, Record
from svcmap.semantics.dns.zones import zones_of

HOSTS_TTL = 3600
RULE = "D10b"
SERVFAIL = Answer(rcode="SERVFAIL", rule=RULE)
HIDES = "{} of the Corefile has no fallthrough, and does not have the name"
NAME = re.compile(r"\{\{\s*\.Name\s*\}\}")
KINDS = ("exact", "prefix", "suffix", "substring", "regex")


def unevaluated(plugin: str, query: str) -> Answer:
    """The answer that a plugin of the Corefile decides, in a way that nobody here works out."""
    note = f"plugin {plugin} of the Corefile decides about {query}: svcmap does not evaluate it"
    return Answer(rcode="", basis="unknown", note=note, rule=RULE)


def zones(words: Sequence[str], block: ServerBlock) -> tuple[str, ...]:
    """The zones of a plugin: its own, else those of its server."""
    return tuple(zone for word in words for zone in zones_of(word)) or block.zones


def covers(zones_: Sequence[str], query: str) -> bool:
    return any(zone == "." or is_below(query, zone) for zone in zones_)


def falls_through(plugin: Plugin, query: str) -> bool:
    """Whether a name that a plugin does not have is left to the next one."""
    wanted = plugin.option("fallthrough")
    if wanted is None:
        return False
    return not wanted or covers([zone for word in wanted for zone in zones_of(word)], query)


def hosts(plugin: Plugin, block: ServerBlock, query: str, type_: str) -> Answer | None:
    """The answer of `hosts`; None where it is left to the next plugin. A name that it lacks is SERVFAIL without
    fallthrough. What is in a file of another name nobody here knows.
    """
    file, *own = plugin.args or ("",)
    if type_ not in ("A", "AAAA", "PTR") and not covers(zones(own, block), query):
        return None
    table: dict[str, list[str]] = {}
    for line in plugin.lines:
        if family_of(line[0]):
            for name in line[1:]:
                table.setdefault(name.lower().rstrip("."), []).append(line[0])
    ttl = int(next(iter(plugin.option("ttl") or (str(HOSTS_TTL),))))
    if type_ == "PTR":
        address = reversed_address(query)
        named = [name for name, ips in table.items() if address in ips and plugin.option("no_reverse") is None]
        made = tuple(Record(name=query, type="PTR", ttl=ttl, data=f"{name}.") for name in named)
        return Answer(rcode="NOERROR", answers=made, rule=RULE) if made else None
    if not covers(zones(own, block), query):
        return None
    addresses = table.get(query.lower(), [])
    fitting = [ip for ip in addresses if {"IPv4": "A", "IPv6": "AAAA"}[family_of(ip)] == type_]
    if addresses:
        records = tuple(Record(name=query, type=type_, ttl=ttl, data=ip) for ip in fitting)
        return Answer(rcode="NOERROR", answers=records, rule=RULE)
    if file and falls_through(plugin, query):
        return None if not _is_file(file) else unevaluated("hosts", query)
    if file and _is_file(file):
        return unevaluated("hosts", query)
    return None if falls_through(plugin, query) else hidden("hosts")


def hidden(plugin: str) -> Answer:
    """What a plugin answers for a name of its zones that it lacks, where it leaves none to the next."""
    return Answer(rcode="SERVFAIL", rule=RULE, note=HIDES.format(plugin))


def _is_file(word: str) -> bool:
    """Whether a hosts plugin reads a file of its own: nothing that only a node has is in /etc/hosts of a pod."""
    return word != "/etc/hosts"


def template(plugin: Plugin, block: ServerBlock, query: str, type_: str) -> Answer | None:
    """The answer of `template`, where it is one text for every name; None where it is left to the next plugin."""
    of_class, *rest = plugin.args or ("ANY",)
    wanted, *own = rest or ["ANY"]
    if of_class not in ("IN", "ANY") or wanted not in (type_, "ANY") or not covers(zones(own, block), query):
        return None
    patterns = [line[1] for line in plugin.lines if line[0] == "match" and len(line) > 1]
    try:
        fits = not patterns or any(re.search(pattern, f"{query}.") for pattern in patterns)
    except re.error:
        return unevaluated("template", query)
    if not fits:
        return None if falls_through(plugin, query) or plugin.option("fallthrough") is None else hidden("template")
    code = next(iter(plugin.option("rcode") or ("NOERROR",)))
    answers = [NAME.sub(f"{query}.", " ".join(line[1:])) for line in plugin.lines if line[0] == "answer"]
    if any("{{" in text for text in answers):
        return unevaluated("template", query)
    made = [_record(text, query) for text in answers]
    if any(record is None for record in made):
        return unevaluated("template", query)
    return Answer(rcode=code, answers=tuple(record for record in made if record), rule=RULE)


def _record(text: str, query: str) -> Record | None:
    """A record as a zone file has it: `NAME 60 IN A ADDRESS`, its ttl and class left out as may be."""
    words = text.split()
    numbers = [word for word in words[1:3] if word.isdecimal()]
    rest = [word for word in words[1:] if word not in ("IN", *numbers[:1])]
    if len(rest) < 2:
        return None
    ttl = int(numbers[0]) if numbers else HOSTS_TTL
    name = words[0].rstrip(".") if words[0] != "@" else query
    return Record(name=name, type=rest[0], ttl=ttl, data=" ".join(rest[1:]))


def rewritten(plugin: Plugin, query: str) -> tuple[str, bool, bool] | None:
    """What `rewrite` makes of a name: the name, whether the rules after it are skipped, and whether the answer gets
    the name of the question back. None where the rule is not for it. Raises ValueError for a rule of another kind
    that could be.
    """
    words = list(plugin.args) or [word for line in plugin.lines[:1] for word in line]
    stops = words[:1] != ["continue"]
    if words[:1] in (["continue"], ["stop"]):
        words = words[1:]
    if not words and plugin.lines:
        words = list(plugin.lines[0])
    if words[:1] != ["name"]:
        if words[:1] in (["ttl"], ["edns0"], ["rcode"], ["cname"]):
            return None
        raise ValueError(plugin.name)
    kind, *rest = words[1:] if words[1:2] and words[1] in KINDS else ["exact", *words[1:]]
    if len(rest) < 2:
        return None
    changed = _changed(kind, rest[0], rest[1], query)
    if changed is None:
        return None
    answers = "answer" in [*rest[2:3], *(line[0] for line in plugin.lines)]
    return changed, stops, kind == "exact" or answers


def _changed(kind: str, old: str, new: str, query: str) -> str | None:
    """The name after a rule; None where it does not fit. Names are compared with their final dot, in lower case."""
    name = f"{query.lower()}."
    match kind:
        case "exact":
            fits = name == f"{old.lower().rstrip('.')}."
            return new.rstrip(".") if fits else None
        case "prefix":
            return f"{new}{name.removeprefix(old)}".rstrip(".") if name.startswith(old.lower()) else None
        case "suffix":
            return f"{name.removesuffix(old)}{new}".rstrip(".") if name.endswith(old.lower()) else None
        case "substring":
            return name.replace(old, new).rstrip(".") if old in name else None
    found = re.search(old, name)
    if found is None:
        return None
    made = re.sub(r"\{(\d+)\}", lambda part: (found.groups() and found[int(part[1])]) or "", new)
    return made.rstrip(".")
