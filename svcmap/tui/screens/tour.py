"""From problem to problem through all Services that are shown: the worst come first within each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from svcmap.checks.finding import FAULTS, Finding
from svcmap.checks.standing import standing
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.tui.panes.problems import keys
from svcmap.tui.panes.registry import PROBLEMS
from svcmap.tui.panes.service_rows import ServiceRow

if TYPE_CHECKING:
    from svcmap.tui.screens.main import MainScreen


class Stop(NamedTuple):
    """A problem: the Service it is shown at, and its number among what is found there."""

    service: Name
    number: int
    finding: Finding


class Tour:
    """Goes from problem to problem of what is shown, whatever Service it is at."""

    def __init__(self, screen: MainScreen) -> None:
        self.screen = screen
        self.at: Stop | None = None
        """The problem that was gone to last."""

    def go(self, step: int) -> None:
        """The next problem, or the one before."""
        screen, rows = self.screen, self.screen.services.shown
        found = stops(screen.state, rows)
        if not found:
            screen.notify("no problem in what is shown", timeout=2)
            return
        index = next_stop(found, rows, self.at, screen.name_open, step)
        self.at = stop = found[index]
        screen.open_service(stop.service)
        screen.services.select(stop.service)
        screen.panes.activate(PROBLEMS.id)
        key = keys(screen.standing.findings)[stop.number] if screen.standing else ""
        screen.panes.table(PROBLEMS.id).select(key)
        screen.select_in_table(screen.panes.spot_of(PROBLEMS.id, key))
        if screen.is_narrow:
            screen.leave_list()
        screen.path.border_subtitle = f"problem {index + 1} of {len(found)}"


def stops(state: ClusterState, rows: list[ServiceRow]) -> list[Stop]:
    """Every problem of the rows, once each: one that touches several Services is shown at the first."""
    once = {stop.finding.fingerprint: stop for stop in reversed(list(_all(state, rows)))}
    return list(reversed(once.values()))


def _all(state: ClusterState, rows: list[ServiceRow]) -> Iterator[Stop]:
    for row in rows:
        for number, finding in enumerate(standing(state, row.name).findings if row.mark in FAULTS else ()):
            if finding.severity in FAULTS:
                yield Stop(row.name, number, finding)


def next_stop(found: list[Stop], rows: list[ServiceRow], at: Stop | None, here: Name | None, step: int) -> int:
    """The index of the stop to go to: from the one that was shown last, else from the Service that is open."""
    if at is not None and at.service == here:
        same = next((index for index, stop in enumerate(found) if stop[:2] == at[:2]), None)
        if same is not None:
            return (same + step) % len(found)
    order = {row.name: index for index, row in enumerate(rows)}
    place = order.get(here, -1) if here is not None else -1
    if step > 0:
        return next((index for index, stop in enumerate(found) if order[stop.service] >= place), 0)
    before = [index for index, stop in enumerate(found) if order[stop.service] <= place]
    return before[-1] if before else len(found) - 1
