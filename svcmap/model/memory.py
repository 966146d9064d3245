"""What is worked out from a state and remembered with it. Answers say what they rest on (`Reads`): an heir keeps those
that nothing has changed for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Hashable, Set
from functools import cached_property
from typing import Any, TypeVar, cast

from svcmap.model.reads import Part, Reads, reads
from svcmap.model.refs import Name

Result = TypeVar("Result")
NOTHING: dict[Any, Any] = {}
"""Stands for an answer that is not known: None may be one."""


class _Answers:
    """Answers of one kind by their key. Those about a Service are found by it: an event about one drops one's answers.

    `rests_on` None: a new state never keeps them.
    """

    def __init__(self, rests_on: Reads | None) -> None:
        self.rests_on = rests_on
        self.values: dict[Hashable, Any] = {}
        self.of_service: dict[Name, set[Hashable]] = {}

    def put(self, key: Hashable, value: Any, service: Name | None) -> None:
        self.values[key] = value
        if service is not None and key != service:
            self.of_service.setdefault(service, set()).add(key)

    def forget(self, services: Collection[Name]) -> None:
        for name in services:
            self.values.pop(name, None)
            for key in self.of_service.pop(name, ()):
                self.values.pop(key, None)


class Memory:
    """The answers of one state. Threads may ask and put at the same time; at worst something is worked out twice."""

    def __init__(self) -> None:
        self._tables: dict[str, _Answers] = {}
        self._settled: set[str] = set()
        self._writing = threading.Lock()

    def remember(
        self, what: str, key: Hashable, compute: Callable[[], Result], rests_on: Reads | None, service: Name | None
    ) -> Result:
        """An answer by its key, worked out once."""
        table = self._tables.get(what)
        known = NOTHING if table is None else table.values.get(key, NOTHING)
        if known is NOTHING:
            known = compute()
            with self._writing:
                table = self._tables.get(what)
                if table is None:
                    table = self._tables[what] = _Answers(rests_on)
                table.put(key, known, service)
        return cast(Result, known)

    def settle(self, what: str, value: Any) -> None:
        """Say beforehand what is answered, under the key None. What was worked out while it was said otherwise is
        forgotten.
        """
        before = self._tables[what].values.get(None, NOTHING) if what in self._settled else NOTHING
        if before is not NOTHING and before != value:
            self._tables = {name: table for name, table in self._tables.items() if name in self._settled}
        table = self._tables[what] = _Answers(None)
        table.put(None, value, None)
        self._settled.add(what)

    def take_over(self, before: Memory, changed: Set[Part], services: Collection[Name] | None) -> None:
        """Take over what still holds of another state's, which forgets it and works it out again where it is asked: to
        copy the answers about ten thousand Services takes longer than to work out what changed.

        `services` are those that the changes are about; None: they may be about all of them.
        """
        with before._writing:
            tables = before._tables
            before._tables = {what: table for what, table in tables.items() if what in before._settled}
        for what, table in tables.items():
            rests_on = table.rests_on
            if rests_on is None or rests_on.is_concerned(changed, of_all=services is None):
                continue
            if services and not rests_on.own.isdisjoint(changed):
                table.forget(services)
            self._tables.setdefault(what, table)


class Index(cached_property[Result]):
    """A table of all objects of some kinds, made once for a state, that its heir keeps while none of them changes."""

    rests_on = Reads()


def index(*parts: Part) -> Callable[[Callable[[Any], Result]], Index[Result]]:
    """Makes a method an Index of what it rests on."""

    def made(method: Callable[[Any], Result]) -> Index[Result]:
        found = Index(method)
        found.rests_on = reads(*parts)
        return found

    return made
