"""Plugins of CoreDNS beside kubernetes, as far as their answers stand in the Corefile (D10b).

Upstream: plugin/hosts, plugin/template, plugin/rewrite.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from svcmap.model.addresses import family_of
from svcmap.patterns import found_in, is_re2, matched_groups
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


def hosts(
    plugin: Plugin, block: ServerBlock, query: str, type_: str, files: Mapping[str, str] | None = None
) -> Answer | None:
    """The answer of `hosts`; None where it is left to the next plugin. A name that it lacks is SERVFAIL without
    fallthrough. `files` are those that stand beside the Corefile, by name; what is in another nobody here knows.
    """
    file, *own = plugin.args or ("",)
    text = (files or {}).get(file.rpartition("/")[2])
    if type_ not in ("A", "AAAA", "PTR") and not covers(zones(own, block), query):
        return None
    table: dict[str, list[str]] = {}
    written = [tuple(line.partition("#")[0].split()) for line in (text or "").splitlines()]
    for line in (*plugin.lines, *filter(None, written)):
        if family_of(line[0]):
            for name in line[1:]:
                table.setdefault(name.lower().rstrip("."), []).append(line[0])
    ttl = next((int(word) for word in plugin.option("ttl") or () if word.isdecimal()), HOSTS_TTL)
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
    if file and text is None and _is_file(file):
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
    if not all(map(is_re2, patterns)):
        return unevaluated("template", query)
    if patterns and not any(found_in(pattern, f"{query}.") for pattern in patterns):
        return None if falls_through(plugin, query) else hidden("template")
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


def rewritten(plugin: Plugin, query: str, type_: str = "A") -> tuple[str, bool, bool] | None:
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
        if words[:1] in (["type"], ["class"]) and words[1:2] not in ([type_], ["IN"]):
            return None
        if words[:1] == ["edns0"] or (words[:1] in (["ttl"], ["rcode"]) and not _is_for(words[1:], query)):
            return None
        raise ValueError(plugin.name)
    kind, *rest = _kind_and(words[1:])
    if len(rest) < 2:
        return None
    changed = _changed(kind, rest[0], rest[1], query)
    if changed is None:
        return None
    answers = "answer" in [*rest[2:3], *(line[0] for line in plugin.lines)]
    return changed, stops, kind == "exact" or answers


def _kind_and(words: Sequence[str]) -> list[str]:
    """How a rule compares names, and the words behind; exactly, where it does not say."""
    return list(words) if words and words[0] in KINDS else ["exact", *words]


def _is_for(words: Sequence[str], query: str) -> bool:
    """Whether a rule that changes an answer is for a name. Raises ValueError as `_changed` does."""
    kind, *rest = _kind_and(words)
    return bool(rest) and _changed(kind, rest[0], "", query) is not None


def _changed(kind: str, old: str, new: str, query: str) -> str | None:
    """The name after a rule; None where it does not fit. Names are compared with their final dot, in lower case, and so
    are the two of a rule; parts of names have none. Raises ValueError for a pattern that nobody here can read.
    """
    name = f"{query.lower()}."
    whole_old, whole_new = _whole(old), _whole(new)
    match kind:
        case "exact":
            return whole_new.rstrip(".") if name == whole_old else None
        case "prefix":
            old, new = old.lower(), new.lower()
            return f"{new}{name.removeprefix(old)}".rstrip(".") if name.startswith(old) else None
        case "suffix":
            return f"{name.removesuffix(whole_old)}{whole_new}".rstrip(".") if name.endswith(whole_old) else None
        case "substring":
            old, new = old.lower(), new.lower()
            return name.replace(old, new).rstrip(".") if old in name else None
    if not is_re2(old):
        raise ValueError(old)
    groups = matched_groups(f"(?s:.*?)(?:{old})", name)
    if groups is None:
        return None
    made = re.sub(r"\{(\d+)\}", lambda part: _group(groups, int(part[1])), new)
    return made.lower().rstrip(".")


def _whole(name: str) -> str:
    return f"{name.lower().rstrip('.')}."


def _group(groups: Sequence[str | None], number: int) -> str:
    return (groups[number - 1] or "") if 0 < number <= len(groups) else ""
