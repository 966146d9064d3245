"""The command palette: Services, panes, namespaces, and what the keys do, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.app import SystemCommand

from svcmap.tui.panes.registry import PANES

if TYPE_CHECKING:
    from svcmap.tui.screens.main import MainScreen


def commands(screen: MainScreen) -> Iterator[SystemCommand]:
    """What `:` offers on the main screen. `ns x` and `q` read as they are typed in k9s."""
    yield SystemCommand("Only Services with problems", "Show them, or all again (ctrl+z)", screen.action_faults)
    yield SystemCommand("Group endpoints", "By workload, node, zone or pod (b)", screen.action_group)
    yield SystemCommand("Read the source again", "Keeps the selection (ctrl+r)", screen.action_reload)
    yield SystemCommand("Copy path", "The selected path as text (C)", screen.hand.copy_path)
    yield SystemCommand("What was not read", "Files, documents and fields, with the reason (e)", screen.action_issues)
    yield SystemCommand("Next theme", "dark, light, contrast (T)", screen.action_next_theme)
    for pane in PANES:
        yield SystemCommand(
            f"Pane: {pane.label}", f"Focus the {pane.label} pane", lambda pane=pane: screen.show_pane(pane.id)
        )
    for context in screen.live.feed.contexts if screen.live.feed else ():
        yield SystemCommand(
            f"ctx {context}",
            f"Switch to context {context}",
            lambda context=context: screen.live.switch_context(context),
            discover=False,
        )
    if screen.live.feed:
        yield SystemCommand("Pause or go on", "Hold updates back (.)", screen.action_pause)
    yield SystemCommand("ns all", "Show every namespace", lambda: screen.limit_to(None))
    for namespace in sorted({name.namespace for name in screen.state.services}):
        yield SystemCommand(
            f"ns {namespace}",
            f"Show only namespace {namespace}",
            lambda namespace=namespace: screen.limit_to(namespace),
            discover=False,
        )
    for name in sorted(screen.state.services):
        yield SystemCommand(f"Open {name}", "", lambda name=name: screen.jump(name), discover=False)
    yield SystemCommand("Help", "Keys, symbols and lines (?)", screen.action_help)
    yield SystemCommand("q", "Quit svcmap", screen.app.exit)
