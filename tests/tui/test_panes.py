"""Panes are values: what they show needs no screen, and what is added to the tuple has its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import Binding

from svcmap.checks.standing import standing
from svcmap.model.refs import Name
from svcmap.paths.views.names import name_rows
from svcmap.picture.lanes import path_view
from svcmap.picture.selection import NOTHING, choose, exists, lit_by
from svcmap.sources.manifests import ManifestSource
from svcmap.tui.panes.pane import Pane, Shown
from svcmap.tui.panes.registry import IDS, PANES
from svcmap.tui.screens.keys import HELP_GROUPS, MAIN
from tests.conftest import FIXTURES, ROOT
from tests.tui.test_app import press, running

DEMO = ManifestSource([str(FIXTURES / "demo")]).load()


def shown(name: Name) -> Shown:
    view = path_view(DEMO, name)
    assert view is not None
    return Shown(view, "workload", name_rows(DEMO, name), standing(DEMO, name))


@pytest.mark.parametrize("pane", PANES, ids=IDS)
@given(name=st.sampled_from(sorted(DEMO.services)))
def test_every_row_stands_for_a_place_and_is_marked_by_it(pane: Pane, name: Name) -> None:
    """A row leads to a spot of the picture; what is chosen there marks the row again."""
    what = shown(name)
    rows = pane.rows(what)
    keys = [row.key for row in rows]
    assert len(set(keys)) == len(keys)
    assert {len(row.cells) for row in rows} <= {len(pane.columns)}
    assert pane.linked(what, NOTHING, None) <= set(keys)
    for key in keys:
        spot = pane.spot_of(what, key)
        if spot is None or not exists(what.view, what.by, spot):
            continue
        selection = choose(what.view, what.by, spot)
        assert key in pane.linked(what, selection, lit_by(what.view, selection))


@pytest.mark.parametrize("pane", PANES, ids=IDS)
def test_some_row_of_every_pane_leads_somewhere(pane: Pane) -> None:
    found = [pane.spot_of(what, row.key) for what in map(shown, DEMO.services) for row in pane.rows(what)]
    assert any(found)


def test_a_pane_is_a_file_and_its_line() -> None:
    files = {
        path.stem for path in (ROOT / "svcmap" / "tui" / "panes").glob("*.py") if "PANE = Pane(" in path.read_text()
    }
    assert len(files) == len(PANES)
    house = {path for path in (ROOT / "svcmap").rglob("*.py") if "reachability.PANE" in path.read_text()}
    assert {path.name for path in house} == {"registry.py"}


def test_numbers_and_help_follow_from_the_tuple() -> None:
    bindings = [binding for binding in MAIN if isinstance(binding, Binding)]
    numbers = [binding.key for binding in bindings if binding.action.startswith("pane(")]
    assert numbers == [str(number) for number in range(1, len(PANES) + 3)]
    ((keys, what),) = [line for _, lines in HELP_GROUPS for line in lines if " to " in line[0]]
    assert (keys, what) == (f"3 to {len(PANES) + 2}", f"{PANES[0].label} … {PANES[-1].label}")


async def test_endpoints_that_nobody_knows_are_not_none(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"
    )
    async with running(file) as (screen, pilot):
        await press(pilot, "5")
        assert screen.panes.table("endpoints").empty == "endpoints not known"
    async with running(opened="shop/payments") as (screen, pilot):
        assert screen.panes.table("endpoints").empty == "no endpoints"
