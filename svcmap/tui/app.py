"""The Textual app: themes, breakpoints, the palette, and one main screen over a StateFeed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import SearchIcon
from textual.screen import Screen

from svcmap import resources
from svcmap.model.feed import StateFeed
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.tui.commands import commands
from svcmap.tui.garbage import settle
from svcmap.tui.screens.main import MainScreen
from svcmap.tui.theme import DEFAULTS, THEMES


class SvcmapApp(App[None]):
    """svcmap in a terminal."""

    TITLE = "svcmap"
    CSS_PATH = Path(resources.folder("styles")) / "svcmap.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-normal"), (160, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-mid"), (48, "-tall")]
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "quit", "quit", show=False, priority=True)]

    def __init__(
        self,
        feed: StateFeed,
        state: ClusterState,
        *,
        namespace: str | None = None,
        opened: Name | None = None,
        ascii_only: bool = False,
        theme: str = "dark",
        density: str = "auto",
    ) -> None:
        super().__init__()
        self.main = MainScreen(feed, state, namespace=namespace, opened=opened, ascii_only=ascii_only)
        self.main.density = density
        for item in THEMES:
            self.register_theme(item)
        self.theme = f"svcmap-{theme}"
        # The palette's default icon is an emoji: double width, and missing in many fonts.
        SearchIcon.icon = "/"  # type: ignore[assignment]

    @property
    def theme_name(self) -> str:
        """The theme of now, as the command line names it."""
        return self.theme.removeprefix("svcmap-")

    def get_default_screen(self) -> Screen[None]:
        return self.main

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return DEFAULTS

    def on_mount(self) -> None:
        self.call_after_refresh(settle)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        return commands(self.main) if screen is self.main else ()
