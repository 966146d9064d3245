"""What is wrong, where, and what to type: the lines under the picture, n through all problems, c, y, E, the two lists."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from svcmap.model.refs import Name
from svcmap.tui.screens.yaml import YamlScreen
from svcmap.tui.widgets.bars import KeyBar
from tests import objects
from tests.tui.test_app import press, running, screen_text

PROBLEMS = ("mail/smtp", "shop/cart", "shop/payments", "shop/reports", "shop/web")


async def test_the_first_screen_says_what_is_wrong_where_and_what_to_do() -> None:
    async with running(size="200x60") as (screen, _):
        text = screen_text(screen)
        assert "targetPort web is a port name" in text
        assert "next   set targetPort to http" in text
        assert "shop-cart.yaml:12:28  Service shop/cart  spec.ports[0].targetPort" in text
        assert screen.panes.active == "problems"


async def test_n_goes_through_all_problems_of_everything() -> None:
    async with running() as (screen, pilot):
        seen = []
        for number in range(1, len(PROBLEMS) + 1):
            await press(pilot, "n")
            seen.append(str(screen.name_open))
            assert str(screen.path.border_subtitle).endswith(f"of {len(PROBLEMS)}"), number
        assert sorted(seen) == list(PROBLEMS)
        await press(pilot, "N")
        assert str(screen.name_open) == seen[-2]
        assert screen.selection.cursor is not None


async def test_problems_are_in_front_of_a_service_that_has_some_and_a_chosen_pane_of_others() -> None:
    async with running() as (screen, pilot):
        await press(pilot, "3", "1")
        assert screen.panes.chosen == "dns"
        screen.open_service(Name("data", "postgres"))
        assert screen.panes.active == "dns"
        screen.open_service(Name("shop", "payments"))
        assert screen.panes.active == "problems"


async def test_c_copies_what_can_be_pasted() -> None:
    async with running(opened="shop/web") as (screen, pilot):
        await press(pilot, "7", "c")
        assert screen.app.clipboard == "kubectl describe pod -n shop web-canary-66c4d8f9b7-dbq76"
        await press(pilot, "escape", "2", "l", "c")
        assert screen.app.clipboard == "tcp://203.0.113.10:80"
        for key in "lllll":
            await press(pilot, key, "c")
            assert screen.app.clipboard
            assert "<" not in screen.app.clipboard


async def test_y_opens_the_yaml_at_the_faulty_field_and_searches_it() -> None:
    async with running(opened="shop/cart", size="120x40") as (screen, pilot):
        await press(pilot, "y")
        yaml = screen.app.screen
        assert isinstance(yaml, YamlScreen)
        assert yaml.marked == 12
        assert "✗ 12 " in screen_text(screen)
        assert "targetPort: web" in yaml.lines[yaml.marked - yaml.first]
        await press(pilot, "slash", *"admin", "enter")
        assert "admin" in yaml.lines[yaml.at - yaml.first]
        await press(pilot, "slash", "escape")
        assert isinstance(screen.app.screen, YamlScreen), "esc leaves the search first"
        await press(pilot, "escape")
        assert not isinstance(screen.app.screen, YamlScreen)


async def test_an_editor_needs_a_terminal_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "true")
    async with running(opened="shop/cart") as (screen, pilot):
        await press(pilot, "E")
        said = [notification.message for notification in screen.app._notifications]
        assert any("cannot be handed to an editor" in message for message in said), said


async def test_what_does_not_exist_and_is_asked_for_has_a_row_and_a_picture(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(
        objects.service("{clusterIP: 10.96.0.9, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}")
        + objects.pod("web-0", "10.1.0.9")
        + objects.ingress(
            "{path: /, pathType: Prefix, backend: {service: {name: checkout, port: {number: 80}}}}", "shop", of_class=""
        )
    )
    async with running(file) as (screen, _):
        assert screen.name_open == Name("default", "checkout"), "the worst is opened"
        text = screen_text(screen)
        assert "✗1 !0 of 2" in text
        assert "Service checkout does not exist in default, and Ingress shop asks for it" in text
        assert "service not found" in text


async def test_entries_are_the_other_list() -> None:
    async with running() as (screen, pilot):
        await press(pilot, "right_square_bracket")
        assert screen.services.shows_entries
        text = screen_text(screen)
        for shown in ("www.example.com/pay", ":30080", "203.0.113.10:80"):
            assert shown in text
        await press(pilot, "slash", *"/pay")
        assert [row.key for row in screen.services.table.rows] == ["shop/payments|ing.shop.1|80/TCP"]
        await press(pilot, "enter")
        assert screen.name_open == Name("shop", "payments")
        assert screen.selection.way == "ing.shop.1"
        screen.services.filter.value = "ns:mail"
        await press(pilot)
        assert {row.key.partition("|")[0] for row in screen.services.table.rows} == {"mail/smtp"}
        await press(pilot, "escape", "1")
        assert not screen.services.shows_entries


@pytest.mark.parametrize(
    ("typed", "found", "why"),
    [
        (":22", {"ssh-gw"}, "← :22"),
        (":30080", {"web"}, "← :30080"),
        ("app=web", {"web"}, "← app=web"),
        ("ns:data", {"orders-db", "postgres"}, ""),
        ("ext ns:data", {"orders-db"}, "← externalname"),
        ("com/pay", {"payments"}, "← www.example.com/pay"),
    ],
)
async def test_the_filter_finds_ports_labels_types_namespaces_and_paths(typed: str, found: set[str], why: str) -> None:
    async with running(size="200x60") as (screen, pilot):
        await press(pilot, "slash")
        screen.query_one("#filter", Input).value = typed
        await press(pilot)
        assert {row.name.name for row in screen.services.shown} == found
        assert why in " ".join(row.cells[1].text for row in screen.services.service_list.rows)
        assert screen.name_open is not None
        assert screen.name_open.name in found, "the picture follows to the first that is left"


async def test_key_hints_are_clickable_and_s_sorts() -> None:
    async with running() as (screen, pilot):
        await press(pilot, "s", "s", "s")
        assert str(screen.services.border_subtitle).endswith("by problem")
        assert [row.mark for row in screen.services.shown][:5] == ["error"] * 3 + ["warning"] * 2
        bar = screen.query_one(KeyBar)
        x = str(bar.render()).index("n Problem")
        await pilot.click(bar, offset=(x, 0))
        await press(pilot)
        assert str(screen.path.border_subtitle).startswith("problem ")


async def test_a_filter_that_matches_nothing_gives_the_cursor_back() -> None:
    async with running(opened="shop/cart") as (screen, pilot):
        await press(pilot, "slash")
        screen.services.filter.value = "nothing-has-this"
        await press(pilot)
        assert not screen.services.shown
        await press(pilot, "escape")
        assert (screen.services.service_list.current, screen.name_open) == ("shop/cart", Name("shop", "cart"))
