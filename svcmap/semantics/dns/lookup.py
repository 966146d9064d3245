"""Records out of what a name stands for: addresses, aliases, SRV (D5-D11).

Upstream: plugin/backend_lookup.go A, AAAA, SRV, CNAME.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from svcmap.model.assumptions import DNSAssumptions
from svcmap.semantics.dns.backend import NO_PORT, Answers, NoSuchNameError
from svcmap.semantics.dns.names import is_below
from svcmap.semantics.dns.records import Found, Record, Upstream

MAX_CHAIN = 10
WEIGHTS = 100

FindRecords = Callable[[str], Answers]
"""What a name of the zone stands for; raises NoSuchNameError."""


class Lookup:
    """The lookups of one query: the zone they happen in, and where names of the zone and of the world are found."""

    def __init__(self, zone: str, options: DNSAssumptions, find: FindRecords, upstream: Upstream) -> None:
        self.zone, self.options, self.find, self.upstream = zone, options, find, upstream
        self.left_zone = ""
        """The last name that only a server outside the cluster can resolve."""

    def record(self, name: str, type_: str, data: str) -> Record:
        return Record(name=name, type=type_, ttl=self.options.ttl, data=data)

    def addresses(self, name: str, type_: str, found: Iterable[Found], chain: tuple[str, ...] = ()) -> list[Record]:
        """A or AAAA records, with the aliases that lead to them; an alias that leads nowhere in the zone is dropped."""
        made: list[Record] = []
        for item in found:
            if item.type == "CNAME" and item.host:
                made += self._alias(name, type_, item.host, chain)
            elif item.type == type_:
                record = self.record(name, type_, item.host)
                if record not in made:
                    made.append(record)
        return made

    def _alias(self, name: str, type_: str, target: str, chain: tuple[str, ...]) -> list[Record]:
        """D11. `chain` are the names of the aliases followed so far, in lower case."""
        here, there = name.lower(), target.lower()
        if here == there or len(chain) > MAX_CHAIN or here in chain:
            return []
        alias = self.record(name, "CNAME", f"{target.rstrip('.')}.")
        if not is_below(there, self.zone):
            self.left_zone = target
            data = self.upstream.get(there, {}).get(type_, ())
            return [alias, *(self.record(target, type_, text) for text in data)]
        try:
            found = self.find(target)
        except NoSuchNameError:
            return []
        following = self.addresses(target, type_, found.found, (*chain, here))
        return [alias, *following] if following else []

    def services(self, name: str, found: Iterable[Found]) -> tuple[list[Record], list[Record]]:
        """SRV records and their additional ones. The weight is shared before equal records merge (D9)."""
        items = [item for item in found if item.type != "CNAME" or not item.host]
        answers: list[Record] = []
        additional: list[Record] = []
        for item in items:
            if item.port == NO_PORT:
                continue
            weight = max(1, WEIGHTS // len(items))
            answer = self.record(name, "SRV", f"0 {weight} {item.port} {item.key}.")
            extra = self.record(item.key, item.type, item.host)
            if answer not in answers:
                answers.append(answer)
            if item.host and extra not in additional:
                additional.append(extra)
        return answers, additional
