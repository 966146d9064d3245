"""The palettes of the picture as themes of Textual."""

from __future__ import annotations

from textual.theme import Theme

from svcmap.picture.palettes import PALETTES

NAMES = tuple(f"svcmap-{name}" for name in PALETTES)


def _theme(name: str, colours: dict[str, str]) -> Theme:
    variables = {f"map-{key}": value for key, value in colours.items()}
    variables |= {
        "input-selection-background": f"{colours['lit']} 40%",
        "border": colours["lit"],
        "border-blurred": colours["rule"],
        "scrollbar": colours["rule"],
        "scrollbar-background": colours["bg"],
        "scrollbar-hover": colours["muted"],
        "scrollbar-active": colours["lit"],
        "scrollbar-corner-color": colours["bg"],
    }
    return Theme(
        f"svcmap-{name}",
        primary=colours["lit"],
        secondary=colours["dns"],
        warning=colours["warn"],
        error=colours["bad"],
        success=colours["ok"],
        accent=colours["lit"],
        foreground=colours["text"],
        background=colours["bg"],
        surface=colours["bg"],
        panel=colours["panel"],
        dark=name != "light",
        variables=variables,
    )


THEMES = tuple(_theme(name, colours) for name, colours in PALETTES.items())
DEFAULTS = dict(THEMES[0].variables)
"""CSS is parsed before a theme is active, and Textual's own themes know none of our variables."""
