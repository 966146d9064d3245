"""Every size of a terminal: no pane without room, the sentence under the picture, and nothing moves between Services."""

from __future__ import annotations

from itertools import product

import pytest
from textual.geometry import Region
from textual.widgets import Static

from svcmap.model.refs import Name
from svcmap.picture.drawing.layout import Options, lay_out
from svcmap.sources.manifests import ManifestSource
from svcmap.tui.app import SvcmapApp
from svcmap.tui.panes.registry import IDS
from svcmap.tui.screens.main import MainScreen
from tests.conftest import FIXTURES
from tests.tui.test_app import press

WIDTHS = (80, 96, 110, 120, 140, 160, 180, 200, 250, 300)
HEIGHTS = (24, 27, 30, 34, 40, 47, 48, 54, 60, 80)
FEW = ((80, 24), (120, 40), (160, 48), (200, 60))
LEAST = 3
"""Rows that a pane has for its content."""
SERVICES = ("shop/payments", "data/orders-db", "mail/smtp", "shop/web")


def shown_panes(screen: MainScreen) -> dict[str, Region]:
    """The panes that are not tabbed away, with where they are."""
    tables = [screen.panes.table(id_) for id_ in IDS]
    found = {str(table.id): table.region for table in tables if table.display and table.region.area}
    return {**found, "path": screen.path.region}


def check_picture(screen: MainScreen) -> None:
    """The picture is as large as it can be, and its sentence is right below it."""
    canvas, sentence = screen.path.canvas, screen.query_one("#hop", Static)
    assert canvas.plan is not None
    assert canvas.view is not None
    assert sentence.region.y == canvas.region.bottom
    assert sentence.region.height >= 1
    assert canvas.region.height <= max(canvas.plan.height + 1, 4), "no row between the picture and its sentence"
    boxed = lay_out(canvas.view, Options(canvas.paintable_width, canvas.largest_height, "boxed"))
    if boxed.squeeze == 0 and boxed.need <= canvas.paintable_width and boxed.height <= canvas.largest_height:
        assert canvas.plan.mode == "boxed"


async def check(width: int, height: int) -> None:
    source = ManifestSource([str(FIXTURES / "demo")], title="demo")
    app = SvcmapApp(source, source.load(), opened=Name("shop", "web"))
    async with app.run_test(size=(width, height)) as pilot:
        await press(pilot)
        screen = app.main
        before = shown_panes(screen)
        all_at_once = width >= 160 and height >= 48
        assert len(before) == (len(IDS) + 1 if all_at_once else 2), before.keys()
        for id_ in before:
            widget = screen.path.canvas if id_ == "path" else screen.panes.table(id_)
            assert widget.scrollable_content_region.height - 1 >= LEAST, (id_, widget.region)
        for name in SERVICES:
            screen.open_service(Name(*name.split("/")))
            await press(pilot)
            now = shown_panes(screen)
            assert now["path"] == before["path"], "stepping through Services moves no pane"
            if all_at_once:
                assert now == before
            check_picture(screen)


@pytest.mark.parametrize(("width", "height"), FEW)
async def test_the_sizes_that_people_have(width: int, height: int) -> None:
    await check(width, height)


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [size for size in product(WIDTHS, HEIGHTS) if size not in FEW])
async def test_every_size(width: int, height: int) -> None:
    await check(width, height)
