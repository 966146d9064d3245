"""Every key of the main screen on what is not an ordinary Service: one that does not exist, one with odd names."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.binding import Binding

from svcmap.tui.screens.keys import MAIN
from tests import objects
from tests.tui.test_app import press, running, screen_text

LEAVES = ("q", "colon", "ctrl+p")
"""What ends the program, or opens Textual's own palette."""
KEYS = [key for binding in MAIN if isinstance(binding, Binding) for key in binding.key.split(",") if key not in LEAVES]
MISSING = objects.ingress(objects.path(backend="checkout"), "shop", of_class="")
ODD = objects.service("{clusterIP: 10.96.0.9, selector: {app: '[b]web[/]'}, ports: [{name: '[red]', port: 80}]}", "web")
TEXTS = {
    "a Service that does not exist": MISSING,
    "names like markup": ODD + objects.pod("'[/x]'", "10.1.0.9", labels="{app: '[b]web[/]'}"),
}


@pytest.mark.slow
@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
async def test_every_key_does_something_sensible(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the list, and with the cursor on each hop of the picture; escape leads back to where it was."""
    monkeypatch.setenv("EDITOR", "true")
    (tmp_path / "objects.yaml").write_text(text)
    async with running(tmp_path) as (screen, pilot):
        opened = screen.name_open
        assert opened is not None
        for place in ("1",), ("2", "g", "l"):
            for key in KEYS:
                await pilot.press(*place, key, "escape", "escape", "escape")
                while screen.app.screen is not screen:
                    await press(pilot, "escape")
        assert screen.name_open == opened
        assert opened.name in screen_text(screen)
