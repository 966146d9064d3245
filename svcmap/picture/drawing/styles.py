"""What the style keys of painted runs stand for: a colour of the palettes."""

from __future__ import annotations

SAME_AS = {"off": "dim", "dots": "ok", "litbad": "bad", "endpoint": "muted"}
QUIET = {"ports": "muted", "label": "muted", "header": "muted"}
BOLD = ("bad", "header")


def shade_of_title(shade: str) -> str:
    """The colour of a box' title, by that of its frame."""
    return {"frame": "text", "dim": "muted"}.get(shade, shade)


def colour_of(key: str) -> tuple[str, bool]:
    """The colour of a run that no selection lights or dims, and whether it is bold."""
    name, _, shade = key.partition(".")
    if name == "frame":
        return shade or "frame", False
    if name == "title":
        return shade_of_title(shade or "frame"), True
    name = SAME_AS.get(name, name) or "text"
    return QUIET.get(name, name), name in BOLD
