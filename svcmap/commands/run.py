"""Run a parsed command line, and turn whatever happens into an exit code."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from svcmap import console
from svcmap.console import ExitCode
from svcmap.errors import SvcmapError


def run(options: Namespace) -> int:
    """Run one command. Errors of svcmap are one line on stderr; Ctrl-C is 130, as shells have it."""
    try:
        match options.command:
            case "list":
                from svcmap.commands import list_services as command
            case "show":
                from svcmap.commands import show as command  # type: ignore[no-redef]
            case _:
                from svcmap.commands import ui as command  # type: ignore[no-redef]
        code = command.run(options)
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
