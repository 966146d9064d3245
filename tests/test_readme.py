"""The README says what is there: its picture, its commands, its keys."""

from __future__ import annotations

import re

import pytest

from svcmap.cli import main
from svcmap.model.refs import Name
from svcmap.picture.drawing.layout import Options, lay_out
from svcmap.picture.drawing.painter import header, paint
from svcmap.picture.lanes import path_view
from svcmap.tui.screens.keys import MAIN
from tests.conftest import FIXTURES, ROOT, read

README = (ROOT / "README.md").read_text()


def test_its_picture_is_what_svcmap_draws() -> None:
    view = path_view(read(FIXTURES / "demo"), Name("shop", "web"))
    assert view is not None
    plan = lay_out(view, Options(92, 40))
    lines = ["".join(t for t, _ in header(plan))] + ["".join(t for t, _ in paint(plan, y)) for y in range(plan.height)]
    picture = re.search(r"```text\n(.*?)\n```", README, re.DOTALL)
    assert picture is not None
    assert picture[1] == "\n".join(line.rstrip() for line in lines)


def test_its_list_is_what_svcmap_prints(capsys: pytest.CaptureFixture[str]) -> None:
    command = "svcmap list --demo --problems --sort-by problem"
    shown = re.search(rf"```text\n\$ {command}\n(.*?)```", README, re.DOTALL)
    assert shown is not None
    assert main(command.split()[1:]) == 0
    assert shown[1] == capsys.readouterr().out


def test_its_keys_are_bound() -> None:
    bound = {key for binding in MAIN for key in binding.key.split(",")}  # type: ignore[union-attr]
    for key in ("n", "N", "p", "b", "v", "z", "c", "C", "y", "E", "d", "e", "s", "ctrl+r", "T", "ctrl+z"):
        assert f"`{key}`" in README
        assert key in bound


def test_its_test_command_is_the_one_of_ci() -> None:
    assert "pip install -c constraints.txt -e '.[dev]' && .venv/bin/python -m pytest" in README
    ci = (ROOT / ".ci" / "run").read_text()
    assert "-m pytest" in ci
    assert "install --quiet -c constraints.txt -e '.[dev]'" in ci
