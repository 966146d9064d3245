"""Three themes: dark, light, and contrast for projectors. Every text colour is at least 6:1 on its background."""

from __future__ import annotations

from textual.theme import Theme

PALETTES: dict[str, dict[str, str]] = {
    "dark": {
        "bg": "#10151c",
        "panel": "#1a222d",
        "text": "#dce4ee",
        "muted": "#93a1b1",
        "dim": "#52606f",
        "edge": "#7d8fa3",
        "dns": "#c59be8",
        "lit": "#5cb8ff",
        "bad": "#ff7a68",
        "warn": "#f0c05a",
        "ok": "#5fd0a8",
        "unk": "#a9b6c6",
        "frame": "#66788c",
        "cursor-text": "#08121c",
        "cursor": "#5cb8ff",
        "row": "#24384d",
        "rule": "#34414f",
    },
    "light": {
        "bg": "#fcfbf8",
        "panel": "#efece4",
        "text": "#17212b",
        "muted": "#56626f",
        "dim": "#aab2ba",
        "edge": "#6b7885",
        "dns": "#7a3fb0",
        "lit": "#0058c9",
        "bad": "#b81d0f",
        "warn": "#865300",
        "ok": "#006b4f",
        "unk": "#56626f",
        "frame": "#7d8995",
        "cursor-text": "#ffffff",
        "cursor": "#0058c9",
        "row": "#d5e4f8",
        "rule": "#cfcabd",
    },
    "contrast": {
        "bg": "#000000",
        "panel": "#101010",
        "text": "#ffffff",
        "muted": "#d0d0d0",
        "dim": "#8a8a8a",
        "edge": "#d8d8d8",
        "dns": "#e0b0ff",
        "lit": "#4fd8ff",
        "bad": "#ff8c7a",
        "warn": "#ffc400",
        "ok": "#66ffcc",
        "unk": "#d0d0d0",
        "frame": "#b8b8b8",
        "cursor-text": "#000000",
        "cursor": "#4fd8ff",
        "row": "#00364a",
        "rule": "#707070",
    },
}
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
