"""Panes 3 to 7: DNS, Ports, Endpoints, Reachability and Problems of the Service that is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.message import Message

from svcmap.checks.finding import Finding
from svcmap.paths.views.names import NameRow
from svcmap.picture.details import spot_of_finding
from svcmap.picture.groups import GroupBy, tally
from svcmap.picture.lanes import PathView
from svcmap.picture.selection import Linked
from svcmap.picture.spots import Spot
from svcmap.tui.panes import rows
from svcmap.tui.widgets.bars import Tab, TabBar
from svcmap.tui.widgets.line_table import LineTable

PANES = ("dns", "ports", "endpoints", "reach", "problems")
LABELS = {
    "dns": ("DNS", "DNS"),
    "ports": ("Ports", "Ports"),
    "endpoints": ("Endpoints", "Endpts"),
    "reach": ("Reachability", "Reach"),
    "problems": ("Problems", "Probs"),
}


class DetailPanes(Vertical):
    """The five tables: one at a time below a tab bar, or all at once where there is room."""

    @dataclass
    class RowMoved(Message):
        """The cursor of a pane was moved to a row."""

        pane: str
        key: str

    @dataclass
    class RowChosen(Message):
        """A row of a pane was opened."""

        pane: str
        key: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.active = "ports"
        self.problems: dict[str, Spot] = {}
        """Where in the picture each row of Problems is at."""

    def compose(self) -> ComposeResult:
        yield TabBar(id="tabs")
        with Container(id="tables"):
            yield LineTable(rows.DNS_COLUMNS, id="dns", classes="pane", empty="no DNS name")
            yield LineTable(rows.PORT_COLUMNS, id="ports", classes="pane", empty="this Service has no ports")
            yield LineTable(rows.ENDPOINT_COLUMNS, id="endpoints", classes="pane", empty="no endpoints")
            yield LineTable(rows.REACH_COLUMNS, id="reach", classes="pane", empty="nothing can reach this Service")
            yield LineTable(rows.PROBLEM_COLUMNS, id="problems", classes="pane", empty="✓ no problem found")

    def on_mount(self) -> None:
        self.activate(self.active)

    def table(self, pane: str) -> LineTable:
        return self.query_one(f"#{pane}", LineTable)

    @property
    def tables(self) -> list[LineTable]:
        return [self.table(pane) for pane in PANES]

    @property
    def tabs(self) -> TabBar:
        return self.query_one(TabBar)

    def show(
        self,
        view: PathView,
        by: GroupBy,
        names: Sequence[NameRow],
        findings: Sequence[Finding],
        *,
        keep: bool = False,
        changed: bool = False,
    ) -> None:
        """Fill the tables for a Service; with `keep` their cursors stay on their rows, with `changed` what is different
        from before is marked for a while.
        """
        found = {
            "dns": rows.dns_rows(names),
            "ports": rows.port_rows(view),
            "endpoints": rows.endpoint_rows(view, by),
            "reach": rows.reach_rows(view),
            "problems": rows.problem_rows(view, by, findings),
        }
        self.problems = {str(number): spot_of_finding(view, by, one) for number, one in enumerate(findings)}
        for pane, made in found.items():
            table = self.table(pane)
            if changed:
                table.show_changes(made)
            else:
                table.forget_marks()
                table.set_rows(made, keep=keep)
        self.tabs.tabs = tuple(_tabs(view, names, findings))
        for tab in self.tabs.tabs:
            self.table(tab.pane).border_title = f"{tab.number} {tab.label} {tab.tally}"

    def link(self, linked: Linked, cursor: Spot | None, *, reveal: bool) -> None:
        """Mark the rows of the lit path."""
        for pane in ("dns", "ports", "endpoints", "reach"):
            self.table(pane).set_linked(getattr(linked, pane), reveal=reveal)
        problems = self.table("problems")
        keys = frozenset(key for key, spot in self.problems.items() if spot == cursor)
        problems.set_linked(keys, reveal=reveal)

    def activate(self, pane: str) -> None:
        """Show a pane where only one has room."""
        self.active = pane
        self.tabs.active = pane
        for other in PANES:
            self.table(other).set_class(other == pane, "-active")

    @on(LineTable.Moved)
    def _moved(self, event: LineTable.Moved) -> None:
        event.stop()
        self.post_message(self.RowMoved(str(event.table.id), event.key))

    @on(LineTable.Chosen)
    def _chosen(self, event: LineTable.Chosen) -> None:
        event.stop()
        self.post_message(self.RowChosen(str(event.table.id), event.key))


def _tabs(view: PathView, names: Sequence[NameRow], findings: Sequence[Finding]) -> list[Tab]:
    severities = [finding.severity for finding in findings]
    errors, rest = severities.count("error"), len(severities) - severities.count("error")
    problems = " ".join(part for part in (f"✗{errors}" if errors else "", f"!{rest}" if rest else "") if part) or "0"
    broken = any(way.verdict == "bad" for way in view.ways)
    tallies = {
        "dns": str(len(names)),
        "ports": str(len(view.ports)),
        "endpoints": tally(view.service, view.found),
        "reach": f"{len(view.ways)}{'✗' if broken else ''}",
        "problems": problems,
    }
    return [
        Tab(pane, number, *LABELS[pane], tallies[pane], "✗" in tallies[pane]) for number, pane in enumerate(PANES, 3)
    ]
