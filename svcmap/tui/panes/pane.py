"""What a pane is: a value that owns its columns, its rows, what they stand for in the picture, and its count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from svcmap.checks.finding import Finding
from svcmap.checks.standing import Standing
from svcmap.paths.views.names import NameRow
from svcmap.picture.drawing.plan import Lit
from svcmap.picture.groups import GroupBy
from svcmap.picture.lanes import PathView
from svcmap.picture.selection import Selection
from svcmap.picture.spots import Spot
from svcmap.tui.widgets.table_rows import Column, Row


class Shown(NamedTuple):
    """The Service that is open, as every pane gets it."""

    view: PathView
    by: GroupBy
    names: Sequence[NameRow]
    standing: Standing

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.standing.findings


class Pane(NamedTuple):
    """A table below the picture. `id` is that of its widget, `label` and `short` its names in the tab bar.

    `spot_of` gives the place in the picture that a row stands for, by the row's key; `linked` the keys of the rows that
    belong to what is lit (None: nothing is); `tally` the count in its tab, which alarms where it has a cross; `empty`
    what stands there without rows.
    """

    id: str
    label: str
    short: str
    columns: tuple[Column, ...]
    empty: str | Callable[[Shown], str]
    rows: Callable[[Shown], list[Row]]
    spot_of: Callable[[Shown, str], Spot | None]
    linked: Callable[[Shown, Selection, Lit | None], frozenset[str]]
    tally: Callable[[Shown], str]
