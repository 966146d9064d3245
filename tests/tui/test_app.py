"""The app by Pilot: what keys do, what is linked to what, and that a selection survives a reload."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input

from svcmap.model.refs import Name
from svcmap.picture.spots import CellSpot, EndpointSpot, GroupSpot, PortSpot, Spot
from svcmap.sources.manifests import ManifestSource
from svcmap.tui.app import SvcmapApp
from svcmap.tui.panes.registry import IDS
from svcmap.tui.screens.main import MainScreen
from svcmap.tui.screens.overlay import HelpScreen
from svcmap.tui.screens.yaml import YamlScreen
from tests.conftest import FIXTURES

SIZES = {"80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}


class Svg(SingleFileSnapshotExtension):
    """One SVG file for each snapshot."""

    file_extension = "svg"
    _write_mode = WriteMode.TEXT


@asynccontextmanager
async def running(
    *paths: Path, size: str = "120x40", opened: str | None = None, ascii_only: bool = False, theme: str = "dark"
) -> AsyncIterator[tuple[MainScreen, Pilot[None]]]:
    source = ManifestSource([str(path) for path in paths or (FIXTURES / "demo",)], title="demo")
    app = SvcmapApp(
        source, source.load(), opened=Name(*opened.split("/")) if opened else None, ascii_only=ascii_only, theme=theme
    )
    async with app.run_test(size=SIZES[size]) as pilot:
        await pilot.pause()
        await pilot.pause()
        yield app.main, pilot


def screen_text(screen: MainScreen) -> str:
    strips = screen.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()
    await pilot.pause()


def cursor(screen: MainScreen) -> Spot | None:
    return screen.selection.cursor


async def test_it_starts_on_the_worst_problem_and_the_path_follows_the_cursor() -> None:
    async with running() as (screen, pilot):
        assert screen.name_open == Name("shop", "cart")
        assert screen.focused is screen.services.table
        await press(pilot, "j")
        assert screen.name_open == Name("shop", "catalog")
        assert screen.path.canvas.view is not None
        assert screen.path.canvas.view.name == screen.name_open
        assert screen.history == []


async def test_the_header_counts_services_with_problems() -> None:
    async with running() as (screen, _):
        assert "✗3 !2 of 15" in screen_text(screen)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["dark", "light", "contrast"])
async def test_screens(size: str, theme: str, snapshot: SnapshotAssertion) -> None:
    async with running(size=size, opened="shop/web", theme=theme) as (screen, pilot):
        await press(pilot, "2", "l", "p", "p")
        assert screen.app.export_screenshot(title="svcmap") == snapshot(extension_class=Svg)


async def test_a_narrow_terminal_shows_one_thing_at_a_time() -> None:
    async with running(size="80x24") as (screen, pilot):
        assert screen.services.display
        assert "1 Services" in screen_text(screen)
        await press(pilot, "enter")
        assert "2 Path  shop/cart" in screen_text(screen)
        assert "1 Services" not in screen_text(screen)
        await press(pilot, "escape")
        assert "1 Services" in screen_text(screen)


async def test_the_filter_narrows_and_excludes() -> None:
    async with running() as (screen, pilot):
        await press(pilot, "slash", *"shop !api")
        shown = {row.name.name for row in screen.services.shown}
        assert shown == {"cart", "catalog", "checkout", "payments", "reports", "web"}
        await press(pilot, "enter")
        assert screen.focused is screen.services.table
        await press(pilot, "slash", "escape")
        assert len(screen.services.shown) == 15
        await press(pilot, "ctrl+z")
        assert {row.name.name for row in screen.services.shown} == {"cart", "payments", "reports", "smtp", "web"}


async def test_the_filter_finds_what_leads_to_a_service_as_it_is_typed() -> None:
    finds = {
        "203.0.113.10": {"web"},
        "203.0.113.": {"web", "ingress-nginx-controller", "api", "api-next", "payments", "reports"},
        ":30443": {"web"},
        ":300": {"web", "smtp", "ssh-gw"},
        "www.exam": {"web", "payments", "reports"},
        "web-7d9f8b6c5d-": {"web"},
    }
    async with running() as (screen, pilot):
        await press(pilot, "slash")
        for typed, found in finds.items():
            screen.services.filter.value = typed[:-1]
            await press(pilot, "end", typed[-1])
            assert {row.name.name for row in screen.services.shown} == found, typed


async def test_no_match_says_so_and_the_path_stays() -> None:
    async with running() as (screen, pilot):
        await press(pilot, "slash", *"chekout")
        assert "no match   esc: clear" in screen_text(screen)
        assert screen.name_open == Name("shop", "checkout"), "the first that matched what was typed so far"


async def test_along_the_path_narrows_to_one_way() -> None:
    async with running(opened="shop/web") as (screen, pilot):
        await press(pilot, "2", "l", "l")
        assert cursor(screen) == CellSpot("lb", 1)
        await press(pilot, "l", "l")
        assert (screen.selection.way, screen.selection.port) == ("lb", "80/TCP")
        await press(pilot, "j")
        assert (screen.selection.way, screen.selection.port) == ("lb", "443/TCP")
        await press(pilot, "l")
        assert screen.selection.group == "Deployment web"
        assert screen.panes.table("reach").linked == {"lb"}
        assert screen.panes.table("ports").linked == {"443/TCP"}
        assert len(screen.panes.table("endpoints").linked) == 3
        await press(pilot, "h")
        assert cursor(screen) == PortSpot("443/TCP")
        await press(pilot, "escape")
        assert screen.selection.is_empty


async def test_rows_of_tables_light_everything_through_them() -> None:
    async with running(opened="shop/web", size="200x60") as (screen, pilot):
        await press(pilot, "4", "j", "j")
        assert screen.selection.port == "443/TCP"
        assert screen.path.canvas.lit is not None
        assert screen.path.canvas.lit.ways == {"lb", "ext", "np", "in"}
        await press(pilot, "6", "j")
        assert screen.selection.way == "lb"
        await press(pilot, "5", "j")
        assert screen.selection.endpoint is not None
        assert screen.path.canvas.pin == screen.selection.endpoint
        await press(pilot, "3", "j", "j", "j", "j")
        assert screen.selection.port == "http".replace("http", "80/TCP")


async def test_problems_lead_to_the_hop_at_fault() -> None:
    async with running(opened="shop/cart") as (screen, pilot):
        await press(pilot, "2", "n")
        assert cursor(screen) == PortSpot("80/TCP")
        assert "next   set targetPort to http" in screen_text(screen)
    async with running(opened="shop/reports") as (screen, pilot):
        await press(pilot, "2", "n")
        assert cursor(screen) == CellSpot("ing.shop.2", 2)
        assert screen.path.canvas.lit is not None
        assert screen.path.canvas.lit.ports == set()


async def test_enter_follows_a_folded_hop_and_esc_comes_back() -> None:
    async with running(opened="shop/web") as (screen, pilot):
        await press(pilot, "2", "l", "j", "l", "enter")
        assert screen.name_open == Name("infra", "ingress-nginx-controller")
        await press(pilot, "escape")
        assert screen.name_open == Name("shop", "web")


async def test_ports_groups_and_density() -> None:
    async with running(opened="shop/web") as (screen, pilot):
        await press(pilot, "2", "p", "p")
        assert screen.selection.port == "443/TCP"
        mode = screen.path.canvas.plan.mode if screen.path.canvas.plan else ""
        await press(pilot, "P")
        assert screen.selection.port == "80/TCP"
        assert screen.path.canvas.plan is not None
        assert screen.path.canvas.plan.mode == mode
        await press(pilot, "b")
        assert screen.by == "node"
        assert {group.title for group in screen.view.groups["node"]} == {"node-a", "node-b", "node-c"}  # type: ignore[union-attr]
        await press(pilot, "v")
        assert screen.path.canvas.plan.mode == "boxed"


async def test_a_group_expands_to_its_pods() -> None:
    async with running(opened="shop/web") as (screen, pilot):
        await press(pilot, "2", "l", "l", "l", "l", "l")
        assert cursor(screen) == GroupSpot("Deployment web")
        await press(pilot, "space")
        assert "10.244.1.11:8080" in screen_text(screen)
        await press(pilot, "j")
        assert isinstance(screen.selection.cursor, EndpointSpot)
        assert screen.selection.cursor.id.startswith("web-")


async def test_tab_goes_round_and_panes_have_numbers() -> None:
    async with running() as (screen, pilot):
        seen: list[Widget | None] = []
        for _ in range(4):
            await press(pilot, "tab")
            seen.append(screen.focused)
        # The first Service has a problem: its problems are in front.
        assert seen == [screen.path.canvas, screen.panes.table("problems"), screen.services.table, screen.path.canvas]
        for number, pane in enumerate(IDS, 3):
            await press(pilot, str(number))
            assert screen.focused is screen.panes.table(pane)
        await press(pilot, "right_square_bracket")
        assert screen.panes.active == "dns"


async def test_keys_typed_in_one_burst_go_where_they_should() -> None:
    async with running() as (screen, pilot):
        await pilot.press("2", "l", "l", "1", "g")
        await pilot.pause()
        assert screen.name_open == Name("data", "orders-db")


async def test_help_yaml_and_what_is_known() -> None:
    async with running(opened="shop/web") as (screen, pilot):
        await press(pilot, "question_mark")
        assert isinstance(screen.app.screen, HelpScreen)
        assert "filter, !term = not" in screen_text(screen)
        await press(pilot, "escape", "y")
        assert isinstance(screen.app.screen, YamlScreen)
        assert "kind: Service" in screen_text(screen)
        await press(pilot, "escape", "d")
        assert "load balancer" in screen_text(screen)
        await press(pilot, "escape", "e")
        assert "everything was read" in screen_text(screen)


async def test_copy_shows_what_was_copied() -> None:
    async with running(opened="shop/web") as (screen, pilot):
        await press(pilot, "2", "l", "l", "c")
        assert screen.app.clipboard == "203.0.113.10:80"
        await press(pilot, "C")
        assert "client internet" in screen.app.clipboard
        assert "load-balancer 203.0.113.10:80" in screen.app.clipboard


async def test_the_palette_opens_services_and_limits_the_namespace() -> None:
    async with running() as (screen, pilot):
        await press(pilot, "colon")
        await press(pilot, *"open data/postgres")
        await pilot.pause(0.4)
        await press(pilot, "enter")
        await pilot.pause(0.2)
        assert screen.name_open == Name("data", "postgres")
        screen.limit_to("shop")
        await pilot.pause()
        assert {row.name.namespace for row in screen.services.shown} == {"shop"}
        assert screen.name_open is not None
        assert screen.name_open.namespace == "shop"


async def test_a_reload_keeps_the_selection(tmp_path: Path) -> None:
    for file in (FIXTURES / "demo").glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text())
    async with running(tmp_path, opened="shop/web") as (screen, pilot):
        await press(pilot, "2", "l", "p", "p")
        before = screen.selection
        (tmp_path / "edge.yaml").unlink()
        await press(pilot, "ctrl+r")
        await screen.workers.wait_for_complete()
        await pilot.pause()
        assert len(screen.state.services) == 13
        assert (screen.selection, screen.name_open) == (before, Name("shop", "web"))
        assert screen.focused is screen.path.canvas
        (tmp_path / "shop-web.yaml").unlink()
        await press(pilot, "ctrl+r")
        await screen.workers.wait_for_complete()
        await pilot.pause()
        assert screen.name_open == Name("shop", "cart")


async def test_a_failing_reload_keeps_the_picture(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n")
    async with running(file) as (screen, pilot):
        file.unlink()
        await press(pilot, "ctrl+r")
        await screen.workers.wait_for_complete()
        await pilot.pause()
        assert "cannot read the source" in screen_text(screen)
        assert "2 Path  default/web" in screen_text(screen)


async def test_a_resize_there_and_back_gives_the_same_picture() -> None:
    async with running(opened="shop/web", size="200x60") as (screen, pilot):
        await press(pilot, "2")
        await press(pilot, "l")
        before = screen_text(screen)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        await pilot.pause()
        assert "FROM        ENTRY" in screen_text(screen)
        await pilot.resize_terminal(30, 6)
        await pilot.pause()
        await pilot.pause()
        assert "terminal too small" in screen_text(screen)
        await pilot.resize_terminal(200, 60)
        await pilot.pause()
        await pilot.pause()
        assert screen_text(screen) == before


async def test_ascii_draws_nothing_else() -> None:
    for size in SIZES:
        async with running(opened="shop/web", size=size, ascii_only=True) as (screen, pilot):
            await press(pilot, "2", "l", "n")
            text = screen_text(screen)
            assert text.isascii(), sorted({char for char in text if not char.isascii()})


async def test_clicks_select_hops_rows_and_tabs() -> None:
    async with running(opened="shop/web") as (screen, pilot):
        plan = screen.path.canvas.plan
        assert plan is not None
        x, y, _, _ = plan.region(CellSpot("lb", 1)) or (0, 0, 0, 0)
        await pilot.click("#graph", offset=(x + 1, y + 1))
        await pilot.pause()
        assert cursor(screen) == CellSpot("lb", 1)
        await pilot.click("#tabs", offset=(3, 0))
        await pilot.pause()
        assert screen.panes.active == "dns"


async def test_text_from_a_manifest_is_never_markup(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        "spec: {clusterIP: 'fd00::1', selector: {app: '[red]x[/] \\e[31m'}, ports: [{name: '[b]n', port: 80}]}\n"
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: other}}\n"
    )
    async with running(tmp_path) as (screen, pilot):
        await press(pilot, "2", "l", "l")
        text = screen_text(screen)
        assert "fd00::1" in text
        assert "[b]n" in text
        assert "[red]x[/]" in text
        assert "\x1b" not in text


async def test_widgets_shadow_nothing_of_textual() -> None:
    from textual.screen import Screen
    from textual.scroll_view import ScrollView

    from svcmap.tui.screens.picture import PictureScreen
    from svcmap.tui.widgets.line_table import LineTable
    from svcmap.tui.widgets.path_canvas import PathCanvas

    meant = {"render_line", "notify_style_update", "watch_has_focus", "compose", "on_mount", "__init__", "check_action"}
    for own, base in ((LineTable, ScrollView), (PathCanvas, ScrollView), (PictureScreen, Screen), (MainScreen, Screen)):
        tree = ast.parse(textwrap.dedent(inspect.getsource(own))).body[0]
        assert isinstance(tree, ast.ClassDef)
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert not {name for name in names if hasattr(base, name)} - meant, own


def test_the_filter_is_an_input() -> None:
    from svcmap.tui.panes.services import FilterInput

    assert issubclass(FilterInput, Input)
