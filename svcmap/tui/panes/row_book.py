"""The rows of all Services, worked out little by little: those on screen at once, the others when there is time.

Until its turn comes a Service shows the verdict it had; one that never had its turn says that it waits.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.missing import is_named, missing_services
from svcmap.tui.panes.service_rows import ServiceRow, service_row, waiting_row

AT_ONCE = 200
"""So few are worked out without a queue: nobody notices the time."""


class RowBook:
    """Rows by name, in the order of the list. `marks` counts them by their marks."""

    def __init__(self) -> None:
        self.state: ClusterState | None = None
        self.rows: dict[Name, ServiceRow] = {}
        self.marks: Counter[str] = Counter()
        self._due: dict[Name, None] = {}
        self._missing: Mapping[Name, tuple[ObjectRef, ...]] = {}

    def clear(self) -> None:
        """Forget every row."""
        self.rows.clear()
        self.marks.clear()
        self._due.clear()

    @property
    def is_behind(self) -> bool:
        """Whether some rows are not of this state yet."""
        return bool(self._due)

    def take(
        self,
        state: ClusterState,
        namespace: str | None,
        *,
        touched: AbstractSet[Name] | None = None,
        visible: Iterable[Name] = (),
    ) -> tuple[bool, list[ServiceRow]]:
        """Go over to another state. `touched` are the Services whose row can be another one (None: all of them);
        `visible` are worked out at once. Gives whether Services came or went, and the rows that are others now.
        """
        self.state = state
        known, missing = self.rows, missing_services(state)
        moved = (
            touched is None
            or missing != self._missing
            or any(
                (name in known) is not is_named(state, name) for name in touched if namespace in (None, name.namespace)
            )
        )
        self._missing = missing
        if moved:
            every = (*state.services, *missing)
            names = sorted(name for name in every if namespace in (None, name.namespace))
            self.rows = {name: known.get(name) or waiting_row(state, name) for name in names}
            self.marks = Counter(row.mark for row in self.rows.values())
        stale = [name for name in (self.rows if touched is None else touched) if name in self.rows]
        if moved:
            self._due = {name: None for name in self._due if name in self.rows}
        self._due.update(dict.fromkeys(stale))
        at_once = list(self._due) if len(self._due) <= AT_ONCE else [name for name in visible if name in self._due]
        before = {name: self.rows[name] for name in at_once}
        return moved, [row for name in at_once if (row := self._work_out(name)) != before[name]]

    def work(self, seconds: float) -> list[ServiceRow]:
        """Work out rows for so long; gives those that are different now."""
        end = time.perf_counter() + seconds
        changed = []
        while self._due and time.perf_counter() < end:
            name = next(iter(self._due))
            before = self.rows[name]
            if self._work_out(name) != before:
                changed.append(self.rows[name])
        return changed

    def _work_out(self, name: Name) -> ServiceRow:
        del self._due[name]
        if self.state is not None:
            self.marks[self.rows[name].mark] -= 1
            self.rows[name] = service_row(self.state, name)
            self.marks[self.rows[name].mark] += 1
        return self.rows[name]
