"""The trace bar at work on the picture: a request typed in opens the Service that answers and lights its way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import on

from svcmap.errors import SvcmapError
from svcmap.model.coverage import PodScope
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import Vantage, is_lookup, parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.paths.views import needs
from svcmap.paths.views.whereabouts import Way, services_at, ways_through
from svcmap.picture.selection import NOTHING, Selection
from svcmap.picture.steps import Verdict, selection_of, verdict_of, way_of
from svcmap.tui.screens.live import LiveScreen
from svcmap.tui.widgets.trace_bar import TraceBar


def vantage_of(text: str, state: ClusterState) -> Vantage:
    """Who asks, as it is typed: the forms of `--from`, and short ones: `node` (the first), `ns:shop`, `shop/web-0`.

    Raises UsageError.
    """
    if text == "node":
        return Vantage(kind="node", value=next(iter(state.nodes), ""))
    if text.startswith("ns:"):
        return parse_vantage(f"namespace:{text[3:]}")
    if text.count("/") == 1 and ":" not in text:
        return parse_vantage(f"pod:{text}")
    return parse_vantage(text)


class TracingScreen(LiveScreen):
    """The picture with a trace bar over it."""

    def on_mount(self) -> None:
        self.tried: set[PodScope] = set()

    @property
    def is_tracing(self) -> bool:
        return self.has_class("tracing")

    def open_trace(self) -> None:
        """Show the bar, ready to type a URL."""
        self.remove_class("show-list")
        self.add_class("tracing")
        self.set_focus(self.bar.url)
        self.draw_header()

    def close_trace(self) -> None:
        self.remove_class("tracing")
        self.traced = None
        self.leave_list()

    @on(TraceBar.Asked)
    def _asked(self, event: TraceBar.Asked) -> None:
        event.stop()
        if not event.url:
            self.bar.verdict = None
            return
        try:
            if is_lookup(event.url):
                self._look_up(event.url)
            else:
                self._trace(event.url, event.vantage)
        except SvcmapError as error:
            self.traced = None
            self.bar.verdict = Verdict("bad", "cannot trace", "", str(error))
            self.bar.url.action_select_all()

    def _trace(self, url: str, who: str) -> None:
        """Follow a request; what it would need is fetched, and then it is followed again."""
        vantage = vantage_of(who, self.state)
        if self._read_first(needs.of_vantage(vantage)):
            return
        found = trace(self.state, parse_request(url, vantage))
        if not self._read_first(needs.of_trace(self.state, found)):
            self.tried.clear()
            self._follow(found)

    def _read_first(self, wanted: Iterable[PodScope]) -> bool:
        """Whether something is being read now that was not tried yet: the question is asked again after it."""
        more = [scope for scope in needs.unread(self.state, wanted) if scope not in self.tried]
        if not more:
            return False
        self.tried |= set(more)
        self.bar.verdict = Verdict("unk", "reading", "", ", ".join(map(str, more[:3])))
        self.fetch(more)
        return True

    def fetched(self) -> None:
        if self.is_tracing:
            self.bar.ask()

    def _look_up(self, text: str) -> None:
        """An address, `:nodePort`, host or pod: its Service, and how many ways lead through it."""
        services = sorted(services_at(self.state, text))
        self.traced = None
        if not services:
            self.bar.verdict = Verdict(
                "bad", "nothing", "", f"leads through {text}; a request is scheme://host or host:port"
            )
            return
        ways = ways_through(self.state, text)
        count = f"{len(ways)} way{'' if len(ways) == 1 else 's'}"
        more = f" and {len(services) - 1} more: filter the list for {text}" if len(services) > 1 else ""
        self.bar.verdict = Verdict("ok", "FOUND", "", f"{count} through {text}, into {services[0]}{more}")
        self.open_service(services[0])
        self.services.select(services[0])
        self.selection = self._way_to(services[0], ways)
        self.refresh_selection()
        self.set_focus(self.path.canvas)

    def _way_to(self, name: Name, ways: Sequence[Way]) -> Selection:
        """The lane that was found, where it is one; nothing of an earlier request stays lit."""
        lanes = {way.entry.id for way in ways if way.service == name}
        if self.view is None or len(lanes) != 1 or (lane := self.view.way(next(iter(lanes)))) is None:
            return NOTHING
        found = next(way.trace for way in ways if way.service == name)
        return selection_of(self.view, self.by, found, lane)

    def _follow(self, found: Trace) -> None:
        """Open the Service that answers, light exactly the way of the request, cursor on the hop that decides."""
        self.bar.verdict = verdict_of(found)
        self.traced = found
        name = found.service
        if name is None or name not in self.state.services:
            self.selection = NOTHING
            self.refresh_selection()
            self.bar.url.action_select_all()
            return
        self.open_service(name)
        self.services.select(name)
        way = way_of(self.view, found) if self.view else None
        if self.view is not None and way is not None:
            self.selection = selection_of(self.view, self.by, found, way)
            self.refresh_selection()
        self.set_focus(self.path.canvas)
