"""Colours can be told from their background, and help names keys that are bound."""

from __future__ import annotations

import pytest
from textual.binding import Binding
from textual.color import Color

from svcmap.picture.palettes import PALETTES
from svcmap.tui.screens.keys import HELP_GROUPS, MAIN
from svcmap.tui.widgets.path_canvas import PathCanvas
from svcmap.tui.widgets.styled import MOVEMENT, SHADES, StyledLines
from tests.tui.test_app import press, running

INFORMATION = ("text", "muted", "lit", "bad", "warn", "ok", "unk", "dns")
SHOWN = {
    ".": "full_stop",
    "↓": "down",
    "↑": "up",
    "←": "left",
    "→": "right",
    "/": "slash",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "?": "question_mark",
    ":": "colon",
    "esc": "escape",
}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    parts = [c / 255 for c in Color.parse(colour).rgb]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", PALETTES)
def test_all_text_is_at_least_six_to_one(name: str) -> None:
    palette = PALETTES[name]
    for colour in INFORMATION:
        assert contrast(palette[colour], palette["bg"]) >= 5.99, colour
    assert contrast(palette["cursor-text"], palette["cursor"]) >= 6
    if name == "contrast":
        assert min(contrast(palette[c], palette["bg"]) for c in INFORMATION) >= 9


def test_help_names_keys_that_are_bound() -> None:
    bindings = [*MAIN, *MOVEMENT, *PathCanvas.BINDINGS]
    bound = {key for binding in bindings if isinstance(binding, Binding) for key in binding.key.split(",")}
    for _, rows in HELP_GROUPS:
        for keys, what in rows:
            assert what
            for key in keys.replace(" to ", " ").replace("^", "ctrl+").split():
                assert SHOWN.get(key, key) in bound, key


def test_a_name_is_a_colour_of_every_palette() -> None:
    named = {shade.color for shade in SHADES.values()} | {shade.background for shade in SHADES.values()} - {""}
    for palette in PALETTES.values():
        assert named <= set(palette)


async def test_another_theme_repaints_every_line() -> None:
    async with running() as (screen, pilot):
        widgets = list(screen.query(StyledLines))
        for name in ("light", "contrast", "dark"):
            await press(pilot, "T")
            for widget in widgets:
                for key, colour in (("text", "text"), ("bad", "bad"), ("ports", "muted")):
                    shown = widget.key_style(key).color
                    assert shown is not None
                    assert shown.name == PALETTES[name][colour]
                painted = {segment.style.bgcolor for segment in widget.render_line(0) if segment.style}
                assert {color.name for color in painted if color} <= {PALETTES[name]["bg"], PALETTES[name]["row"]}
