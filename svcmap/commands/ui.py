"""`svcmap [PATH …]`: the terminal UI."""

from __future__ import annotations

import gc
import locale
import os
import shutil
import sys
from argparse import Namespace

from svcmap import console
from svcmap.commands.assumptions import settled_feed
from svcmap.commands.settings import read_settings, remember_theme, settings_file
from svcmap.commands.sources import begin, exit_code, find_named, limits, nothing_shown, shown, source_of, tell
from svcmap.console import ExitCode
from svcmap.errors import TerminalError
from svcmap.model.feed import LiveFeed
from svcmap.parsers import THEMES

SMALLEST = (40, 8)
NO_TERMINAL = "the terminal UI needs a terminal; `svcmap list` and `svcmap show` print to anything"


def run(options: Namespace) -> ExitCode:
    """Read the source, then show it. What cannot be shown ends before the terminal is taken."""
    # Nothing of what is read and built before the first picture is garbage: the app collects once, after it.
    gc.disable()
    file = settings_file()
    settings = read_settings(file)
    if settings.namespace and not options.namespaces and not options.all_namespaces:
        options.namespaces, options.namespace = [settings.namespace], settings.namespace
    source = settled_feed(source_of(options), options)
    if not sys.stdout or not sys.stdout.isatty():
        raise TerminalError(NO_TERMINAL)
    state = begin(source)
    names = shown(state, options)
    opened = find_named(state, options.service, options) if options.service else None
    if not names and not state.objects and not isinstance(source, LiveFeed):
        tell(state)
        console.say(f"svcmap: {nothing_shown(state, options)}")
        return exit_code(state)
    columns, lines = shutil.get_terminal_size()
    if columns < SMALLEST[0] or lines < SMALLEST[1]:
        raise TerminalError(f"the terminal is {columns}x{lines}: too small, need 60x15")
    _take_terminal()
    from svcmap.tui.app import SvcmapApp

    app = SvcmapApp(
        source,
        state,
        namespace=options.namespace if len(list(limits(options))) == 1 else None,
        opened=opened,
        ascii_only=options.ascii or not _is_utf8(),
        theme=options.theme or settings.theme or THEMES[0],
        density=settings.density or "auto",
    )
    before = app.theme_name
    try:
        app.run()
        if app.theme_name != before:
            remember_theme(file, app.theme_name)
    finally:
        if isinstance(source, LiveFeed):
            source.close()
    return ExitCode(app.return_code or 0)


def _take_terminal() -> None:
    """The keyboard comes from the terminal even where standard input is a pipe of manifests."""
    for number, stream in ((0, sys.__stdin__), (2, sys.__stderr__)):
        if stream is not None and stream.isatty():
            continue
        try:
            terminal = os.open("/dev/tty", os.O_RDWR)
        except OSError:
            raise TerminalError(NO_TERMINAL) from None
        os.dup2(terminal, number)
        os.close(terminal)


def _is_utf8() -> bool:
    return "utf" in locale.getpreferredencoding(do_setlocale=False).lower()
