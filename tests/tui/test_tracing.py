"""The trace bar and the walkthrough by Pilot: a request typed opens its Service, lights its way and stops where it stops."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot

from svcmap.model.refs import Name
from svcmap.picture.selection import lit_by
from svcmap.picture.steps import selection_of, way_of
from svcmap.tui.screens.main import MainScreen
from svcmap.tui.screens.walk import WalkScreen
from svcmap.tui.widgets.trace_bar import TraceBar
from tests import objects
from tests.paths.test_the_cross import POLICY
from tests.tui.test_app import SIZES, Svg, press, running, screen_text


async def ask(screen: MainScreen, pilot: Pilot[None], url: str, vantage: str = "") -> None:
    """Type a request into the bar as a user does."""
    if not screen.tracing.is_on:
        await press(pilot, "t")
    bar = screen.query_one(TraceBar)
    bar.url.value = url
    if vantage:
        bar.vantage.value = vantage
    bar.url.focus()
    await press(pilot, "enter")


@pytest.mark.parametrize("size", SIZES)
async def test_a_request_opens_the_service_that_answers_and_says_the_verdict(size: str) -> None:
    async with running(size=size) as (screen, pilot):
        await ask(screen, pilot, "https://www.example.com/pay")
        assert screen.name_open == Name("shop", "payments")
        text = screen_text(screen)
        assert "no-endpoints" in text or "no pod" in text
        await ask(screen, pilot, "https://www.example.com/cart")
        assert screen.name_open == Name("shop", "web")
        assert "✓ REACHES" in screen_text(screen)


async def test_the_way_is_lit_and_the_cursor_is_on_the_hop_that_decides() -> None:
    async with running() as (screen, pilot):
        await ask(screen, pilot, "https://www.example.com/pay")
        canvas = screen.path.canvas
        assert canvas.view is not None
        assert screen.tracing.traced is not None
        way = way_of(canvas.view, screen.tracing.traced)
        assert way is not None
        assert screen.selection == selection_of(canvas.view, screen.by, screen.tracing.traced, way)
        lit = lit_by(canvas.view, screen.selection)
        assert lit is not None
        assert lit.ways == {way.id}


@pytest.mark.parametrize("size", SIZES)
async def test_the_trace_bar_as_it_looks(size: str, snapshot: SnapshotAssertion) -> None:
    async with running(size=size) as (screen, pilot):
        await ask(screen, pilot, "https://www.example.com/pay")
        assert screen.app.export_screenshot(title="svcmap") == snapshot(extension_class=Svg)


@pytest.mark.parametrize("size", SIZES)
async def test_the_walk_as_it_looks(size: str, snapshot: SnapshotAssertion) -> None:
    async with running(size=size, opened="shop/payments") as (screen, pilot):
        await press(pilot, "w", *["right"] * 5)
        assert screen.app.export_screenshot(title="svcmap") == snapshot(extension_class=Svg)


async def test_what_cannot_be_asked_is_said_in_the_bar() -> None:
    asked = [
        ("ftp://x", "internet", "not a URL"),
        ("tcp://10.96.12.7", "internet", "a port from 1 to 65535 is needed"),
        ("http://web", "pod:shop/nobody", "is not in demo"),
        ("http://web", "martian", "who asks is"),
        ("192.0.2.77", "internet", "leads through 192.0.2.77"),
    ]
    async with running() as (screen, pilot):
        before = screen.name_open
        for url, vantage, says in asked:
            await ask(screen, pilot, url, vantage)
            assert says in screen_text(screen), url
            assert screen.name_open == before
            assert screen.tracing.is_on


async def test_a_gateway_without_routes_is_named_by_its_address(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    status = "{addresses: [{type: IPAddress, value: 192.0.2.8}]}"
    file.write_text(objects.gateway(status=status) + objects.service("{ports: [{port: 80}]}"))
    async with running(file, size="200x60") as (screen, pilot):
        await ask(screen, pilot, "192.0.2.8")
        assert "Gateway/default/g has that address: ask http://192.0.2.8/" in screen_text(screen)


async def test_the_bar_closes_and_leaves_the_service_open() -> None:
    async with running() as (screen, pilot):
        await ask(screen, pilot, "http://web", "namespace:shop")
        assert screen.name_open == Name("shop", "web")
        await press(pilot, "escape")
        assert not screen.tracing.is_on
        assert screen.name_open == Name("shop", "web")


async def test_a_look_up_lights_its_own_way_and_nothing_of_the_request_before() -> None:
    async with running() as (screen, pilot):
        await ask(screen, pilot, "https://www.example.com/cart")
        assert screen.selection.way is not None
        await ask(screen, pilot, "10.96.12.7")
        assert screen.selection.way == "in"
        await ask(screen, pilot, ":30443")
        assert screen.selection.way == "np"
        assert "1 way through :30443" in screen_text(screen)
        await ask(screen, pilot, "web.shop")
        assert screen.selection.way is None


async def test_node_is_a_node_of_the_cluster() -> None:
    async with running() as (screen, pilot):
        await ask(screen, pilot, "http://10.96.12.7", "node")
        assert "✓ REACHES" in screen_text(screen)


async def test_an_address_is_looked_up() -> None:
    async with running() as (screen, pilot):
        await ask(screen, pilot, "203.0.113.10")
        assert screen.name_open == Name("shop", "web")


@pytest.mark.parametrize("size", SIZES)
async def test_the_walk_goes_from_its_title_hop_by_hop_to_the_end(size: str) -> None:
    async with running(size=size, opened="shop/payments") as (screen, pilot):
        await press(pilot, "w")
        walk = screen.app.screen
        assert isinstance(walk, WalkScreen)
        assert "GET https://www.example.com/pay from the internet" in screen_text(screen)
        kinds = []
        for _ in walk.steps:
            await press(pilot, "space")
            assert walk.step is not None
            kinds.append(walk.step.deciding.kind)
        assert kinds[0] == "client"
        assert walk.step is not None
        assert walk.step.deciding.verdict == "stop"
        assert "app=payments" in screen_text(screen)
        await press(pilot, "left")
        assert walk.step.deciding.kind == kinds[-2]
        await press(pilot, "space", "space")
        assert walk.is_at_end
        text = screen_text(screen)
        assert "the client gets          503" in text
        assert "next step" in text
        assert "space start over" in text
        await press(pilot, "space")
        assert walk.index == 0, "from the end it starts over"
        await press(pilot, "escape")
        assert screen.app.screen is screen


async def test_a_station_of_the_walk_says_what_matters_with_complete_commands() -> None:
    async with running(size="200x60", opened="shop/web") as (screen, pilot):
        await press(pilot, "w")
        walk = screen.app.screen
        assert isinstance(walk, WalkScreen)
        for card in walk.cards:
            assert len(card.facts) <= 3
            assert "…" not in card.check
            assert "NAME" not in card.check.replace("NODE-ADDRESS", "")
        assert any("1 more is not ready: CrashLoopBackOff" in card.says for card in walk.cards), "the broken sibling"
        assert walk.cards[-1].big == "REACHES"


@pytest.mark.parametrize(
    "name", ["data/postgres", "data/orders-db", "mail/smtp", "shop/api", "shop/catalog", "shop/cart"]
)
@pytest.mark.parametrize("size", SIZES)
async def test_every_kind_of_way_can_be_walked(name: str, size: str) -> None:
    async with running(size=size, opened=name) as (screen, pilot):
        await press(pilot, "w")
        walk = screen.app.screen
        assert isinstance(walk, WalkScreen)
        for card in walk.cards:
            assert card.says
            lines = screen_text(screen).splitlines()
            first = card.says.split()[0]
            assert any(first in line for line in lines), card.says
            await press(pilot, "space")


async def test_a_walk_follows_the_request_of_the_bar() -> None:
    async with running() as (screen, pilot):
        await ask(screen, pilot, "https://www.example.com/cart")
        await press(pilot, "escape")
        await press(pilot, "w")
        walk = screen.app.screen
        assert isinstance(walk, WalkScreen)
        assert walk.way.kind == "ingress"


async def test_text_too_wide_for_a_small_screen_is_folded_not_cut() -> None:
    async with running(size="80x24", opened="shop/payments") as (screen, pilot):
        await press(pilot, "w", *["right"] * 5)
        lines = screen_text(screen).splitlines()
        assert all(len(line) <= 80 for line in lines)
        assert "app=payments" in screen_text(screen)
        assert "esc leave" in lines[-1]


async def test_a_port_that_a_policy_cuts_is_lit_on_its_own_lane(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(POLICY)
    async with running(tmp_path, opened="shop/web") as (screen, pilot):
        for port, way_id, verdict in ((80, "in", "reachable"), (9000, "in.cut", "unreachable")):
            await ask(screen, pilot, f"tcp://web.shop:{port}", "namespace:shop")
            view = screen.path.canvas.view
            assert view is not None
            assert screen.tracing.traced is not None
            way = way_of(view, screen.tracing.traced)
            assert way is not None
            assert (way.id, screen.tracing.traced.verdict) == (way_id, verdict)


async def test_a_client_of_which_no_lane_tells_gets_a_lane_of_its_own(tmp_path: Path) -> None:
    """A policy lets a pod in and keeps another out: the request of the latter lights no lane of the former."""
    file = tmp_path / "shop.yaml"
    file.write_text(
        objects.service("{clusterIP: 10.96.0.9, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}")
        + objects.pod("web-0", "10.1.0.9")
        + objects.pod("friend", "10.1.0.7", labels="{role: friend}")
        + objects.pod("stranger", "10.1.0.8", labels="{role: stranger}")
        + objects.document(
            "NetworkPolicy",
            "friends",
            "spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], "
            "ingress: [{from: [{podSelector: {matchLabels: {role: friend}}}]}]}",
        )
    )
    async with running(file, opened="default/web") as (screen, pilot):
        assert screen.view is not None
        before = [way.id for way in screen.view.ways]
        await ask(screen, pilot, "http://web", "pod:default/stranger")
        assert [way.id for way in screen.view.ways] == [before[0], "traced", *before[1:]]
        assert screen.selection.way == "traced"
        assert [way.verdict for way in screen.view.ways][1] == "bad"
        assert "pod default/stranger" in screen_text(screen)
        await ask(screen, pilot, "http://web", "pod:default/friend")
        assert [way.id for way in screen.view.ways] == before
        assert screen.selection.way == before[0]
        await ask(screen, pilot, "http://web", "pod:default/stranger")
        await press(pilot, "escape")
        assert [way.id for way in screen.view.ways] == before


async def test_the_bar_completes_and_remembers() -> None:
    async with running() as (screen, pilot):
        await press(pilot, "t", *"paym")
        bar = screen.query_one(TraceBar)
        offered = [str(option.prompt) for option in bar.offered.options]
        assert offered[:2] == ["http://payments.shop", "shop/payments"]
        await press(pilot, "tab")
        assert bar.url.value == "http://payments.shop"
        await press(pilot, "shift+tab")
        assert screen.focused is bar.vantage
        bar.vantage.value = ""
        await press(pilot, *"namespace:sh", "tab")
        assert bar.vantage.value == "namespace:shop"
        await press(pilot, "enter")
        assert screen.name_open == Name("shop", "payments")
        await press(pilot, "t")
        bar.url.value = ""
        await press(pilot, "up")
        assert (bar.vantage.value, bar.url.value) == ("namespace:shop", "http://payments.shop")
        await press(pilot, "down")
        bar.url.value = "http://half"
        await press(pilot, "up", "down")
        assert bar.url.value == "http://half", "what was typed is there again"


@pytest.mark.parametrize(
    ("typed", "vantage", "says"),
    [
        ("web", "internet", "only pods know its name: from: namespace:shop"),
        ("web", "namespace:data", "web is in shop"),
        ("http://wbe.shop", "namespace:shop", "no Service is called wbe.shop; shop/web is: ask for web.shop"),
    ],
)
async def test_a_near_miss_names_what_would_work(typed: str, vantage: str, says: str) -> None:
    async with running(size="200x60") as (screen, pilot):
        await ask(screen, pilot, typed, vantage)
        assert says in screen_text(screen)


async def test_a_bare_name_is_a_request_and_a_service_with_its_namespace_is_looked_up() -> None:
    async with running() as (screen, pilot):
        await ask(screen, pilot, "web", "namespace:shop")
        assert "REACHES" in screen_text(screen)
        assert screen.name_open == Name("shop", "web")
        await ask(screen, pilot, "shop/payments")
        assert screen.name_open == Name("shop", "payments")
