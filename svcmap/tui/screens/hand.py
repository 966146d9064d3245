"""What a person takes from the picture: something to paste, the YAML behind a hop or problem, its file in an editor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from svcmap.checks.finding import Finding
from svcmap.console import one_line
from svcmap.picture.details import command_of, pasteable
from svcmap.picture.lanes import ALL_PORTS
from svcmap.picture.spots import PortSpot
from svcmap.reports.text import service as service_text
from svcmap.reports.text import trace_lines
from svcmap.tui.objects import Place, known_text, place_at, yaml_of
from svcmap.tui.panes.problems import finding_at
from svcmap.tui.panes.registry import PROBLEMS
from svcmap.tui.screens.overlay import TextScreen
from svcmap.tui.screens.yaml import YamlScreen, edit

if TYPE_CHECKING:
    from svcmap.tui.screens.main import MainScreen


class Hand:
    """Acts on the chosen problem, else on the hop under the cursor, else on the worst that was found."""

    def __init__(self, screen: MainScreen) -> None:
        self.screen = screen

    def do(self, what: str) -> None:
        """One of its actions, by name."""
        actions: dict[str, Callable[[], None]] = {
            "copy": self.copy,
            "copy_path": self.copy_path,
            "yaml": self.yaml,
            "edit": self.edit,
            "describe": self.describe,
        }
        actions[what]()

    def copy(self) -> None:
        """What can be pasted: of a problem its next step, of a hop its address, name or request."""
        screen = self.screen
        if screen.view is None:
            return
        spot, finding = screen.selection.cursor, self._chosen()
        if finding is None and spot is None:
            finding = screen.standing.worst if screen.standing else None
        if finding is not None:
            self._copied(one_line(command_of(finding.next)))
        else:
            spot = spot or PortSpot(screen.view.ports[0].key if screen.view.ports else ALL_PORTS)
            self._copied(one_line(pasteable(screen.view, screen.by, spot, screen.selection)))

    def _chosen(self) -> Finding | None:
        """The problem under the cursor of their pane, while that has the focus."""
        table, standing = self.screen.panes.table(PROBLEMS.id), self.screen.standing
        return finding_at(standing.findings, table.current) if standing and self.screen.focused is table else None

    def copy_path(self) -> None:
        """The selected path as sentences, one hop a line; the whole Service where nothing is selected."""
        screen = self.screen
        if screen.view is None:
            return
        way = screen.view.way(screen.selection.way or "")
        if way is None:
            self._copied(service_text(screen.state, screen.view.name))
            return
        traces = [trace for key, trace in way.traces if screen.selection.port in (None, key)] or [way.traces[0][1]]
        self._copied("\n".join(line.strip() for trace in traces for line in trace_lines(trace, way.title)))

    def _copied(self, text: str) -> None:
        screen = self.screen
        screen.app.copy_to_clipboard(text)
        # OSC 52 may be off (tmux needs set-clipboard on): what was copied is always shown too.
        first, *rest = text.strip().split("\n")
        more = f"  (+{len(rest)} lines)" if rest else ""
        screen.notify(f"copied {first}{more}", timeout=3, markup=False)

    def _place(self) -> Place | None:
        """The object and field that are looked at: of the chosen problem, of the hop under the cursor, or the worst."""
        screen = self.screen
        if screen.view is None or screen.standing is None:
            return None
        found = self._chosen()
        if found is not None:
            return Place(found.object, found.path, found)
        return place_at(screen.view, screen.by, screen.selection.cursor, screen.standing.findings)

    def yaml(self) -> None:
        """The object behind the hop or the problem, at the field that matters."""
        screen = self.screen
        place = self._place()
        text = yaml_of(screen.state, place.object) if place else None
        if place is None or text is None:
            screen.notify("no object of the source stands behind this hop", timeout=3)
            return
        start, at = screen.state.locate(place.object, ()), screen.state.locate(place.object, place.field)
        shown = YamlScreen(
            f"{place.object}  {at or start or ''}",
            text,
            first=start.line if start else 0,
            marked=at.line if at and place.finding and place.field else 0,
            file=start.file if start else "",
        )
        screen.app.push_screen(shown, lambda _none: screen.action_reload() if shown.is_edited else None)

    def edit(self) -> None:
        """The file of the hop or the problem in an editor, at the field; it is read again after that."""
        screen = self.screen
        place = self._place()
        at = screen.state.locate(place.object, place.field) if place else None
        if at is None or not Path(at.file).is_file():
            screen.notify("this object is of no file that can be edited", timeout=3)
            return
        if edit(screen.app, at.file, at.line):
            screen.action_reload()

    def describe(self) -> None:
        screen = self.screen
        if screen.view is not None:
            text = known_text(screen.state, screen.view, screen.by, screen.selection)
            screen.app.push_screen(TextScreen(f"what svcmap knows of this hop of {screen.view.name}", text, wrap=True))
