"""The live picture, driven by updates: marks, ghosts, pause, age, a deleted Service, another context."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from svcmap.errors import SourceError
from svcmap.model.coverage import Coverage, PodScope
from svcmap.model.feed import Connection, LiveFeed, Update
from svcmap.model.group_kinds import ENDPOINT_SLICE, SERVICE
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState, LoadIssue
from svcmap.sources.live.store import Changes
from svcmap.tui.app import SvcmapApp
from svcmap.tui.panes import row_book
from svcmap.tui.panes.services import STORM
from svcmap.tui.screens.main import MainScreen
from svcmap.tui.widgets import line_table
from svcmap.tui.widgets.trace_bar import TraceBar
from tests.conftest import state_of
from tests.model.test_inheritance import START, part, web
from tests.tui.test_app import screen_text

WEB, CART = Name("shop", "web"), Name("shop", "cart")


def live(*texts: str) -> ClusterState:
    found = state_of("\n---\n".join(texts))
    return ClusterState(found.source, found.objects, coverage=Coverage(all_pods=True))


class FakeFeed:
    """A cluster that does what a test says."""

    def __init__(self, *texts: str) -> None:
        self.state = live(*texts)
        self.now = Connection("live", time.monotonic())
        self.shown: list[Name | None] = []
        self.tell: Callable[[Update], None] | None = None
        self.switched: list[str] = []

    title = "fake"
    contexts = ("fake", "other")

    def load(self) -> ClusterState:
        return self.state

    def need(self, wanted: Iterable[PodScope]) -> ClusterState:
        return self.state

    def begin(self, patience: float) -> ClusterState:
        return self.state

    def follow(self, tell: Callable[[Update], None]) -> None:
        self.tell = tell

    def show(self, service: Name | None) -> None:
        self.shown.append(service)

    def pause(self, paused: bool) -> None:
        self.now = Connection("paused" if paused else "live", time.monotonic())

    def connection(self) -> Connection:
        return self.now

    def switch(self, context: str) -> ClusterState:
        if context != "other":
            raise SourceError(f"{context}: no such cluster")
        self.switched.append(context)
        self.state = live(web(name="elsewhere"))
        return self.state

    def close(self) -> None:
        self.tell = None

    def becomes(self, *texts: str) -> None:
        """Something happens in the cluster."""
        before, self.state = self.state, live(*texts)
        changes = Changes()
        for kind in (SERVICE, ENDPOINT_SLICE):
            changes.add_all(kind, dict(before.objects.get(kind, {})), dict(self.state.objects.get(kind, {})))
        assert self.tell is not None
        services = None if changes.services is None else frozenset(changes.services)
        self.tell(Update(self.state, frozenset(changes.kinds), services, before))


@asynccontextmanager
async def running(*texts: str) -> AsyncIterator[tuple[MainScreen, Pilot[None], FakeFeed]]:
    feed = FakeFeed(*texts or START)
    assert isinstance(feed, LiveFeed)
    app = SvcmapApp(feed, feed.state, opened=WEB)
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(100):
            await pilot.pause(0.02)
            if feed.tell is not None and feed.shown:
                break
        yield app.main, pilot, feed


def marks(screen: MainScreen, pane: str = "") -> dict[str, str]:
    return (screen.panes.table(pane) if pane else screen.services.table).marks


async def test_changes_are_marked_and_nothing_that_was_chosen_moves() -> None:
    async with running() as (screen, pilot, feed):
        await pilot.press("2", "l", "l")
        chosen, scroll = screen.selection, screen.path.canvas.scroll_offset
        feed.becomes(*START[:2], part(ready="false"), START[3], web("10.96.0.7", "new", 30007, "new"))
        await pilot.pause()
        assert marks(screen) == {"shop/web": "*", "shop/new": "+"}
        assert "*" in marks(screen, "endpoints").values()
        assert (screen.selection, screen.path.canvas.scroll_offset) == (chosen, scroll)
        assert screen.focused is screen.path.canvas
        feed.becomes(START[0], *START[2:])
        await pilot.pause()
        assert marks(screen)["shop/cart"] == "−"
        assert "shop/cart" in screen.services.table.position, "a row that is gone stays for a while"


async def test_the_trace_of_the_bar_is_answered_again_when_something_happens() -> None:
    async with running() as (screen, pilot, feed):
        await pilot.press("t")
        bar = screen.query_one(TraceBar)
        bar.url.value, bar.vantage.value = "http://web.shop", "ns:shop"
        await pilot.press("enter")
        await pilot.pause()
        assert bar.verdict is not None
        assert bar.verdict.word == "REACHES"
        feed.becomes(*START[:2], part(ready="false"), START[3])
        await pilot.pause()
        assert bar.verdict.word == "FAILS"
        assert screen.followed is not None
        assert screen.followed.verdict == "unreachable"


async def test_marks_and_ghosts_go_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_table, "FLASH", 0.3)
    async with running() as (screen, pilot, feed):
        feed.becomes(START[0], *START[2:])
        await pilot.pause()
        assert marks(screen)
        await pilot.pause(0.8)
        assert not marks(screen)
        assert "shop/cart" not in screen.services.table.position


async def test_the_service_on_screen_is_the_one_whose_pods_are_read() -> None:
    async with running() as (screen, pilot, feed):
        assert feed.shown[-1] == WEB
        screen.services.table.focus()
        await pilot.press("k")
        await pilot.pause()
        assert feed.shown[-1] == CART


async def test_a_deleted_service_keeps_its_picture_until_it_is_left() -> None:
    async with running() as (screen, pilot, feed):
        await pilot.press("2")
        feed.becomes(*START[1:])
        await pilot.pause()
        assert screen.name_open == WEB
        assert "shop/web deleted" in screen.path.notice
        assert screen.view is not None
        await pilot.press("escape")
        assert screen.name_open == CART
        assert screen.path.notice == ""


async def test_old_data_proves_nothing() -> None:
    async with running() as (screen, _, feed):
        feed.now = Connection("reconnecting", time.monotonic() - 5, 2, "connection refused")
        screen.live.draw_connection()
        assert screen.source_status.word == "reconnecting 5s"
        assert screen.source_status.more == "· try 2"
        assert "as of" in str(screen.path.border_title)
        assert not screen.panes.table("reach").is_stale
        feed.now = Connection("reconnecting", time.monotonic() - 61, 9)
        screen.live.draw_connection()
        assert screen.source_status.word == "disconnected 61s"
        assert screen.panes.table("reach").is_stale
        feed.now = Connection("live", time.monotonic())
        screen.live.draw_connection()
        assert "as of" not in str(screen.path.border_title)
        assert not screen.panes.table("reach").is_stale


async def test_a_list_that_stands_still_while_others_work_is_named() -> None:
    async with running() as (screen, _, feed):
        feed.now = Connection("live", time.monotonic(), reason="ingresses: 500 etcd is gone")
        screen.live.draw_connection()
        assert screen.source_status.word == "partial: no news of ingresses: 500 etcd is gone"


async def test_a_walk_goes_through_data_that_stands_still() -> None:
    async with running() as (screen, pilot, feed):
        await pilot.press("w")
        feed.becomes(*START[:2], part(ready="false"), START[3])
        await pilot.pause()
        assert screen.services.book.rows[WEB].row.cells[3].text == "1/1"
        await pilot.press("escape")
        await pilot.pause()
        assert screen.services.book.rows[WEB].row.cells[3].text == "0/1"


async def test_another_context_starts_over_and_one_that_fails_changes_nothing() -> None:
    async with running() as (screen, pilot, feed):
        screen.live.switch_context("nowhere")
        await pilot.pause(0.2)
        assert screen.name_open == WEB
        screen.live.switch_context("other")
        for _ in range(100):
            await pilot.pause(0.02)
            if screen.name_open != WEB:
                break
        assert feed.switched == ["other"]
        assert screen.name_open == Name("shop", "elsewhere")
        assert [str(name) for name in screen.services.book.rows] == ["shop/elsewhere"]


async def test_the_header_names_the_namespaces_that_were_read() -> None:
    async with running() as (screen, _, feed):
        coverage = Coverage(partly={SERVICE: ("mine", "shop")})
        screen.state = ClusterState(feed.state.source, feed.state.objects, coverage=coverage)
        screen.draw_header()
        assert "mine, shop" in screen_text(screen)


async def test_what_may_not_be_listed_is_in_the_header() -> None:
    async with running() as (screen, _, feed):
        issue = LoadIssue(reason="not allowed", resource="endpointslices", namespace="kube-system")
        screen.state = ClusterState(feed.state.source, feed.state.objects, issues=[issue], coverage=Coverage())
        screen.live.draw_connection()
        assert screen.source_status.symbol == "!"
        assert screen.source_status.word == "partial: may not list endpointslices in kube-system"


async def test_rows_that_are_not_on_screen_wait_for_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_book, "AT_ONCE", 40)
    texts = [web(f"10.96.1.{n}", f"a{n}", 31000 + n, f"s{n:03}") for n in range(row_book.AT_ONCE + 30)]
    async with running(web(), *texts) as (screen, pilot, feed):
        book = screen.services.book
        for _ in range(200):
            await pilot.pause(0.05)
            if not book.is_behind:
                break
        assert {row.mark for row in book.rows.values()} == {"error"}
        feed.becomes(web(), *texts, *(part(f"p{n}", f"s{n:03}", n) for n in range(row_book.AT_ONCE + 5)))
        await pilot.pause(0)
        assert book.is_behind
        last = book.rows[Name("shop", f"s{row_book.AT_ONCE:03}")]
        assert last.mark == "error", "it shows the verdict it had"
        for _ in range(400):
            await pilot.pause(0.05)
            if not book.is_behind:
                break
        assert book.rows[Name("shop", f"s{row_book.AT_ONCE:03}")].mark == "ok"


@pytest.mark.parametrize("moved", [False, True], ids=["stays", "moved"])
async def test_a_screen_that_opens_before_everything_is_read_leads_to_the_worst_problem(moved: bool) -> None:
    feed = FakeFeed(*START, web("10.96.0.7", "nobody", 30007, "zoo"))
    everything, feed.now = feed.state, Connection("loading", time.monotonic())
    services = {SERVICE: everything.objects[SERVICE]}
    feed.state = ClusterState(everything.source, services, coverage=Coverage(partly={ENDPOINT_SLICE: ()}))
    app = SvcmapApp(feed, feed.state)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.main
        for _ in range(100):
            await pilot.pause(0.02)
            if feed.tell is not None:
                break
        assert (screen.source_status.word[:7], screen.source_status.more) == ("loading", "· 3 services so far")
        assert {row.row.cells[3].text for row in screen.services.book.rows.values()} == {"?"}
        assert screen.name_open == CART
        if moved:
            await pilot.press("down")
        feed.now = Connection("live", time.monotonic())
        assert feed.tell is not None
        feed.tell(Update(everything, frozenset(everything.objects), None))
        await pilot.pause()
        await pilot.pause()
        assert screen.name_open == (WEB if moved else Name("shop", "zoo"))
        assert screen.services.book.rows[WEB].row.cells[3].text == "1/1"
        assert screen.source_status.word == "live"
        assert not marks(screen), "everything is new: nothing is marked"


async def test_the_first_verdicts_of_a_calm_cluster_come_as_quickly_as_those_of_files() -> None:
    async with running() as (screen, _, _feed):
        pane = screen.services
        pane._is_first, pane._news, pane._others = True, 0.0, 0.0
        calm = pane._room()
        pane._news = 10.0 * STORM
        busy = pane._room()
        pane._is_first, pane._news = False, 0.0
        assert calm > 3 * busy
        assert busy == pytest.approx(pane._room(), rel=0.5)
