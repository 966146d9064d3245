"""Run a parsed command line, and turn whatever happens into an exit code."""

from __future__ import annotations

import io
import os
import sys
from argparse import Namespace
from collections.abc import Callable

from svcmap import console
from svcmap.console import ExitCode
from svcmap.errors import SvcmapError


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
    from svcmap.commands.ui import run as ui

    return ui


def run(options: Namespace) -> int:
    """Run one command. Errors of svcmap are one line on stderr; Ctrl-C is 130, as shells have it."""
    for stream in (sys.stdout, sys.stderr):
        # A locale that cannot write ✗ gets a question mark, not a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = _command(options.command)(options)
        sys.stdout.flush()
        return int(code)
    except SvcmapError as error:
        console.error(str(error))
        return ExitCode.USAGE
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader went away (`svcmap list | head`): leave quietly, and keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except OSError as error:
        console.error(f"cannot write the result: {(error.strerror or str(error)).lower()}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.USAGE
