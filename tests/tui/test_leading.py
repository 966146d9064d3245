"""A large source: the first row at once, and the worst Service once every mark is known, unless somebody went elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from svcmap.model.refs import Name
from svcmap.tui.panes import row_book
from svcmap.tui.panes import services as pane
from svcmap.tui.screens.main import MainScreen
from tests import objects
from tests.tui.test_app import press, running, screen_text

MANY = 60
SHARE = pane.FILES_SHARE
BROKEN = Name("default", f"s{MANY - 1:03}")


def services(folder: Path) -> Path:
    """Many Services with a pod, the last one without."""
    texts = [
        objects.service(f"{{clusterIP: 10.96.1.{n}, selector: {{app: s{n}}}, ports: [{{port: 80}}]}}", f"s{n:03}")
        for n in range(MANY)
    ]
    pods = [objects.pod(f"p{n}", f"10.244.0.{n + 1}", labels=f"{{app: s{n}}}") for n in range(MANY - 1)]
    file = folder / "many.yaml"
    file.write_text("".join([*texts, *pods]))
    return file


async def until_looked_at(screen: MainScreen, pilot: Pilot[None]) -> None:
    for _ in range(300):
        await pilot.pause(0.05)
        if not screen.services.book.is_behind:
            break
    await press(pilot)


async def test_it_goes_to_the_worst_once_every_mark_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_book, "AT_ONCE", 5)
    monkeypatch.setattr(pane, "FILES_SHARE", 0.0)
    async with running(services(tmp_path)) as (screen, pilot):
        assert screen.name_open == Name("default", "s000")
        assert ", looked at " in screen_text(screen)
        screen.services.share = SHARE
        await until_looked_at(screen, pilot)
        assert screen.name_open == BROKEN
        assert f"✗1 !0 of {MANY}" in screen_text(screen)


async def test_whoever_went_elsewhere_stays_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_book, "AT_ONCE", 5)
    monkeypatch.setattr(pane, "FILES_SHARE", 0.0)
    async with running(services(tmp_path)) as (screen, pilot):
        await press(pilot, "j")
        screen.services.share = SHARE
        await until_looked_at(screen, pilot)
        assert screen.name_open == Name("default", "s001")


async def test_a_cursor_that_the_picture_has_not_followed_yet_counts_too(tmp_path: Path) -> None:
    async with running(services(tmp_path)) as (screen, _):
        assert screen.led_to == screen.name_open
        screen.services.service_list.select("default/s001")
        screen.lead()
        assert (screen.led_to, screen.services.service_list.current) == (None, "default/s001")


async def test_a_key_before_the_first_focus_is_not_undone() -> None:
    """On a narrow terminal the list takes the screen once its size is known: a Service may be open by then."""
    async with running(size="80x24") as (screen, pilot):
        assert screen.has_class("show-list")
        await press(pilot, "enter")
        screen._first_focus()
        await press(pilot)
        assert not screen.has_class("show-list")
        assert screen.focused is screen.path.canvas
        await press(pilot, "1")
        assert screen.has_class("show-list")
