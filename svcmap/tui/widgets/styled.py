"""What both line-API widgets share: styles by name, a cache of painted lines, and vim-like movement keys."""

from __future__ import annotations

from typing import NamedTuple

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.theme import Theme

from svcmap.picture.drawing.styles import SAME_AS, shade_of_title


class Shade(NamedTuple):
    """What a name looks like: variables of the theme without their `map-`, and whether it is bold."""

    color: str = "text"
    background: str = ""
    bold: bool = False


# Not component classes of CSS: Textual would match every rule against each of these names in each widget whenever one
# of them may look different, which took a fifth of the time until the first picture.
SHADES = {
    **{name: Shade(name) for name in ("text", "muted", "dim", "edge", "dns", "warn", "ok", "unk", "frame")},
    **{name: Shade(name, bold=True) for name in ("lit", "bad")},
    "ports": Shade("muted"),
    "header": Shade("muted", bold=True),
    "cursor": Shade("cursor-text", "cursor", bold=True),
    "label": Shade("muted"),
    "row": Shade(background="row"),
}
BRIGHT = ("bad", "lit", "warn")
"""With NO_COLOR Textual keeps greys; these stay at full brightness."""
MOVEMENT: list[BindingType] = [
    Binding("down,j", "move(1)", "next row", show=False),
    Binding("up,k", "move(-1)", "previous row", show=False),
    Binding("home,g", "edge(-1)", "first", show=False),
    Binding("end,G", "edge(1)", "last", show=False),
    Binding("pagedown,ctrl+f", "page(1)", "page down", show=False),
    Binding("pageup,ctrl+b", "page(-1)", "page up", show=False),
    Binding("ctrl+d", "half_page(1)", "half page down", show=False),
    Binding("ctrl+u", "half_page(-1)", "half page up", show=False),
]
BOLD = Style(bold=True)


class StyledLines(ScrollView):
    """A scroll view whose lines are made of (text, style key) runs, a key being `name[.lit|.dim|.cursor]`."""

    ascii_only: reactive[bool] = reactive(False)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id, classes=classes)
        self.composed_styles: dict[str, Style] = {}
        self.painted: dict[object, Strip] = {}

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, self._theme_changed)

    def _theme_changed(self, theme: Theme) -> None:
        del theme
        self.composed_styles.clear()
        self.repaint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.composed_styles.clear()
        self.painted.clear()

    def watch_ascii_only(self) -> None:
        self.repaint()

    def repaint(self) -> None:
        """Forget the painted lines and draw again."""
        self.painted.clear()
        self.refresh()

    @property
    def paintable_width(self) -> int:
        """Columns to draw on; `size` still counts the scrollbar."""
        return self.scrollable_content_region.width

    def named_style(self, name: str) -> Style:
        shade, colors = SHADES[name], self.app.theme_variables
        background = colors[f"map-{shade.background}"] if shade.background else None
        if self.app.no_color and name in BRIGHT:
            return self.rich_style + Style(color="#ffffff", bold=True)
        return self.rich_style + Style(color=colors[f"map-{shade.color}"], bgcolor=background, bold=shade.bold or None)

    def key_style(self, key: str) -> Style:
        style = self.composed_styles.get(key)
        if style is None:
            style = self.composed_styles[key] = self._compose_style(key)
        return style

    def _compose_style(self, key: str) -> Style:
        name, *modifiers = key.split(".")
        if name == "frame" and modifiers:
            return self.named_style(modifiers[0] if modifiers[0] in SHADES else "frame")
        bold = name == "litbad"
        if name == "title":
            shade, *modifiers = modifiers or ["frame"]
            name, bold = shade_of_title(shade), shade != "dim"
        name = SAME_AS.get(name, name)
        style = self.named_style(name if name in SHADES else "text")
        if "lit" in modifiers:
            loud = name in ("bad", "warn", "unk")
            style, bold = (style if loud else self.named_style("lit" if name in ("ports", "label") else "text")), True
        elif "dim" in modifiers and name != "bad":
            style = self.named_style("muted")
        if "cursor" in modifiers:
            style, bold = self.named_style("cursor"), True
        return style + BOLD if bold else style
