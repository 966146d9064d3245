"""The keys of the main screen, and how help groups them. Keys of a widget are bound where the widget is."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from svcmap.tui.panes.registry import FIRST_NUMBER, PANES

# Keys that move the focus have priority: they act before the next key is dispatched, however fast both are typed.
# While the filter is being typed they are text (MainScreen.check_action).
FOCUS_ACTIONS = ("filter", "tab", "pane", "trace")
MAIN: list[BindingType] = [
    # Screen binds tab itself, so an App binding for it would never fire.
    Binding("tab", "next_pane(1)", "Pane", priority=True),
    Binding("shift+tab", "next_pane(-1)", "previous pane", show=False, priority=True),
    Binding("slash", "filter", "Filter", priority=True),
    Binding("p", "port(1)", "Port"),
    Binding("P", "port(-1)", "previous port", show=False),
    Binding("n", "problem(1)", "Problem"),
    Binding("N", "problem(-1)", "previous problem", show=False),
    Binding("w", "walk", "Walk"),
    Binding("t", "trace", "Trace", priority=True),
    Binding("b", "group", "Group by"),
    Binding("z", "zoom", "Zoom"),
    Binding("s", "sort", "sort", show=False),
    Binding("v", "density", "density", show=False),
    Binding("c", "hand('copy')", "copy address", show=False),
    Binding("C", "hand('copy_path')", "copy path as text", show=False),
    Binding("y", "hand('yaml')", "YAML", show=False),
    Binding("E", "hand('edit')", "edit the file", show=False),
    Binding("d", "hand('describe')", "what is known", show=False),
    Binding("e", "issues", "what was not read", show=False),
    Binding("ctrl+z", "faults", "problems only", show=False, priority=True),
    Binding("ctrl+r", "reload", "read again", show=False),
    Binding("full_stop", "pause", "pause, go on", show=False),
    Binding("T", "next_theme", "theme", show=False),
    Binding("colon,ctrl+p", "app.command_palette", "commands", show=False),
    Binding("question_mark", "help", "Help", show=False),
    Binding("q", "app.quit", "quit", show=False),
    Binding("escape", "back", "back", show=False, priority=True),
    Binding("left_square_bracket", "tab(-1)", "previous tab", show=False, priority=True),
    Binding("right_square_bracket", "tab(1)", "next tab", show=False, priority=True),
    *[
        Binding(str(number), f"pane({number})", f"pane {number}", show=False, priority=True)
        for number in range(1, FIRST_NUMBER + len(PANES))
    ],
]

HELP_GROUPS = (
    (
        "MOVE",
        (
            ("j k ↓ ↑", "next, previous row"),
            ("h l ← →", "along the path"),
            ("g G", "first, last"),
            ("^d ^u ^f ^b", "half page, page"),
            ("tab", "next pane"),
            ("1 2", "Services, Path"),
            (f"{FIRST_NUMBER} to {FIRST_NUMBER + len(PANES) - 1}", f"{PANES[0].label} … {PANES[-1].label}"),
            ("[ ]", "pane tab; Entries"),
            ("enter", "open, follow, expand"),
            ("esc", "clear, then back"),
        ),
    ),
    (
        "LOOK",
        (
            ("/", "filter, !term = not"),
            ("ctrl+z", "problems only"),
            ("s", "sort: name type …"),
            ("n N", "next, prev. problem"),
            ("p P", "next, prev. port"),
            ("b", "group endpoints by"),
            ("space", "expand a group"),
            ("v", "density"),
            ("z", "zoom this pane"),
            ("y E", "YAML; edit it"),
            ("d", "what svcmap knows"),
        ),
    ),
    (
        "DO",
        (
            ("t", "trace a request"),
            ("w", "walk hop by hop"),
            ("c C", "copy address, path"),
            ("e", "what was not read"),
            (". ctrl+r", "pause; read again"),
            ("T", "next theme"),
            (": ctrl+p", "commands"),
            ("?", "this help"),
            ("q", "quit"),
        ),
    ),
)
