"""Run a parsed command line, and turn whatever happens into an exit code."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from argparse import Namespace
from collections.abc import Callable

from svcmap import console
from svcmap.console import ExitCode
from svcmap.errors import SvcmapError, UsageError


def _command(name: str) -> Callable[[Namespace], ExitCode]:
    """The function of one command; only its own module is imported."""
    match name:
        case "list":
            from svcmap.commands.list_services import run as list_services

            return list_services
        case "show":
            from svcmap.commands.show import run as show

            return show
        case "trace":
            from svcmap.commands.trace import run as trace

            return trace
        case "dig":
            from svcmap.commands.dig import run as dig

            return dig
        case "verify":
            from svcmap.commands.verify import run as verify

            return verify
        case "completion":
            from svcmap.commands.completion import run as completion

            return completion
        case "snapshot":
            from svcmap.commands.snapshot import run as snapshot

            return snapshot
    from svcmap.commands.ui import run as ui

    return ui


def run(options: Namespace) -> int:
    """Run one command. Errors of svcmap are one line on stderr; Ctrl-C is 130, as shells have it."""
    for stream in (sys.stdout, sys.stderr):
        # A locale that cannot write ✗ gets a question mark, not a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        if sys.stdout is None:
            raise UsageError("standard output is closed: there is nowhere to write to")
        if options.command == "ui" or getattr(options, "watch", False):
            return int(_command(options.command)(options))
        result = io.StringIO()
        with contextlib.redirect_stdout(result):
            code = _command(options.command)(options)
        _write(_coloured(result.getvalue(), options))
        return int(code)
    except SvcmapError as error:
        console.error(str(error))
        return ExitCode.USAGE
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        console.error(f"cannot write the result: {(error.strerror or str(error)).lower()}")
        _silence()
        return ExitCode.USAGE


def _coloured(result: str, options: Namespace) -> str:
    """A result for people with the colours of its marks, where they are wanted."""
    is_for_people = getattr(options, "output", "text") in ("text", "wide")
    if not is_for_people or not console.wants_colour(getattr(options, "color", "never")):
        return result
    from svcmap.reports.colours import painted

    return painted(result)


def _write(result: str) -> None:
    """All of a result at once. A reader that goes away (`| head`) is no error and changes no exit code: a gate must not
    turn green by `| true`.
    """
    try:
        sys.stdout.write(result)
        sys.stdout.flush()
    except BrokenPipeError:
        _silence()


def _silence() -> None:
    """Keep Python from complaining at exit about output that nobody takes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
