"""`svcmap show NS/NAME`: everything about one Service."""

from __future__ import annotations

import sys
from argparse import Namespace

from svcmap.commands.answers import ask
from svcmap.commands.sources import exit_code, find_named, tell
from svcmap.console import ExitCode
from svcmap.errors import UsageError
from svcmap.paths.views import needs
from svcmap.reports.formats import SHOW


def run(options: Namespace) -> ExitCode:
    """Read the source and print one Service."""
    if options.theme and options.output != "svg":
        raise UsageError("--theme is for -o svg: nothing else that show prints has colours")
    state, name = ask(options, lambda state: find_named(state, options.service, options), needs.of_service)
    sys.stdout.write(SHOW[options.output](state, name, options.theme))
    tell(state)
    return exit_code(state)
