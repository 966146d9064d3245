"""The main screen: the picture, and what the keys do to it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widgets import Input

from svcmap.checks.registry import findings_elsewhere
from svcmap.model.feed import StateFeed
from svcmap.model.kinds import tally, title_of
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.missing import is_named
from svcmap.paths.outcome import Trace
from svcmap.picture.drawing.plan import MODES
from svcmap.picture.lanes import PathView, Way
from svcmap.picture.selection import NOTHING, narrow
from svcmap.picture.spots import CellSpot, GroupSpot, PortSpot, Spot
from svcmap.picture.steps import way_of
from svcmap.reports.text import finding_line
from svcmap.tui.header import LOADING
from svcmap.tui.objects import issue_line
from svcmap.tui.panes.registry import FIRST_NUMBER, IDS, PORTS
from svcmap.tui.panes.services import FilterInput, ServicesPane
from svcmap.tui.screens.hand import Hand
from svcmap.tui.screens.keys import FOCUS_ACTIONS, HELP_GROUPS, MAIN
from svcmap.tui.screens.live import LiveState
from svcmap.tui.screens.overlay import HelpScreen, TextScreen
from svcmap.tui.screens.picture import PictureScreen
from svcmap.tui.screens.tour import Tour
from svcmap.tui.screens.tracing import Tracing
from svcmap.tui.screens.walk import WalkScreen
from svcmap.tui.theme import NAMES
from svcmap.tui.widgets.path_canvas import PathCanvas
from svcmap.tui.widgets.trace_bar import TraceBar, TraceInput

DENSITIES = ("auto", *MODES)


class MainScreen(PictureScreen):
    """The screen of a source."""

    BINDINGS: ClassVar[list[BindingType]] = MAIN

    def __init__(
        self, feed: StateFeed, state: ClusterState, *, namespace: str | None, opened: Name | None, ascii_only: bool
    ) -> None:
        super().__init__(feed, state, namespace=namespace, opened=opened, ascii_only=ascii_only)
        self.live = LiveState(self)
        self.tracing = Tracing(self, self.live)
        self.hand, self.tour = Hand(self), Tour(self)

    def on_mount(self) -> None:
        # Textual calls the handler of every class; the one of the picture comes after this one.
        self.live.begin()

    def on_screen_resume(self) -> None:
        self.live.resume()

    @on(ServicesPane.Counted)
    def _counted(self) -> None:
        self.draw_header()
        if not self.live.is_filling:
            self.lead()

    @on(FilterInput.Left)
    def _filter_left(self) -> None:
        self.is_filtering = False

    @on(TraceBar.Asked)
    def _asked(self, event: TraceBar.Asked) -> None:
        event.stop()
        self.tracing.ask(event.url, event.vantage)

    @on(PathCanvas.Opened)
    def _hop_opened(self, event: PathCanvas.Opened) -> None:
        self.follow(event.spot)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Digits, slashes and brackets are text while the filter is being typed."""
        del parameters
        return not (action in FOCUS_ACTIONS and isinstance(self.focused, Input))

    # -- what is open -----------------------------------------------------------------------------------------------

    def open_service(self, name: Name, *, push: bool = True) -> None:
        if name != self.name_open:
            self.live.leave()
            self.path.border_subtitle = ""
        super().open_service(name, push=push)
        self.live.show(name)

    def show_state(self, state: ClusterState) -> None:
        """Files were read again; a live source has told of its state already."""
        if self.live.feed is None:
            super().show_state(state)
        else:
            self.live.read_again()

    def refresh_view(self, *, changed: bool = True) -> None:
        self.tracing.renew()
        super().refresh_view(changed=changed)

    def start_over(self, state: ClusterState) -> None:
        self.followed = None
        super().start_over(state)

    # -- moving between panes ---------------------------------------------------------------------------------------

    def action_next_pane(self, step: int) -> None:
        if isinstance(self.focused, TraceInput):
            self.focused.action_complete() if step > 0 else self.focused.action_other()
            return
        ring = self.focus_ring()
        index = ring.index(self.focused) if self.focused in ring else 0
        target = ring[(index + step) % len(ring)]
        if target.id in IDS:
            self.panes.activate(str(target.id))
        if target is not self.services.table:
            self.remove_class("show-list")
        self.set_focus(target)
        self.draw_header()

    def action_pane(self, number: int) -> None:
        if number == 1 and self.focused is self.services.table:
            self.show_list(entries=not self.services.shows_entries)
        elif number == 1:
            self.to_list()
        elif number == 2:
            self.leave_list()
        else:
            self.show_pane(IDS[number - FIRST_NUMBER])

    def action_tab(self, step: int) -> None:
        """The next pane in the tab bar; in the list the other of the two lists."""
        if self.services.has_focus_within:
            self.show_list(entries=not self.services.shows_entries)
            return
        self.show_pane(IDS[(IDS.index(self.panes.active) + step) % len(IDS)])

    def show_list(self, *, entries: bool) -> None:
        """The list of Services, or that of entries."""
        self.services.show_entries(entries)
        self.to_list()

    def action_sort(self) -> None:
        self.services.next_order()

    def action_filter(self) -> None:
        self.add_class("show-list")
        self.is_filtering = True
        self.set_focus(self.services.filter)
        self.draw_header()

    def action_trace(self) -> None:
        self.tracing.open()

    def action_walk(self) -> None:
        """Walk the traced request, the selected way, or the worst one."""
        if self.view is None or not self.view.ways:
            return
        way, found = self._to_walk(self.view)
        addresses = (a.address for n in self.state.nodes.values() for a in n.status.addresses if a.type == "InternalIP")
        node = next(addresses, "")
        screen = WalkScreen(self.view, self.by, way, found, ascii_only=self.ascii_only, node=node)
        self.app.push_screen(screen)

    def _to_walk(self, view: PathView) -> tuple[Way, Trace]:
        traced = self.tracing.traced
        if traced is not None and traced.service == view.name and (way := way_of(view, traced)) is not None:
            return way, traced
        order = {"bad": 0, "warn": 1}
        way = view.way(self.selection.way or "") or min(view.ways, key=lambda w: order.get(w.verdict, 2))
        traces = [trace for key, trace in way.traces if self.selection.port in (None, key)] or [way.traces[0][1]]
        return way, next((trace for trace in traces if trace.verdict == "unreachable"), traces[0])

    def action_faults(self) -> None:
        self.services.toggle_faults()

    def action_zoom(self) -> None:
        zoomed = not self.has_class("zoomed")
        focused = str(self.focused.id) if self.focused else ""
        in_pane = focused in IDS
        self.set_class(zoomed, "zoomed")
        self.set_class(zoomed and in_pane, "zoom-pane")
        self.set_class(zoomed and not in_pane, "zoom-path")
        if zoomed and not in_pane:
            self.set_focus(self.path.canvas)

    def action_back(self) -> None:
        """Leave, in this order: trace, filter, zoom, highlight, this Service, the path."""
        if self.tracing.is_on and self.tracing.bar.close_offered():
            return
        if self.tracing.is_on:
            self.tracing.close()
        elif isinstance(self.focused, Input):
            self.is_filtering = False
            self.services.clear_filter()
            self.set_focus(self.services.table)
        elif self.services.filter.value and self.focused is self.services.table:
            self.services.clear_filter()
        elif self.has_class("zoomed"):
            self.action_zoom()
        elif not self.selection.is_empty or self.selection.cursor:
            self.selection = NOTHING
            self.refresh_selection()
        elif self.live.deleted_at is not None:
            self._leave_deleted()
        elif self.history and self.focused is self.path.canvas:
            self._go_back()
        else:
            self.to_list()

    def _leave_deleted(self) -> None:
        """From the last picture of a Service that is gone to one that is there."""
        self.open_worst()
        self.to_list()

    def _go_back(self) -> None:
        name = self.history.pop()
        if is_named(self.state, name):
            self.open_service(name, push=False)
            self.services.select(name)

    # -- moving along the path --------------------------------------------------------------------------------------

    def follow(self, spot: Spot) -> None:
        """Enter on a spot: open the Service folded into it, expand a group, or go to the ports."""
        if self.view is None:
            return
        match spot:
            case GroupSpot():
                self.path.canvas.action_expand()
            case PortSpot():
                self.show_pane(PORTS.id)
            case CellSpot(way=id_, index=index):
                way = self.view.way(id_)
                link = way.cells[index].link if way else None
                if link is not None and link in self.state.services:
                    self.jump(link)

    def jump(self, name: Name) -> None:
        """Open a Service from somewhere else than the list; esc comes back."""
        self.open_service(name)
        self.services.select(name)
        self.leave_list()
        self.notify(f"followed to {name}   esc goes back", timeout=3, markup=False)

    def action_port(self, step: int) -> None:
        """The next port; the selected way stays, if it carries that port."""
        if self.view is None or not self.view.ports:
            return
        keys = [port.key for port in self.view.ports]
        current = self.selection.port
        index = (keys.index(current) + step) % len(keys) if current in keys else (0 if step > 0 else -1)
        self.selection = narrow(
            self.view, self.by, self.selection._replace(group=None, endpoint=None), PortSpot(keys[index])
        )
        self.refresh_selection()

    def action_problem(self, step: int) -> None:
        self.tour.go(step)

    def action_group(self) -> None:
        self.change_grouping()

    def action_density(self) -> None:
        canvas = self.path.canvas
        canvas.density = DENSITIES[(DENSITIES.index(canvas.density) + 1) % len(DENSITIES)]
        canvas.relayout()
        self.path.draw_details()
        shown = canvas.plan.mode if canvas.plan else "-"
        self.app.clear_notifications()
        self.notify(f"density: {canvas.density}" + (f" ({shown})" if canvas.density == "auto" else ""), timeout=2)

    # -- the rest ---------------------------------------------------------------------------------------------------

    def action_reload(self) -> None:
        self.source_status = LOADING
        self.draw_header()
        self.read_again()

    def action_pause(self) -> None:
        self.live.pause()

    def action_next_theme(self) -> None:
        current = self.app.theme
        self.app.theme = NAMES[(NAMES.index(current) + 1) % len(NAMES)] if current in NAMES else NAMES[0]

    def action_hand(self, what: str) -> None:
        """What the hop or the problem under the cursor is good for: `copy`, `copy_path`, `yaml`, `edit`, `describe`."""
        self.hand.do(what)

    def action_issues(self) -> None:
        reason = self.live.feed.connection().reason if self.live.feed else ""
        lines = [f"the cluster: {reason}"] if reason else []
        lines += [finding_line(finding) for finding in findings_elsewhere(self.state)]
        lines += [issue_line(issue) for issue in self.state.issues]
        lines += [f"skipped: {count} {kind}" for kind, count in tally(self.state.skipped, title_of).items()]
        title = "problems of other objects, and what was not read"
        self.app.push_screen(TextScreen(title, "\n".join(lines) or "everything was read", wrap=True))

    def action_help(self) -> None:
        about = getattr(self.focused, "HELP", None) or ""
        self.app.push_screen(HelpScreen(HELP_GROUPS, about, ascii_only=self.ascii_only))
