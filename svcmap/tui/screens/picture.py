"""One state, one open Service, one selection: panes get values from here, and post what the user does."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, Static

from svcmap.checks.standing import Standing, standing
from svcmap.errors import SvcmapError
from svcmap.model.feed import StateFeed
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.missing import is_named
from svcmap.paths.outcome import Trace
from svcmap.paths.views.names import NameRow, name_rows
from svcmap.picture.groups import GROUPINGS, GroupBy
from svcmap.picture.lanes import PathView, path_view
from svcmap.picture.selection import (
    NOTHING,
    Selection,
    choose,
    exists,
    lit_by,
    narrow,
    spot_of_way,
    surviving,
)
from svcmap.picture.spots import EndpointSpot, GroupSpot, Spot
from svcmap.picture.traced import with_traced
from svcmap.tui import header
from svcmap.tui.panes.details import DetailPanes
from svcmap.tui.panes.pane import Shown
from svcmap.tui.panes.path import PathPane
from svcmap.tui.panes.registry import IDS
from svcmap.tui.panes.services import ServicesPane
from svcmap.tui.widgets.bars import KeyBar, TabBar
from svcmap.tui.widgets.path_canvas import PathCanvas
from svcmap.tui.widgets.styled import StyledLines
from svcmap.tui.widgets.trace_bar import TraceBar, TraceInput

SMALLEST = (40, 8)
TOO_SMALL = "terminal too small (need 60x15)"


class PictureScreen(Screen[None]):
    """Everything a person sees of a source; what the keys do to it is in `main`."""

    AUTO_FOCUS = ""

    def __init__(
        self, feed: StateFeed, state: ClusterState, *, namespace: str | None, opened: Name | None, ascii_only: bool
    ) -> None:
        super().__init__()
        self.feed, self.state, self.namespace, self.ascii_only = feed, state, namespace, ascii_only
        self.given = opened
        self.name_open: Name | None = None
        self.view: PathView | None = None
        self.names: list[NameRow] = []
        self.standing: Standing | None = None
        self.selection: Selection = NOTHING
        self.by: GroupBy = "workload"
        self.density = "auto"
        self.is_filtering = False
        """Whether somebody went into the filter: a resize may leave the focus there, too."""
        self.followed: Trace | None = None
        """A request that somebody asked: it has a lane of its own where no other tells of it."""
        self.history: list[Name] = []
        self.led_to: Name | None = None
        """What was opened by itself before every mark was known; nobody has gone anywhere yet."""
        self.has_left_list = False
        self.source_status = header.files_status(state)
        self.header_shown: dict[str, Content] = {}

    def compose(self) -> ComposeResult:
        with Horizontal(id="top"):
            yield Static(id="brand")
            yield Static(id="state")
        with Horizontal(id="body"):
            yield ServicesPane(id="side")
            with Vertical(id="main"):
                yield TraceBar(id="trace")
                yield PathPane(id="path")
                yield DetailPanes(id="panes")
        yield Static(TOO_SMALL, id="too-small")
        yield KeyBar(id="keys")

    # -- parts ------------------------------------------------------------------------------------------------------

    @property
    def services(self) -> ServicesPane:
        return self.query_one(ServicesPane)

    @property
    def path(self) -> PathPane:
        return self.query_one(PathPane)

    @property
    def panes(self) -> DetailPanes:
        return self.query_one(DetailPanes)

    @property
    def is_narrow(self) -> bool:
        return self.has_class("-narrow")

    @property
    def shows_all_panes(self) -> bool:
        return self.has_class("-wide") and self.has_class("-tall")

    # -- life -------------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        for widget in self.query(StyledLines):
            widget.ascii_only = self.ascii_only
        self.query_one(TabBar).ascii_only = self.ascii_only
        self.query_one(TraceBar).ascii_only = self.ascii_only
        self.path.ascii_only = self.ascii_only
        self.path.canvas.density = self.density
        self.set_class(self.ascii_only, "ascii")
        self.bindings_updated_signal.subscribe(self, lambda _screen: self.call_after_refresh(self.draw_keys))
        self.services.load(self.state, self.namespace)
        start = self.given or self.services.worst()
        if start is not None:
            self.services.select(start)
            self.open_service(start, push=False)
            self.led_to = None if self.given else start
        else:
            self.path.say_empty(header.what_is_there(self.state, self.namespace))
        # Keys that come with the first frame are for the list; breakpoint classes are not set before the first refresh.
        self.set_focus(self.services.table)
        self.call_after_refresh(self._first_focus)

    def _first_focus(self) -> None:
        if self.has_left_list:  # by keys that were faster than this
            return
        on_list = self.is_narrow and self.given is None
        self.set_class(on_list, "show-list")
        self.set_focus(self.path.canvas if self.given and self.is_narrow else self.services.table)
        self.draw_header()

    def on_resize(self) -> None:
        self.call_after_refresh(self._resized)

    def _resized(self) -> None:
        width, height = self.app.size
        self.set_class(width < SMALLEST[0] or height < SMALLEST[1], "too-small")
        self.set_class(not self.has_class("too-small") and (width < 60 or height < 15), "path-only")
        self.query_one(TabBar).narrow = self.is_narrow
        self.fit_list()
        hidden = self.is_narrow and not self.has_class("show-list") and self.services.has_focus_within
        if self.focused is self.services.filter and not self.is_filtering:
            self.set_focus(self.services.table)  # what a resize left the focus on by itself
        # Textual takes the focus from what is not displayed: after a moment of "too small" nothing has it.
        if hidden or (self.focused is None and not self.has_class("too-small") and not self.has_class("show-list")):
            self.set_focus(self.path.canvas)
        self.draw_header()
        self.draw_keys()

    def fit_list(self) -> None:
        """Make the list as wide as the names of now need."""
        wanted = self.services.wanted_width(self.app.size.width)
        self.services.styles.width = "1fr" if self.is_narrow else wanted

    def draw_header(self) -> None:
        crumb = str(self.name_open) if self.name_open and self.is_narrow and not self.has_class("show-list") else ""
        brand = header.brand(
            self.state.source.name,
            self.namespace or header.only_read(self.state),
            self.services.counts,
            crumb,
            ascii_only=self.ascii_only,
        )
        room = max(12, self.app.size.width - brand.cell_length - 3)
        source = header.source(self.source_status, room, ascii_only=self.ascii_only)
        for place, content in (("#brand", brand), ("#state", source)):
            # The same line is the same object (header.py remembers it). A live one is drawn four times a second, and to
            # lay the whole screen out again takes longer than all else: only for a text of another width.
            shown = self.header_shown.get(place)
            if shown is not content:
                self.header_shown[place] = content
                same_room = shown is not None and shown.cell_length == content.cell_length
                self.query_one(place, Static).update(content, layout=not same_room)

    def draw_keys(self) -> None:
        focused = self.focused
        if isinstance(focused, TraceInput):
            keys = [("enter", "trace", ""), ("tab", "other field", ""), ("↑", "history", ""), ("esc", "close", "back")]
        elif isinstance(focused, Input):
            keys = [("enter", "apply", ""), ("esc", "clear", "back")]
        else:
            first = {"list": ("enter", "open"), "entries": ("enter", "open"), "graph": ("h l", "hop")}
            keys = [(*first.get(str(focused.id) if focused else "", ("j k", "row")), "")]
            if focused is self.path.canvas:
                keys.append(("j k", "lane", ""))
            for active in self.active_bindings.values():
                binding = active.binding
                if binding.show and active.enabled:
                    shown = "/" if binding.key == "slash" else binding.key
                    keys.append((shown, binding.description, binding.action))
        self.query_one(KeyBar).keys = tuple(keys)

    # -- reading the source again -----------------------------------------------------------------------------------

    @work(thread=True, exclusive=True, group="load")
    def read_again(self) -> None:
        """Read the source in a thread; what comes of it is shown on the UI's own."""
        try:
            state = self.feed.load()
        except Exception as error:  # noqa: BLE001 - Textual would print the values of every variable: tokens too
            self.app.call_from_thread(self._load_failed, what_failed(error))
            return
        self.app.call_from_thread(self.show_state, state)

    def _load_failed(self, reason: str) -> None:
        self.source_status = header.failed_status(reason)
        self.draw_header()
        self.notify(reason, title="the last picture is kept", severity="error", markup=False)

    def show_state(self, state: ClusterState) -> None:
        """Show another state of the same source: the open Service, the selection and every cursor stay."""
        self.state = state
        self.source_status = header.files_status(state)
        self.services.load(state, self.namespace)
        self.fit_list()
        name = self.name_open
        if name is None or not is_named(state, name):
            if name is not None:
                self.notify(f"{name} is gone", markup=False)
            self.open_worst()
            self.draw_header()
            return
        self.refresh_view(changed=False)
        self.draw_header()

    def refresh_view(self, *, changed: bool = True) -> None:
        """Draw the open Service again, as it is in the state of now: selection, scroll and density stay."""
        if self.name_open is None:
            return
        before = self.view, self.names, self.standing
        self._fill(self.name_open, keep=True, changed=changed)
        if changed and before == (self.view, self.names, self.standing):
            return
        if self.view is not None:
            self.selection = surviving(self.view, self.by, self.selection)
        self.refresh_selection(scroll=False, reveal=False)

    # -- the open Service -------------------------------------------------------------------------------------------

    def open_service(self, name: Name, *, push: bool = True) -> None:
        """Show another Service; with `push` esc comes back to the one before."""
        if push and self.name_open is not None and self.name_open != name:
            self.history.append(self.name_open)
        if name == self.name_open and self.view is not None:
            return
        self.name_open, self.selection = name, NOTHING
        self._fill(name, keep=False)
        self.panes.put_in_front()
        self.refresh_selection()
        self.draw_header()

    def open_worst(self) -> None:
        """Show the worst Service of the list, if there is one."""
        worst = self.services.worst()
        if worst is not None:
            self.services.select(worst)
            self.open_service(worst, push=False)
            return
        self.name_open, self.view, self.standing, self.selection = None, None, None, NOTHING
        self.path.say_empty(header.what_is_there(self.state, self.namespace))

    def lead(self) -> None:
        """To the worst Service, once every mark is known, whoever has not gone anywhere yet."""
        services = self.services
        # The cursor as well: the picture follows it only once the keys pause.
        is_there = self.led_to == self.name_open and services.service_list.current == str(self.led_to)
        at_start = self.selection == NOTHING and self.focused is services.table and not services.filter.value
        if self.led_to is None or not is_there or not at_start:
            self.led_to = None
        elif not services.book.is_behind:
            self.led_to = None
            self.open_worst()

    def start_over(self, state: ClusterState) -> None:
        """Forget what was open: this is the state of another source."""
        self.state, self.namespace, self.selection = state, None, NOTHING
        self.name_open, self.view = None, None
        self.history.clear()
        self.services.clear_filter()
        self.services.book.clear()
        self.services.load(state, None)
        self.fit_list()
        self.open_worst()
        self.led_to = self.name_open

    def _fill(self, name: Name, *, keep: bool, changed: bool = False) -> None:
        before = self.view, self.names, self.standing
        self.view = path_view(self.state, name, self.by)
        if self.view is None:
            return
        if self.followed is not None and self.followed.service == name:
            self.view = with_traced(self.state, self.view, self.followed)
        self.names = name_rows(self.state, name)
        self.standing = standing(self.state, name)
        if changed and before == (self.view, self.names, self.standing):
            return
        self.path.show(self.view, self.by, self.standing, keep_mode=keep)
        self.panes.show(Shown(self.view, self.by, self.names, self.standing), keep=keep, changed=changed)

    def change_grouping(self) -> None:
        """Group the endpoints by the next property."""
        self.by = GROUPINGS[(GROUPINGS.index(self.by) + 1) % len(GROUPINGS)]
        selection = self.selection
        at_group = isinstance(selection.cursor, GroupSpot | EndpointSpot)
        self.selection = selection._replace(group=None, endpoint=None, cursor=None if at_group else selection.cursor)
        if self.name_open is not None:
            self._fill(self.name_open, keep=True)
        self.refresh_selection()

    # -- the selection ----------------------------------------------------------------------------------------------

    def refresh_selection(self, *, scroll: bool = True, reveal: bool = True) -> None:
        """Draw the selection everywhere."""
        if self.view is None:
            return
        lit = lit_by(self.view, self.selection)
        self.path.light(lit, self.selection, scroll=scroll)
        self.panes.link(self.selection, lit, reveal=reveal)

    def select_in_table(self, spot: Spot | None) -> None:
        """A row was chosen: light everything through the spot it stands for."""
        if self.view is None or spot is None or not exists(self.view, self.by, spot):
            return
        self.selection = choose(self.view, self.by, spot)
        if isinstance(spot, EndpointSpot) and self.selection.group:
            self.path.light(None, self.selection, scroll=False)
            drawn = self.path.canvas.plan is not None and self.path.canvas.plan.region(spot) is not None
            self.selection = self.selection._replace(cursor=spot if drawn else GroupSpot(self.selection.group))
        self.refresh_selection()

    @on(PathCanvas.Moved)
    def _hop_moved(self, event: PathCanvas.Moved) -> None:
        # The message may arrive after the picture changed: a spot that is gone is not an error.
        if self.view is not None and exists(self.view, self.by, event.spot):
            self.selection = narrow(self.view, self.by, self.selection, event.spot)
            self.refresh_selection()

    @on(DetailPanes.RowMoved)
    def _row_moved(self, event: DetailPanes.RowMoved) -> None:
        self.select_in_table(self.panes.spot_of(event.pane, event.key))

    @on(DetailPanes.RowChosen)
    def _row_chosen(self, event: DetailPanes.RowChosen) -> None:
        self.select_in_table(self.panes.spot_of(event.pane, event.key))
        self.set_focus(self.path.canvas)

    @on(ServicesPane.Moved)
    def _service_moved(self, event: ServicesPane.Moved) -> None:
        if is_named(self.state, event.name):
            self.open_service(event.name, push=False)
            self._to_way(event.way)

    @on(ServicesPane.Opened)
    def _service_opened(self, event: ServicesPane.Opened) -> None:
        if is_named(self.state, event.name):
            self.open_service(event.name)
            self._to_way(event.way)
            self.leave_list()

    def _to_way(self, id_: str) -> None:
        """Light the lane of an entry that was chosen in the list of them."""
        way = self.view.way(id_) if self.view and id_ else None
        if way is not None:
            self.select_in_table(spot_of_way(way))

    @on(TabBar.Chosen)
    def _tab_chosen(self, event: TabBar.Chosen) -> None:
        self.show_pane(event.pane)

    # -- which pane is where ----------------------------------------------------------------------------------------

    def leave_list(self) -> None:
        """To the path; on a narrow terminal the list makes room for it."""
        self.has_left_list = True
        self.remove_class("show-list")
        self.set_focus(self.path.canvas)
        self.draw_header()

    def to_list(self) -> None:
        self.add_class("show-list")
        self.set_focus(self.services.table)
        self.draw_header()

    def show_pane(self, pane: str) -> None:
        """Show and focus one of the panes."""
        self.remove_class("show-list")
        self.panes.choose(pane)
        self.set_focus(self.panes.table(pane))
        self.draw_header()

    def limit_to(self, namespace: str | None) -> None:
        """Show the Services of one namespace, or of all."""
        self.namespace = namespace
        self.services.load(self.state, namespace)
        self.fit_list()
        if self.name_open is not None and namespace not in (None, self.name_open.namespace):
            self.open_worst()
        self.draw_header()

    def focus_ring(self) -> list[Widget]:
        """What tab goes through."""
        panes = [self.panes.table(pane) for pane in (IDS if self.shows_all_panes else (self.panes.active,))]
        lists: list[Widget] = [] if self.is_narrow and not self.has_class("show-list") else [self.services.table]
        return [*lists, self.path.canvas, *panes]


def what_failed(error: Exception) -> str:
    """An error in words; of one nobody foresaw only its kind, since its text may hold anything."""
    return str(error) if isinstance(error, SvcmapError) else f"svcmap failed ({type(error).__name__}); please report it"
