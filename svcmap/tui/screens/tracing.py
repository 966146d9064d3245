"""The trace bar at work on the picture: a request typed in opens the Service that answers and lights its way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from svcmap.errors import SvcmapError
from svcmap.model.coverage import PodScope
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import Request, Vantage, is_lookup, parse_request, parse_vantage
from svcmap.paths.missing import is_named
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.paths.views import needs
from svcmap.paths.views.meant import OUTSIDE, who_would
from svcmap.paths.views.whereabouts import Way, services_at, standing_at, url_at, ways_through
from svcmap.picture.selection import NOTHING, Selection
from svcmap.picture.steps import Verdict, selection_of, verdict_of, way_of
from svcmap.tui.completions import completions, url_of
from svcmap.tui.screens.live import LiveState
from svcmap.tui.screens.picture import PictureScreen
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


class Tracing:
    """What the trace bar of a screen asks, and what the screen then shows."""

    def __init__(self, screen: PictureScreen, live: LiveState) -> None:
        self.screen, self.live = screen, live
        self.tried: set[PodScope] = set()
        self.answered: tuple[Request, ClusterState] | None = None

    @property
    def bar(self) -> TraceBar:
        return self.screen.query_one(TraceBar)

    @property
    def traced(self) -> Trace | None:
        """The request that was asked last, while the bar is there."""
        return self.screen.followed

    @property
    def is_on(self) -> bool:
        return self.screen.has_class("tracing")

    def open(self) -> None:
        """Show the bar, ready to type a URL."""
        self.bar.completer = lambda field, text: completions(self.screen.state, field, text)
        self.screen.remove_class("show-list")
        self.screen.add_class("tracing")
        self.screen.set_focus(self.bar.url)
        self.screen.draw_header()

    def close(self) -> None:
        self.answered = None
        self.screen.remove_class("tracing")
        self._draw(None)
        self.screen.leave_list()

    def ask(self, url: str, vantage: str) -> None:
        """Answer what was typed: a request to follow, or something to look up."""
        url = url_of(self.screen.state, url)
        self.answered = None
        if not url:
            self.bar.verdict = None
            return
        try:
            if is_lookup(url):
                self._look_up(url)
            else:
                self._trace(url, vantage)
        except SvcmapError as error:
            self._draw(None)
            self.bar.verdict = Verdict("bad", "cannot trace", "", str(error))
            self.bar.url.action_select_all()

    def _trace(self, url: str, who: str) -> None:
        """Follow a request; what it would need is fetched, and then it is followed again."""
        state = self.screen.state
        vantage = vantage_of(who, state)
        if self._read_first(needs.of_vantage(vantage)):
            return
        found = trace(state, parse_request(url, vantage))
        if not self._read_first(needs.of_trace(state, found)):
            self.tried.clear()
            self.answered = found.request, state
            self._follow(found)

    def renew(self) -> None:
        """Answer the last request again in the state of now: no verdict of before stands beside a picture of now."""
        state = self.screen.state
        if self.answered is None or self.answered[1] is state:
            return
        request = self.answered[0]
        self.answered = request, state
        try:
            found = trace(state, request)
        except SvcmapError as error:  # who asked is gone
            self.screen.followed = None
            self.bar.verdict = Verdict("bad", "cannot trace", "", str(error))
            return
        self.bar.verdict = self._with_hint(found)
        self.screen.followed = found if found.service is not None else None

    def _read_first(self, wanted: Iterable[PodScope]) -> bool:
        """Whether something is being read now that was not tried yet: the question is asked again after it."""
        more = [scope for scope in needs.unread(self.screen.state, wanted) if scope not in self.tried]
        if not more:
            return False
        self.tried |= set(more)
        self.bar.verdict = Verdict("unk", "reading", "", ", ".join(map(str, more[:3])))
        self.live.fetch(more, self._ask_again)
        return True

    def _ask_again(self) -> None:
        if self.is_on:
            self.bar.ask()

    def _look_up(self, text: str) -> None:
        """An address, `:nodePort`, host or pod: its Service, and how many ways lead through it."""
        screen = self.screen
        services = sorted(services_at(screen.state, text))
        self._draw(None)
        if not services:
            at = standing_at(screen.state, text)
            hint = f"{at} has that address: ask {url_at(text)}" if at else "a request is scheme://host or host:port"
            self.bar.verdict = Verdict("bad", "nothing", "", f"leads through {text}; {hint}")
            return
        ways = ways_through(screen.state, text)
        count = f"{len(ways)} way{'' if len(ways) == 1 else 's'}"
        more = f" and {len(services) - 1} more: filter the list for {text}" if len(services) > 1 else ""
        self.bar.verdict = Verdict("ok", "FOUND", "", f"{count} through {text}, into {services[0]}{more}")
        screen.open_service(services[0])
        screen.services.select(services[0])
        screen.selection = self._way_to(services[0], ways)
        screen.refresh_selection()
        screen.set_focus(screen.path.canvas)

    def _way_to(self, name: Name, ways: Sequence[Way]) -> Selection:
        """The lane that was found, where it is one; nothing of an earlier request stays lit."""
        lanes = {way.entry.id for way in ways if way.service == name}
        view = self.screen.view
        if view is None or len(lanes) != 1 or (lane := view.way(next(iter(lanes)))) is None:
            return NOTHING
        found = next(way.trace for way in ways if way.service == name)
        return selection_of(view, self.screen.by, found, lane)

    def _draw(self, found: Trace | None) -> None:
        """The picture with a lane of its own for a request that no other lane tells of; None: without one."""
        screen = self.screen
        if screen.followed is not found:
            screen.followed = found
            screen.refresh_view(changed=False)

    def _with_hint(self, found: Trace) -> Verdict:
        """The verdict, with what would work where the name is nearly right or its client is the wrong one."""
        verdict = verdict_of(found)
        says, who, name = who_would(self.screen.state, found)
        if not says:
            return verdict
        works = f"ask for {name}" if name else ""
        asker = f"from: {who}" if who else ""
        joined = " and " if found.request.vantage.kind in OUTSIDE else " or "
        return verdict._replace(why=f"{says}: {joined.join(text for text in (asker, works) if text)}")

    def _follow(self, found: Trace) -> None:
        """Open the Service that answers, light exactly the way of the request, cursor on the hop that decides."""
        self.bar.verdict = self._with_hint(found)
        screen, name = self.screen, found.service
        if name is None or not is_named(screen.state, name):
            self._draw(None)
            screen.selection = NOTHING
            screen.refresh_selection()
            self.bar.url.action_select_all()
            return
        screen.open_service(name)
        screen.services.select(name)
        self._draw(found)
        way = way_of(screen.view, found) if screen.view else None
        if screen.view is not None and way is not None:
            screen.selection = selection_of(screen.view, screen.by, found, way)
            screen.refresh_selection()
        screen.set_focus(screen.path.canvas)
